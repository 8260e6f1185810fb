//! The phones of a sound from the sound alone, for captures that nobody has labelled: what a shipped model hears at each
//! step in, the likeliest row of phones out (Viterbi 1967).
//!
//! Any phone may follow any other; each lasts two steps at least, and a change costs something, so that a doubtful step is
//! no phone of its own.

use std::path::Path;

use anyhow::{Context, Result};
use keyface_core::script::Segment;
use keyface_core::{Line, Model, PHONES, Phone, SAMPLE_RATE_HZ};

use crate::export::Packed;

/// No phone is impossible.
const LEAST: f32 = 1e-4;
/// What a change of phone costs: the best on the training part of `people`. Taking the phones' own frequencies out of
/// their probabilities made it worse.
const CHANGE: f32 = 2.0;
/// Seconds of a step.
const STEP_S: f64 = 0.02;

/// Ears that tell phones.
pub struct Recognizer {
    model: Model,
    /// Name and version of the model.
    pub name: String,
}

impl Recognizer {
    /// The model of a folder; one that hears further ahead hears better.
    ///
    /// # Errors
    /// What is no model.
    pub fn read(folder: &Path) -> Result<Recognizer> {
        let packed = Packed::read(folder)?;
        Ok(Recognizer { name: format!("{} {}", packed.card.name, packed.card.version), model: packed.model()? })
    }

    /// Phones of 16 kHz samples, which cover them without gaps.
    ///
    /// # Errors
    /// When a network fails.
    pub fn hear(&self, samples: &[f32]) -> Result<Vec<Segment>> {
        let mut line = Line::new(self.model.clone());
        // What is heard last is described a look-ahead later.
        let behind = (line.look_ahead().as_ms() / 1000.0 * SAMPLE_RATE_HZ as f32) as usize;
        let samples_s = samples.len() as f64 / f64::from(SAMPLE_RATE_HZ);
        let (mut times_s, mut heard) = (Vec::new(), Vec::new());
        for block in [samples, &vec![0.0; behind]] {
            let mut from = 0;
            while from < block.len() {
                let to = (from + keyface_core::HOP_SAMPLES).min(block.len());
                let steps = line.push(&block[from..to]).collect::<Result<Vec<_>, _>>().context("the line stopped")?;
                for step in steps {
                    times_s.push(step.at.as_s());
                    heard.push(*line.phones());
                }
                from = to;
            }
        }
        Ok(segments(&times_s, &likeliest(&scores(&heard)), samples_s))
    }
}

fn scores(heard: &[[f32; PHONES]]) -> Vec<[f32; PHONES]> {
    heard.iter().map(|step| step.map(|probability| probability.max(LEAST).ln())).collect()
}

/// The phone at every step: each begins with one step, and stays for a second one before another may begin.
fn likeliest(scores: &[[f32; PHONES]]) -> Vec<usize> {
    const NEVER: f32 = -1e30;
    // Where each way came from: of one that begins, the phone that ended; of one that stays, whether it began before.
    let mut begun_after: Vec<[u8; PHONES]> = Vec::with_capacity(scores.len());
    let mut stays_since: Vec<[bool; PHONES]> = Vec::with_capacity(scores.len());
    let (mut begins, mut stays) = ([0.0; PHONES], [NEVER; PHONES]);
    for (step, score) in scores.iter().enumerate() {
        let ended = (0..PHONES).max_by(|a, b| stays[*a].total_cmp(&stays[*b])).unwrap_or(0);
        let (before, held) = (begins, stays);
        for phone in 0..PHONES {
            begins[phone] = if step == 0 { score[phone] } else { held[ended] - CHANGE + score[phone] };
            stays[phone] = if step == 0 { NEVER } else { before[phone].max(held[phone]) + score[phone] };
        }
        begun_after.push([ended as u8; PHONES]);
        stays_since.push(std::array::from_fn(|phone| before[phone] > held[phone]));
    }
    let mut phone = (0..PHONES).max_by(|a, b| stays[*a].total_cmp(&stays[*b])).unwrap_or(0);
    let mut is_begun = false;
    let mut path = vec![phone; scores.len()];
    for step in (0..scores.len()).rev() {
        path[step] = phone;
        if is_begun {
            (phone, is_begun) = (usize::from(begun_after[step][phone]), false);
        } else {
            is_begun = stays_since[step][phone];
        }
    }
    path
}

/// Runs of a phone as segments, from the sound's first moment to its last; a step stands for the time around its moment.
fn segments(times_s: &[f64], path: &[usize], end_s: f64) -> Vec<Segment> {
    let mut phones: Vec<Segment> = Vec::new();
    let mut from = 0;
    for run in path.chunk_by(|a, b| a == b) {
        let to = from + run.len();
        let start_s = if phones.is_empty() { 0.0 } else { (times_s[from] - 0.5 * STEP_S).clamp(0.0, end_s) };
        if let Some(last) = phones.last_mut() {
            last.end_s = start_s;
        }
        phones.push(Segment { start_s, end_s, phone: Phone::ALL[run[0]] });
        from = to;
    }
    phones.retain(|segment| segment.end_s > segment.start_s);
    if phones.is_empty() {
        phones.push(Segment { start_s: 0.0, end_s, phone: Phone::SIL });
    }
    phones
}

#[cfg(test)]
mod tests {
    use super::*;
    use Phone::*;

    fn heard(phones: &[(Phone, usize)]) -> Vec<[f32; PHONES]> {
        let step = |phone: Phone| {
            let mut seen = [0.3 / (PHONES - 1) as f32; PHONES];
            seen[phone as usize] = 0.7;
            seen
        };
        phones.iter().flat_map(|(phone, steps)| vec![step(*phone); *steps]).collect()
    }

    fn told(heard: &[[f32; PHONES]]) -> Vec<(Phone, f64)> {
        let times_s: Vec<f64> = (0..heard.len()).map(|n| n as f64 * STEP_S).collect();
        let phones = segments(&times_s, &likeliest(&scores(heard)), heard.len() as f64 * STEP_S);
        let gapless = phones.windows(2).all(|pair| pair[0].end_s == pair[1].start_s);
        assert!(gapless && phones[0].start_s == 0.0);
        phones.iter().map(|s| (s.phone, (100.0 * s.start_s).round())).collect()
    }

    #[test]
    fn phones_are_told_where_they_are_heard() {
        let heard = heard(&[(SIL, 5), (M, 4), (AA, 6), (P, 3), (SIL, 5)]);
        assert_eq!(told(&heard), [(SIL, 0.0), (M, 9.0), (AA, 17.0), (P, 29.0), (SIL, 35.0)]);
    }

    #[test]
    fn a_single_doubtful_step_is_no_phone() {
        let mut heard = heard(&[(SIL, 5), (AA, 8), (SIL, 5)]);
        heard[8].swap(AA as usize, T as usize);
        assert_eq!(told(&heard).iter().map(|(phone, _)| *phone).collect::<Vec<_>>(), [SIL, AA, SIL]);
    }

    #[test]
    fn no_sound_is_silence() {
        let phones = segments(&[], &likeliest(&[]), 0.5);
        assert_eq!(phones, [Segment { start_s: 0.0, end_s: 0.5, phone: SIL }]);
    }
}
