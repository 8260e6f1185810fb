//! What a reader sees of a mouth without a picture: numbers that hang on the motion as a matrix does, so that slopes pass
//! through at the price of a product.

use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::MotionChannel;
use serde::{Deserialize, Serialize};

use super::net::POSES;
use crate::evaluate::surface::{Moves, Weights, default_surface};
use crate::space::rig14;

/// Which numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Points {
    /// Where the points of the lips are, and the tongue.
    Lips,
    /// How far the lips stand apart, how far each stands from its corner, and the tongue: another eye than [`Points::Lips`].
    Gaps,
}

/// A movement of 5 mm is 1.
const NATURAL_M: f64 = 0.005;
/// The tongue is seen by its weight: 0.2 is 1.
const NATURAL_TONGUE: f64 = 0.2;

/// Motion to numbers.
#[derive(Clone, Debug)]
pub struct Eye {
    /// `[channels, numbers]`.
    matrix: Vec<f32>,
    numbers: usize,
}

impl Points {
    /// The eye that sees them.
    pub fn eye(self) -> Eye {
        let surface = default_surface();
        let seen: Vec<Moves> = match self {
            Points::Lips => surface.lip_moves().copied().collect(),
            Points::Gaps => {
                let lips: Vec<Moves> = surface.lip_moves().copied().collect();
                // The corners are the last two points of the lips.
                let corner = lips[lips.len() - 1];
                let from_corner = lips.iter().step_by(3).map(|point| apart(point, &corner));
                surface.pair_moves().chain(from_corner).collect()
            }
        };
        let axes = seen.iter().flat_map(|moves| (0..3).map(move |axis| moves.map(|by| by[axis] / NATURAL_M)));
        let tongue = [MotionChannel::TongueOut, MotionChannel::TongueUp].map(|channel| {
            let mut weights = Weights::default();
            weights[channel as usize] = 1.0 / NATURAL_TONGUE;
            weights
        });
        // What no channel moves says nothing.
        let rows: Vec<_> = axes.chain(tongue).filter(|row| row.iter().any(|weight| weight.abs() > 1e-9)).collect();
        let column = |channel: MotionChannel| rows.iter().map(move |row| row[channel as usize] as f32);
        let matrix = MotionChannel::ALL.into_iter().flat_map(column).collect();
        Eye { matrix, numbers: rows.len() }
    }
}

fn apart(a: &Moves, b: &Moves) -> Moves {
    std::array::from_fn(|channel| std::array::from_fn(|axis| a[channel][axis] - b[channel][axis]))
}

impl Eye {
    /// Numbers of a frame.
    pub fn numbers(&self) -> usize {
        self.numbers
    }

    /// # Shapes
    /// Motion `[batch, frames, channels]`, an even number of frames at 50 a second -> `[batch, step, 2, numbers]`.
    pub fn see(&self, motion: Tensor<3>) -> Tensor<4> {
        let [batch, frames, _] = motion.dims();
        motion.clone().matmul(self.matrix(&motion.device())).reshape([batch, frames / POSES, POSES, self.numbers])
    }

    fn matrix(&self, device: &Device) -> Tensor<3> {
        Tensor::from_data(TensorData::new(self.matrix.clone(), [1, rig14::WIDTH, self.numbers]), device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::surface::testing::track;

    #[test]
    fn an_eye_sees_the_jaw_but_not_the_brow() {
        let device = Device::flex();
        for points in [Points::Lips, Points::Gaps] {
            let eye = points.eye();
            let seen = |channel: MotionChannel| {
                eye.see(rig14::tensor(&[track(channel, &[0.5, 0.0])], &device)).abs().max().into_scalar::<f32>()
            };
            // A half open jaw moves the lower lip by 17.5 mm, and it from the upper one by 16.5 mm.
            let most = seen(MotionChannel::JawOpen);
            assert!((3.0..4.5).contains(&most), "{points:?}: {most}");
            assert_eq!(seen(MotionChannel::BrowInnerUp), 0.0);
            assert!((seen(MotionChannel::TongueOut) - 2.5).abs() < 1e-6);
        }
    }

    #[test]
    fn the_two_eyes_see_different_numbers() {
        assert_ne!(Points::Lips.eye().numbers(), Points::Gaps.eye().numbers());
    }
}
