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

/// What a microphone hears of a robot's own servos, at -35 dBFS: each has its PWM hum while it holds, and while it moves
/// the whine of its gears, which rises and falls with its speed, their rattle, and a click at either end.
pub fn servo_noise(seconds: usize) -> Vec<f32> {
    let mut chance = noise().map(|x| x + 0.5);
    let mut sound = vec![0.0; seconds * SAMPLE_RATE_HZ as usize];
    for servo in 0..3 {
        let (mut at, mut phase) = (0, 0.0);
        while at < sound.len() {
            let draw: [f64; 4] = core::array::from_fn(|_| chance.next().unwrap_or_default());
            let (rest, way) = (0.05 + 0.6 * draw[0], 0.06 + 0.3 * draw[1]);
            let (begin, end) = (at + (rest * 16_000.0) as usize, at + ((rest + way) * 16_000.0) as usize);
            let teeth_hz = 500.0 + 900.0 * draw[2];
            for (n, sample) in sound.iter_mut().enumerate().take(end).skip(at) {
                let share = (n as f64 - begin as f64) / (end - begin) as f64;
                let speed = if n < begin { 0.0 } else { (4.0 * share * (1.0 - share)).sqrt() };
                phase += TAU * teeth_hz * speed / 16_000.0;
                let whine: f64 = (1..5).map(|k| (phase * f64::from(k)).sin() / f64::from(k)).sum();
                let rattle = 0.8 * (chance.next().unwrap_or_default() - 0.5);
                let hum: f64 =
                    (1..24).map(|k| (TAU * 50.0 * f64::from(k * (servo + 1)) * n as f64 / 16_000.0).sin()).sum();
                let click = if n.abs_diff(begin) < 8 || end - n < 8 { rattle * 3.0 } else { 0.0 };
                *sample += speed * (whine + rattle) + 0.02 * hum + click;
            }
            at = end;
        }
    }
    let mean_square = sound.iter().map(|x| x * x).sum::<f64>() / sound.len() as f64;
    let gain = 10f64.powf(-35.0 / 20.0) / mean_square.sqrt();
    sound.into_iter().map(|x| (gain * x) as f32).collect()
}

/// The same sound, cut into hops.
pub fn golden_hops(hops: usize) -> Vec<Hop> {
    golden(hops * HOP_SAMPLES).as_chunks().0.to_vec()
}
