//! Hops in, the pitch of the voice in them out: normalized autocorrelation, as Boersma (1993) and YIN (de Cheveigné and
//! Kawahara 2002) use it, of the last 40 ms.

use crate::time::{HOP_SAMPLES, SAMPLE_RATE_HZ};

/// Voices are looked for in every second sample: 8 kHz.
const EVERY: usize = 2;
const RATE_HZ: f32 = (SAMPLE_RATE_HZ as usize / EVERY) as f32;
const HOP: usize = HOP_SAMPLES / EVERY;
/// Four hops are looked at.
const HEARD: usize = 4 * HOP;
/// Periods of 400 to 70 Hz, and the window that is compared with itself a period earlier.
const SHORTEST: usize = 20;
const LONGEST: usize = 114;
const WINDOW: usize = 200;
/// Two periods in a row are alike to this share in a voice; noise stays below.
const ALIKE: f32 = 0.6;
/// The first period that is nearly as good as the best is the voice's own, not a multiple of it.
const NEARLY: f32 = 0.9;
/// Mean square of what is silence, -60 dBFS.
const SILENCE: f32 = 1e-6;
/// Nothing that is heard is larger.
const LOUDEST: f32 = 2.0;

/// Follows the pitch of one voice.
#[derive(Clone, Debug)]
pub struct PitchTracker {
    heard: [f32; HEARD],
}

impl PitchTracker {
    /// A tracker that has heard nothing.
    pub fn new() -> Self {
        PitchTracker { heard: [0.0; HEARD] }
    }

    /// Takes 10 ms; the pitch in hertz, `None` where no voice is, as of some 20 ms ago.
    pub fn push(&mut self, hop: &[f32; HOP_SAMPLES]) -> Option<f32> {
        self.heard.copy_within(HOP.., 0);
        for (to, pair) in self.heard[HEARD - HOP..].iter_mut().zip(hop.chunks_exact(EVERY)) {
            let mean = pair.iter().sum::<f32>() / EVERY as f32;
            *to = if mean.is_finite() { mean.clamp(-LOUDEST, LOUDEST) } else { 0.0 };
        }
        self.period().map(|period| RATE_HZ / period)
    }

    /// Samples in one period of the voice.
    fn period(&self) -> Option<f32> {
        let mean = self.heard.iter().sum::<f32>() / HEARD as f32;
        let sound = self.heard.map(|sample| sample - mean);
        let now = &sound[HEARD - WINDOW..];
        let energy = dot(now, now);
        if energy < SILENCE * WINDOW as f32 {
            return None;
        }
        // One more at each end, so that every period has neighbours.
        let mut alike = [0.0; LONGEST - SHORTEST + 3];
        let mut from = HEARD - WINDOW - (SHORTEST - 1);
        let mut energy_before = dot(&sound[from..from + WINDOW], &sound[from..from + WINDOW]);
        for alike in &mut alike {
            let product = dot(now, &sound[from..from + WINDOW]);
            *alike = product / libm::sqrtf(energy * energy_before.max(SILENCE) + f32::MIN_POSITIVE);
            // A sample earlier: one more at the front, one less at the end.
            from -= 1;
            energy_before += sound[from] * sound[from] - sound[from + WINDOW] * sound[from + WINDOW];
        }
        let is_peak = |at: &usize| alike[*at] >= alike[at - 1] && alike[*at] > alike[at + 1];
        let peaks = || (1..alike.len() - 1).filter(is_peak);
        let best = peaks().map(|at| alike[at]).fold(ALIKE, f32::max);
        let at = peaks().find(|at| alike[*at] > ALIKE && alike[*at] >= NEARLY * best)?;
        Some((SHORTEST - 1 + at) as f32 + vertex(alike[at - 1], alike[at], alike[at + 1]))
    }
}

impl Default for PitchTracker {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the parabola through three neighbours has its vertex, from the middle one.
fn vertex(before: f32, at: f32, after: f32) -> f32 {
    let bend = before - 2.0 * at + after;
    if bend < 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 }
}

/// Sums side by side: a compiler may not reorder one.
const LANES: usize = 20;

/// Product of two windows.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use core::f32::consts::TAU;

    use super::*;

    /// What is said of half a second of a sound, hop by hop, once the window is full.
    fn pitches(sound: impl Fn(f32) -> f32) -> impl Iterator<Item = Option<f32>> {
        let mut tracker = PitchTracker::new();
        let hop = move |h: usize| core::array::from_fn(|i| sound((h * HOP_SAMPLES + i) as f32 / SAMPLE_RATE_HZ as f32));
        (0..50).map(move |h| tracker.push(&hop(h))).skip(4)
    }

    /// A voice: harmonics that fall with their number.
    fn voice(hz: f32) -> impl Fn(f32) -> f32 {
        move |t| (1..12).map(|k| 0.2 / k as f32 * libm::sinf(TAU * hz * k as f32 * t)).sum()
    }

    #[test]
    fn voices_of_men_women_and_children_are_heard_to_a_percent() {
        for hz in [75.0, 110.0, 155.0, 220.0, 310.0, 390.0] {
            for pitch in pitches(voice(hz)) {
                let heard = pitch.unwrap_or_default();
                assert!((heard / hz - 1.0).abs() < 0.01, "{heard} Hz for {hz} Hz");
            }
        }
    }

    #[test]
    fn a_microphone_that_is_off_centre_hears_the_same() {
        let off = voice(140.0);
        assert!(pitches(move |t| 0.5 + off(t)).all(|pitch| pitch.is_some_and(|hz| (hz / 140.0 - 1.0).abs() < 0.01)));
    }

    #[test]
    fn noise_and_silence_have_no_pitch() {
        assert!(pitches(|_| 0.0).all(|pitch| pitch.is_none()));
        let mixed = |t: f32| ((t * SAMPLE_RATE_HZ as f32) as u32).wrapping_mul(2_654_435_761) ^ 0x5bd1_e995;
        let noise = move |t: f32| (mixed(t).wrapping_mul(mixed(t) >> 13) >> 8) as f32 / (1 << 24) as f32 - 0.5;
        let pitched = pitches(noise).filter(|pitch| pitch.is_some()).count();
        assert!(pitched <= 2, "{pitched} of 46 hops of noise");
    }
}
