//! The learning rate over a training.

/// How the rate goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// Warm-up over the first 4 % of the steps to this peak, then a cosine down to 1 % of it (Loshchilov and Hutter 2017).
    Cosine(f64),
    /// The same in every step.
    Constant(f64),
}

impl Schedule {
    /// The rate of a step.
    pub fn rate(self, step: usize, steps: usize) -> f64 {
        let peak = match self {
            Schedule::Constant(rate) => return rate,
            Schedule::Cosine(peak) => peak,
        };
        let share = step as f64 / steps.max(1) as f64;
        if share < 0.04 {
            return peak * (share / 0.04).max(0.01);
        }
        let cosine = 0.5 + 0.5 * (std::f64::consts::PI * (share - 0.04) / 0.96).cos();
        peak * (0.01 + 0.99 * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_then_falls() {
        let at = |step| Schedule::Cosine(1.0).rate(step, 1000);
        assert!(at(0) < 0.02 && at(40) > 0.99 && at(999) < 0.02);
        assert!(at(300) > at(600));
    }
}
