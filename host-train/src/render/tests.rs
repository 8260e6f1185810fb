//! Slopes against central differences, and our own head against what a reader of lips needs.

use std::collections::HashSet;
use std::path::Path;

use keyface_core::MotionChannel;
use keyface_core::head::{self, Part};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::agreement::{agreement_of, waves, weighed};
use super::body::V3;
use super::mesh::NONE;
use super::mesh::testing::ball;
use super::slope::{Slopes, through_colours, through_silhouettes};
use super::view::dot;
use super::*;
use crate::space::rig14::PerChannel;

/// What a backward makes of one picture.
type Backward = fn(&Mesh, &View, &Frame, &[f64]) -> Vec<V3>;

/// As the papers' code did it: normals are constants.
fn detached(mesh: &Mesh, view: &View, frame: &Frame, by_pixel: &[f64]) -> Vec<V3> {
    let mut slopes = Slopes::none(frame);
    let by_plain = through_silhouettes(frame, by_pixel, &mut slopes);
    through_colours(mesh, view, frame, &by_plain, &mut slopes);
    slopes.by_place.iter().map(|slope| view.back(slope)).collect()
}

/// A ball as an ellipsoid that is squeezed, shifted, bent and sheared by six numbers.
fn shaped(ball: &[V3], by: &[f64; 6]) -> Vec<V3> {
    let shape = |[x, y, z]: &V3| {
        let (x, y, z) = (0.0173 * x, 0.0121 * y, 0.0090 * z);
        [
            x * (1.0 + 0.1 * by[0]) + 0.001 * by[1] + 1.7 * by[2] * y * y,
            y * (1.0 + 0.1 * by[3]) + 0.001 * by[4] + 0.03 * by[5] * x,
            z * (1.0 + 0.2 * by[2]),
        ]
    };
    ball.iter().map(shape).collect()
}

/// Slopes of sums of pixels under smooth weights, by the six numbers of an ellipsoid.
fn ellipsoid(rows: usize, backward: Backward) -> Agreement {
    let (mesh, ball) = ball(rows, rows * 3 / 2);
    let mut view = View::plain(&Head::own(), Crop::Mouth, 48);
    view.look_at([0.0001, 0.0002, 0.0], 1000.0);
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    let mut pairs = Vec::new();
    for _ in 0..20 {
        let by: [f64; 6] = std::array::from_fn(|_| rng.random_range(-0.5..0.5));
        let weights = waves(48, rng);
        let found = backward(&mesh, &view, &render(&mesh, &shaped(&ball, &by), &view), &weights);
        for k in 0..6 {
            let step = 1e-4;
            let [up, down] = [step, -step].map(|step| {
                let mut by = by;
                by[k] += step;
                shaped(&ball, &by)
            });
            let [high, low] = [&up, &down].map(|points| weighed(&render(&mesh, points, &view), &weights));
            let way = |(up, down): (&V3, &V3)| [0, 1, 2].map(|k| (up[k] - down[k]) / (2.0 * step));
            let ways = up.iter().zip(&down).map(way);
            let along = found.iter().zip(ways).map(|(slope, way)| dot(*slope, way)).sum();
            pairs.push(((high - low) / (2.0 * step), along));
        }
    }
    Agreement::of(&pairs)
}

#[test]
fn slopes_on_an_ellipsoid_are_those_of_finite_differences() {
    for rows in [8, 16, 24] {
        let of = ellipsoid(rows, slope);
        assert!(of.median_error < 1e-3, "{rows} rows: {of:?}");
    }
}

#[test]
fn detached_normals_would_fail_that_test() {
    for rows in [8, 16, 24] {
        let of = ellipsoid(rows, detached);
        assert!(of.median_error > 3e-2, "{rows} rows: {of:?}");
    }
}

#[test]
fn slopes_on_our_own_head_point_where_finite_differences_do() {
    // Lips hide and show teeth in steps that no slope knows, so that both differ; see docs/render.md.
    let of = agreement(&Head::own().around_mouth(), 88, 0.02);
    assert!(of.cosine >= 0.92 && (0.95..=1.32).contains(&of.norm), "{of:?}");
}

