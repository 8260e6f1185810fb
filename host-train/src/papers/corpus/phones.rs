//! The phones of a sound from the sound alone, for captures and for speech that nobody has labelled: what a shipped model,
//! or a listener, hears at each step in, the likeliest row of phones out (Viterbi 1967).
//!
//! Any phone may follow any other; each lasts two steps at least, and a change costs something, so that a doubtful step is
//! no phone of its own.

use std::path::Path;

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::heads::HEADS;
use keyface_core::script::{Observed, Segment, align};
use keyface_core::{AudioTime, HOP_SAMPLES, Heads, Line, Model, PHONES, Phone, SAMPLE_RATE_HZ};

use crate::export::Packed;
use crate::model::{Listener, OutsideEncoder};

/// No phone is impossible.
const LEAST: f32 = 1e-4;
/// What a change of phone costs: the best on the training part of `people`. Taking the phones' own frequencies out of
/// their probabilities made it worse.
const CHANGE: f32 = 2.0;
/// A step of sound.
const STEP_MS: usize = 20;
const STEP_S: f64 = 0.001 * STEP_MS as f64;

/// Ears that tell phones.
pub struct Recognizer {
    ear: Box<Ear>,
    /// Who hears: a model's name and version, or a listener's and its encoder's.
    pub name: String,
}

/// 16 kHz samples in, the probability of each phone at each step out.
type Ear = dyn Fn(&[f32]) -> Result<Vec<Observed>>;

impl Recognizer {
    /// The model of a folder; one that hears further ahead hears better.
    ///
    /// # Errors
    /// What is no model.
    pub fn read(folder: &Path) -> Result<Recognizer> {
        let packed = Packed::read(folder)?;
        let (name, model) = (format!("{} {}", packed.card.name, packed.card.version), packed.model()?);
        Ok(Recognizer { name, ear: Box::new(move |samples| through_line(&model, samples)) })
    }

    /// A listener over the encoder that it was trained on.
    pub fn listening(name: &str, encoder: Box<dyn OutsideEncoder>, net: Listener, device: &Device) -> Recognizer {
        let (name, device) = (format!("{name} on {}", encoder.name()), device.clone());
        Recognizer { name, ear: Box::new(move |samples| through_listener(&*encoder, &net, samples, &device)) }
    }

    /// Phones of 16 kHz samples, which cover them without gaps.
    ///
    /// # Errors
    /// When a network fails.
    pub fn hear(&self, samples: &[f32]) -> Result<Vec<Segment>> {
        let heard = (self.ear)(samples)?;
        Ok(segments(&heard, &likeliest(&scores(&heard)), seconds(samples)))
    }

    /// When phones that are known are spoken: these, in their order, at the times that are heard. Between pauses they
    /// stay together; a pause may go, or come at its place. `place` names them in errors.
    ///
    /// # Errors
    /// When a network fails, or the sound is too short for the phones.
    pub fn align(&self, place: &str, known: &[Segment], samples: &[f32]) -> Result<Vec<Segment>> {
        let spoken = known.split(|segment| segment.phone == Phone::SIL).filter(|phones| !phones.is_empty());
        let spoken: Vec<Vec<Phone>> =
            spoken.map(|phones| phones.iter().map(|segment| segment.phone).collect()).collect();
        let mut phones = align(place, &spoken, &(self.ear)(samples)?)?.phones;
        if let Some(last) = phones.last_mut() {
            last.end_s = last.end_s.max(seconds(samples));
        }
        Ok(phones)
    }
}

fn through_line(model: &Model, samples: &[f32]) -> Result<Vec<Observed>> {
    let mut line = Line::new(model.clone());
    // What is heard last is described a look-ahead later.
    let behind = (line.look_ahead().as_ms() / 1000.0 * SAMPLE_RATE_HZ as f32) as usize;
    let mut heard = Vec::new();
    for block in [samples, &vec![0.0; behind]] {
        for hop in block.chunks(HOP_SAMPLES) {
            for step in line.push(hop).collect::<Result<Vec<_>, _>>().context("the line stopped")? {
                heard.push(Observed { at: step.at, phones: line.heads().phones });
            }
        }
    }
    Ok(heard)
}

/// Each step is described at its end.
fn through_listener(
    encoder: &dyn OutsideEncoder,
    net: &Listener,
    samples: &[f32],
    device: &Device,
) -> Result<Vec<Observed>> {
    let features = encoder.features(samples);
    let steps = features.len() / encoder.width();
    if steps == 0 {
        return Ok(Vec::new());
    }
    let features = Tensor::from_data(TensorData::new(features, [1, steps, encoder.width()]), device);
    let raw: Vec<f32> = net.forward(features).try_into_vec_as().context("the listener's answers")?;
    let observed = |(n, raw): (usize, &[f32; HEADS])| {
        let at = AudioTime::from_ms((STEP_MS * (n + 1)) as i64);
        Observed { at, phones: Heads::from_raw(raw).phones }
    };
    Ok(raw.as_chunks().0.iter().enumerate().map(observed).collect())
}

