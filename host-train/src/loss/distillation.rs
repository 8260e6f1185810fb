//! What the student learns from the teacher's answers (Hinton et al. 2015, temperature 1; in place as in Yu et al. 2021):
//! cross-entropy against its probabilities, squares of the distance to its poses.

use burn::tensor::Tensor;
use burn::tensor::activation::{log_softmax, sigmoid, softmax, softplus};
use keyface_core::PHONES;
use keyface_core::heads;

use super::mouths::soft_mouths;
use super::scaled_square;

/// # Shapes
/// Raw heads `[batch, time, HEADS]` of the student and of the teacher -> `[1]`. No gradient reaches the teacher.
pub fn distillation(student: Tensor<3>, teacher: Tensor<3>) -> Tensor<1> {
    let teacher = teacher.detach();
    let part = |start, len| (student.clone().narrow(2, start, len), teacher.clone().narrow(2, start, len));
    let (said, told) = part(0, PHONES);
    let phones = -(softmax(told, 2) * log_softmax(said, 2)).sum_dim(2).mean();
    let (said, told) = part(heads::POSE, heads::NEXT_TIME - heads::POSE);
    let poses = scaled_square(said, told) * POSES;
    let (said, told) = part(heads::CLOSURE, 3);
    let contacts = soft_binary(said, told) * 3.0;
    let (said, told) = part(heads::BOUNDARY, 1);
    phones + poses + contacts + soft_binary(said, told) * BOUNDARY
}

/// What a student learns from the answers of a listener that was asked once: cross-entropy of the phones, of the mouth
/// classes and of the contacts against its probabilities.
///
/// # Shapes
/// Raw heads `[batch, time, HEADS]` of both, and `[batch, time, 1]` with 1 where the listener's are known -> `[1]`.
pub fn soft_labels(student: Tensor<3>, told: Tensor<3>, known: Tensor<3>) -> Tensor<1> {
    let part = |start, len| (student.clone().narrow(2, start, len), told.clone().narrow(2, start, len));
    let (said, heard) = part(0, PHONES);
    let phones = -(softmax(heard.clone(), 2) * log_softmax(said.clone(), 2)).sum_dim(2);
    let mouths = soft_mouths(said, heard, known.clone());
    let (said, heard) = part(heads::CLOSURE, 2);
    let contacts = (softplus(said.clone(), 1.0) - sigmoid(heard) * said).sum_dim(2);
    ((phones + contacts) * known).mean() + mouths
}

/// Weights beside the phones', as those of the labels' losses.
const POSES: f64 = 0.3;
const BOUNDARY: f64 = 0.3;

/// Binary cross-entropy of logits against the probabilities of other logits.
fn soft_binary(logits: Tensor<3>, told: Tensor<3>) -> Tensor<1> {
    (softplus(logits.clone(), 1.0) - sigmoid(told) * logits).mean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Distribution};
    use keyface_core::heads::HEADS;

    #[test]
    fn undecided_student_and_teacher_cost_the_logarithms_of_their_choices() {
        let nothing = Tensor::<3>::zeros([1, 2, HEADS], &Device::flex());
        let loss = distillation(nothing.clone(), nothing).into_scalar::<f32>();
        let expected = (PHONES as f32).ln() + (3.0 + 0.3) * 2f32.ln();
        assert!((loss - expected).abs() < 1e-5, "{loss} {expected}");
    }

    #[test]
    fn what_is_not_known_teaches_nothing() {
        let device = Device::flex().autodiff();
        let said = Tensor::<3>::random([1, 3, HEADS], Distribution::Default, &device).require_grad();
        let told = Tensor::<3>::random([1, 3, HEADS], Distribution::Default, &device);
        let known = Tensor::<3>::from_data([[[1.0], [0.0], [1.0]]], &device);
        let grads = soft_labels(said.clone(), told, known).backward();
        let slopes = said.grad(&grads).unwrap().abs().sum_dim(2).try_into_vec_as::<f32>().unwrap();
        assert!(slopes[1] == 0.0 && slopes[0] > 0.01 && slopes[2] > 0.01, "{slopes:?}");
    }

    #[test]
    fn the_gradient_vanishes_where_the_student_says_what_the_teacher_says() {
        let device = Device::flex().autodiff();
        let same = Tensor::<3>::random([1, 3, HEADS], Distribution::Default, &device).require_grad();
        let grads = distillation(same.clone(), same.clone()).backward();
        let slope = same.grad(&grads).unwrap().abs().max().into_scalar::<f32>();
        assert!(slope < 1e-6, "{slope}");
    }
}
