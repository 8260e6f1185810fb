//! Hops in, how it is said out: how loud, how far the pitch stands out, whether a phrase goes on or ends.
//!
//! A few filters, of which each is a line: what head and brows of a person follow (Munhall et al. 2004; Busso et al. 2007).

use super::pitch::PitchTracker;
use crate::time::HOP_SAMPLES;
use crate::{Samples, Span, Stage};

/// How something is said at one moment; smooth, and 0..=1 but for the way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prosody {
    /// Loudness beside the voice's own of the last seconds: 1 at its height, 0 a whisper of it.
    pub loudness: f32,
    /// How far the pitch stands above the voice's mean: a pitch accent.
    pub accent: f32,
    /// A phrase goes on: loudness of the last second.
    pub phrase: f32,
    /// A phrase has just ended.
    pub ending: f32,
    /// How far the voice has carried a head that moves while it is loud: seconds of full loudness since the beginning.
    pub way_s: f64,
}

/// Loudness is told over this range below the voice's height.
const RANGE_DB: f32 = 25.0;
/// The voice's height: up within 50 ms, down by 4 dB a second, never below what a quiet room has.
const RISE: f32 = 0.2;
const FALL_DB: f32 = 0.04;
const QUIETEST_DB: f32 = -55.0;
/// Mean square of nothing at all, and of what no microphone exceeds.
const NOTHING: f32 = 1e-9;
const LOUDEST: f32 = 4.0;
/// An accent begins at the mean, and is full at this many of the voice's own deviations, which lies in this range of
/// semitones: a lively voice is not all accents, and a monotone one has some.
const ACCENT_DEVIATIONS: f32 = 2.0;
const ACCENT_SEMITONES: [f32; 2] = [2.5, 7.0];
/// Whoever is farther from the mean was misheard, by an octave mostly.
const MISHEARD: f32 = 13.0;
/// Hops of voice that the mean is taken over: three seconds.
const MEAN_HOPS: u32 = 300;
/// Between voiced sounds an accent is let go by this share in a hop: half in 100 ms.
const LET_GO: f32 = 0.933;
/// Share of the way in a hop: loudness and accents follow within 45 ms three times over, phrases within 0.3 s so.
const SWIFT: f32 = 0.2;
const SLOW: f32 = 0.035;
const HOP_S: f64 = 0.01;
/// A phrase has ended when it is this much more silent than the last second was.
const ENDING_FROM: f32 = 0.15;
const ENDING_GAIN: f32 = 3.0;

impl Prosody {
    /// Nothing is said.
    pub const REST: Prosody = Prosody { loudness: 0.0, accent: 0.0, phrase: 0.0, ending: 0.0, way_s: 0.0 };

    /// What is told lies this far behind what is heard: half the pitch's window, and the filters.
    pub const DELAY: Span = Span::from_ms(140);

    /// The same, so much stronger or weaker.
    pub fn scaled(&self, gain: f32) -> Prosody {
        Prosody {
            loudness: gain * self.loudness,
            accent: gain * self.accent,
            phrase: gain * self.phrase,
            ending: gain * self.ending,
            way_s: self.way_s,
        }
    }

    /// Part of the way to another, which may be of another voice: a head is not carried from where one has carried it to
    /// where the other has.
    pub fn toward(&self, other: &Prosody, share: f32) -> Prosody {
        let mix = |a: f32, b: f32| a + share * (b - a);
        Prosody {
            loudness: mix(self.loudness, other.loudness),
            accent: mix(self.accent, other.accent),
            phrase: mix(self.phrase, other.phrase),
            ending: mix(self.ending, other.ending),
            way_s: if share < 1.0 { self.way_s } else { other.way_s },
        }
    }
}

/// Listens to how something is said.
#[derive(Clone, Debug)]
pub struct ProsodyFollower {
    pitch: PitchTracker,
    height_db: f32,
    loudness: Smooth,
    accent: Smooth,
    ending: Smooth,
    phrase: Smooth,
    way_s: f64,
    /// Mean pitch in semitones and its variance, and the hops of voice that they were taken over.
    mean: f32,
    variance: f32,
    voiced: u32,
    /// What the accent moves to.
    goal: f32,
}

impl ProsodyFollower {
    /// A follower that has heard nothing.
    pub fn new() -> Self {
        ProsodyFollower {
            pitch: PitchTracker::new(),
            height_db: QUIETEST_DB,
            loudness: Smooth::default(),
            accent: Smooth::default(),
            ending: Smooth::default(),
            phrase: Smooth::default(),
            way_s: 0.0,
            mean: 0.0,
            variance: 0.0,
            voiced: 0,
            goal: 0.0,
        }
    }

    /// Loudness of a hop beside the voice's height.
    fn loudness_of(&mut self, hop: &[f32; HOP_SAMPLES]) -> f32 {
        let power = hop.iter().map(|sample| sample * sample).sum::<f32>() / HOP_SAMPLES as f32;
        let power = if power.is_finite() { power.min(LOUDEST) } else { 0.0 };
        let db = 10.0 * libm::log10f(power + NOTHING);
        let change = if db > self.height_db { RISE * (db - self.height_db) } else { -FALL_DB };
        self.height_db = (self.height_db + change).max(QUIETEST_DB);
        (1.0 + (db - self.height_db) / RANGE_DB).clamp(0.0, 1.0)
    }

