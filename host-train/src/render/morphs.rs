//! Channels in, points out: a head's shapes as one product of matrices, on any device and with slopes.

use burn::tensor::{Device, Tensor, TensorData};

use super::body::V3;
use super::head::Head;

/// A head's points as a sum of shapes.
#[derive(Clone, Debug)]
pub struct Morphs {
    rest: Tensor<2>,
    moves: Tensor<2>,
}

impl Morphs {
    /// Moved by the channels of motion that the networks speak.
    pub fn motion(head: &Head, device: &Device) -> Morphs {
        Morphs::of(head, &head.motion_moves(), device)
    }

    /// Moved by ARKit's 52 channels.
    pub fn arkit(head: &Head, device: &Device) -> Morphs {
        Morphs::of(head, &head.arkit_moves(), device)
    }

    fn of(head: &Head, moves: &[Vec<V3>], device: &Device) -> Morphs {
        let rows = |rows: &[&Vec<V3>]| {
            let values: Vec<f32> = rows.iter().flat_map(|row| row.iter().flatten()).map(|x| *x as f32).collect();
            Tensor::from_data(TensorData::new(values, [rows.len(), 3 * head.rest.len()]), device)
        };
        Morphs { rest: rows(&[&head.rest]), moves: rows(&moves.iter().collect::<Vec<_>>()) }
    }

    /// # Shapes
    /// `[frames, channels]` -> `[frames, points, 3]` in metres.
    pub fn points(&self, weights: Tensor<2>) -> Tensor<3> {
        let [frames, _] = weights.dims();
        let points = weights.matmul(self.moves.clone()) + self.rest.clone();
        let [_, values] = points.dims();
        points.reshape([frames, values / 3, 3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::posed;
    use crate::space::rig14::{self, PerChannel};
    use keyface_core::MotionChannel;

    #[test]
    fn a_product_of_matrices_moves_points_as_the_shapes_do() {
        let head = Head::own().around_mouth();
        let mut weights = PerChannel::<f64>::default();
        (weights[MotionChannel::JawOpen as usize], weights[MotionChannel::MouthSmile as usize]) = (0.5, 0.25);
        let expected = posed(&head.rest, &head.motion_moves(), &weights);
        let device = Device::flex();
        let row = Tensor::<1>::from_data(weights.map(|x| x as f32), &device).reshape([1, rig14::WIDTH]);
        let points = Morphs::motion(&head, &device).points(row).try_into_vec_as::<f32>().unwrap();
        let off = points.iter().zip(expected.iter().flatten()).map(|(a, b)| (f64::from(*a) - b).abs());
        assert!(off.fold(0.0, f64::max) < 1e-6);
    }
}
