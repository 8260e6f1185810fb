//! What a reader is taught by, and what guides an animator: CTC (Graves et al. 2006), the attention decoder's cross-entropy
//! (Watanabe et al. 2017), the cross-entropy of the unit that is spoken now, and the distance of the motion that is seen.

use burn::nn::loss::CTCLossConfig;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::material::frames;
use super::net::{Expert, Reading};
use super::units::Units;
use crate::data::Utterance;
use crate::loss::{scaled_square, smoothed_cross_entropy};

/// How much of each; what weighs nothing is not computed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadingWeights {
    /// CTC, for each unit said.
    pub ctc: f64,
    /// The attention decoder.
    pub ce: f64,
    /// Units in time, where it is known when they are spoken.
    pub frames: f64,
    /// The motion that is seen: without it a reader of pictures does not begin to read.
    pub motion: f64,
}

impl Default for ReadingWeights {
    fn default() -> Self {
        ReadingWeights { ctc: 0.3, ce: 0.3, frames: 0.7, motion: 0.05 }
    }
}

/// Label smoothing, as published.
const SMOOTHING: f64 = 0.1;

/// What is said in a batch.
#[derive(Clone, Debug)]
pub struct Said {
    /// Units of each crop.
    pub units: Vec<Vec<usize>>,
    /// The unit at each answer, `[batch, answers]`.
    pub frames: Tensor<2, Int>,
    /// The edge of an utterance.
    pub edge: usize,
}

