//! Clean utterances in, what a microphone would hear out. All of it happens on mel powers, so it costs next to nothing.

use std::collections::VecDeque;

use keyface_core::{MEL_BANDS, MelPowers, Phone};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::noise::{NoisePool, decibels, spectral_curve};
use super::talker::Talker;
use super::utterance::Utterance;
use crate::corpus::Result;

/// How often and how strongly a clip is spoiled. Probabilities are 0..=1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentConfig {
    /// Share of crops without any speech.
    pub noise_only: f64,
    /// Share of pauses before and after an utterance, and their longest length.
    pub pause: f64,
    /// Longest pause in hops.
    pub pause_hops: usize,
    /// Whether pauses hold noise; without it a face babbles in a quiet room (measured).
    pub pause_noise: bool,
    /// Slowest and fastest speed.
    pub speed: (f32, f32),
    /// Smallest and largest vocal-tract warp.
    pub warp: (f32, f32),
    /// Share of crops with a room around the voice.
    pub reverb: f64,
    /// Share of crops from a narrow-band line.
    pub band_limit: f64,
    /// Share of crops with another talker behind.
    pub babble: f64,
    /// Share of crops with a high signal-to-noise ratio (35..65 dB instead of `snr_db`).
    pub quiet: f64,
    /// Signal-to-noise ratio of the others, in decibels.
    pub snr_db: (f32, f32),
    /// Share of generated noise that is the motors of a robot. Whoever hears them in training tells speech apart less
    /// well (measured): for a model beside motors only.
    pub motors: f64,
    /// Gain over all, plus or minus, in decibels.
    pub gain_db: f32,
    /// Share of crops whose microphone has long been listening; the others begin with the first sound.
    pub settled: f64,
    /// Share of crops with bands that are left out.
    pub mask: f64,
    /// Most bands that are left out.
    pub mask_bands: usize,
    /// Share of crops that are the most spoken of three.
    pub spoken: f64,
}

impl Default for AugmentConfig {
    fn default() -> Self {
        AugmentConfig {
            noise_only: 0.07,
            pause: 0.5,
            pause_hops: 120,
            pause_noise: true,
            speed: (0.85, 1.18),
            warp: (0.82, 1.22),
            reverb: 0.4,
            band_limit: 0.12,
            babble: 0.1,
            quiet: 0.3,
            snr_db: (3.0, 35.0),
            motors: 0.0,
            gain_db: 20.0,
            settled: 0.5,
            mask: 0.3,
            mask_bands: 11,
            spoken: 0.8,
        }
    }
}

/// Draws spoiled crops.
pub struct Augmenter {
    config: AugmentConfig,
    noise: NoisePool,
}

impl Augmenter {
    /// From a configuration and a pool of noise.
    pub fn new(config: AugmentConfig, noise: NoisePool) -> Self {
        Augmenter { config, noise }
    }

