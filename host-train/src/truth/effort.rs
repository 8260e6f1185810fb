//! Sound and phones in, effort out: how loud each moment is against the clip's own middle, and where accents fall.

use keyface_core::{HOP_SAMPLES, SAMPLE_RATE_HZ};

use super::{curve, pitch};
use crate::clip::Segment;

/// Louder or softer than this against the clip's median vowel changes the effort no further.
const RANGE_DB: f32 = 10.0;
/// Share by which jaw and lips grow over [`RANGE_DB`].
const SHARE: f32 = 0.30;
/// Three semitones above the median, or six decibels, is an accent for certain (ours; speech spans about an octave).
const ACCENT_SEMITONES: f32 = 3.0;
const ACCENT_DB: f32 = 6.0;
/// Accents are not closer than this.
const ACCENT_GAP_S: f64 = 0.300;
/// Brows start this long before the vowel's middle, and take this long to come down.
const BROW_RISE_S: f64 = 0.150;
const BROW_FALL_S: f64 = 0.250;

/// A stressed vowel.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Accent {
    at_s: f64,
    strength: f32,
}

/// What a clip's sound adds to its phones.
#[derive(Clone, Debug)]
pub struct Effort {
    gains: Vec<f32>,
    accents: Vec<Accent>,
}

/// One vowel as heard.
#[derive(Clone, Copy, Debug)]
struct Vowel {
    at_s: f64,
    level_db: f32,
    pitch_semitones: Option<f32>,
}

impl Effort {
    /// Conversational effort without accents, for this many rows of 10 ms.
    pub fn even(hops: usize) -> Effort {
        Effort { gains: vec![1.0; hops], accents: Vec::new() }
    }

    /// A constant loudness against the usual one, in decibels.
    pub fn constant(hops: usize, loudness_db: f32) -> Effort {
        Effort { gains: vec![gain(loudness_db); hops], accents: Vec::new() }
    }

    /// Measures the vowels of a clip of 16 kHz samples.
    pub fn heard(samples: &[f32], phones: &[Segment]) -> Effort {
        let mut vowels: Vec<Vowel> =
            phones.iter().filter(|s| s.phone.is_vowel()).filter_map(|s| listen(samples, s)).collect();
        let hops = samples.len() / HOP_SAMPLES;
        make_relative(&mut vowels);
        let gains = (0..hops).map(|h| gain(level_at(&vowels, super::row_time_s(h)))).collect();
        Effort { gains, accents: accents(&vowels) }
    }

    /// Part of it: `hops` rows from row `from` on, or as many as there are; their time begins anew.
    pub fn rows(&self, from: usize, hops: usize) -> Effort {
        let gains = self.gains.iter().skip(from).take(hops).copied().collect();
        let by_s = from as f64 * 0.010;
        let accents = self.accents.iter().map(|accent| Accent { at_s: accent.at_s - by_s, ..*accent }).collect();
        Effort { gains, accents }
    }

    /// Rows of 10 ms.
    pub fn hops(&self) -> usize {
        self.gains.len()
    }

    /// Gain of jaw and lips in a row, 0.7..=1.3.
    pub fn gain(&self, hop: usize) -> f32 {
        self.gains[hop]
    }

    /// How far an accent lifts the brows, 0..=1.
    pub fn accent_at(&self, time_s: f64) -> f32 {
        self.accents.iter().map(|a| a.lift(time_s)).fold(0.0, f32::max)
    }
}

impl Accent {
    fn lift(&self, time_s: f64) -> f32 {
        let offset_s = time_s - self.at_s;
        let ramp_s = if offset_s < 0.0 { BROW_RISE_S } else { BROW_FALL_S };
        self.strength * curve::ease(1.0 - offset_s.abs() / ramp_s) as f32
    }
}

fn gain(loudness_db: f32) -> f32 {
    1.0 + SHARE * (loudness_db / RANGE_DB).clamp(-1.0, 1.0)
}

/// Level and pitch of a vowel's middle half.
fn listen(samples: &[f32], segment: &Segment) -> Option<Vowel> {
    let index = |time_s: f64| (time_s.max(0.0) * f64::from(SAMPLE_RATE_HZ)) as usize;
    let (at_s, quarter_s) = (0.5 * (segment.start_s + segment.end_s), 0.25 * (segment.end_s - segment.start_s));
    let middle = samples.get(index(at_s - quarter_s)..index(at_s + quarter_s).min(samples.len()))?;
    let power = middle.iter().map(|x| x * x).sum::<f32>() / middle.len().max(1) as f32;
    let from = index(at_s).saturating_sub(pitch::SPAN / 2).min(samples.len());
    let pitch_semitones = pitch::pitch_hz(&samples[from..]).map(|hz| 12.0 * hz.log2());
    (power > 0.0).then(|| Vowel { at_s, level_db: 10.0 * power.log10(), pitch_semitones })
}

