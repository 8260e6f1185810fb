//! What a reader sees of a motion: points of the lips, or pictures of them.

use burn::tensor::Tensor;
use rand_chacha::ChaCha8Rng;

use super::camera::{Camera, films_of};
use super::points::Eye;
use crate::render::View;

/// One of the two.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a reader has one")]
pub enum Eyes {
    /// Numbers that hang on the motion as a matrix does: slopes pass.
    Points(Eye),
    /// Pictures of a head: slopes pass by [`Shot::term`](crate::render::Shot::term) alone.
    Pictures(Camera),
}

impl Eyes {
    /// What is seen of a motion, from in front.
    ///
    /// # Shapes
    /// `[batch, frames, channels]`, an even number of frames at 50 a second -> `[batch, step, rows, columns]`.
    pub fn see(&self, motion: Tensor<3>) -> Tensor<4> {
        self.look(motion, Camera::plain)
    }

    /// The same for training: pictures from anywhere.
    pub fn see_by_chance(&self, motion: Tensor<3>, rng: &mut ChaCha8Rng) -> Tensor<4> {
        self.look(motion, |camera, films| camera.by_chance(films, rng))
    }

    /// Pixels of a side of the pictures, where it sees any.
    pub fn side(&self) -> Option<usize> {
        match self {
            Eyes::Points(_) => None,
            Eyes::Pictures(camera) => Some(camera.side()),
        }
    }

    fn look(&self, motion: Tensor<3>, views: impl FnOnce(&Camera, usize) -> Vec<View>) -> Tensor<4> {
        let [films, ..] = motion.dims();
        match self {
            Eyes::Points(eye) => eye.see(motion),
            Eyes::Pictures(camera) => films_of(camera.shoot(motion, &views(camera, films)).pictures(), films),
        }
    }
}
