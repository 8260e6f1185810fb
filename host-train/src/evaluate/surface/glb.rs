//! A head with ARKit shapes in, a surface out: lips, upper face and pairs are found from the shapes themselves.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use keyface_core::MotionChannel;

use super::{LipPair, Surface};
use crate::render::{Body, Glb, Moves, length};

/// A vertex belongs to the upper face when a brow shape moves it by this much.
const UPPER_FACE_M: f64 = 0.001;
const BROWS: [&str; 5] = ["browInnerUp", "browDownLeft", "browDownRight", "browOuterUpLeft", "browOuterUpRight"];
/// Pairs are sought in this many columns over this share of the lips' width.
const COLUMNS: usize = 7;
const COLUMNS_SHARE: f64 = 0.6;

/// Reads a binary glTF in metres, y up; its first body is the skin. Shapes that are missing (the tongue, mostly) do not
/// move.
///
/// # Errors
/// What is not such a file, or holds no jaw and no mouth.
pub fn read_head(path: &Path) -> Result<Surface> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let skin = Glb::parse(&bytes).and_then(|file| file.body(0));
    skin.and_then(|skin| surface(&skin, name)).with_context(|| path.display().to_string())
}

fn surface(skin: &Body, file: String) -> Result<Surface> {
    let vertices: Vec<Moves> = (0..skin.points.len()).map(|v| skin.moves(v)).collect();
    let lips = skin.lips();
    let upper_face = (0..vertices.len()).filter(|v| brow_moves(skin, *v) > UPPER_FACE_M).collect();
    let pairs = pairs(skin, &vertices, &lips);
    ensure!(!pairs.is_empty(), "expected jawOpen to part two lips, found none");
    let off_middle = |pair: &LipPair| skin.points[pair.upper][0].abs();
    let middle = (0..pairs.len()).min_by(|a, b| off_middle(&pairs[*a]).total_cmp(&off_middle(&pairs[*b])));
    let name = format!("{file}, lips: moved most by mouth shapes; upper face: moved by brow shapes");
    Ok(Surface::new(name, vertices, lips, upper_face, pairs, middle.unwrap_or(0)))
}

fn brow_moves(skin: &Body, vertex: usize) -> f64 {
    let brows = skin.shapes.iter().filter(|(name, _)| BROWS.contains(&name.as_str()));
    brows.map(|(_, moves)| length(moves[vertex])).fold(0.0, f64::max)
}

/// In each column, the lowest vertex of the upper lip over the highest of the lower lip, which the jaw takes along.
fn pairs(skin: &Body, vertices: &[Moves], lips: &[usize]) -> Vec<LipPair> {
    let drop = |v: usize| -vertices[v][MotionChannel::JawOpen as usize][1];
    let [x, y] = [0, 1].map(|axis| move |v: usize| skin.points[v][axis]);
    let most = lips.iter().map(|v| drop(*v)).fold(0.0, f64::max);
    let reach = COLUMNS_SHARE * lips.iter().map(|v| x(*v).abs()).fold(1e-6, f64::max);
    let width = 2.0 * reach / COLUMNS as f64;
    let column = |n: usize| {
        let from = -reach + n as f64 * width;
        let inside = || lips.iter().copied().filter(move |v| (from..from + width).contains(&x(*v)));
        let upper = inside().filter(|v| drop(*v) < 0.5 * most).min_by(|a, b| y(*a).total_cmp(&y(*b)))?;
        let lower = inside().filter(|v| drop(*v) > 0.5 * most).max_by(|a, b| y(*a).total_cmp(&y(*b)))?;
        Some(LipPair { upper, lower, rest_m: y(upper) - y(lower) })
    };
    (0..COLUMNS).filter_map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::track;
    use super::*;
    use crate::render::glb_testing::head;

    #[test]
    fn lips_and_their_opening_are_found_in_a_head() {
        let bytes = head();
        let skin = Glb::parse(&bytes).unwrap().body(0).unwrap();
        let surface = surface(&skin, "head".into()).unwrap();
        let facts = surface.facts();
        assert_eq!((facts.vertices, facts.lips, facts.upper_face, facts.lip_pairs), (2, 2, 0, 1));
        // 1 mm at rest and half of 20 mm.
        assert!((surface.opening_m(&track(MotionChannel::JawOpen, &[0.5])[0]) - 0.011).abs() < 1e-8);
    }
}
