//! What lies around speech in the noisy rows of a report: noise behind it, a room around it, and noise by itself.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::clip::Clip;
use crate::prepare::Rooms;

/// Recordings that no training has heard.
#[derive(Default)]
pub struct Surroundings {
    /// Looped behind speech; none: white noise.
    pub noises: Vec<Vec<f32>>,
    /// Rooms to speak in.
    pub rooms: Rooms,
}

impl Surroundings {
    /// The clip's sound with noise behind it, `snr_db` below the speech; the seed chooses which and where.
    pub fn noisy(&self, clip: &Clip, snr_db: f64, seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let noise: Vec<f32> = if self.noises.is_empty() {
            white(clip.samples.len(), &mut rng)
        } else {
            let recording = &self.noises[rng.random_range(0..self.noises.len())];
            let start = rng.random_range(0..recording.len().max(1));
            recording.iter().copied().cycle().skip(start).take(clip.samples.len()).collect()
        };
        let gain = (speech_power(clip) / power(&noise).max(1e-20) / 10f64.powf(snr_db / 10.0)).sqrt() as f32;
        clip.samples.iter().zip(noise).map(|(s, n)| s + gain * n).collect()
    }

    /// The clip in one of the rooms, which the seed chooses.
    pub fn far(&self, clip: &Clip, seed: u64) -> Clip {
        Clip { samples: self.rooms.around(&clip.samples, seed as usize), ..clip.clone() }
    }

    /// Noises without speech, by name, `samples` of each with a mean square of 1.
    pub fn without_speech(&self, samples: usize) -> Vec<(&'static str, Vec<f32>)> {
        let mut noises = vec![("white noise", white(samples, &mut ChaCha8Rng::seed_from_u64(7)))];
        if let Some(recording) = self.noises.first() {
            noises.push(("recorded noise", recording.iter().copied().cycle().take(samples).collect()));
        }
        noises.push(("mains hum", (0..samples).map(hum).collect()));
        noises.iter_mut().for_each(|(_, noise)| {
            let level = power(noise).max(1e-20).sqrt() as f32;
            noise.iter_mut().for_each(|x| *x /= level);
        });
        noises
    }
}

fn white(samples: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..samples).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// 50 Hz and its overtones, weaker and weaker.
fn hum(n: usize) -> f32 {
    let at = std::f64::consts::TAU * 50.0 * n as f64 / f64::from(keyface_core::SAMPLE_RATE_HZ);
    (1..=8).map(|k| (at * f64::from(k)).sin() / f64::from(k)).sum::<f64>() as f32
}

/// Mean square of what is not silence.
fn speech_power(clip: &Clip) -> f64 {
    let at = |s: f64| (s * f64::from(keyface_core::SAMPLE_RATE_HZ)) as usize;
    let spoken = clip.phones.iter().filter(|s| s.phone != keyface_core::Phone::SIL);
    let spoken: Vec<f32> = spoken
        .flat_map(|s| clip.samples.get(at(s.start_s)..at(s.end_s).min(clip.samples.len())).unwrap_or_default())
        .copied()
        .collect();
    power(&spoken)
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|s| f64::from(s * s)).sum::<f64>() / samples.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::{Segment, Split};
    use keyface_core::Phone;

    #[test]
    fn noise_lies_below_the_speech_and_not_below_the_pauses() {
        let segment = |start_s, end_s, phone| Segment { start_s, end_s, phone };
        let clip = Clip {
            id: "one".into(),
            speaker: "one".into(),
            split: Split::Eval,
            samples: (0..32_000).map(|n| if n < 16_000 { 0.0 } else { [0.1, -0.1][n % 2] }).collect(),
            phones: vec![segment(0.0, 1.0, Phone::SIL), segment(1.0, 2.0, Phone::AA)],
            words: vec![],
        };
        let noisy = Surroundings::default().noisy(&clip, 10.0, 1);
        // Speech has a power of 0.01, so the noise has 0.001 everywhere, in the pause too.
        assert!((power(&noisy[..16_000]) - 0.001).abs() < 5e-5);
        let around = Surroundings { noises: vec![vec![0.5; 100]], ..Surroundings::default() };
        assert!((around.noisy(&clip, 0.0, 1)[0] - 0.1).abs() < 1e-6);
    }

    #[test]
    fn noises_without_speech_are_equally_loud() {
        let around = Surroundings { noises: vec![vec![0.02, -0.02, 0.01]], ..Surroundings::default() };
        let noises = around.without_speech(16_000);
        assert_eq!(noises.len(), 3);
        assert!(noises.iter().all(|(_, noise)| (power(noise) - 1.0).abs() < 1e-3));
    }
}