fn seconds(samples: &[f32]) -> f64 {
    samples.len() as f64 / f64::from(SAMPLE_RATE_HZ)
}

fn scores(heard: &[Observed]) -> Vec<[f32; PHONES]> {
    heard.iter().map(|step| step.phones.map(|probability| probability.max(LEAST).ln())).collect()
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
fn segments(heard: &[Observed], path: &[usize], end_s: f64) -> Vec<Segment> {
    let mut phones: Vec<Segment> = Vec::new();
    let mut from = 0;
    for run in path.chunk_by(|a, b| a == b) {
        let to = from + run.len();
        let start_s = if phones.is_empty() { 0.0 } else { (heard[from].at.as_s() - 0.5 * STEP_S).clamp(0.0, end_s) };
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

    fn heard(phones: &[(Phone, usize)]) -> Vec<Observed> {
        let step = |(n, phone): (usize, Phone)| {
            let mut seen = [0.3 / (PHONES - 1) as f32; PHONES];
            seen[phone as usize] = 0.7;
            Observed { at: AudioTime::from_ms((STEP_MS * n) as i64), phones: seen }
        };
        phones.iter().flat_map(|(phone, steps)| vec![*phone; *steps]).enumerate().map(step).collect()
    }

    fn told(heard: &[Observed]) -> Vec<(Phone, f64)> {
        let phones = segments(heard, &likeliest(&scores(heard)), heard.len() as f64 * STEP_S);
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
        heard[8].phones.swap(AA as usize, T as usize);
        assert_eq!(told(&heard).iter().map(|(phone, _)| *phone).collect::<Vec<_>>(), [SIL, AA, SIL]);
    }

    #[test]
    fn known_phones_are_moved_to_where_they_are_heard() {
        let said = heard(&[(SIL, 5), (M, 4), (AA, 6), (SIL, 6), (P, 3)]);
        let steps = said.len();
        let ear = Recognizer { name: "told".into(), ear: Box::new(move |_| Ok(said.clone())) };
        // Labelled 40 ms early.
        let segment = |(phone, from, to): (Phone, usize, usize)| Segment {
            start_s: STEP_S * from as f64,
            end_s: STEP_S * to as f64,
            phone,
        };
        let known = [(SIL, 0, 3), (M, 3, 7), (AA, 7, 13), (SIL, 13, 19), (P, 19, 24)].map(segment);
        let samples = vec![0.0; steps * STEP_MS * 16];
        let aligned = ear.align("a clip", &known, &samples).unwrap();
        let starts: Vec<_> = aligned.iter().map(|s| (s.phone, (100.0 * s.start_s).round())).collect();
        assert_eq!(starts, [(SIL, 0.0), (M, 9.0), (AA, 17.0), (SIL, 29.0), (P, 41.0)]);
        assert_eq!(aligned.last().unwrap().end_s, steps as f64 * STEP_S);
        let error = ear.align("a clip", &vec![known[1]; 60], &samples).unwrap_err().to_string();
        assert!(error.contains("a clip: expected words that fit"), "{error}");
    }

    struct Hum;

    impl OutsideEncoder for Hum {
        fn name(&self) -> String {
            "hum".into()
        }

        fn width(&self) -> usize {
            3
        }

        fn features(&self, samples: &[f32]) -> Vec<f32> {
            (0..samples.len() / (STEP_MS * 16) * 3).map(|n| n as f32).collect()
        }
    }

    #[test]
    fn a_listener_describes_each_step_at_its_end() {
        let device = Device::flex();
        let ear = Recognizer::listening("ear", Box::new(Hum), Listener::new(3, 4, &device), &device);
        assert_eq!(ear.name, "ear on hum");
        let heard = (ear.ear)(&[0.0; 16 * 65]).unwrap();
        assert_eq!(heard.iter().map(|step| step.at).collect::<Vec<_>>(), [20, 40, 60].map(AudioTime::from_ms));
        assert!(heard.iter().all(|step| (step.phones.iter().sum::<f32>() - 1.0).abs() < 1e-5));
        assert!((ear.ear)(&[0.0; 16]).unwrap().is_empty(), "no whole step");
    }

    #[test]
    fn no_sound_is_silence() {
        let phones = segments(&[], &likeliest(&[]), 0.5);
        assert_eq!(phones, [Segment { start_s: 0.0, end_s: 0.5, phone: SIL }]);
    }
}
