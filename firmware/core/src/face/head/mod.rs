//! A head made by code: a mesh with the 52 ARKit shapes as morph targets, in the drawn face's style.
//!
//! Units are head widths: x to the viewer's right, which is the head's own left, y up, z to the viewer. The parts are
//! laid out as in the drawn face, whose units are a hundredth of that; a file is in metres.

mod eyes;
mod hair;
mod inside;
mod mesh;
mod morphs;
mod skin;

use super::channel::Channel;
use mesh::Mesh;
pub use mesh::{Part, Skin, V3, Vertex};

/// Metres of a head width.
pub const METRES: f32 = 0.2;
/// A shorter movement is none.
const LEAST_MOVE: f32 = 0.0035;

/// A head at rest, and how each channel moves it.
pub struct Head {
    mesh: Mesh,
    normals: Vec<V3>,
    /// For each channel: which vertices move, and how far at full weight.
    targets: Vec<Vec<(u16, V3)>>,
}

impl Head {
    /// The project's own head.
    pub fn new() -> Head {
        let mut mesh = Mesh::default();
        skin::add(&mut mesh);
        inside::add(&mut mesh);
        eyes::add(&mut mesh);
        hair::add(&mut mesh);
        let target = |channel| moving(&mesh, |vertex| morphs::moved(channel, vertex));
        let targets = Channel::ALL.map(target).into();
        Head { normals: mesh.normals(), mesh, targets }
    }

    /// The points.
    pub fn vertices(&self) -> &[Vertex] {
        &self.mesh.vertices
    }

    /// The direction that each point faces at rest.
    pub fn normals(&self) -> &[V3] {
        &self.normals
    }

    /// Three points to a triangle.
    pub fn indices(&self) -> &[u16] {
        &self.mesh.indices
    }

    /// Which points a channel moves, in order, and how far at full weight.
    pub fn target(&self, channel: Channel) -> &[(u16, V3)] {
        &self.targets[channel as usize]
    }

    /// The same of [`FacePose::tongue_up`](crate::FacePose::tongue_up), which is no shape of ARKit's.
    pub fn tongue_up(&self) -> Vec<(u16, V3)> {
        moving(&self.mesh, morphs::lifted_tongue)
    }
}

impl Default for Head {
    fn default() -> Head {
        Head::new()
    }
}

fn moving(mesh: &Mesh, moved: impl Fn(&Vertex) -> V3) -> Vec<(u16, V3)> {
    let moved = mesh.vertices.iter().map(moved);
    // A mesh of `u16` indices, which `Mesh` sees to.
    let numbered = moved.enumerate().map(|(at, by)| (at as u16, by));
    numbered.filter(|(_, by)| mesh::length(*by) >= LEAST_MOVE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::touching;
    use mesh::Part;

    /// Heights of the two lips in the middle of the mouth under some weights.
    fn lips(weights: &[(Channel, f32)]) -> (f32, f32) {
        let head = Head::new();
        let y = |is_upper: bool| {
            let is_there = |up: f32| if is_upper { up > 0.99 } else { up < -0.99 };
            let is_it = |part: &Part| matches!(part, Part::Skin(skin) if skin.lip == 1 && is_there(skin.up));
            let (at, vertex) = head.mesh.vertices.iter().enumerate().find(|(_, v)| is_it(&v.part)).unwrap();
            let by = weights.iter().map(|(channel, weight)| {
                let target = &head.targets[*channel as usize];
                weight * target.iter().find(|(index, _)| usize::from(*index) == at).map_or(0.0, |(_, by)| by[1])
            });
            vertex.at[1] + by.sum::<f32>()
        };
        (y(true), y(false))
    }

    #[test]
    fn every_channel_moves_something_and_no_vertex_far() {
        let head = Head::new();
        for channel in Channel::ALL {
            let target = &head.targets[channel as usize];
            let most = target.iter().map(|(_, by)| mesh::length(*by)).fold(0.0, f32::max);
            assert!(target.len() >= 8 && (0.01..0.6).contains(&most), "{channel:?}: {} by {most}", target.len());
        }
    }

    #[test]
    fn a_jaw_opens_the_mouth_and_mouth_close_seals_it_again() {
        let gap = |weights: &[(Channel, f32)]| {
            let (upper, lower) = lips(weights);
            upper - lower
        };
        let rest = gap(&[]);
        assert!((0.0..0.02).contains(&rest), "{rest}");
        assert!(gap(&[(Channel::JawOpen, 0.3)]) > 0.05);
        for jaw in [0.1, 0.3, 0.6] {
            let sealed = gap(&[(Channel::JawOpen, jaw), (Channel::MouthClose, touching(jaw))]);
            assert!(sealed < rest + 0.004, "{jaw}: {sealed}");
        }
    }

    #[test]
    fn lefts_move_the_heads_own_left_and_mirror_the_rights() {
        use Channel::*;
        let head = Head::new();
        let pairs = [(MouthSmileLeft, MouthSmileRight), (EyeBlinkLeft, EyeBlinkRight), (BrowDownLeft, BrowDownRight)];
        for (left, right) in pairs {
            let [left, right] = [left, right].map(|channel| {
                let of = |(at, by): &(u16, V3)| head.mesh.vertices[usize::from(*at)].at[0] * mesh::length(*by);
                head.targets[channel as usize].iter().map(of).sum::<f32>()
            });
            assert!(left > 0.1 && (left + right).abs() < 0.02 * left, "{left} {right}");
        }
    }
}
