//! Where a surface ends before what lies behind it, between two pixels' centres: one of the two takes a share of the
//! other, which grows as the edge moves (after Laine et al. 2020).

use super::body::V3;
use super::depths::{Depths, area, corners};
use super::mesh::{Edge, Mesh, NONE};

/// What lies behind an edge is farther by at least this, in pixels; less is the same surface.
const LEAST_STEP_PX: f64 = 0.25;
/// An edge belongs to the surface beside it when their depths differ by less, in pixels.
const SAME_SURFACE_PX: f64 = 5.0;

/// A share of one pixel that its neighbour gets, and the edge that decides how much.
#[derive(Clone, Copy, Debug)]
pub struct Blend {
    /// Who gets.
    pub to: u32,
    /// Of whom.
    pub from: u32,
    /// How much, 0..=0.5.
    pub share: f64,
    /// How the share changes as the edge moves along `axis`: 1 or -1.
    pub sign: f64,
    /// The edge's ends.
    pub ends: [u32; 2],
    /// The pixels lie side by side (0) or one over the other (1).
    pub axis: usize,
    /// Their common place along the other axis.
    pub line: f64,
    /// How far the surface reaches beyond the centre of its pixel, 0..=1.
    reach: f64,
}

/// Finds all blends: at most one for two neighbours, that of the edge that reaches farthest.
pub fn find(mesh: &Mesh, placed: &[V3], depths: &Depths) -> Vec<Blend> {
    let mut found = Found { blends: Vec::new(), of_pair: vec![NONE; 2 * depths.seen.len()] };
    let is_drawn: Vec<bool> = mesh.triangles.iter().zip(&mesh.is_two_sided).map(drawn(placed)).collect();
    for edge in &mesh.edges {
        let [first, second] = edge.faces.map(|face| face != NONE && is_drawn[face as usize]);
        // Two sides that face the viewer lie on two sides of their edge, unless one is turned away.
        let may_fold = || edge.faces.iter().any(|face| mesh.is_two_sided[*face as usize]);
        if first != second || (first && may_fold()) {
            trace(edge, [first, second], placed, depths, &mut found);
        }
    }
    found.blends
}

fn drawn(placed: &[V3]) -> impl Fn((&[u32; 3], &bool)) -> bool {
    |(triangle, is_two_sided)| {
        let area = area(corners(placed, *triangle));
        area > 0.0 || (area < 0.0 && *is_two_sided)
    }
}

struct Found {
    blends: Vec<Blend>,
    /// The blend of each pixel with its right and upper neighbour.
    of_pair: Vec<u32>,
}

impl Found {
    fn add(&mut self, pair: usize, blend: Blend) {
        match self.blends.get_mut(self.of_pair[pair] as usize) {
            Some(other) if other.reach < blend.reach => *other = blend,
            Some(_) => {}
            None => {
                self.of_pair[pair] = self.blends.len() as u32;
                self.blends.push(blend);
            }
        }
    }
}

/// Follows an edge over the lines of pixels that it crosses, along its longer way: so crossings move no faster than it.
fn trace(edge: &Edge, is_drawn: [bool; 2], placed: &[V3], depths: &Depths, found: &mut Found) {
    let [a, b] = edge.ends.map(|at| placed[at as usize]);
    let axis = usize::from((a[0] - b[0]).abs() > (a[1] - b[1]).abs());
    let along = 1 - axis;
    let span = b[along] - a[along];
    if span == 0.0 {
        return;
    }
    let crossing = |line: f64| {
        let share = (line - a[along]) / span;
        [axis, 2].map(|k| a[k] + share * (b[k] - a[k]))
    };
    // Whether a side of the edge lies towards higher places.
    let is_high = |side: usize| {
        let corner = placed[edge.across[side] as usize];
        corner[axis] > crossing(corner[along])[0]
    };
    let is_high = match is_drawn {
        [true, false] => is_high(0),
        [false, true] => is_high(1),
        _ if is_high(0) == is_high(1) => is_high(0),
        _ => return,
    };
    let last = depths.size as f64 - 1.0;
    let (from, to) = (a[along].min(b[along]).ceil().max(0.0), a[along].max(b[along]).min(last));
    let mut line = from;
    while line <= to {
        let [at, depth] = crossing(line);
        if at >= 0.0 && at < last {
            let crossed = Crossed { axis, line, at, depth, is_high, ends: edge.ends };
            crossed.blend(depths, found);
        }
        line += 1.0;
    }
}

/// An edge between two centres of pixels.
struct Crossed {
    axis: usize,
    line: f64,
    at: f64,
    depth: f64,
    is_high: bool,
    ends: [u32; 2],
}

impl Crossed {
    fn blend(&self, depths: &Depths, found: &mut Found) {
        let cell = self.at.floor();
        let pixel = |place: f64| {
            let place = [place as usize, self.line as usize];
            depths.pixel(place[self.axis], place[1 - self.axis])
        };
        let (low, high) = (pixel(cell), pixel(cell + 1.0));
        let (near, far) = if self.is_high { (high, low) } else { (low, high) };
        let is_seen = depths.seen[near] != NONE
            && self.depth >= depths.depth[far] + LEAST_STEP_PX
            && (self.depth - depths.depth[near]).abs() <= SAME_SURFACE_PX;
        if !is_seen {
            return;
        }
        let (reach, outwards) = if self.is_high { (cell + 1.0 - self.at, -1.0) } else { (self.at - cell, 1.0) };
        let (to, from, share, sign) =
            if reach > 0.5 { (far, near, reach - 0.5, outwards) } else { (near, far, 0.5 - reach, -outwards) };
        let blend = Blend {
            to: to as u32,
            from: from as u32,
            share,
            sign,
            ends: self.ends,
            axis: self.axis,
            line: self.line,
            reach,
        };
        found.add(2 * low + self.axis, blend);
    }
}
