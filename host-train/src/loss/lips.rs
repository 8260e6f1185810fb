//! How far the lips are from where they should be, in mm²: LVE (Richard et al. 2021) on our own small face, as a loss.

use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::MOTION_CHANNELS;

use crate::evaluate::surface::default_surface;

const MM: f64 = 1e3;

/// What each channel moves each axis of each vertex of the lips by.
#[derive(Clone, Debug)]
pub struct Lips {
    /// `[channels, vertices * 3]`, millimetres.
    moves: Tensor<2>,
}

impl Lips {
    /// Those of [`default_surface`].
    pub fn new(device: &Device) -> Lips {
        let surface = default_surface();
        let channel = |c: usize| surface.lip_moves().flat_map(move |moves| moves[c]);
        let moves: Vec<f32> = (0..MOTION_CHANNELS).flat_map(channel).map(|metres| (MM * metres) as f32).collect();
        let shape = [MOTION_CHANNELS, moves.len() / MOTION_CHANNELS];
        Lips { moves: Tensor::from_data(TensorData::new(moves, shape), device) }
    }

    /// Mean over all steps of the largest squared distance of a vertex of the lips, in mm².
    ///
    /// # Shapes
    /// Differences of motions `[batch, time, MOTION_CHANNELS]` -> `[1]`.
    pub fn farthest(&self, miss: Tensor<3>) -> Tensor<1> {
        let [batch, time, channels] = miss.dims();
        let [_, axes] = self.moves.dims();
        let away = miss.reshape([batch * time, channels]).matmul(self.moves.clone());
        away.square().reshape([batch * time, axes / 3, 3]).sum_dim(2).max_dim(1).mean()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::MotionSpace;
    use keyface_core::{Motion, MotionChannel as M};

    #[test]
    fn it_is_lve() {
        let motion = |jaw: f32, pucker: f32| {
            let mut motion = Motion::REST;
            (motion[M::JawOpen], motion[M::MouthPucker]) = (jaw, pucker);
            motion
        };
        let shown = [motion(0.1, 0.0), motion(0.0, 0.4)];
        let device = Device::flex();
        let rows: Vec<f32> = shown.iter().flat_map(|m| m.0).collect();
        let found =
            Lips::new(&device).farthest(Tensor::from_data(TensorData::new(rows, [1, 2, MOTION_CHANNELS]), &device));
        let surface = default_surface();
        let worst = |m: &Motion| MM * MM * surface.worst_lip(m, &Motion::REST);
        let expected = shown.iter().map(worst).sum::<f64>() / 2.0;
        let found = f64::from(found.into_scalar::<f32>());
        assert!(expected > 1.0 && (found - expected).abs() < 1e-3 * expected, "{found}, expected {expected}");
    }
}
