//! Curves at 100 Hz: easing, a limit of speed that only ever closes, and the last smoothing.

/// How far the smoothing reaches on each side: one row of 10 ms.
pub const SMOOTHING_REACH_S: f64 = 0.010;

/// Binomial kernel of three rows, a Gaussian of 7 ms.
const KERNEL: [f32; 3] = [0.25, 0.5, 0.25];

/// From 0 at `x <= 0` to 1 at `x >= 1` with continuous speed and acceleration: `6x^5 - 15x^4 + 10x^3` (Perlin 2002).
pub fn ease(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * x * (x * (6.0 * x - 15.0) + 10.0)
}

/// The highest curve below `values` that climbs and falls by no more than `step` a row.
///
/// It only lowers: closures keep, vowels between them undershoot, as in fast speech.
pub fn limit_speed(values: &mut [f32], step: f32) {
    for i in 1..values.len() {
        values[i] = values[i].min(values[i - 1] + step);
    }
    for i in (1..values.len()).rev() {
        values[i - 1] = values[i - 1].min(values[i] + step);
    }
}

/// Rounds the corners of a curve; its ends are taken to continue unchanged.
pub fn smooth(values: &mut [f32]) {
    let Some(last) = values.len().checked_sub(1) else { return };
    let rough = values.to_vec();
    for (i, value) in values.iter_mut().enumerate() {
        *value = (0..KERNEL.len()).map(|k| KERNEL[k] * rough[(i + k).saturating_sub(1).min(last)]).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easing_starts_and_ends_without_a_blow() {
        let step = 1e-3;
        assert_eq!((ease(-1.0), ease(0.5), ease(2.0)), (0.0, 0.5, 1.0));
        assert!(ease(step) / (step * step) < 0.02, "acceleration at the start");
    }

    #[test]
    fn the_limit_of_speed_only_lowers() {
        let mut values = [0.0, 1.0, 1.0, 0.2, 0.0];
        limit_speed(&mut values, 0.3);
        let expected = [0.0, 0.3, 0.5, 0.2, 0.0];
        assert!(values.iter().zip(expected).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-6), "{values:?}");
    }

    #[test]
    fn smoothing_keeps_what_is_constant_over_its_reach() {
        let mut values = vec![1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        smooth(&mut values);
        assert!((values[0] - 1.0).abs() < 1e-6);
        assert_eq!(values, [1.0, 1.0, 0.75, 0.25, 0.0, 0.0, 0.0, 0.0]);
    }
}