    /// A crop of `hops` out of what one of the talkers says whom `draw` supplies, spoiled.
    ///
    /// # Errors
    /// A clip that cannot be read.
    pub fn crop<'a>(
        &self,
        hops: usize,
        rng: &mut ChaCha8Rng,
        mut draw: impl FnMut(&mut ChaCha8Rng) -> &'a Talker,
    ) -> Result<Utterance> {
        if rng.random_bool(self.config.noise_only) {
            return Ok(self.room(hops, rng));
        }
        let talker = draw(rng);
        let mut crop = self.speech(hops, rng, talker)?;
        let speech_power = crop.speech_power().max(1e-6);
        if rng.random_bool(self.config.babble) {
            let other = draw(rng);
            let behind = self.speech(hops, rng, other)?;
            let ratio = speech_power / behind.speech_power().max(1e-6) * decibels(-rng.random_range(6.0..20.0));
            add(&mut crop.powers, &behind.powers, ratio);
        }
        self.add_noise(&mut crop, speech_power, rng);
        let gain = decibels(rng.random_range(-self.config.gain_db..self.config.gain_db));
        crop.powers.iter_mut().flatten().for_each(|p| *p *= gain);
        crop.settled = rng.random_bool(self.config.settled);
        if rng.random_bool(self.config.mask) {
            let bands = rng.random_range(1..=self.config.mask_bands);
            let lowest = rng.random_range(0..=MEL_BANDS - bands);
            crop.masked = lowest..lowest + bands;
        }
        Ok(crop)
    }

    /// A clip with noise behind it; what is drawn depends on the seed alone.
    pub fn noisy(&self, clip: &Utterance, snr_db: f32, seed: u64) -> Utterance {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut out = clip.clone();
        add(
            &mut out.powers,
            &self.noise.draw(clip.len(), self.config.motors, &mut rng),
            clip.speech_power().max(1e-6) * decibels(-snr_db),
        );
        out
    }

    fn add_noise(&self, crop: &mut Utterance, speech_power: f32, rng: &mut ChaCha8Rng) {
        let quiet = rng.random_bool(self.config.quiet);
        let (low, high) = if quiet { (35.0, 65.0) } else { self.config.snr_db };
        let mut noise = self.noise.draw(crop.len(), self.config.motors, rng);
        if !self.config.pause_noise {
            let pauses = noise.iter_mut().zip(&crop.phones).filter(|(_, phone)| **phone == Phone::SIL);
            pauses.for_each(|(row, _)| *row = [0.0; MEL_BANDS]);
        }
        add(&mut crop.powers, &noise, speech_power * decibels(-rng.random_range(low..high)));
    }

    /// So many rooms in which nobody speaks.
    pub fn rooms(&self, count: usize, hops: usize, seed: u64) -> Vec<Utterance> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| self.room(hops, &mut rng)).collect()
    }

    /// A room in which nobody speaks, -85..-20 dBFS.
    fn room(&self, hops: usize, rng: &mut ChaCha8Rng) -> Utterance {
        let mut crop = Utterance::silence(hops);
        let level = decibels(rng.random_range(-85.0..-20.0)) * 150.0 * 512.0;
        add(&mut crop.powers, &self.noise.draw(hops, self.config.motors, rng), level);
        crop
    }

    /// One talker in one room, utterances and pauses in a row.
    fn speech(&self, hops: usize, rng: &mut ChaCha8Rng, talker: &Talker) -> Result<Utterance> {
        let mut talk = Utterance::default();
        let speed = rng.random_range(self.config.speed.0..self.config.speed.1);
        while talk.len() < hops + self.config.pause_hops {
            if rng.random_bool(self.config.pause) {
                talk.append(&Utterance::silence(rng.random_range(1..=self.config.pause_hops)));
            }
            talk.append(&talker.speak(rng)?.at_speed(speed * rng.random_range(0.95..1.05)));
        }
        let tries = if rng.random_bool(self.config.spoken) { 3 } else { 1 };
        let crops = (0..tries).map(|_| talk.crop(rng.random_range(0..=talk.len() - hops), hops));
        let mut crop = crops.max_by_key(Utterance::speech_hops).unwrap_or_default();
        self.colour(&mut crop.powers, rng);
        Ok(crop)
    }

    fn colour(&self, rows: &mut [MelPowers], rng: &mut ChaCha8Rng) {
        let factor = rng.random_range(self.config.warp.0..self.config.warp.1);
        rows.iter_mut().for_each(|row| *row = warp(row, factor));
        if rng.random_bool(self.config.reverb) {
            reverberate(rows, rng.random_range(0.15..0.8), rng.random_range(0.0..15.0));
        }
        let mut gains = spectral_curve(rng, 8.0, 8.0);
        if rng.random_bool(self.config.band_limit) {
            limit_band(&mut gains, rng);
        }
        rows.iter_mut().for_each(|row| row.iter_mut().zip(gains).for_each(|(p, g)| *p *= g));
    }
}

fn add(rows: &mut [MelPowers], other: &[MelPowers], gain: f32) {
    let pairs = rows.iter_mut().flatten().zip(other.iter().flatten());
    pairs.for_each(|(to, from)| *to += gain * from);
}

/// A longer (`factor` < 1) or shorter vocal tract: bands move along the frequency axis.
fn warp(row: &MelPowers, factor: f32) -> MelPowers {
    std::array::from_fn(|band| {
        let source = (band_of(hertz_of(band as f32) / factor)).clamp(0.0, MEL_BANDS as f32 - 1.001);
        let (low, share) = (source as usize, source.fract());
        row[low] + share * (row[low + 1] - row[low])
    })
}

/// Centre of a band that need not be whole; the inverse of [`band_of`].
fn hertz_of(band: f32) -> f32 {
    700.0 * (10f32.powf((61.4 + (band + 1.0) * 34.02) / 2595.0) - 1.0)
}

fn band_of(hertz: f32) -> f32 {
    (2595.0 * (1.0 + hertz / 700.0).log10() - 61.4) / 34.02 - 1.0
}

