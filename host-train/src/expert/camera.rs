//! What a reader sees of a mouth in pictures: our own head, moved by a motion, drawn 25 times a second.

use burn::tensor::Tensor;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::net::POSES;
use crate::render::{Crop, Head, Morphs, Shot, View, normalized};

/// A head before a camera whose pictures are square.
#[derive(Clone, Debug)]
pub struct Camera {
    head: Head,
    side: usize,
}

impl Camera {
    /// Pictures of so many pixels a side.
    pub fn new(side: usize) -> Camera {
        Camera { head: Head::own().around_mouth(), side }
    }

    /// Pixels of a side.
    pub fn side(&self) -> usize {
        self.side
    }

    /// From in front: what is compared is seen alike.
    pub fn plain(&self, films: usize) -> Vec<View> {
        vec![View::plain(&self.head, Crop::Mouth, self.side); films]
    }

    /// Another view, build, skin and light for every film.
    pub fn by_chance(&self, films: usize, rng: &mut ChaCha8Rng) -> Vec<View> {
        (0..films).map(|_| View::seeded(&self.head, Crop::Mouth, self.side, rng.random())).collect()
    }

    /// Takes the pictures of motions, a film for each view.
    ///
    /// # Shapes
    /// Motion `[batch, frames, channels]`, an even number of frames at 50 a second.
    pub fn shoot<'a>(&'a self, motion: Tensor<3>, views: &'a [View]) -> Shot<'a> {
        let [batch, frames, channels] = motion.dims();
        let pictures = batch * frames / POSES;
        let poses = motion.reshape([pictures, POSES, channels]).narrow(1, POSES - 1, 1).reshape([pictures, channels]);
        let points = Morphs::motion(&self.head, &poses.device()).points(poses);
        Shot::take(&self.head.mesh, points, views).expect("the points are this head's, and all views are of one size")
    }
}

/// Pictures of films as readers take them, `[batch * step, side, side]` -> `[batch, step, side, side]`: less the mean
/// picture of the film, so that only what moves is seen, and not whose face it is, nor its light.
pub fn films_of(pictures: Tensor<3>, batch: usize) -> Tensor<4> {
    let [count, side, _] = pictures.dims();
    let films = normalized(pictures).reshape([batch, count / batch, side, side]);
    films.clone() - films.mean_dim(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::rig14;
    use burn::tensor::Device;
    use keyface_core::{Motion, MotionChannel};
    use rand_chacha::rand_core::SeedableRng;

    /// Two films of two pictures: one whose mouth is opened for the second, and one that is still.
    fn motion() -> Tensor<3> {
        let mut opens = vec![Motion::REST; 2 * POSES];
        opens[2 * POSES - 1][MotionChannel::JawOpen] = 0.5;
        rig14::tensor(&[opens, vec![Motion::REST; 2 * POSES]], &Device::flex())
    }

    fn pictures(camera: &Camera, views: &[View]) -> Vec<Vec<f32>> {
        let films = films_of(camera.shoot(motion(), views).pictures(), 2);
        assert_eq!(films.dims(), [2, 2, 24, 24]);
        films.try_into_vec_as::<f32>().unwrap().chunks(24 * 24).map(<[f32]>::to_vec).collect()
    }

    #[test]
    fn a_camera_sees_the_last_pose_of_each_step_of_each_film() {
        let camera = Camera::new(24);
        let [shut, open, still, too] = pictures(&camera, &camera.plain(2)).try_into().unwrap();
        let is_black = |picture: &[f32]| picture.iter().all(|pixel| pixel.abs() < 1e-5);
        assert!(is_black(&still) && is_black(&too) && !is_black(&open));
        assert!(shut.iter().zip(&open).all(|(a, b)| (a + b).abs() < 1e-5), "less the mean of both");
    }

    #[test]
    fn films_are_seen_by_chance_in_another_way_each() {
        let camera = Camera::new(24);
        let views = camera.by_chance(2, &mut ChaCha8Rng::seed_from_u64(1));
        let shot = camera.shoot(motion(), &views);
        let taken = shot.pictures().try_into_vec_as::<f32>().unwrap();
        let [shut, _, still, too] = taken.chunks(24 * 24).collect::<Vec<_>>().try_into().unwrap();
        assert!(still == too && shut != still);
    }
}
