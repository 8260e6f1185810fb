//! A part of a head: points, triangles over them, greys, and what each shape moves. From a file, or made by code.

use keyface_core::head::{self, METRES, Part};
use keyface_core::{Channel, MotionChannel};

use crate::space::rig14::PerChannel;

/// A point or a way: x to the viewer's right, y up, z to the viewer.
pub type V3 = [f64; 3];

/// How far weight 1 of each channel moves a vertex, in metres.
pub type Moves = PerChannel<V3>;

/// The tongue's lift, which ARKit does not name.
const TONGUE_UP: &str = "tongueUp";
/// A vertex belongs to the lips when what these shapes move it by, summed, is this share of the largest sum.
const LIP_SHARE: f64 = 0.6;
/// What tells the lips from cheeks and chin.
const LIP_CHANNELS: [MotionChannel; 7] = [
    MotionChannel::MouthFunnel,
    MotionChannel::MouthPucker,
    MotionChannel::MouthLowerDown,
    MotionChannel::MouthUpperUp,
    MotionChannel::MouthRollLower,
    MotionChannel::MouthRollUpper,
    MotionChannel::MouthPress,
];

/// One mesh with morph targets, in metres.
pub struct Body {
    /// Its points at rest.
    pub points: Vec<V3>,
    /// What full weight of a shape moves each point by, under the shape's name.
    pub shapes: Vec<(String, Vec<V3>)>,
    /// Three points to a triangle, anticlockwise where it is seen from outside.
    pub triangles: Vec<[u32; 3]>,
    /// How bright each point is on a screen, 0..=1.
    pub greys: Vec<f64>,
    /// Whether a point has the colour of skin, which differs between people.
    pub is_skin: Vec<bool>,
    /// Whether the inner side is seen too.
    pub is_two_sided: bool,
}

impl Body {
    /// The project's own head, with the 52 shapes and the tongue's lift.
    pub fn own() -> Body {
        let own = head::Head::new();
        let metres = |at: head::V3| at.map(|x| f64::from(METRES * x));
        let whole = |target: &[(u16, head::V3)]| {
            let mut moves = vec![[0.0; 3]; own.vertices().len()];
            target.iter().for_each(|(at, by)| moves[usize::from(*at)] = metres(*by));
            moves
        };
        let shapes = Channel::ALL.into_iter().map(|channel| (channel.name().to_owned(), whole(own.target(channel))));
        let lift = (TONGUE_UP.to_owned(), whole(&own.tongue_up()));
        Body {
            points: own.vertices().iter().map(|vertex| metres(vertex.at)).collect(),
            shapes: shapes.chain([lift]).collect(),
            triangles: own.indices().as_chunks::<3>().0.iter().map(|t| t.map(u32::from)).collect(),
            greys: own.vertices().iter().map(|vertex| luma([16, 8, 0].map(|by| byte(vertex.ink >> by)))).collect(),
            is_skin: own.vertices().iter().map(|vertex| is_skin(&vertex.part)).collect(),
            is_two_sided: false,
        }
    }

    /// What each channel of motion moves a vertex by: both sides of a paired shape.
    pub fn moves(&self, vertex: usize) -> Moves {
        MotionChannel::ALL.map(|channel| {
            let mut sum = [0.0; 3];
            for (_, moves) in self.shapes.iter().filter(|(name, _)| is_shape_of(name, channel)) {
                (0..3).for_each(|axis| sum[axis] += moves[vertex][axis]);
            }
            sum
        })
    }

    /// The vertices of the lips, found from the shapes.
    pub fn lips(&self) -> Vec<usize> {
        let moved = |vertex: usize| {
            let moves = self.moves(vertex);
            LIP_CHANNELS.iter().map(|channel| length(moves[*channel as usize])).sum::<f64>()
        };
        let moved: Vec<f64> = (0..self.points.len()).map(moved).collect();
        let most = moved.iter().copied().fold(0.0, f64::max);
        (0..moved.len()).filter(|vertex| moved[*vertex] > LIP_SHARE * most).collect()
    }
}

fn is_skin(part: &Part) -> bool {
    match part {
        // Lips have a colour of their own, but one that goes with the skin's.
        Part::Skin(skin) => skin.lip > 0,
        Part::Nose | Part::UpperLid(..) | Part::LowerLid(..) => true,
        _ => false,
    }
}

fn byte(ink: u32) -> f64 {
    f64::from(ink & 0xFF) / 255.0
}

/// How bright a colour of a screen is (ITU-R BT.601), as in the grey films that lip readers see.
pub fn luma([red, green, blue]: V3) -> f64 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// ARKit's names are ours in lower camel case, with both sides apart.
pub fn is_shape_of(name: &str, channel: MotionChannel) -> bool {
    let side = name.strip_suffix("Left").or_else(|| name.strip_suffix("Right"));
    side.unwrap_or(name).eq_ignore_ascii_case(channel.name())
}

/// Length of a way.
pub fn length(v: V3) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_make_one_channel() {
        assert!(is_shape_of("mouthSmileLeft", MotionChannel::MouthSmile));
        assert!(is_shape_of("jawOpen", MotionChannel::JawOpen));
        assert!(!is_shape_of("browInnerUp_L", MotionChannel::BrowInnerUp));
    }

    #[test]
    fn every_channel_of_motion_moves_our_own_head() {
        let own = Body::own();
        let all: Vec<Moves> = (0..own.points.len()).map(|vertex| own.moves(vertex)).collect();
        for channel in MotionChannel::ALL {
            let most = all.iter().map(|moves| length(moves[channel as usize])).fold(0.0, f64::max);
            assert!(most > 0.002, "{channel:?} moves by {most} m");
        }
    }

    #[test]
    fn the_lips_of_our_own_head_are_found_from_its_shapes() {
        let own = Body::own();
        let lips = own.lips();
        let span = |axis: usize| {
            let of = || lips.iter().map(|vertex| own.points[*vertex][axis]);
            of().fold(f64::MIN, f64::max) - of().fold(f64::MAX, f64::min)
        };
        let (width, height) = (span(0), span(1));
        assert!((0.04..0.08).contains(&width) && (0.008..0.045).contains(&height), "{width} {height}");
    }
}