/// An exponentially decaying tail (Polack 1988) of reverberation time `rt60_s`, `direct_db` below the direct sound.
fn reverberate(rows: &mut [MelPowers], rt60_s: f32, direct_db: f32) {
    let decay = decibels(-60.0 * 0.01 / rt60_s);
    let feed = decibels(-direct_db) * (1.0 - decay) / decay;
    let mut tail = [0.0; MEL_BANDS];
    let mut early: VecDeque<MelPowers> = VecDeque::from([[0.0; MEL_BANDS]]);
    for row in rows {
        early.push_back(*row);
        let source = early.pop_front().unwrap_or([0.0; MEL_BANDS]);
        for b in 0..MEL_BANDS {
            tail[b] = decay * (tail[b] + feed * source[b]);
            row[b] += tail[b];
        }
    }
}

fn limit_band(gains: &mut MelPowers, rng: &mut ChaCha8Rng) {
    let (low, high) = (rng.random_range(0..10), rng.random_range(50..75));
    gains.iter_mut().enumerate().filter(|(b, _)| *b < low || *b >= high).for_each(|(_, g)| *g *= 1e-5);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_and_hertz_are_inverse() {
        for band in [0.0, 17.5, 79.0] {
            assert!((band_of(hertz_of(band)) - band).abs() < 1e-2);
        }
        assert!((hertz_of(79.0) - 7600.0).abs() < 100.0, "{}", hertz_of(79.0));
    }

    #[test]
    fn a_warp_moves_a_formant_up() {
        let mut row = [0.0; MEL_BANDS];
        row[30] = 1.0;
        let warped = warp(&row, 1.2);
        let peak = (0..MEL_BANDS).max_by(|a, b| warped[*a].total_cmp(&warped[*b])).unwrap();
        assert!(peak > 31 && peak < 40, "{peak}");
    }

    #[test]
    fn a_room_rings_on_after_the_sound() {
        let mut rows = vec![[0.0; MEL_BANDS]; 60];
        rows[0] = [1.0; MEL_BANDS];
        reverberate(&mut rows, 0.3, 3.0);
        assert!(rows[5][0] > rows[20][0] && rows[20][0] > 0.0);
        let ratio_db = 10.0 * (rows[31][0] / rows[1][0]).log10();
        assert!((ratio_db + 60.0).abs() < 1.0, "{ratio_db}");
    }

    #[test]
    fn one_person_speaks_in_a_crop_and_babble_is_behind() {
        let talker = |phone| {
            let spoken = Utterance { phones: vec![phone; 90], ..Utterance::silence(90) };
            Talker::from(Utterance { powers: vec![[1.0; MEL_BANDS]; 90], ..spoken })
        };
        let people = [talker(Phone::AA), talker(Phone::S)];
        let config = AugmentConfig { noise_only: 0.0, babble: 1.0, ..AugmentConfig::default() };
        let augmenter = Augmenter::new(config, NoisePool::new(&[]));
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for _ in 0..20 {
            let crop = augmenter.crop(300, &mut rng, |rng| &people[rng.random_range(0..2)]).unwrap();
            let said = |phone| crop.phones.contains(&phone);
            assert!(said(Phone::AA) != said(Phone::S));
        }
    }

    #[test]
    fn noise_of_a_seed_lies_at_its_ratio_below_the_speech() {
        let spoken = Utterance { phones: vec![Phone::AA; 200], ..Utterance::silence(200) };
        let clip = Utterance { powers: vec![[1.0; MEL_BANDS]; 200], ..spoken };
        let augmenter = Augmenter::new(AugmentConfig::default(), NoisePool::new(&[]));
        let noisy = augmenter.noisy(&clip, 10.0, 4);
        let added = noisy.speech_power() - clip.speech_power();
        assert!((clip.speech_power() / added - 10.0).abs() < 0.1, "{added}");
        assert_eq!(noisy.powers, augmenter.noisy(&clip, 10.0, 4).powers);
    }

    #[test]
    fn the_same_seed_draws_the_same_crop() {
        let clip = Utterance { powers: vec![[1.0; MEL_BANDS]; 300], ..Utterance::silence(300) };
        let talker = Talker::from(clip);
        let augmenter = Augmenter::new(AugmentConfig::default(), NoisePool::new(&[]));
        let draw = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            augmenter.crop(200, &mut rng, |_| &talker).unwrap().powers
        };
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }
}