    /// How far a pitch stands above the mean so far, 0..=1; what was misheard is `None`.
    fn accent_of(&mut self, hz: f32) -> Option<f32> {
        let semitones = 12.0 * libm::log2f(hz);
        let above = semitones - self.mean;
        if self.voiced > 0 && above.abs() > MISHEARD {
            return None;
        }
        self.voiced = (self.voiced + 1).min(MEAN_HOPS);
        self.mean += (semitones - self.mean) / self.voiced as f32;
        let above = semitones - self.mean;
        self.variance += (above * above - self.variance) / self.voiced as f32;
        let [least, most] = ACCENT_SEMITONES;
        Some((above / (ACCENT_DEVIATIONS * libm::sqrtf(self.variance)).clamp(least, most)).clamp(0.0, 1.0))
    }
}

impl Default for ProsodyFollower {
    fn default() -> Self {
        Self::new()
    }
}

impl Stage for ProsodyFollower {
    type Input = [f32; HOP_SAMPLES];
    type Output = Prosody;

    fn push(&mut self, hop: &[f32; HOP_SAMPLES]) -> Option<Prosody> {
        let now = self.loudness_of(hop);
        let loudness = self.loudness.push(SWIFT, now);
        let accent = self.pitch.push(hop).and_then(|hz| self.accent_of(hz));
        self.goal = accent.unwrap_or(LET_GO * self.goal);
        let phrase = self.phrase.push(SLOW, loudness);
        let ending = (ENDING_GAIN * (phrase - loudness - ENDING_FROM)).clamp(0.0, 1.0);
        // Loud syllables carry farther than soft ones by more than their loudness: a head rests between words.
        self.way_s += HOP_S * f64::from(loudness * loudness);
        Some(Prosody {
            loudness,
            accent: self.accent.push(SWIFT, self.goal),
            phrase,
            ending: self.ending.push(SWIFT, ending),
            way_s: self.way_s,
        })
    }

    fn latency(&self) -> Samples {
        Samples(0)
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

/// Three first-order filters in a row: a step of the input is a bend of the output, not a jerk.
#[derive(Clone, Copy, Debug, Default)]
struct Smooth([f32; 3]);

impl Smooth {
    fn push(&mut self, share: f32, goal: f32) -> f32 {
        let follow = |goal: f32, follower: &mut f32| {
            *follower += share * (goal - *follower);
            *follower
        };
        self.0.iter_mut().fold(goal, follow)
    }
}

#[cfg(test)]
mod tests {
    use core::f32::consts::TAU;

    use super::*;
    use crate::SAMPLE_RATE_HZ;

    /// A voice whose pitch and gain are told for each time, for some seconds.
    fn said(seconds: usize, hz_and_gain: impl Fn(f32) -> (f32, f32)) -> impl Iterator<Item = (f32, Prosody)> {
        let (mut follower, mut phase, mut time_s) = (ProsodyFollower::new(), 0.0f32, 0.0f32);
        (0..100 * seconds).filter_map(move |_| {
            let hop = core::array::from_fn(|_| {
                let (hz, gain) = hz_and_gain(time_s);
                time_s += 1.0 / SAMPLE_RATE_HZ as f32;
                phase = (phase + TAU * hz / SAMPLE_RATE_HZ as f32) % TAU;
                gain * (1..9).map(|k| libm::sinf(k as f32 * phase) / k as f32).sum::<f32>()
            });
            follower.push(&hop).map(|prosody| (time_s, prosody))
        })
    }

    fn at(seconds: f32, all: impl Iterator<Item = (f32, Prosody)>) -> Prosody {
        all.take_while(|(time_s, _)| *time_s <= seconds).last().map_or(Prosody::REST, |(_, prosody)| prosody)
    }

    #[test]
    fn an_accent_is_a_pitch_above_the_voices_own_whoever_speaks() {
        for own in [90.0, 130.0, 210.0] {
            let voice = |t: f32| (if (2.0..2.4).contains(&t) { 1.3 * own } else { own }, 0.2);
            assert!(at(1.9, said(3, voice)).accent < 0.05);
            assert!(at(2.3, said(3, voice)).accent > 0.6, "{own} Hz: {:?}", at(2.3, said(3, voice)));
            assert!(at(2.9, said(3, voice)).accent < 0.1);
        }
    }

    #[test]
    fn loudness_is_a_voices_own_at_any_distance() {
        for gain in [0.3, 0.03] {
            let voice = |t: f32| (120.0, if (1.0..1.5).contains(&t) { 0.2 * gain } else { gain });
            let (loud, soft) = (at(0.9, said(2, voice)), at(1.4, said(2, voice)));
            assert!(loud.loudness > 0.95 && (0.3..0.7).contains(&soft.loudness), "{loud:?} {soft:?}");
        }
    }

    #[test]
    fn a_phrase_that_ends_is_told_and_silence_after_it_is_rest() {
        let voice = |t: f32| (120.0, if t < 2.0 { 0.2 } else { 0.0 });
        assert!(at(1.9, said(8, voice)).ending < 0.01);
        assert!(at(2.3, said(8, voice)).ending > 0.7);
        let late = at(8.0, said(8, voice));
        assert!(late.loudness < 0.01 && late.ending < 0.01, "{late:?}");
    }

    #[test]
    fn nothing_jumps() {
        let voice = |t: f32| (if t % 0.4 < 0.2 { 110.0 } else { 170.0 }, if t % 0.7 < 0.5 { 0.3 } else { 0.0 });
        let all = || said(5, voice).map(|(_, prosody)| prosody);
        for (a, b) in all().zip(all().skip(1)) {
            let step = [b.loudness - a.loudness, b.accent - a.accent, b.ending - a.ending];
            assert!(step.iter().all(|step| step.abs() < 0.08), "{a:?} {b:?}");
        }
    }
}
