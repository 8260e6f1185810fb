//! From any mesh to the rig's channels, by landmarks of the mouth.
//!
//! Five pairs across the lips and both corners of the mesh are taken for the same points of Keyface's own face
//! ([`default_surface`]), whose moves by channel are known in metres. Each frame's channels are the weights in 0..=1
//! that move those points as the mesh's moved, by least squares (coordinate descent; a little weight decay, so that
//! what two channels share goes to the one that explains it better). The mesh is scaled to our mouth's width. Tongue and
//! brows are not seen by these points: they stay at rest.

use keyface_core::{Motion, MotionChannel};

use crate::evaluate::surface::{MOUTH_CORNERS, MOUTH_WIDTH_M, Moves, Weights, default_surface};
use crate::papers::Told;
use crate::papers::corpus::Regions;
use crate::personal::cholesky;
use crate::space::rig14::PerChannel;

/// Weight decay, as a share of what the jaw moves: channels that move little must not explain what others do.
const DECAY: f64 = 2e-4;
/// Rounds of the descent; each frame starts where the last one ended.
const ROUNDS: usize = 1500;
const UNSEEN: [MotionChannel; 3] = [MotionChannel::TongueOut, MotionChannel::TongueUp, MotionChannel::BrowInnerUp];

/// The fit of one speaker's mesh.
#[derive(Clone, Debug)]
pub struct RigFit {
    landmarks: Vec<usize>,
    scale: f64,
    /// What each channel moves each landmark's three axes by, in metres.
    moves: Vec<Weights>,
    gram: PerChannel<Weights>,
}

impl RigFit {
    /// From the face at rest, which looks along z with y up; the error says what is missing.
    ///
    /// # Errors
    /// When the mesh has no five pairs across the lips, or no lips.
    pub fn new(template: &[f32], regions: &Regions) -> Told<RigFit> {
        let [first, .., last] = regions.lip_pairs[..] else { return Err("no pairs across the lips".into()) };
        if regions.lip_pairs.len() != 5 {
            return Err(format!("{} pairs across the lips", regions.lip_pairs.len()));
        }
        let x = |v: usize| template[3 * v];
        let by_x = |a: &usize, b: &usize| x(*a).total_cmp(&x(*b));
        let (Some(right), Some(left)) =
            (regions.lips.iter().copied().min_by(by_x), regions.lips.iter().copied().max_by(by_x))
        else {
            return Err("no lips".into());
        };
        // Our pairs run from negative x to positive x.
        let is_reversed = x(first.0) > x(last.0);
        let mut pairs = regions.lip_pairs.clone();
        if is_reversed {
            pairs.reverse();
        }
        let (upper, lower): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
        let scale = MOUTH_WIDTH_M / f64::from(x(left) - x(right)).max(1e-6);
        Ok(Self::of_landmarks([upper, lower, vec![right, left]].concat(), scale))
    }

    fn of_landmarks(landmarks: Vec<usize>, scale: f64) -> RigFit {
        let surface = default_surface();
        // The inner points of the upper and of the lower lip come first.
        let points = (0..10).chain(MOUTH_CORNERS);
        let axes = |moves: &Moves| (0..3).map(|axis| std::array::from_fn(|c| moves[c][axis])).collect::<Vec<_>>();
        let moves: Vec<Weights> = points.flat_map(|point| axes(surface.moves(point))).collect();
        let product = |a: usize, b: usize| moves.iter().map(|row| row[a] * row[b]).sum::<f64>();
        let mut gram: PerChannel<Weights> = std::array::from_fn(|a| std::array::from_fn(|b| product(a, b)));
        let most = (0..gram.len()).map(|c| gram[c][c]).fold(0.0, f64::max);
        (0..gram.len()).for_each(|c| gram[c][c] += DECAY * most);
        RigFit { landmarks, scale, moves, gram }
    }

    /// The channels of frames of moves from the template, `[frames, 3 * vertices]`.
    pub fn fit(&self, moves: &[f32], vertices: usize) -> Vec<Motion> {
        let mut weights = Weights::default();
        moves.chunks_exact(3 * vertices).map(|frame| self.frame(frame, &mut weights)).collect()
    }

    /// The vertices that are fitted.
    pub fn landmarks(&self) -> &[usize] {
        &self.landmarks
    }

    /// What each axis of the landmarks adds to the channels, x, y and z of each in turn: least squares without bounds, so
    /// that slopes pass.
    pub fn linear(&self) -> Vec<PerChannel<f32>> {
        let all = MotionChannel::ALL.into_iter().filter(|channel| !UNSEEN.contains(channel));
        let seen: Vec<usize> = all.map(|channel| channel as usize).collect();
        let gram: Vec<f64> = seen.iter().flat_map(|a| seen.iter().map(|b| self.gram[*a][*b])).collect();
        let row = |moves: &Weights| {
            let wanted = seen.iter().map(|c| self.scale * moves[*c]).collect();
            let mut channels = PerChannel::default();
            let weights = cholesky(gram.clone(), seen.len(), wanted);
            seen.iter().zip(weights).for_each(|(c, weight)| channels[*c] = weight as f32);
            channels
        };
        self.moves.iter().map(row).collect()
    }