/// A name and a weighted loss of shape `[1]`.
pub type Part = (&'static str, Tensor<1>);

impl Said {
    /// Of crops of equal length.
    pub fn of(crops: &[Utterance], units: &Units, answers: usize, device: &Device) -> Said {
        Said {
            units: crops.iter().map(|crop| units.said(crop)).collect(),
            frames: frames(crops, units, answers, device),
            edge: units.edge(),
        }
    }

    /// The losses of a reading, without the motion's.
    pub fn losses(&self, expert: &Expert, reading: &Reading, weights: &ReadingWeights) -> Vec<Part> {
        let mut parts = vec![];
        if weights.ctc > 0.0 {
            parts.push(("ctc", self.ctc(reading.ctc.clone()) * weights.ctc));
        }
        if let (Some(decoder), true) = (expert.decoder(), weights.ce > 0.0) {
            let (so_far, next, real) = self.written(&reading.memory.device());
            let logits = decoder.forward(so_far, reading.memory.clone());
            parts.push(("ce", masked_cross_entropy(logits, next, real) * weights.ce));
        }
        if weights.frames > 0.0 {
            let frames = smoothed_cross_entropy(reading.frames.clone(), self.frames.clone(), SMOOTHING);
            parts.push(("frames", frames * weights.frames));
        }
        parts
    }

    /// For each unit that is said, in the mean over the crops; a crop that is too short for its units counts as nothing.
    pub fn ctc(&self, logits: Tensor<3>) -> Tensor<1> {
        let ([batch, answers, _], device) = (logits.dims(), logits.device());
        let longest = self.longest().max(1);
        let padded = self.units.iter().flat_map(|units| padded(units.iter().copied(), longest, 0));
        let targets = Tensor::from_data(TensorData::new(padded.collect::<Vec<i32>>(), [batch, longest]), &device);
        let lengths: Vec<i32> = self.units.iter().map(|units| units.len() as i32).collect();
        let lengths = Tensor::<1, Int>::from_data(TensorData::new(lengths, [batch]), &device);
        let answers = Tensor::<1, Int>::from_data(TensorData::new(vec![answers as i32; batch], [batch]), &device);
        let ctc = CTCLossConfig::new().with_blank(0).with_zero_infinity(true).init();
        let loss = ctc.forward(log_softmax(logits, 2).swap_dims(0, 1), targets, answers, lengths.clone());
        (loss / lengths.clamp_min(1).float()).mean()
    }

    /// What the decoder has written so far, what comes next, and where that is real: `[batch, longest + 1]` each.
    fn written(&self, device: &Device) -> (Tensor<2, Int>, Tensor<2, Int>, Tensor<2>) {
        let shape = [self.units.len(), self.longest() + 1];
        let edge = || std::iter::once(self.edge);
        let rows = |row: &dyn Fn(&Vec<usize>) -> Vec<i32>| {
            let values: Vec<i32> = self.units.iter().flat_map(row).collect();
            Tensor::<2, Int>::from_data(TensorData::new(values, shape), device)
        };
        let so_far = rows(&|units| padded(edge().chain(units.iter().copied()), shape[1], self.edge));
        let next = rows(&|units| padded(units.iter().copied().chain(edge()), shape[1], self.edge));
        let real = rows(&|units| padded(std::iter::repeat_n(1, units.len() + 1), shape[1], 0));
        (so_far, next, real.float())
    }

    fn longest(&self) -> usize {
        self.units.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// The distance of the motion that a reader says it sees from what it saw.
pub fn motion_loss(reading: &Reading, seen: Tensor<3>, weights: &ReadingWeights) -> Option<Part> {
    (weights.motion > 0.0).then(|| ("motion", scaled_square(reading.motion.clone(), seen) * weights.motion))
}

/// [`smoothed_cross_entropy`] of what a mask of 0 and 1 marks.
fn masked_cross_entropy(logits: Tensor<3>, truth: Tensor<2, Int>, mask: Tensor<2>) -> Tensor<1> {
    let [batch, length, classes] = logits.dims();
    let mask = mask.reshape([batch, length, 1]);
    let count = mask.clone().sum().clamp_min(1.0);
    let log_p = log_softmax(logits, 2);
    let hit = log_p.clone().gather(2, truth.reshape([batch, length, 1])) * mask.clone();
    let all = log_p.sum_dim(2) * mask;
    (hit.sum() * (SMOOTHING - 1.0) - all.sum() * (SMOOTHING / classes as f64)) / count
}

fn padded(values: impl Iterator<Item = usize>, length: usize, with: usize) -> Vec<i32> {
    values.chain(std::iter::repeat(with)).take(length).map(|value| value as i32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(units: Vec<Vec<usize>>, answers: usize, device: &Device) -> Said {
        let frames = Tensor::<2, Int>::zeros([units.len(), answers], device);
        Said { units, frames, edge: 3 }
    }

    #[test]
    fn ctc_of_no_knowledge_is_the_logarithm_of_its_paths() {
        let device = Device::flex();
        let logits = Tensor::<3>::zeros([1, 2, 4], &device);
        // Two answers of four units: "1" is spelt by 11, 01 and 10, three paths of 1/16 each.
        let loss: f32 = said(vec![vec![1]], 2, &device).ctc(logits).into_scalar();
        assert!((loss - (16f32 / 3.0).ln()).abs() < 1e-5, "{loss}");
    }

    #[test]
    fn crops_count_by_the_unit_and_what_does_not_fit_counts_as_nothing() {
        let device = Device::flex();
        let loss: f32 =
            said(vec![vec![1], vec![1, 2, 1]], 2, &device).ctc(Tensor::zeros([2, 2, 4], &device)).into_scalar();
        assert!((loss - 0.5 * (16f32 / 3.0).ln()).abs() < 1e-5, "{loss}");
        let loss: f32 = said(vec![vec![1, 2]], 2, &device).ctc(Tensor::zeros([1, 2, 4], &device)).into_scalar();
        assert!((loss - 0.5 * 16f32.ln()).abs() < 1e-5, "one path, two units: {loss}");
    }

    #[test]
    fn the_slopes_of_ctc_are_those_of_finite_differences() {
        let at = [0.3f32, -0.2, 0.9, 0.1, 0.5, -0.4, 0.0, 0.2, -0.1, 0.7, 0.3, -0.6];
        let loss = |logits: Tensor<3>| said(vec![vec![2, 1]], 3, &logits.device()).ctc(logits);
        let tensor = |values: [f32; 12], device: &Device| Tensor::<1>::from_data(values, device).reshape([1, 3, 4]);
        let logits: Tensor<3> = tensor(at, &Device::flex().autodiff()).require_grad();
        let slopes = logits.grad(&loss(logits.clone()).backward()).unwrap().try_into_vec_as::<f32>().unwrap();
        for k in 0..12 {
            let moved = |by: f32| {
                let mut values = at;
                values[k] += by;
                loss(tensor(values, &Device::flex())).into_scalar::<f32>()
            };
            let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((slope - slopes[k]).abs() < 1e-3, "{k}: {slope} {}", slopes[k]);
        }
    }

    #[test]
    fn what_pads_a_crop_is_not_written() {
        let device = Device::flex();
        let (so_far, next, real) = said(vec![vec![1, 2], vec![]], 1, &device).written(&device);
        assert_eq!(so_far.try_into_vec_as::<i32>().unwrap(), [3, 1, 2, 3, 3, 3]);
        assert_eq!(next.clone().try_into_vec_as::<i32>().unwrap(), [1, 2, 3, 3, 3, 3]);
        assert_eq!(real.clone().try_into_vec_as::<f32>().unwrap(), [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
        let flat: f32 = masked_cross_entropy(Tensor::zeros([2, 3, 4], &device), next, real).into_scalar();
        assert!((flat - 4f32.ln()).abs() < 1e-5);
    }
}
