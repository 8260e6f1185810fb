//! Points as a tensor in, pictures as a tensor out, and the way back for the slope of whatever looked at them.
//!
//! The backward is split, so that any backend of Burn will do and none needs an operation of its own: a picture enters
//! the graph of its reader as a leaf; the slope that arrives there goes through the rasterizer's own backward; and
//! `sum(points * slope)` less its value joins the loss, which changes no value and gives the points that slope.

use anyhow::{Context, Result, ensure};
use burn::tensor::{Gradients, Tensor, TensorData};
use rayon::prelude::*;

use super::body::V3;
use super::mesh::Mesh;
use super::raster::{Frame, render};
use super::slope::slope;
use super::view::View;

/// Mean and deviation of the grey films that lip readers are trained on (Ma et al. 2023).
const MEAN: f64 = 0.421;
const DEVIATION: f64 = 0.165;

/// Pictures with what their slopes need.
pub struct Shot<'a> {
    mesh: &'a Mesh,
    views: &'a [View],
    points: Tensor<3>,
    /// None where nobody asks for slopes.
    frames: Vec<Frame>,
    pictures: Tensor<3>,
}

impl<'a> Shot<'a> {
    /// Draws frames, each film of which is seen in its own view: the first frames in the first, and so on.
    ///
    /// # Shapes
    /// `[frames, points, 3]` in metres; frames are a multiple of the views, whose pictures are of one size.
    ///
    /// # Errors
    /// Other shapes, or a device that does not give its numbers.
    pub fn take(mesh: &'a Mesh, points: Tensor<3>, views: &'a [View]) -> Result<Shot<'a>> {
        let [count, vertices, _] = points.dims();
        let size = views.first().context("expected a view for each film, came none")?.size;
        let is_even = count.is_multiple_of(views.len()) && views.iter().all(|view| view.size == size);
        ensure!(is_even, "expected films of as many frames for {} views of one size, came {count}", views.len());
        let known = mesh.greys.len();
        ensure!(vertices == known, "expected the {known} points of the mesh, came {vertices}");
        let values: Vec<f32> = points.clone().try_into_vec_as().context("the points cannot be read")?;
        let values: Vec<V3> = values.as_chunks::<3>().0.iter().map(|at| at.map(f64::from)).collect();
        let of_film = (count / views.len()).max(1);
        let has_slopes = points.is_tracked();
        let draw = |(number, points)| {
            let frame = render(mesh, points, &views[number / of_film]);
            let pixels: Vec<f32> = frame.image.iter().map(|x| *x as f32).collect();
            (pixels, has_slopes.then_some(frame))
        };
        let drawn: Vec<(Vec<f32>, Option<Frame>)> = values.par_chunks(vertices).enumerate().map(draw).collect();
        let (pixels, frames): (Vec<Vec<f32>>, Vec<Option<Frame>>) = drawn.into_iter().unzip();
        let frames = frames.into_iter().flatten().collect();
        let pictures = Tensor::from_data(TensorData::new(pixels.concat(), [count, size, size]), &points.device());
        let pictures = if has_slopes { pictures.require_grad() } else { pictures };
        Ok(Shot { mesh, views, points, frames, pictures })
    }

    /// The pictures, 0 for black and 1 for white: a leaf where the points have slopes.
    ///
    /// # Shapes
    /// `[frames, size, size]`, rows from the top.
    pub fn pictures(&self) -> Tensor<3> {
        self.pictures.clone()
    }

    /// What joins the loss of the points, once `gradients` know the slope by the pictures: its value is 0.
    ///
    /// # Errors
    /// Gradients of a graph that the pictures are not in.
    pub fn term(&self, gradients: &Gradients) -> Result<Tensor<1>> {
        let slopes = self.pictures.grad(gradients).context("expected a loss that has looked at the pictures")?;
        let slopes: Vec<f32> = slopes.try_into_vec_as().context("the slopes cannot be read")?;
        let slopes: Vec<f64> = slopes.into_iter().map(f64::from).collect();
        let pixels = slopes.len() / self.frames.len();
        let of_film = self.frames.len() / self.views.len();
        let by_points = |(number, by_pixel): (usize, &[f64])| {
            let by_point = slope(self.mesh, &self.views[number / of_film], &self.frames[number], by_pixel);
            by_point.into_iter().flatten().map(|x| x as f32).collect::<Vec<_>>()
        };
        let by_points: Vec<f32> = slopes.par_chunks(pixels).enumerate().flat_map_iter(by_points).collect();
        let by_points = Tensor::from_data(TensorData::new(by_points, self.points.dims()), &self.points.device());
        let sum = (self.points.clone() * by_points).sum();
        Ok(sum.clone() - sum.detach())
    }
}

