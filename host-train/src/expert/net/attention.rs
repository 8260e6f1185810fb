//! Attention over several heads (Vaswani et al. 2017), and the same with relative positions (Dai et al. 2019), which knows
//! how far apart two steps are and not where they lie, so that an utterance may be longer than those of training.

use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::activation::softmax;
use burn::tensor::{Bool, Device, Tensor, TensorData};

/// What a hidden step's score becomes before the softmax.
const HIDDEN: f32 = -1e9;

/// Queries from one sequence, keys and values from another.
#[derive(Module, Debug)]
pub struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    dropout: Dropout,
    heads: usize,
}

impl Attention {
    /// Fresh weights; `heads` divides `width`.
    pub fn new(width: usize, heads: usize, dropout: f64, device: &Device) -> Self {
        let linear = || LinearConfig::new(width, width).init(device);
        Attention {
            query: linear(),
            key: linear(),
            value: linear(),
            out: linear(),
            dropout: DropoutConfig::new(dropout).init(),
            heads,
        }
    }

    /// # Shapes
    /// `[batch, to, width]` looks at `[batch, from, width]`, except where `hidden`, `[to, from]`, says so.
    pub fn forward(&self, x: Tensor<3>, seen: Tensor<3>, hidden: Option<Tensor<2, Bool>>) -> Tensor<3> {
        let query = self.split(self.query.forward(x));
        let scores = query.matmul(self.split(self.key.forward(seen.clone())).swap_dims(2, 3));
        self.answer(scores, seen, hidden)
    }

    /// `[batch, time, width]` -> `[batch, heads, time, width / heads]`.
    fn split(&self, x: Tensor<3>) -> Tensor<4> {
        let [batch, time, width] = x.dims();
        x.reshape([batch, time, self.heads, width / self.heads]).swap_dims(1, 2)
    }

    fn answer(&self, scores: Tensor<4>, seen: Tensor<3>, hidden: Option<Tensor<2, Bool>>) -> Tensor<3> {
        let [batch, heads, to, from] = scores.dims();
        let [.., width] = seen.dims();
        let scores = scores / ((width / heads) as f64).sqrt();
        let scores = match hidden {
            Some(hidden) => scores.mask_fill(hidden.reshape([1, 1, to, from]).expand([batch, heads, to, from]), HIDDEN),
            None => scores,
        };
        let value = self.split(self.value.forward(seen));
        let heard = self.dropout.forward(softmax(scores, 3)).matmul(value);
        self.out.forward(heard.swap_dims(1, 2).reshape([batch, to, width]))
    }
}

/// A sequence that looks at itself, with what the distance of two steps is worth.
#[derive(Module, Debug)]
pub struct RelativeAttention {
    attention: Attention,
    distance: Linear,
    /// `[heads, width / heads]`: how much each head cares for any content.
    content_bias: Param<Tensor<2>>,
    /// The same for any distance.
    distance_bias: Param<Tensor<2>>,
}

impl RelativeAttention {
    /// Fresh weights.
    pub fn new(width: usize, heads: usize, dropout: f64, device: &Device) -> Self {
        let bias = || Param::from_tensor(Tensor::zeros([heads, width / heads], device));
        RelativeAttention {
            attention: Attention::new(width, heads, dropout, device),
            distance: LinearConfig::new(width, width).with_bias(false).init(device),
            content_bias: bias(),
            distance_bias: bias(),
        }
    }

    /// # Shapes
    /// `[batch, time, width]` -> the same.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [_, time, width] = x.dims();
        let (attention, heads) = (&self.attention, self.attention.heads);
        let query = attention.split(attention.query.forward(x.clone()));
        let biased = |bias: &Param<Tensor<2>>| query.clone() + bias.val().reshape([1, heads, 1, width / heads]);
        let content =
            biased(&self.content_bias).matmul(attention.split(attention.key.forward(x.clone())).swap_dims(2, 3));
        let distances = attention.split(self.distance.forward(distances(time, width, &x.device())));
        let [batch, ..] = content.dims();
        let distances = distances.expand([batch as i64, -1, -1, -1]);
        let far = aligned(biased(&self.distance_bias).matmul(distances.swap_dims(2, 3)));
        attention.answer(content + far, x, None)
    }
}

/// Scores per distance to scores per step: `[.., t, 2 t - 1]`, from far ahead of the past to far in the future, becomes
/// `[.., t, t]`, where row i takes distance i - j for column j.
fn aligned(scores: Tensor<4>) -> Tensor<4> {
    let [batch, heads, time, distances] = scores.dims();
    let gap = Tensor::zeros([batch, heads, time, 1], &scores.device());
    let rows = Tensor::cat(vec![gap, scores], 3).reshape([batch, heads, distances + 1, time]);
    rows.narrow(2, 1, distances).reshape([batch, heads, time, distances]).narrow(3, 0, time)
}

/// Waves of the distances `time - 1` (past) down to `1 - time` (future): `[1, 2 time - 1, width]`.
fn distances(time: usize, width: usize, device: &Device) -> Tensor<3> {
    waves((0..2 * time - 1).map(|n| time as f32 - 1.0 - n as f32), width, device)
}

/// Waves of the positions 0, 1, ...: `[1, time, width]`.
pub fn positions(time: usize, width: usize, device: &Device) -> Tensor<3> {
    waves((0..time).map(|n| n as f32), width, device)
}

fn waves(at: impl ExactSizeIterator<Item = f32>, width: usize, device: &Device) -> Tensor<3> {
    let rows = at.len();
    let wave = |at: f32, n: usize| {
        let angle = at / 10_000f32.powf((n / 2 * 2) as f32 / width as f32);
        if n.is_multiple_of(2) { angle.sin() } else { angle.cos() }
    };
    let values: Vec<f32> = at.flat_map(|at| (0..width).map(move |n| wave(at, n))).collect();
    Tensor::from_data(TensorData::new(values, [1, rows, width]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_per_distance_finds_its_pair_of_steps() {
        let device = Device::flex();
        // Every row holds its distances: 2 1 0 -1 -2 for three steps.
        let scores = Tensor::<1>::from_data([2.0f32, 1.0, 0.0, -1.0, -2.0], &device).reshape([1, 1, 1, 5]);
        let pairs = aligned(scores.expand([1, 1, 3, 5])).try_into_vec_as::<f32>().unwrap();
        assert_eq!(pairs, [0.0, -1.0, -2.0, 1.0, 0.0, -1.0, 2.0, 1.0, 0.0]);
    }

    #[test]
    fn what_is_hidden_changes_nothing() {
        let device = Device::flex();
        device.seed(1);
        let attention = Attention::new(8, 2, 0.0, &device);
        let x = Tensor::<3>::random([1, 4, 8], burn::tensor::Distribution::Default, &device);
        let later = Tensor::cat(vec![x.clone().narrow(1, 0, 2), x.clone().narrow(1, 2, 2) * 5.0], 1);
        let hidden = || Some(Tensor::<2, Bool>::tril_mask([4, 4], 0, &device));
        let first = |x: Tensor<3>| attention.forward(x.clone(), x, hidden()).narrow(1, 0, 2);
        assert_eq!(first(x.clone()).into_data(), first(later.clone()).into_data());
        let open = attention.forward(x.clone(), later.clone(), None) - attention.forward(x.clone(), x, None);
        assert!(open.abs().max().into_scalar::<f32>() > 1e-3);
    }
}