#[test]
fn with_detached_normals_they_point_farther_away() {
    let head = Head::own().around_mouth();
    let [whole, part] = [slope as Backward, detached].map(|backward| agreement_of(&head, 88, 0.02, backward));
    assert!(whole.cosine > part.cosine + 0.04, "{whole:?} {part:?}");
}

/// The larger head of the ICT, where it lies beside the project.
#[test]
fn slopes_on_a_head_from_a_file_point_where_finite_differences_do() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/head/ict_face.glb");
    let Ok(head) = Head::read(&path) else { return };
    let of = agreement(&head.around_mouth(), 88, 0.02);
    assert!(of.cosine >= 0.8, "{of:?}");
}

/// A pose of the mouth.
fn pose(weights: &[(MotionChannel, f64)]) -> PerChannel<f64> {
    let mut pose = PerChannel::default();
    weights.iter().for_each(|(channel, weight)| pose[*channel as usize] = *weight);
    pose
}

/// Pixels of each part that our own head shows, by the part's name.
fn parts_seen(weights: &[(MotionChannel, f64)], is_it: impl Fn(&Part) -> bool) -> usize {
    let own = head::Head::new();
    let head = Head::own();
    let view = View::plain(&head, Crop::Mouth, 88);
    let frame = render(&head.mesh, &posed(&head.rest, &head.motion_moves(), &pose(weights)), &view);
    let part = |face: &u32| own.vertices()[head.mesh.triangles[*face as usize][0] as usize].part;
    frame.seen.iter().filter(|face| **face != NONE && is_it(&part(face))).count()
}

#[test]
fn an_open_mouth_shows_lips_teeth_tongue_and_cavity() {
    let open = [(MotionChannel::JawOpen, 0.5)];
    let seen = |is_it: fn(&Part) -> bool| parts_seen(&open, is_it);
    assert!(seen(|part| *part == Part::UpperTeeth) > 60);
    assert!(seen(|part| matches!(part, Part::Tongue(_))) > 60);
    assert!(seen(|part| matches!(part, Part::Skin(skin) if skin.lip < 0)) > 150);
    for is_upper in [true, false] {
        let is_lip = |part: &Part| matches!(part, Part::Skin(s) if (1..4).contains(&s.lip) && (s.up > 0.0) == is_upper);
        assert!(parts_seen(&open, is_lip) > 100, "upper: {is_upper}");
    }
    assert!(parts_seen(&[(MotionChannel::MouthLowerDown, 0.8)], |part| *part == Part::LowerTeeth) > 20);
}

#[test]
fn sealed_lips_hide_all_that_is_behind_them() {
    let sealed = [(MotionChannel::JawOpen, 0.1), (MotionChannel::MouthClose, 0.105)];
    let is_within = |part: &Part| match part {
        Part::UpperTeeth | Part::LowerTeeth | Part::Tongue(_) => true,
        Part::Skin(skin) => skin.lip < 0,
        _ => false,
    };
    let hidden = parts_seen(&sealed, is_within);
    assert!(hidden < 5, "{hidden} pixels");
}

#[test]
fn no_edge_of_our_own_head_has_two_triangles_on_one_side() {
    let mesh = Head::own().mesh;
    let ways = mesh.triangles.iter().flat_map(|t| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])]);
    let mut known = HashSet::new();
    assert!(ways.filter(|(from, to)| from != to).all(|way| known.insert(way)));
}

#[test]
fn most_of_what_a_mouth_shows_is_of_triangles_that_pixels_resolve() {
    let head = Head::own().around_mouth();
    let view = View::plain(&head, Crop::Mouth, 88);
    for weights in mouths_of_speech() {
        let frame = render(&head.mesh, &posed(&head.rest, &head.motion_moves(), &weights), &view);
        // A triangle's size is the side of a square that two of it fill.
        let size = |face: &u32| {
            let corners = depths::corners(&frame.placed, head.mesh.triangles[*face as usize]);
            depths::area(corners).max(0.0).sqrt()
        };
        let seen: Vec<f64> = frame.seen.iter().filter(|face| **face != NONE).map(size).collect();
        let share = seen.iter().filter(|size| **size >= 1.5).count() as f64 / seen.len() as f64;
        assert!(share > 0.97, "{weights:?}: {share}");
    }
}
