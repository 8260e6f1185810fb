//! What a robot's microphone hears of the robot: servos that hold, move and stop, of any size and gear.

use std::f64::consts::TAU;

use keyface_core::SAMPLE_RATE_HZ;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// One servo's make.
struct Servo {
    /// Gear teeth that meet in a second at full speed.
    teeth_hz: f64,
    /// How the whine's overtones fall.
    overtones: [f64; 6],
    /// Pulses of its supply in a second, and their share.
    pulse_hz: f64,
    pulse: f64,
    /// Share of rattle, and of a click at either end of a way.
    rattle: f64,
    click: f64,
    /// Whine grows with this power of the speed.
    growth: f64,
    /// Longest rest and longest way, in seconds.
    rest_s: f64,
    way_s: f64,
}

impl Servo {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        let fall = rng.random_range(0.3..2.0);
        Servo {
            teeth_hz: 10f64.powf(rng.random_range(2.0..3.5)),
            overtones: std::array::from_fn(|k| rng.random_range(0.2..1.0) / ((k + 1) as f64).powf(fall)),
            pulse_hz: [50.0, 60.0, 100.0, 150.0, 300.0, 333.0][rng.random_range(0..6)],
            pulse: 10f64.powf(rng.random_range(-2.5..0.0)),
            rattle: rng.random_range(0.0..1.5),
            click: rng.random_range(0.0..3.0),
            growth: rng.random_range(0.5..2.0),
            rest_s: 10f64.powf(rng.random_range(-1.0..0.5)),
            way_s: 10f64.powf(rng.random_range(-0.9..0.5)),
        }
    }

    fn add(&self, sound: &mut [f32], rng: &mut ChaCha8Rng) {
        let (mut left, mut phase) = (sound, 0.0);
        while !left.is_empty() {
            let (rest, way) = (samples(self.rest_s * rng.random::<f64>()), samples(self.way_s * rng.random::<f64>()));
            let (now, later) = left.split_at_mut((rest + way + 1).min(left.len()));
            let full_hz = self.teeth_hz * rng.random_range(0.6..1.2);
            for (n, sample) in now.iter_mut().enumerate() {
                let share = n.saturating_sub(rest) as f64 / (way + 1) as f64;
                let speed = (4.0 * share * (1.0 - share)).sqrt();
                phase = (phase + full_hz * speed / f64::from(SAMPLE_RATE_HZ)).fract();
                let whine: f64 =
                    self.overtones.iter().zip(1..).map(|(a, k)| a * (TAU * phase * f64::from(k)).sin()).sum();
                let noise = rng.random_range(-1.0..1.0);
                let pulse_at = (n as f64 * self.pulse_hz / f64::from(SAMPLE_RATE_HZ)).fract();
                let pulse = if pulse_at < self.pulse_hz / f64::from(SAMPLE_RATE_HZ) { 4.0 * self.pulse } else { 0.0 };
                let end = n.abs_diff(rest) < 8 || n + 8 > rest + way;
                let click = if end { self.click * noise } else { 0.0 };
                *sample += (speed.powf(self.growth) * (whine + self.rattle * noise) + pulse + click) as f32;
            }
            left = later;
        }
    }
}

/// So many seconds of one robot: up to four servos, at no level in particular.
pub fn motors(seconds: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut sound = vec![0.0; seconds * SAMPLE_RATE_HZ as usize];
    for _ in 0..rng.random_range(1..=4) {
        Servo::draw(rng).add(&mut sound, rng);
    }
    sound
}

fn samples(seconds: f64) -> usize {
    (seconds * f64::from(SAMPLE_RATE_HZ)) as usize
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn robots_differ_and_each_is_heard_throughout() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let robots: Vec<_> = (0..4).map(|_| motors(4, &mut rng)).collect();
        for robot in &robots {
            assert!(robot.chunks(32_000).all(|stretch| stretch.iter().any(|x| x.abs() > 1e-3)));
            assert!(robot.iter().all(|x| x.is_finite()));
        }
        assert!(robots[0] != robots[1] && robots[1] != robots[2]);
    }
}
