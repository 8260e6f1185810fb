//! Words and what was heard in; when each of their phones is spoken out: the likeliest path through the words (Viterbi 1967).

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::script::Segment;
use crate::{AudioTime, CoreError, PHONES, Phone};

/// What the line heard at one step.
#[derive(Clone, Copy, Debug)]
pub struct Observed {
    /// The moment that is described.
    pub at: AudioTime,
    /// Probability of each phone.
    pub phones: [f32; PHONES],
}

/// Words with their times.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// Phones in order; pauses between words are `SIL`.
    pub phones: Vec<Segment>,
    /// Mean probability of the words' phones where they were put, 0..=1: of words that are not what is said it is low.
    pub fit: f32,
}

/// Memory of the search, a byte for each step and phone: ten minutes of speech have 150 million.
const MOST_CELLS: usize = 256 << 20;
/// No phone is impossible.
const LEAST: f32 = 1e-3;
/// How much of a phone's frequency in the recording is taken out of its probability.
const PRIOR: f32 = 0.5;

/// Where the phones are, in a recording that says these words in order, with pauses before, between and behind them;
/// `place` names the words in errors.
///
/// # Errors
/// When the recording is too short for the words, or both are too long.
pub fn align(place: &str, words: &[Vec<Phone>], heard: &[Observed]) -> Result<Alignment, CoreError> {
    let states = states(words);
    let spoken = states.iter().filter(|state| **state != Phone::SIL).count();
    let wrong = |expected: &str, came: String| CoreError::unexpected(place, expected, came);
    if heard.len() <= spoken {
        let came = format!("{spoken} phones for {} steps of 20 ms", heard.len());
        return Err(wrong("words that fit into the recording", came));
    }
    if heard.len().saturating_mul(states.len()) > MOST_CELLS {
        return Err(wrong("at most ten minutes of speech (cut both, or tell their times)", format!("{spoken} phones")));
    }
    let path = likeliest(&states, &scores(heard));
    let fits = || path.iter().zip(heard).filter(|(state, _)| states[**state] != Phone::SIL);
    let sum: f32 = fits().map(|(state, heard)| heard.phones[states[*state] as usize]).sum();
    Ok(Alignment { phones: segments(&states, &path, heard), fit: sum / fits().count().max(1) as f32 })
}

/// A pause before each word and one at the end; pauses may be left out.
fn states(words: &[Vec<Phone>]) -> Vec<Phone> {
    let mut states: Vec<Phone> = words.iter().flat_map(|word| [&[Phone::SIL], &word[..]].concat()).collect();
    states.push(Phone::SIL);
    states
}

/// Logarithm of each phone's probability, beside how often it is heard at all.
fn scores(heard: &[Observed]) -> Vec<[f32; PHONES]> {
    let mean = |phone: usize| heard.iter().map(|step| step.phones[phone]).sum::<f32>() / heard.len() as f32;
    let prior: [f32; PHONES] = core::array::from_fn(|phone| PRIOR * libm::logf(mean(phone).max(LEAST)));
    let score =
        |step: &Observed| core::array::from_fn(|phone| libm::logf(step.phones[phone].max(LEAST)) - prior[phone]);
    heard.iter().map(score).collect()
}

/// The state at every step: each stays, or goes on to the next, or over a pause.
fn likeliest(states: &[Phone], scores: &[[f32; PHONES]]) -> Vec<usize> {
    const NEVER: f32 = -1e30;
    let may_skip = |state: usize| state >= 2 && states[state - 1] == Phone::SIL && states[state] != Phone::SIL;
    let mut best = vec![NEVER; states.len()];
    // How many states were gone on by.
    let mut from = vec![0u8; states.len() * scores.len()];
    for (step, score) in scores.iter().enumerate() {
        let before = best.clone();
        let moves = &mut from[step * states.len()..][..states.len()];
        for (state, phone) in states.iter().enumerate() {
            let came = |by: usize| if by <= state { before[state - by] } else { NEVER };
            let mut ways = vec![(came(0), 0u8), (came(1), 1)];
            if may_skip(state) {
                ways.push((came(2), 2));
            }
            if step == 0 {
                // A recording begins with the first pause or the first phone.
                ways = vec![(if state < 2 { 0.0 } else { NEVER }, 0)];
            }
            let (value, by) = ways.into_iter().fold((NEVER, 0), |a, b| if b.0 > a.0 { b } else { a });
            (best[state], moves[state]) = ((value + score[*phone as usize]).max(NEVER), by);
        }
    }
    let last = states.len() - 1;
    let mut state = if best[last] >= best[last - 1] { last } else { last - 1 };
    let mut path = vec![0; scores.len()];
    for step in (0..scores.len()).rev() {
        path[step] = state;
        state -= usize::from(from[step * states.len() + state]).min(state);
    }
    path
}