/// Levels and pitches against the clip's medians.
fn make_relative(vowels: &mut [Vowel]) {
    let level_db = median(vowels.iter().map(|v| v.level_db)).unwrap_or(0.0);
    let pitch = median(vowels.iter().filter_map(|v| v.pitch_semitones)).unwrap_or(0.0);
    for vowel in vowels {
        vowel.level_db -= level_db;
        vowel.pitch_semitones = vowel.pitch_semitones.map(|p| p - pitch);
    }
}

fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Level between the vowels' middles by straight lines; the outer vowels' levels beyond them.
fn level_at(vowels: &[Vowel], time_s: f64) -> f32 {
    let next = vowels.partition_point(|v| v.at_s < time_s);
    match (next.checked_sub(1).map(|i| vowels[i]), vowels.get(next)) {
        (Some(a), Some(b)) => a.level_db + (b.level_db - a.level_db) * ((time_s - a.at_s) / (b.at_s - a.at_s)) as f32,
        (Some(only), None) => only.level_db,
        (None, Some(only)) => only.level_db,
        (None, None) => 0.0,
    }
}

/// Vowels that stand out by pitch and level, and above their neighbours.
fn accents(vowels: &[Vowel]) -> Vec<Accent> {
    let stands_out = |v: &Vowel| prominence(v) > 0.0;
    let highest_around = |v: &Vowel| {
        let near = vowels.iter().filter(|o| (o.at_s - v.at_s).abs() < ACCENT_GAP_S);
        near.map(prominence).fold(0.0, f32::max) <= prominence(v)
    };
    let chosen = vowels.iter().filter(|v| stands_out(v) && highest_around(v));
    chosen.map(|v| Accent { at_s: v.at_s, strength: prominence(v) }).collect()
}

/// 0 for a vowel like the median one, 1 for a certain accent; an octave jump is a mistake of the pitch, so it is held.
fn prominence(vowel: &Vowel) -> f32 {
    let pitch = vowel.pitch_semitones.unwrap_or(0.0).clamp(-6.0, 6.0) / ACCENT_SEMITONES;
    let level = vowel.level_db.clamp(-ACCENT_DB, ACCENT_DB) / ACCENT_DB;
    (0.6 * pitch + 0.6 * level - 0.3).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyface_core::Phone;

    /// Three vowels of 0.2 s with pauses between them, the second louder and higher.
    fn three_vowels() -> (Vec<f32>, Vec<Segment>) {
        let mut samples = vec![0.0; 32_000];
        let mut phones = Vec::new();
        for (start_s, loudness, hz) in [(0.2, 0.1, 120.0), (0.8, 0.25, 150.0), (1.4, 0.1, 120.0)] {
            let from = (start_s * 16_000.0) as usize;
            for (n, sample) in samples[from..from + 3_200].iter_mut().enumerate() {
                let phase = std::f32::consts::TAU * hz * n as f32 / 16_000.0;
                *sample = loudness * (phase.sin() + 0.5 * (2.0 * phase).sin());
            }
            phones.push(Segment { start_s, end_s: start_s + 0.2, phone: Phone::AA });
        }
        (samples, phones)
    }

    #[test]
    fn the_loud_high_vowel_is_the_accent() {
        let (samples, phones) = three_vowels();
        let effort = Effort::heard(&samples, &phones);
        assert_eq!(effort.accents.len(), 1);
        assert!((effort.accents[0].at_s - 0.9).abs() < 1e-9 && effort.accents[0].strength > 0.5);
        assert_eq!(effort.accent_at(0.3), 0.0);
    }

    #[test]
    fn effort_follows_the_vowels_loudness_and_not_the_recordings() {
        let (samples, phones) = three_vowels();
        let quiet: Vec<f32> = samples.iter().map(|s| 0.1 * s).collect();
        let (loud, quiet) = (Effort::heard(&samples, &phones), Effort::heard(&quiet, &phones));
        assert!(loud.gain(90) > 1.2 && (loud.gain(30) - 1.0).abs() < 0.01);
        assert!((0..loud.hops()).all(|h| (loud.gain(h) - quiet.gain(h)).abs() < 1e-3));
    }

    #[test]
    fn silence_has_usual_effort_and_no_accent() {
        let effort = Effort::heard(&[0.0; 16_000], &[]);
        assert_eq!((effort.hops(), effort.gain(50), effort.accent_at(0.5)), (100, 1.0, 0.0));
    }
}
