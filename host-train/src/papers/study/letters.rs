//! The words of a clip as SelfTalk's lip reader is to spell them: by the 33 letters of the recognizer that its authors let
//! listen (wav2vec2-large-xlsr-53-english). Theirs are what it hears, ours what the alignment says.

use burn::tensor::{Int, Tensor};

use crate::corpus::Interval;
use crate::expert::Said;

/// Between words; 0 is the blank, 1 to 3 stand for nothing that is said.
const SPACE: usize = 4;
const APOSTROPHE: usize = 5;
const HYPHEN: usize = 6;
const A: usize = 7;
/// How many there are.
const LETTERS: usize = 33;

/// Numbers of the letters; what the recognizer cannot write is left out.
pub fn letters(words: &[Interval]) -> Vec<usize> {
    let number = |letter: char| match letter.to_ascii_lowercase() {
        letter @ 'a'..='z' => Some(A + (letter as usize - 'a' as usize)),
        '\'' | '\u{2019}' => Some(APOSTROPHE),
        '-' => Some(HYPHEN),
        _ => None,
    };
    let spelled = words.iter().map(|word| word.text.chars().filter_map(number).collect::<Vec<_>>());
    let spelled: Vec<Vec<usize>> = spelled.filter(|word| !word.is_empty()).collect();
    spelled.join(&SPACE)
}

/// CTC (Graves et al. 2006) for each letter, the authors' text consistency; 0 where they do not fit into the steps.
///
/// # Shapes
/// Scores `[1, steps, letters]`.
pub fn unread(scores: Tensor<3>, letters: &[usize]) -> Tensor<1> {
    let frames = Tensor::<2, Int>::zeros([1, 1], &scores.device());
    Said { units: vec![letters.to_vec()], frames, edge: LETTERS }.ctc(scores)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn words_are_spelled_by_the_recognizers_letters() {
        let word = |text: &str| Interval { start_s: 0.0, end_s: 0.1, text: text.into() };
        assert_eq!(letters(&[word("Don't"), word("42"), word("zig-a")]), [10, 21, 20, 5, 26, 4, 32, 15, 13, 6, 7]);
        assert!(letters(&[]).is_empty());
    }

    #[test]
    fn what_nobody_knows_costs_the_logarithm_of_its_paths_for_each_letter() {
        let scores = || Tensor::<3>::zeros([1, 3, LETTERS], &Device::flex());
        // "ab" in three steps: aab, abb, ab_, a_b, _ab are five paths of 33^-3.
        let loss = unread(scores(), &[7, 8]).into_scalar::<f32>();
        assert!((loss - (33f32.powi(3) / 5.0).ln() / 2.0).abs() < 1e-4, "{loss}");
        assert_eq!(unread(scores(), &[7, 8, 9, 10]).into_scalar::<f32>(), 0.0);
    }
}