    fn frame(&self, frame: &[f32], weights: &mut Weights) -> Motion {
        let wanted =
            self.landmarks.iter().flat_map(|v| frame[3 * v..3 * v + 3].iter().map(|m| self.scale * f64::from(*m)));
        let mut slope = Weights::default();
        for (row, moved) in self.moves.iter().zip(wanted) {
            (0..row.len()).for_each(|c| slope[c] += row[c] * moved);
        }
        for _ in 0..ROUNDS {
            for channel in MotionChannel::ALL.into_iter().filter(|channel| !UNSEEN.contains(channel)) {
                let c = channel as usize;
                let others: f64 = (0..weights.len()).filter(|b| *b != c).map(|b| self.gram[c][b] * weights[b]).sum();
                weights[c] = ((slope[c] - others) / self.gram[c][c]).clamp(0.0, 1.0);
            }
        }
        Motion(weights.map(|w| w as f32)).bounded()
    }

    /// Mean over frames of how far the rig's lips open beyond, or short of, what the mesh's do, in metres at our size.
    pub fn opening_miss_m(
        &self,
        moves: &[f32],
        vertices: usize,
        template: &[f32],
        regions: &Regions,
        fitted: &[Motion],
    ) -> f64 {
        let (Some((upper, lower)), surface) = (regions.middle_pair(), default_surface()) else { return 0.0 };
        let at = |frame: &[f32], v: usize, axis: usize| f64::from(template[3 * v + axis] + frame[3 * v + axis]);
        let gap = |frame: &[f32]| {
            (0..3).map(|axis| (at(frame, upper, axis) - at(frame, lower, axis)).powi(2)).sum::<f64>().sqrt()
        };
        let rest = gap(&vec![0.0; template.len()]);
        let (ours, frames) = (surface.opening_m(&Motion::REST), moves.chunks_exact(3 * vertices));
        let misses: Vec<f64> = frames
            .zip(fitted)
            .map(|(frame, motion)| (surface.opening_m(motion) - ours - self.scale * (gap(frame) - rest)).abs())
            .collect();
        misses.iter().sum::<f64>() / misses.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use keyface_core::MotionChannel as M;

    use super::*;
    use crate::evaluate::surface::weights;

    /// A mesh whose twelve vertices are our own points at twice the size, in whatever order the pairs are.
    fn mesh(is_reversed: bool) -> (Vec<f32>, Regions) {
        let xs: [f32; 5] = [-0.032, -0.016, 0.0, 0.016, 0.032];
        let mut template: Vec<f32> = [xs, xs].concat().iter().flat_map(|x| [*x, 0.0, 0.0]).collect();
        template.extend([-0.05, 0.0, 0.0, 0.05, 0.0, 0.0]);
        let mut lip_pairs: Vec<(usize, usize)> = (0..5).map(|n| (n, n + 5)).collect();
        if is_reversed {
            lip_pairs.reverse();
        }
        (template, Regions { lips: (0..12).collect(), upper_face: vec![], lip_pairs })
    }

    fn moved(motion: &Motion) -> Vec<f32> {
        let (surface, weights) = (default_surface(), weights(motion));
        let at =
            |point: usize, axis: usize| (0..weights.len()).map(|c| weights[c] * surface.moves(point)[c][axis]).sum();
        (0..10)
            .chain(MOUTH_CORNERS)
            .flat_map(|point| (0..3).map(move |axis| (point, axis)))
            .map(|(p, a)| {
                let metres: f64 = at(p, a);
                (2.0 * metres) as f32
            })
            .collect()
    }

    #[test]
    fn our_own_poses_are_found_again_at_another_size() {
        for is_reversed in [false, true] {
            let (template, regions) = mesh(is_reversed);
            let fit = RigFit::new(&template, &regions).unwrap();
            for (channel, weight) in
                [(M::JawOpen, 0.6), (M::MouthPucker, 0.8), (M::MouthSmile, 0.5), (M::MouthRollLower, 0.9)]
            {
                let mut motion = Motion::REST;
                motion[channel] = weight;
                let found = fit.fit(&moved(&motion), 12)[0];
                assert!((found[channel] - weight).abs() < 0.08, "{channel:?} {weight}: {found:?}");
                let others = M::ALL.into_iter().filter(|c| *c != channel).map(|c| found[c]).fold(0.0, f32::max);
                assert!(others < 0.12, "{channel:?}: {found:?}");
            }
        }
    }

    #[test]
    fn without_bounds_the_same_points_move_as_far() {
        let (template, regions) = mesh(false);
        let fit = RigFit::new(&template, &regions).unwrap();
        let mut motion = Motion::REST;
        (motion[M::JawOpen], motion[M::MouthPucker]) = (0.5, 0.3);
        let moves = moved(&motion);
        let axes = fit.landmarks().iter().flat_map(|v| 3 * v..3 * v + 3).map(|axis| moves[axis]);
        let mut channels = PerChannel::default();
        for (by, row) in axes.zip(fit.linear()) {
            (0..row.len()).for_each(|c| channels[c] += by * row[c]);
        }
        let opening = |motion: &Motion| default_surface().opening_m(motion);
        assert!((opening(&Motion(channels)) - opening(&motion)).abs() < 5e-4, "{channels:?}");
    }

    #[test]
    fn a_closed_mouth_with_an_open_jaw_stays_closed() {
        let (template, regions) = mesh(false);
        let mut motion = Motion::REST;
        (motion[M::JawOpen], motion[M::MouthClose]) = (0.4, keyface_core::contact::touching(0.4));
        let found = RigFit::new(&template, &regions).unwrap().fit(&moved(&motion), 12)[0];
        assert!(default_surface().opening_m(&found).abs() < 1.5e-3, "{found:?}");
    }

    #[test]
    fn a_mesh_without_pairs_is_told() {
        assert!(RigFit::new(&[0.0; 9], &Regions::default()).unwrap_err().contains("no pairs"));
    }
}
