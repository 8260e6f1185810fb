//! The rig's space: the 14 channels that the device's networks speak, 50 frames a second. Here alone tracks become tensors
//! and tensors tracks.

use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::{MOTION_CHANNELS, Motion};

/// Its name.
pub const NAME: &str = "rig14";
/// Frames a second.
pub const FRAMES_PER_S: f64 = 50.0;
/// Values of a frame.
pub const WIDTH: usize = MOTION_CHANNELS;

/// Something of each channel, in the order of [`MotionChannel::ALL`](keyface_core::MotionChannel::ALL).
pub type PerChannel<T> = [T; WIDTH];

/// Tracks of equal length -> `[batch, frames, WIDTH]`.
pub fn tensor(tracks: &[Vec<Motion>], device: &Device) -> Tensor<3> {
    let shape = [tracks.len(), tracks.first().map_or(0, Vec::len), WIDTH];
    let rows: Vec<f32> = tracks.iter().flatten().flat_map(|frame| frame.0).collect();
    Tensor::from_data(TensorData::new(rows, shape), device)
}

/// `[batch, frames, WIDTH]` -> frames, track after track.
pub fn frames(motion: Tensor<3>) -> Vec<Motion> {
    let values = motion.try_into_vec_as::<f32>().expect("a float tensor holds floats");
    values.as_chunks().0.iter().copied().map(Motion).collect()
}

/// The same as a face shows them: each weight in 0..=1.
pub fn poses(motion: Tensor<3>) -> Vec<Motion> {
    frames(motion).into_iter().map(Motion::bounded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_come_back_from_a_tensor_and_a_face_shows_what_it_can() {
        let frame = |value: f32| Motion([value; WIDTH]);
        let tracks = [vec![frame(0.1), frame(1.5)], vec![frame(-0.5), frame(0.2)]];
        let motion = tensor(&tracks, &Device::flex());
        assert_eq!(motion.dims(), [2, 2, WIDTH]);
        assert_eq!(frames(motion.clone()), tracks.concat());
        assert_eq!(poses(motion), [0.1, 1.0, 0.0, 0.2].map(frame));
    }
}
