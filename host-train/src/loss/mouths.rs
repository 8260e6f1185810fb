//! Cross-entropy of the mouth classes that a viewer tells apart, the rare ones weighing more:
//! `-w_m log sum_(p in m) P(p)`, `w_m = r_m^-a / sum_k r_k^(1 - a)` for classes of share `r`, averaged over steps.
//!
//! Which phone of a class was said does not matter here; that f and v are rare does not either.

use burn::tensor::activation::softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use keyface_core::{MOUTHS, Mouth, PHONES, Phone};

/// Share of the classes in running speech with pauses, in [`Mouth::ALL`]'s order.
pub const SHARES: [f32; MOUTHS] = [0.3, 0.06, 0.04, 0.10, 0.16, 0.26, 0.08];
/// `a`: 0 counts every step alike, 1 every class.
const BALANCE: f32 = 0.7;
/// No class is quite impossible.
const LEAST: f64 = 1e-4;

/// Against labels.
///
/// # Shapes
/// Logits of the phones `[batch, time, PHONES]`, phones `[batch, time]` -> `[1]`.
pub fn mouth_labels(logits: Tensor<3>, truth: Tensor<2, Int>) -> Tensor<1> {
    let truth = truth.one_hot::<3>(PHONES).float();
    missed(logits, truth).mean()
}

/// Against the probabilities of other logits, where they are known: `[batch, time, 1]` of 1 and 0.
///
/// # Shapes
/// Two times logits of the phones `[batch, time, PHONES]` -> `[1]`. No gradient reaches `told`.
pub fn soft_mouths(logits: Tensor<3>, told: Tensor<3>, known: Tensor<3>) -> Tensor<1> {
    (missed(logits, softmax(told.detach(), 2)) * known).mean()
}

/// The weighted cross-entropy of every step, `[batch, time, 1]`.
fn missed(logits: Tensor<3>, truth: Tensor<3>) -> Tensor<3> {
    let device = logits.device();
    let said = (softmax(logits, 2).matmul(classes(|_| 1.0, &device)) + LEAST).log();
    -(truth.matmul(classes(weight, &device)) * said).sum_dim(2)
}

/// `[1, PHONES, MOUTHS]`: a class' number where the phone belongs to it.
fn classes(number: impl Fn(Mouth) -> f32, device: &Device) -> Tensor<3> {
    let cell = |phone: Phone, mouth: Mouth| if phone.mouth() == mouth { number(mouth) } else { 0.0 };
    let cells = Phone::ALL.into_iter().flat_map(|phone| Mouth::ALL.map(|mouth| cell(phone, mouth))).collect();
    Tensor::from_data(TensorData::new::<f32, _>(cells, [1, PHONES, MOUTHS]), device)
}

fn weight(mouth: Mouth) -> f32 {
    let mean: f32 = SHARES.iter().map(|share| share.powf(1.0 - BALANCE)).sum();
    SHARES[mouth as usize].powf(-BALANCE) / mean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logits(of: &[(Phone, f32)]) -> Tensor<3> {
        let mut logits = [0.0; PHONES];
        of.iter().for_each(|(phone, value)| logits[*phone as usize] = *value);
        Tensor::from_data([[logits]], &Device::flex())
    }

    fn cost(said: Tensor<3>, phone: Phone) -> f32 {
        mouth_labels(said, Tensor::from_data([[phone as i32]], &Device::flex())).into_scalar()
    }

    #[test]
    fn a_phone_of_the_same_class_is_right() {
        let said = || logits(&[(Phone::P, 20.0)]);
        assert!(cost(said(), Phone::B) < 1e-3);
        assert!(cost(said(), Phone::D) > 5.0);
    }

    #[test]
    fn the_mean_weight_of_running_speech_is_one_and_rare_classes_weigh_more() {
        let mean: f32 = Mouth::ALL.into_iter().map(|mouth| SHARES[mouth as usize] * weight(mouth)).sum();
        assert!((mean - 1.0).abs() < 1e-6);
        assert!(cost(logits(&[(Phone::S, 20.0)]), Phone::F) > 2.0 * cost(logits(&[(Phone::S, 20.0)]), Phone::AA));
    }

    #[test]
    fn probabilities_of_one_phone_are_a_label_and_the_unknown_teaches_nothing() {
        let (said, told) = (logits(&[(Phone::F, 1.5), (Phone::AA, 0.5)]), logits(&[(Phone::V, 60.0)]));
        let soft = |known: f32| {
            let known = Tensor::from_data([[[known]]], &Device::flex());
            soft_mouths(said.clone(), told.clone(), known).into_scalar::<f32>()
        };
        assert!((soft(1.0) - cost(said.clone(), Phone::V)).abs() < 1e-4);
        assert_eq!(soft(0.0), 0.0);
    }
}
