//! Samples in, mel-band powers out: 25 ms periodic Hann window, 10 ms hop, no centring, 80 HTK-mel bands.

use crate::time::HOP_SAMPLES;
use crate::{SAMPLE_RATE_HZ, Samples, Stage};

/// Number of mel bands.
pub const MEL_BANDS: usize = 80;
/// Lowest and highest edge of the bands, in hertz.
pub const MEL_EDGES_HZ: (f64, f64) = (40.0, 7800.0);
/// Samples in one analysis window (25 ms).
pub const WINDOW_SAMPLES: usize = 400;

/// Length of the transform: the window padded with zeros, so that every low band holds at least one bin.
const FFT: usize = 1024;
const BINS: usize = FFT / 2;
/// Samples beyond this are no sound but a broken source; held back, they cannot raise the level for minutes.
const LOUDEST: f32 = 2.0;

/// Power per mel band of one window, samples being in -1..=1.
pub type MelPowers = [f32; MEL_BANDS];

/// The mel filter bank behind a short-time Fourier transform.
///
/// Frame `h` covers the [`WINDOW_SAMPLES`] samples that end with hop `h`; before the first sample lies silence.
/// A band is a triangle of peak 1 on the scale `mel = 2595 log10(1 + f / 700)` (Stevens 1937, HTK's constants).
///
/// # Latency
/// None beyond the window: a frame is there as soon as its last sample is.
pub struct MelPower {
    history: [f32; WINDOW_SAMPLES],
    window: [f32; WINDOW_SAMPLES],
    slopes: [Slope; BINS],
}

/// Where one bin lies between two neighbouring band centres.
#[derive(Clone, Copy)]
struct Slope {
    /// The band that rises here; the one before it falls. `usize::MAX` outside the edges.
    rising: usize,
    share: f32,
}

impl MelPower {
    /// A filter bank that has heard nothing.
    pub fn new() -> Self {
        MelPower { history: [0.0; WINDOW_SAMPLES], window: hann(), slopes: slopes() }
    }

    fn spectrum(&self) -> [f32; BINS] {
        let mut padded = [0.0; FFT];
        for ((to, sample), weight) in padded.iter_mut().zip(&self.history).zip(&self.window) {
            *to = sample * weight;
        }
        let spectrum = microfft::real::rfft_1024(&mut padded);
        let mut power = [0.0; BINS];
        power.iter_mut().zip(spectrum.iter()).for_each(|(to, c)| *to = c.re * c.re + c.im * c.im);
        power[0] = 0.0; // holds the mean and the Nyquist bin, both outside the edges
        power
    }
}

impl Default for MelPower {
    fn default() -> Self {
        Self::new()
    }
}

impl Stage for MelPower {
    type Input = [f32; HOP_SAMPLES];
    type Output = MelPowers;

    fn push(&mut self, hop: &[f32; HOP_SAMPLES]) -> Option<MelPowers> {
        self.history.copy_within(HOP_SAMPLES.., 0);
        let newest = &mut self.history[WINDOW_SAMPLES - HOP_SAMPLES..];
        newest.iter_mut().zip(hop).for_each(|(to, s)| *to = audible(*s));
        let mut bands = [0.0; MEL_BANDS];
        for (power, slope) in self.spectrum().iter().zip(&self.slopes) {
            if let Some(band) = bands.get_mut(slope.rising) {
                *band += slope.share * power;
            }
            if let Some(band) = bands.get_mut(slope.rising.wrapping_sub(1)) {
                *band += (1.0 - slope.share) * power;
            }
        }
        Some(bands)
    }

    fn latency(&self) -> Samples {
        Samples(0)
    }

    fn reset(&mut self) {
        self.history = [0.0; WINDOW_SAMPLES];
    }
}

fn audible(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-LOUDEST, LOUDEST) } else { 0.0 }
}

fn hann() -> [f32; WINDOW_SAMPLES] {
    core::array::from_fn(|n| {
        let phase = core::f64::consts::TAU * n as f64 / WINDOW_SAMPLES as f64;
        (0.5 - 0.5 * libm::cos(phase)) as f32
    })
}

fn slopes() -> [Slope; BINS] {
    let (low, high) = (mel(MEL_EDGES_HZ.0), mel(MEL_EDGES_HZ.1));
    let edge_hz = |j: usize| hertz(low + (high - low) * j as f64 / (MEL_BANDS + 1) as f64);
    let bin_hz = f64::from(SAMPLE_RATE_HZ) / FFT as f64;
    let mut j = 0;
    core::array::from_fn(|bin| {
        let hz = bin as f64 * bin_hz;
        if hz < edge_hz(0) || hz >= edge_hz(MEL_BANDS + 1) {
            return Slope { rising: usize::MAX - 1, share: 0.0 };
        }
        while hz >= edge_hz(j + 1) {
            j += 1;
        }
        Slope { rising: j, share: ((hz - edge_hz(j)) / (edge_hz(j + 1) - edge_hz(j))) as f32 }
    })
}

fn mel(hz: f64) -> f64 {
    2595.0 * libm::log10(1.0 + hz / 700.0)
}

fn hertz(mel: f64) -> f64 {
    700.0 * (libm::pow(10.0, mel / 2595.0) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64) -> MelPowers {
        let mut bank = MelPower::new();
        let mut last = [0.0; MEL_BANDS];
        for h in 0..8 {
            let hop = core::array::from_fn(|n| {
                let t = (h * HOP_SAMPLES + n) as f64 / f64::from(SAMPLE_RATE_HZ);
                libm::sin(core::f64::consts::TAU * hz * t) as f32
            });
            last = bank.push(&hop).unwrap();
        }
        last
    }

    #[test]
    fn a_tone_is_loudest_in_the_band_around_it() {
        for band in [5, 20, 40, 79] {
            let (low, high) = (mel(MEL_EDGES_HZ.0), mel(MEL_EDGES_HZ.1));
            let centre = hertz(low + (high - low) * (band + 1) as f64 / 81.0);
            let powers = tone(centre);
            let loudest = (0..MEL_BANDS).max_by(|a, b| powers[*a].total_cmp(&powers[*b])).unwrap();
            assert_eq!(loudest, band);
        }
    }

    #[test]
    fn no_band_is_empty() {
        let mut reach = [0.0; MEL_BANDS];
        for slope in slopes() {
            if let Some(r) = reach.get_mut(slope.rising) {
                *r += slope.share;
            }
            if let Some(r) = reach.get_mut(slope.rising.wrapping_sub(1)) {
                *r += 1.0 - slope.share;
            }
        }
        assert!(reach.iter().all(|r| *r > 0.0), "{reach:?}");
    }

    #[test]
    fn what_is_not_a_number_is_silence() {
        let mut bank = MelPower::new();
        assert_eq!(bank.push(&[f32::NAN; HOP_SAMPLES]), Some([0.0; MEL_BANDS]));
    }
}
