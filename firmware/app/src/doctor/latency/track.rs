//! A sound's samples, and when each of them was in the air.

use keyface_core::SAMPLE_RATE_HZ;

/// Samples at 16 kHz on a clock of seconds.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// What was in the air.
    pub samples: Vec<f32>,
    /// Places and their seconds, both rising.
    marks: Vec<(f64, f64)>,
}

impl Track {
    /// A sound whose times are not known yet.
    pub fn new(samples: Vec<f32>) -> Track {
        Track { samples, marks: Vec::new() }
    }

    /// A sample was in the air at this time; words that go back are not believed.
    pub fn mark(&mut self, sample: f64, at_s: f64) {
        if self.marks.last().is_none_or(|(last, last_s)| sample > *last && at_s > *last_s) {
            self.marks.push((sample, at_s));
        }
    }

    /// When a sample was in the air; `None` where nothing is known.
    pub fn time_s(&self, sample: f64) -> Option<f64> {
        let (known, at_s) = self.before(|mark| mark.0 <= sample)?;
        Some(at_s + (sample - known) / f64::from(SAMPLE_RATE_HZ))
    }

    /// Which sample was in the air at a time.
    pub fn sample(&self, at_s: f64) -> Option<f64> {
        let (known, known_s) = self.before(|mark| mark.1 <= at_s)?;
        Some(known + (at_s - known_s) * f64::from(SAMPLE_RATE_HZ))
    }

    /// The last mark that is so, else the first.
    fn before(&self, is_so: impl Fn(&(f64, f64)) -> bool) -> Option<(f64, f64)> {
        self.marks.get(self.marks.partition_point(is_so).saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_times_are_told_from_each_other_between_marks_and_beyond_them() {
        let mut track = Track::default();
        assert_eq!(track.time_s(0.0), None);
        track.mark(160.0, 5.0);
        // The device lost 10 ms here.
        track.mark(320.0, 5.02);
        track.mark(300.0, 5.03);
        assert_eq!(track.time_s(0.0), Some(4.99));
        assert_eq!(track.time_s(240.0), Some(5.005));
        assert!((track.time_s(480.0).unwrap() - 5.03).abs() < 1e-9);
        assert!((track.sample(5.03).unwrap() - 480.0).abs() < 1e-6);
    }
}
