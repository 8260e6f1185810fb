//! A short stretch of voice in, its pitch out: the highest peak of the normalised autocorrelation.

use keyface_core::SAMPLE_RATE_HZ;

use crate::clip::Segment;

const LOWEST_HZ: f32 = 65.0;
const HIGHEST_HZ: f32 = 400.0;
/// Samples of voice that are compared with their past: 32 ms, two periods of the lowest voice.
const WINDOW: usize = 512;
/// Below this likeness the stretch is not voiced.
const VOICED: f32 = 0.5;
/// The first peak that comes this near to the highest one is the period: later ones are its multiples.
const FIRST_PEAK: f32 = 0.9;

/// Samples that [`pitch_hz`] wants around the moment asked for.
pub const SPAN: usize = WINDOW + longest_lag();

const fn longest_lag() -> usize {
    (SAMPLE_RATE_HZ as f32 / LOWEST_HZ) as usize
}

/// Pitch in hertz of at least [`SPAN`] samples at 16 kHz; `None` where they are too few or not voiced.
pub fn pitch_hz(samples: &[f32]) -> Option<f32> {
    let samples = samples.get(..SPAN)?;
    let shortest = (SAMPLE_RATE_HZ as f32 / HIGHEST_HZ) as usize;
    let likeness: Vec<f32> = (shortest..=longest_lag()).map(|lag| likeness(samples, lag)).collect();
    let highest = likeness.iter().copied().fold(0.0, f32::max);
    if highest < VOICED {
        return None;
    }
    let peak = (1..likeness.len() - 1).find(|&i| {
        likeness[i] >= FIRST_PEAK * highest && likeness[i] >= likeness[i - 1] && likeness[i] >= likeness[i + 1]
    })?;
    Some(SAMPLE_RATE_HZ as f32 / (shortest + peak) as f32)
}

/// Median pitch in hertz over the middles of the vowels of a clip; `None` without a voiced vowel.
pub fn median_pitch_hz(samples: &[f32], phones: &[Segment]) -> Option<f32> {
    let middle = |s: &Segment| {
        let centre = (0.5 * (s.start_s + s.end_s) * f64::from(SAMPLE_RATE_HZ)) as usize;
        pitch_hz(samples.get(centre.checked_sub(SPAN / 2)?..)?)
    };
    let mut heard: Vec<f32> = phones.iter().filter(|s| s.phone.is_vowel()).filter_map(middle).collect();
    heard.sort_by(f32::total_cmp);
    heard.get(heard.len() / 2).copied()
}

/// Cosine of the angle between a window and the one `lag` samples later.
fn likeness(samples: &[f32], lag: usize) -> f32 {
    let (here, there) = (&samples[..WINDOW], &samples[lag..lag + WINDOW]);
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    dot(here, there) / (dot(here, here) * dot(there, there)).sqrt().max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A voice-like wave: ten harmonics.
    fn voice(hz: f32) -> Vec<f32> {
        let phase = |n: usize| std::f32::consts::TAU * hz * n as f32 / SAMPLE_RATE_HZ as f32;
        (0..SPAN).map(|n| (1..=10).map(|k| (k as f32 * phase(n)).sin() / k as f32).sum()).collect()
    }

    #[test]
    fn low_and_high_voices_are_heard_within_two_percent() {
        for hz in [80.0, 125.0, 210.0, 330.0] {
            let heard = pitch_hz(&voice(hz)).expect("voiced");
            assert!((heard / hz - 1.0).abs() < 0.02, "{hz} Hz heard as {heard}");
        }
    }

    #[test]
    fn silence_has_no_pitch() {
        assert_eq!(pitch_hz(&[0.0; SPAN]), None);
        assert_eq!(pitch_hz(&[]), None);
    }
}