/// Pictures as lip readers take them.
pub fn normalized(pictures: Tensor<3>) -> Tensor<3> {
    (pictures - MEAN) / DEVIATION
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::view::dot;
    use crate::render::{Crop, Head, Morphs};
    use crate::space::rig14::{self, PerChannel};
    use burn::tensor::Device;
    use keyface_core::{Motion, MotionChannel};

    const FRAMES: usize = 4;

    /// A half-open mouth in two films of two frames.
    fn weights(device: &Device) -> Tensor<2> {
        let mut track = vec![Motion::REST; FRAMES];
        (0..FRAMES).for_each(|frame| track[frame][MotionChannel::JawOpen] = 0.15 + 0.05 * frame as f32);
        rig14::tensor(&[track], device).squeeze_dim(0)
    }

    #[test]
    fn a_reader_of_pictures_moves_the_channels_as_if_it_were_one_graph() {
        let device = Device::flex().autodiff();
        let head = Head::own().around_mouth();
        let views = [1, 2].map(|seed| View::seeded(&head, Crop::Mouth, 48, seed));
        let channels = weights(&device).require_grad();
        let points = Morphs::motion(&head, &device).points(channels.clone());
        let shot = Shot::take(&head.mesh, points, &views).unwrap();
        // A reader that wants dark pictures, and another loss that wants still channels.
        let reader = normalized(shot.pictures()).square().mean();
        let term = shot.term(&reader.backward()).unwrap();
        let other = channels.clone().square().sum() * 0.01;
        let loss = other.clone() + term;
        assert_eq!(loss.clone().into_scalar::<f32>(), other.into_scalar::<f32>());
        let slopes = channels.grad(&loss.backward()).unwrap().try_into_vec_as::<f32>().unwrap();
        // The same by hand, frame for frame: through the reader, the rasterizer, and the shapes.
        let moves = head.motion_moves();
        for (frame, found) in slopes.chunks(rig14::WIDTH).enumerate() {
            let mut row = PerChannel::<f64>::default();
            row[MotionChannel::JawOpen as usize] = 0.15 + 0.05 * frame as f64;
            let view = &views[frame / 2];
            let drawn = render(&head.mesh, &crate::render::posed(&head.rest, &moves, &row), view);
            let all = (FRAMES * drawn.image.len()) as f64;
            let by_pixel: Vec<f64> = drawn.image.iter().map(|x| 2.0 * (x - MEAN) / DEVIATION.powi(2) / all).collect();
            let by_point = slope(&head.mesh, view, &drawn, &by_pixel);
            for (channel, found) in found.iter().enumerate() {
                let through = by_point.iter().zip(&moves[channel]).map(|(slope, way)| dot(*slope, *way)).sum::<f64>();
                let expected = through + 0.02 * row[channel];
                assert!((f64::from(*found) - expected).abs() < 1e-3 * (1.0 + expected.abs()), "{found} {expected}");
            }
        }
    }

    #[test]
    fn every_film_is_seen_in_its_own_view() {
        let device = Device::flex();
        let head = Head::own().around_mouth();
        let views = [5, 6].map(|seed| View::seeded(&head, Crop::Mouth, 48, seed));
        let points = Morphs::motion(&head, &device).points(weights(&device).narrow(0, 0, 1).repeat_dim(0, FRAMES));
        let pictures = Shot::take(&head.mesh, points, &views).unwrap().pictures().try_into_vec_as::<f32>().unwrap();
        let frames: Vec<&[f32]> = pictures.chunks(48 * 48).collect();
        assert!(frames[0] == frames[1] && frames[2] == frames[3] && frames[1] != frames[2]);
    }

    #[test]
    fn points_of_another_mesh_are_refused() {
        let head = Head::own().around_mouth();
        let views = [View::plain(&head, Crop::Mouth, 48)];
        let error = Shot::take(&head.mesh, Tensor::zeros([1, 3, 3], &Device::flex()), &views).err().unwrap();
        assert!(error.to_string().contains("points of the mesh"), "{error}");
    }
}
