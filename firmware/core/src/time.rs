//! Time as types: audio samples, 10 ms hops and microseconds. No bare number is a time.

use core::ops::{Add, Sub};

/// Sample rate of everything right of the resampler, in hertz.
pub const SAMPLE_RATE_HZ: u32 = 16_000;
/// Samples in one hop (10 ms).
pub const HOP_SAMPLES: usize = 160;
/// Hops in one step of the networks (20 ms).
pub const STEP_HOPS: usize = 2;

/// A count of samples at [`SAMPLE_RATE_HZ`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Samples(pub u64);

/// A count of 10 ms hops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hops(pub u64);

/// A time or a duration in microseconds since the first sample; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micros(pub i64);

impl Samples {
    /// The same span in microseconds, rounded down.
    pub const fn micros(self) -> Micros {
        Micros((self.0 * 1_000_000 / SAMPLE_RATE_HZ as u64) as i64)
    }
}

impl Hops {
    /// The same span in samples.
    pub const fn samples(self) -> Samples {
        Samples(self.0 * HOP_SAMPLES as u64)
    }

    /// The same span in microseconds.
    pub const fn micros(self) -> Micros {
        self.samples().micros()
    }
}

impl Micros {
    /// From milliseconds.
    pub const fn from_ms(ms: i64) -> Self {
        Micros(ms * 1000)
    }

    /// From seconds, to the nearest microsecond.
    pub fn from_s(seconds: f64) -> Self {
        Micros(libm::round(seconds * 1e6) as i64)
    }

    /// In seconds.
    pub fn as_s(self) -> f64 {
        self.0 as f64 * 1e-6
    }

    /// In milliseconds.
    pub fn as_ms(self) -> f32 {
        self.0 as f32 * 1e-3
    }
}

impl Add for Micros {
    type Output = Micros;
    fn add(self, other: Micros) -> Micros {
        Micros(self.0 + other.0)
    }
}

impl Sub for Micros {
    type Output = Micros;
    fn sub(self, other: Micros) -> Micros {
        Micros(self.0 - other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hop_lasts_ten_milliseconds() {
        assert_eq!(Hops(1).micros(), Micros::from_ms(10));
        assert_eq!(Samples(16_000).micros().as_s(), 1.0);
    }
}
