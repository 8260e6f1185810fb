//! Sounds that need no file: the same numbers on every machine.

use core::f64::consts::TAU;

use keyface_core::{HOP_SAMPLES, SAMPLE_RATE_HZ};

/// One hop of samples.
pub type Hop = [f32; HOP_SAMPLES];

/// Uniform noise in -0.5..0.5 from a linear congruential generator that starts at 1.
pub fn noise() -> impl Iterator<Item = f64> {
    let mut seed = 1u32;
    std::iter::repeat_with(move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed) / 4_294_967_296.0 - 0.5
    })
}

/// A chirp from 100 Hz that climbs 17 kHz a second, two tones and noise; `tests/goldens/make_mel.py` makes the same.
pub fn golden(samples: usize) -> Vec<f32> {
    let at = |n: usize| n as f64 / f64::from(SAMPLE_RATE_HZ);
    let chirp = |t: f64| (TAU * (100.0 * t + 8500.0 * t * t)).sin();
    let tones = |t: f64| 0.2 * (TAU * 440.0 * t).sin() + 0.1 * (TAU * 2500.0 * t).sin();
    let sample = |(n, noise): (usize, f64)| (0.3 * chirp(at(n)) + tones(at(n)) + 0.02 * noise) as f32;
    noise().take(samples).enumerate().map(sample).collect()
}

/// The same sound, cut into hops.
pub fn golden_hops(hops: usize) -> Vec<Hop> {
    golden(hops * HOP_SAMPLES).as_chunks().0.to_vec()
}
