//! espeak-ng marks a voiceless stop at its burst; its closure, where the mouth shuts, lies before. This finds it.

use keyface_core::SAMPLE_RATE_HZ;

/// The level is measured over this (4 ms).
const FRAME_SAMPLES: usize = SAMPLE_RATE_HZ as usize * 4 / 1000;
/// The loudest moment is looked for in windows of this (20 ms).
const LOUD_SAMPLES: usize = SAMPLE_RATE_HZ as usize * 20 / 1000;
/// A closure is quieter than this part of the loudest moment.
const CLOSURE_LEVEL: f32 = 0.03;
/// After a pause nothing tells when the mouth shut: no longer than this before the burst.
const CLOSURE_LIMIT_S: f64 = 0.08;

/// Root mean square of the loudest 20 ms.
pub fn loudest(samples: &[f32]) -> f32 {
    samples.chunks(LOUD_SAMPLES).map(level).fold(0.0, f32::max)
}

/// When the closure before a burst begins: walks back from `burst_s` while it is quiet, not before `floor_s`.
pub fn closure_start_s(samples: &[f32], burst_s: f64, floor_s: f64, loudest: f32) -> f64 {
    let rate = f64::from(SAMPLE_RATE_HZ);
    let floor = (floor_s.max(burst_s - CLOSURE_LIMIT_S).max(0.0) * rate).round() as usize;
    let burst = ((burst_s * rate).round() as usize).min(samples.len());
    let mut start = burst;
    while start >= floor + FRAME_SAMPLES && level(&samples[start - FRAME_SAMPLES..start]) < CLOSURE_LEVEL * loudest {
        start -= FRAME_SAMPLES;
    }
    if start == burst { burst_s } else { start as f64 / rate }
}

fn level(frame: &[f32]) -> f32 {
    (frame.iter().map(|s| s * s).sum::<f32>() / frame.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 ms of tone, 44 ms of near-silence, a burst at 144 ms.
    fn tone_closure_burst() -> Vec<f32> {
        let tone = (0..1_600).map(|n| (n as f32 * 0.3).sin() * 0.5);
        let closure = (0..704).map(|n| (n as f32 * 1.7).sin() * 0.002);
        let burst = (0..800).map(|n| (n as f32 * 2.1).sin() * 0.2);
        tone.chain(closure).chain(burst).collect()
    }

    #[test]
    fn the_stop_starts_where_the_sound_stops() {
        let samples = tone_closure_burst();
        let start_s = closure_start_s(&samples, 0.144, 0.0, loudest(&samples));
        assert!((start_s - 0.1).abs() <= 0.004, "{start_s}");
    }

    #[test]
    fn a_stop_without_closure_stays_where_it_is() {
        let samples: Vec<f32> = (0..4_000).map(|n| (n as f32 * 0.3).sin() * 0.5).collect();
        assert_eq!(closure_start_s(&samples, 0.144, 0.0, loudest(&samples)), 0.144);
    }

    #[test]
    fn a_long_pause_is_not_swallowed() {
        let mut samples = vec![0.0; 8_000];
        samples.extend(tone_closure_burst());
        let start_s = closure_start_s(&samples, 0.5, 0.0, loudest(&samples));
        assert!((start_s - 0.42).abs() <= 0.004, "{start_s}");
    }

    #[test]
    fn the_phone_before_keeps_its_floor() {
        let samples = tone_closure_burst();
        let start_s = closure_start_s(&samples, 0.144, 0.12, loudest(&samples));
        assert!((0.12..=0.124).contains(&start_s), "{start_s}");
    }
}