/// Runs of a state as segments; a step stands for the time around its moment.
fn segments(states: &[Phone], path: &[usize], heard: &[Observed]) -> Vec<Segment> {
    let between = |n: usize| 0.5 * (heard[n - 1].at.as_s() + heard[n].at.as_s());
    let mut phones = Vec::new();
    let mut from = 0;
    for run in path.chunk_by(|a, b| a == b) {
        let to = from + run.len();
        let start_s = if from == 0 { 0.0 } else { between(from).max(0.0) };
        let end_s = if to == path.len() { heard[to - 1].at.as_s() } else { between(to) };
        phones.push(Segment { start_s, end_s, phone: states[run[0]] });
        from = to;
    }
    phones.retain(|segment| segment.end_s > segment.start_s);
    phones
}

#[cfg(test)]
mod tests {
    use super::*;
    use Phone::*;

    /// Somebody says these phones, four steps each, heard with some doubt.
    fn heard(phones: &[Phone]) -> Vec<Observed> {
        let step = |n: usize, phone: Phone| {
            let mut seen = [0.3 / (PHONES - 1) as f32; PHONES];
            seen[phone as usize] = 0.7;
            Observed { at: AudioTime::from_ms(20 * n as i64), phones: seen }
        };
        phones.iter().flat_map(|phone| [*phone; 4]).enumerate().map(|(n, phone)| step(n, phone)).collect()
    }

    fn spans(alignment: &Alignment) -> Vec<(Phone, i64, i64)> {
        let ms = |s: f64| (1000.0 * s).round() as i64;
        alignment.phones.iter().map(|s| (s.phone, ms(s.start_s), ms(s.end_s))).collect()
    }

    #[test]
    fn phones_are_found_where_they_are_said_and_pauses_where_there_are_any() {
        let alignment = align("words", &[vec![M, AA], vec![B, IY]], &heard(&[SIL, M, AA, SIL, B, IY])).unwrap();
        let expected = [(SIL, 0, 70), (M, 70, 150), (AA, 150, 230), (SIL, 230, 310), (B, 310, 390), (IY, 390, 460)];
        assert_eq!(spans(&alignment), expected);
        assert!((alignment.fit - 0.7).abs() < 1e-5);
    }

    #[test]
    fn words_without_a_pause_touch() {
        let alignment = align("words", &[vec![M, AA], vec![B]], &heard(&[M, AA, B])).unwrap();
        assert_eq!(spans(&alignment), [(M, 0, 70), (AA, 70, 150), (B, 150, 220)]);
    }

    #[test]
    fn a_word_that_was_swallowed_is_put_somewhere_and_the_others_stay() {
        let alignment = align("words", &[vec![M, AA], vec![T], vec![B, IY]], &heard(&[M, AA, B, IY])).unwrap();
        let b = spans(&alignment).into_iter().find(|(phone, ..)| *phone == B).unwrap();
        assert!((b.1 - 150).abs() <= 20 && (b.2 - 230).abs() <= 20, "{b:?}");
    }

    #[test]
    fn other_words_fit_badly() {
        let alignment = align("words", &[vec![S, UW], vec![K]], &heard(&[M, AA, B, IY])).unwrap();
        assert!(alignment.fit < 0.1, "{}", alignment.fit);
    }

    #[test]
    fn more_words_than_there_is_time_for_are_refused() {
        let error = align("words", &[vec![M; 30]], &heard(&[M, AA])).unwrap_err().to_string();
        assert!(error.contains("30 phones for 8 steps"), "{error}");
    }
}
