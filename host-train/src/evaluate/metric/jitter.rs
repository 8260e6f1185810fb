//! Smoothness of the lips beside the truth's: jerk, energy above 8 Hz, motion energy; and speed in silence.
//!
//! With s_t the motion of the lips, squares are means over their vertices. Ratios are 1 for the truth itself; pooled,
//! they are the ratio of the sums over all clips.

use std::f64::consts::TAU;

use keyface_core::{Motion, Phone};

use super::comparison::{Comparison, FRAMES_PER_S};
use crate::evaluate::surface::{Surface, Weights, difference, weights};
use crate::judge::Sample;

/// Lips do not speak faster than this.
const HIGH_HZ: f64 = 8.0;

/// Root mean square of the third difference times f^3 (the jerk), over the truth's.
pub fn jerk_ratio(clip: &Comparison) -> Option<Sample> {
    let jerk = |track: &[&Motion]| {
        let squares: Vec<f64> = track.windows(4).map(|w| clip.space.mean_lip_square(&third_difference(w))).collect();
        FRAMES_PER_S.powi(3) * (squares.iter().sum::<f64>() / squares.len().max(1) as f64).sqrt()
    };
    ratio(jerk(&clip.shown), jerk(&clip.truth))
}

/// Energy of s_t above 8 Hz, by discrete Fourier transform over the clip, over the truth's.
pub fn high_energy_ratio(clip: &Comparison) -> Option<Sample> {
    ratio(high_energy(clip.space, &clip.shown), high_energy(clip.space, &clip.truth))
}

/// Energy of the velocity `sum_t |s_t+1 - s_t|^2`, over the truth's; below 1 the motion is over-smoothed.
pub fn motion_energy_ratio(clip: &Comparison) -> Option<Sample> {
    let energy = |track: &[&Motion]| track.windows(2).map(|w| square_step(clip.space, w)).sum();
    ratio(energy(&clip.shown), energy(&clip.truth))
}

/// Root mean square speed of the lips while nobody speaks, in millimetres a second; a clip weighs its silent frames.
pub fn speed_in_silence(clip: &Comparison) -> Option<Sample> {
    let silent = |frame: usize| clip.phone(frame) == Some(Phone::SIL);
    let steps = clip.shown.windows(2).enumerate().filter(|(frame, _)| silent(*frame) && silent(frame + 1));
    let squares: Vec<f64> = steps.map(|(_, step)| square_step(clip.space, step)).collect();
    let weight = squares.len() as f64;
    let value = 1e3 * FRAMES_PER_S * (squares.iter().sum::<f64>() / weight).sqrt();
    (weight > 0.0).then_some(Sample { value, weight })
}

/// `None` where the truth is still.
fn ratio(shown: f64, truth: f64) -> Option<Sample> {
    (truth > 0.0).then(|| Sample { value: shown / truth, weight: truth })
}

fn square_step(surface: &Surface, step: &[&Motion]) -> f64 {
    surface.mean_lip_square(&difference(step[1], step[0]))
}

fn third_difference(four: &[&Motion]) -> Weights {
    let [a, b, c, d] = [0, 1, 2, 3].map(|n| weights(four[n]));
    std::array::from_fn(|k| d[k] - 3.0 * c[k] + 3.0 * b[k] - a[k])
}

fn high_energy(surface: &Surface, track: &[&Motion]) -> f64 {
    let frames = track.len();
    let lowest = (HIGH_HZ * frames as f64 / FRAMES_PER_S).ceil() as usize;
    let bin = |k: usize| {
        let (mut real, mut imaginary) = (Weights::default(), Weights::default());
        for (t, motion) in track.iter().enumerate() {
            let (sin, cos) = (TAU * ((k * t) % frames) as f64 / frames as f64).sin_cos();
            for (c, weight) in weights(motion).into_iter().enumerate() {
                real[c] += weight * cos;
                imaginary[c] += weight * sin;
            }
        }
        surface.mean_lip_square(&real) + surface.mean_lip_square(&imaginary)
    };
    (lowest..=frames / 2).map(bin).sum::<f64>() / frames.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::Segment;
    use crate::evaluate::surface::testing::{surface, track};
    use keyface_core::MotionChannel as M;

    fn wave(hz: f64, size: f64) -> Vec<Motion> {
        let at = |n: i32| (size * (TAU * hz * f64::from(n) / FRAMES_PER_S).sin()) as f32;
        track(M::JawOpen, &(0..100).map(at).collect::<Vec<_>>())
    }

    fn value(metric: fn(&Comparison) -> Option<Sample>, shown: &[Motion], truth: &[Motion]) -> f64 {
        metric(&Comparison::new(&surface(), shown, truth, &[])).unwrap().value
    }

    #[test]
    fn the_third_difference_of_a_cube_is_six() {
        // 0 1 8 27.
        let four = track(M::JawOpen, &[0.0, 1.0, 8.0, 27.0]);
        assert_eq!(third_difference(&four.iter().collect::<Vec<_>>())[M::JawOpen as usize], 6.0);
    }

    #[test]
    fn twice_the_motion_is_twice_the_jerk_and_four_times_the_energy() {
        let (shown, truth) = (wave(10.0, 0.4), wave(10.0, 0.2));
        assert!((value(jerk_ratio, &shown, &truth) - 2.0).abs() < 1e-5);
        assert!((value(motion_energy_ratio, &shown, &truth) - 4.0).abs() < 1e-5);
        assert!((value(high_energy_ratio, &shown, &truth) - 4.0).abs() < 1e-5);
    }

    #[test]
    fn only_what_is_faster_than_8_hz_counts_as_high() {
        // A sine of size 0.2 in 100 frames: (0.2 * 100 / 2)^2 in its bin over 100 frames is 1; the lower of two lips
        // moves 20 mm, so the mean square is half of 4e-4.
        let high = |track: &[Motion]| high_energy(&surface(), &track.iter().collect::<Vec<_>>());
        assert!((high(&wave(10.0, 0.2)) - 2e-4).abs() < 1e-8);
        assert!(high(&wave(5.0, 0.2)) < 1e-10);
    }

    #[test]
    fn speed_counts_in_silence_only() {
        let phones = [(0.0, 0.1, Phone::SIL), (0.1, 0.2, Phone::AA)];
        let phones = phones.map(|(start_s, end_s, phone)| Segment { start_s, end_s, phone });
        // Steps of 0.01 move the lower lip by 0.2 mm in 20 ms, 10 mm/s; the upper lip rests.
        let shown = track(M::JawOpen, &[0.0, 0.01, 0.02, 0.03, 0.04, 0.5, 0.0, 0.5, 0.0, 0.5]);
        let sample = speed_in_silence(&Comparison::new(&surface(), &shown, &shown, &phones)).unwrap();
        assert_eq!(sample.weight, 4.0);
        assert!((sample.value - 10.0 / 2f64.sqrt()).abs() < 1e-4, "{}", sample.value);
    }
}
