//! Noise as rows of mel powers: recordings where there are any, a robot's motors, and white noise bent to any colour.

use keyface_core::{HOP_SAMPLES, MEL_BANDS, MelPower, MelPowers, Stage};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::motors::motors;

/// Seconds of white noise kept at hand.
const WHITE_S: usize = 120;

/// Robots kept at hand, and seconds of each.
const ROBOTS: usize = 16;
const ROBOT_S: usize = 12;

/// Where stretches of noise come from.
pub struct NoisePool {
    white: Vec<MelPowers>,
    robots: Vec<Vec<MelPowers>>,
    recorded: Vec<Vec<MelPowers>>,
    /// Share of draws of a recording.
    recorded_share: f64,
}

impl NoisePool {
    /// Generated noise, and the given recordings at 16 kHz.
    pub fn new(recordings: &[Vec<f32>]) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let white: Vec<f32> = (0..WHITE_S * 16_000).map(|_| rng.random_range(-1.0..1.0)).collect();
        let robots = (0..ROBOTS).map(|_| powers(&motors(ROBOT_S, &mut rng))).collect();
        NoisePool { white: powers(&white), robots, recorded_share: 0.35, ..NoisePool::of_recordings(recordings) }
    }

    /// The given recordings at 16 kHz alone, at least one.
    pub fn of_recordings(recordings: &[Vec<f32>]) -> Self {
        let recorded = recordings.iter().map(|r| powers(r)).collect();
        NoisePool { white: Vec::new(), robots: Vec::new(), recorded, recorded_share: 1.0 }
    }

    /// `hops` rows with a mean power of 1: a recording in one of three draws where there are any, else generated noise,
    /// of which `motors` is the share that a robot makes.
    pub fn draw(&self, hops: usize, motors: f64, rng: &mut ChaCha8Rng) -> Vec<MelPowers> {
        let recorded = !self.recorded.is_empty() && rng.random_bool(self.recorded_share);
        let source = if recorded {
            &self.recorded[rng.random_range(0..self.recorded.len())]
        } else if rng.random_bool(motors) {
            &self.robots[rng.random_range(0..ROBOTS)]
        } else {
            &self.white
        };
        let start = rng.random_range(0..source.len());
        let mut rows: Vec<MelPowers> = source.iter().cycle().skip(start).take(hops).copied().collect();
        if !recorded || rng.random_bool(0.5) {
            colour(&mut rows, rng);
        }
        if rng.random_bool(0.4) {
            swell(&mut rows, rng);
        }
        let mean = rows.iter().flatten().sum::<f32>() / hops.max(1) as f32;
        rows.iter_mut().flatten().for_each(|p| *p /= mean.max(1e-20));
        rows
    }
}

/// Mel powers of a whole recording.
fn powers(samples: &[f32]) -> Vec<MelPowers> {
    let mut bank = MelPower::new();
    samples.as_chunks::<HOP_SAMPLES>().0.iter().filter_map(|hop| bank.push(hop)).collect()
}

/// A tilt and three bumps over the bands.
fn colour(rows: &mut [MelPowers], rng: &mut ChaCha8Rng) {
    let gains = spectral_curve(rng, 25.0, 10.0);
    rows.iter_mut().for_each(|row| row.iter_mut().zip(gains).for_each(|(p, g)| *p *= g));
}

/// Slow changes of level within 15 dB, and now and then a knock.
fn swell(rows: &mut [MelPowers], rng: &mut ChaCha8Rng) {
    let (mut now, mut goal) = (0.0f32, 0.0f32);
    for row in rows {
        if rng.random_bool(0.02) {
            goal = rng.random_range(-15.0..5.0);
        }
        if rng.random_bool(0.005) {
            now = rng.random_range(0.0..15.0);
        }
        now += 0.1 * (goal - now);
        row.iter_mut().for_each(|p| *p *= decibels(now));
    }
}

/// Power gains per band: a tilt of up to `tilt_db` from end to end, and three bumps of up to `bump_db`.
pub fn spectral_curve(rng: &mut ChaCha8Rng, tilt_db: f32, bump_db: f32) -> MelPowers {
    let tilt = rng.random_range(-tilt_db..tilt_db);
    let bumps: [(f32, f32, f32); 3] = std::array::from_fn(|_| {
        (rng.random_range(0.0..MEL_BANDS as f32), rng.random_range(4.0..20.0), rng.random_range(-bump_db..bump_db))
    });
    std::array::from_fn(|band| {
        let x = band as f32;
        let bump: f32 = bumps.iter().map(|(at, width, db)| db * (-((x - at) / width).powi(2)).exp()).sum();
        decibels(tilt * (x / MEL_BANDS as f32 - 0.5) + bump)
    })
}

/// A power ratio.
pub fn decibels(db: f32) -> f32 {
    10f32.powf(db / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_of_noise_has_unit_power() {
        let pool = NoisePool::new(&[vec![0.25; 16_000]]);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..20 {
            let rows = pool.draw(200, 0.25, &mut rng);
            let mean = rows.iter().flatten().sum::<f32>() / 200.0;
            assert!((mean - 1.0).abs() < 1e-3, "{mean}");
        }
    }

    #[test]
    fn motors_are_heard_as_often_as_is_asked_and_by_nobody_else() {
        let only = |band: usize| std::array::from_fn(|b| if b == band { 1.0 } else { 0.0 });
        let pool = NoisePool {
            white: vec![only(0); 50],
            robots: vec![vec![only(1); 50]; ROBOTS],
            recorded: vec![vec![only(2); 50]],
            recorded_share: 0.35,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut share = |motors: f64| {
            let heard = (0..2000).filter(|_| pool.draw(1, motors, &mut rng)[0][1] > 0.0).count();
            heard as f64 / 2000.0
        };
        assert_eq!(share(0.0), 0.0);
        assert!((share(0.25) - 0.1625).abs() < 0.03, "one in six");
    }
}
