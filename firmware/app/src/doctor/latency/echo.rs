//! A sound that was played and what was heard meanwhile in; how much later than it was said each part of it came out.
//!
//! Each loud half second of the sound is looked for around the time at which it should be heard, by its normalized
//! cross-correlation with what was heard. Both are differentiated first: speech and the hum of a room are strongest where
//! they say least about time.

use keyface_core::SAMPLE_RATE_HZ;
use serde::Serialize;

use super::track::Track;
use crate::stats::Sorted;

/// What is looked for, how often, and from how much before to how much after its time.
const PART: usize = SAMPLE_RATE_HZ as usize / 2;
const STRIDE: usize = SAMPLE_RATE_HZ as usize / 4;
const BEFORE_S: f64 = 0.15;
const WITHIN: usize = SAMPLE_RATE_HZ as usize * 3 / 4;
/// A part is spoken when it has this share of the loudest one's power.
const SPOKEN: f32 = 0.02;
/// A part is heard when it is so alike, and not farther than this from where most are.
const ALIKE: f32 = 0.3;
const TOGETHER_MS: f64 = 60.0;
/// The share of parts, and the number of them, that must be heard: less may be chance.
const ENOUGH: f64 = 0.6;
const FEWEST: usize = 4;

/// How much later than the loudspeaker said the microphone says that the same sound was in the air.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Loopback {
    /// Half-second parts of the sound that were heard again.
    pub heard: usize,
    /// Parts that were played.
    pub played: usize,
    /// 5 % of the parts are not later.
    pub p5_ms: f64,
    /// Half of the parts are not later.
    pub p50_ms: f64,
    /// 95 % of the parts are not later.
    pub p95_ms: f64,
}

impl Loopback {
    /// What is heard of `said` in `heard`; `None` when it is too little to be told from chance.
    pub fn find(said: &Track, heard: &Track) -> Option<Loopback> {
        let (said_edges, heard_edges) = (edges(&said.samples), edges(&heard.samples));
        let late_ms = |start: usize| {
            let at_s = said.time_s(start as f64)?;
            let from = heard.sample(at_s - BEFORE_S)?.max(0.0) as usize;
            let there = heard_edges.get(from..heard_edges.len().min(from + WITHIN + PART))?;
            let (at, alike) = most_alike(&said_edges[start..start + PART], there)?;
            (alike >= ALIKE).then_some(())?;
            Some((heard.time_s((from + at) as f64)? - at_s) * 1_000.0)
        };
        let parts = spoken(&said.samples);
        let mut found: Vec<f64> = parts.iter().filter_map(|start| late_ms(*start)).collect();
        let middle = Sorted::new(found.clone()).at(0.5);
        found.retain(|ms| (ms - middle).abs() <= TOGETHER_MS);
        let is_enough = found.len() >= FEWEST && found.len() as f64 >= ENOUGH * parts.len() as f64;
        let (heard, played, late) = (found.len(), parts.len(), Sorted::new(found));
        let [p5_ms, p50_ms, p95_ms] = [0.05, 0.5, 0.95].map(|share| late.at(share));
        is_enough.then_some(Loopback { heard, played, p5_ms, p50_ms, p95_ms })
    }
}

/// Where parts begin that have something to say.
fn spoken(sound: &[f32]) -> Vec<usize> {
    let starts = (0..).step_by(STRIDE).take_while(|start| start + PART <= sound.len());
    let parts: Vec<(usize, f32)> = starts.map(|start| (start, power(&sound[start..start + PART]))).collect();
    let loudest = parts.iter().map(|part| part.1).fold(0.0, f32::max);
    parts.iter().filter(|(_, power)| *power > SPOKEN * loudest).map(|(start, _)| *start).collect()
}

/// How each sample differs from the one before.
fn edges(sound: &[f32]) -> Vec<f32> {
    let before = std::iter::once(&0.0).chain(sound);
    sound.iter().zip(before).map(|(now, before)| now - before).collect()
}

/// Where `part` lies in `there`, and how alike the two are, 0 to 1.
fn most_alike(part: &[f32], there: &[f32]) -> Option<(usize, f32)> {
    let own = power(part);
    let mut other: f64 = there.get(..part.len())?.iter().map(|s| f64::from(s * s)).sum();
    let mut best = (0, 0.0f32);
    for (at, window) in there.windows(part.len()).enumerate() {
        let alike = dot(part, window) / (own * other.max(1e-12) as f32).sqrt();
        if alike > best.1 {
            best = (at, alike);
        }
        let next = there.get(at + part.len()).copied().unwrap_or(0.0);
        other += f64::from(next * next) - f64::from(window[0] * window[0]);
    }
    (own > 0.0).then_some(best)
}

fn power(sound: &[f32]) -> f32 {
    dot(sound, sound)
}

/// In eight sums, which a processor adds at once.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    /// Noise that never repeats.
    fn noise(count: usize, seed: u64) -> Vec<f32> {
        let mut chance = Chance(seed);
        (0..count).map(|_| chance.signed()).collect()
    }

    /// Two seconds with a pause in them, said from second 10 on.
    fn said() -> Track {
        let mut sound = noise(32_000, 1);
        sound[14_000..20_000].fill(0.0);
        let mut said = Track::new(sound);
        said.mark(0.0, 10.0);
        said
    }

    /// What a microphone hears that began at second 9.5: `late` samples later, quieter, in a noisy room.
    fn heard(said: &Track, late: usize, room: f32) -> Track {
        let mut heard = Track::new(noise(48_000, 2).iter().map(|sample| room * sample).collect());
        heard.mark(0.0, 9.5);
        let there = &mut heard.samples[8_000 + late..];
        there.iter_mut().zip(&said.samples).for_each(|(to, from)| *to += 0.05 * from);
        heard
    }

    #[test]
    fn a_sound_is_found_as_late_as_it_comes_in_a_noisy_room() {
        for (late, ms) in [(0, 0.0), (592, 37.0), (5_000, 312.5)] {
            let found = Loopback::find(&said(), &heard(&said(), late, 0.02)).unwrap();
            assert!((found.p50_ms - ms).abs() < 0.1 && (found.p95_ms - ms).abs() < 0.1, "{found:?}");
            assert_eq!(found.heard, found.played);
        }
    }

    #[test]
    fn samples_that_a_device_lost_make_what_follows_later_by_its_own_word() {
        let (said, mut heard) = (said(), heard(&said(), 160, 0.001));
        heard.samples.drain(24_000..24_320);
        let found = Loopback::find(&said, &heard).unwrap();
        assert!((found.p95_ms - 10.0).abs() < 0.1 && (found.p5_ms + 10.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn a_room_that_hears_something_else_is_no_loopback() {
        let mut other = Track::new(noise(48_000, 3));
        other.mark(0.0, 9.5);
        assert_eq!(Loopback::find(&said(), &other), None);
        // A hum is alike everywhere and nowhere.
        let hum = |n: usize| (n as f32 * std::f32::consts::TAU * 100.0 / 16_000.0).sin();
        let mut other = Track::new((0..48_000).map(hum).collect());
        other.mark(0.0, 9.5);
        assert_eq!(Loopback::find(&said(), &other), None);
        assert_eq!(Loopback::find(&said(), &Track::default()), None);
    }
}
