//! Time as types: audio samples, 10 ms hops, and two clocks that cannot be mixed. No bare number is a time.
//!
//! [`AudioTime`] is counted by the sound, [`Moment`] by this machine; from one time to another of the same clock it is a
//! [`Span`]. A sound card's second is not this machine's, and sound arrives late and in bursts: whoever takes one for the
//! other shows the wrong thing, a little at first.
//!
//! ```compile_fail
//! use keyface_core::{AudioTime, Moment};
//! // The sound's clock is not the machine's.
//! let late = Moment::from_ms(30) - AudioTime::from_ms(20);
//! ```
//! ```compile_fail
//! use keyface_core::{AudioTime, Moment};
//! let is_due = Moment::from_ms(30) > AudioTime::from_ms(20);
//! ```
//! ```compile_fail
//! use keyface_core::Moment;
//! // Two times have no sum.
//! let when = Moment::from_ms(30) + Moment::from_ms(20);
//! ```
//! ```
//! use keyface_core::{AudioTime, Span};
//! assert_eq!(AudioTime::from_ms(30) - AudioTime::from_ms(20), Span::from_ms(10));
//! assert_eq!(AudioTime::from_ms(30) + Span::from_ms(10), AudioTime::from_ms(40));
//! ```

use core::ops::{Add, Neg, Sub};

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

/// From one time to another in microseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

/// A time of the sound: microseconds since its first sample, as the sound counts; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AudioTime(pub i64);

/// A time of this machine: microseconds on its steady clock since a job began; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Samples {
    /// How long they last, rounded down.
    pub const fn span(self) -> Span {
        Span((self.0 * 1_000_000 / SAMPLE_RATE_HZ as u64) as i64)
    }

    /// When the sample sounds that has so many before it.
    pub const fn time(self) -> AudioTime {
        AudioTime(self.span().0)
    }
}

impl Hops {
    /// The same span in samples.
    pub const fn samples(self) -> Samples {
        Samples(self.0 * HOP_SAMPLES as u64)
    }

    /// How long they last.
    pub const fn span(self) -> Span {
        self.samples().span()
    }

    /// When the hop begins that has so many before it.
    pub const fn time(self) -> AudioTime {
        self.samples().time()
    }
}

macro_rules! of_microseconds {
    ($time:ident) => {
        impl $time {
            /// From milliseconds.
            pub const fn from_ms(ms: i64) -> Self {
                $time(ms * 1000)
            }

            /// From seconds, to the nearest microsecond.
            pub fn from_s(seconds: f64) -> Self {
                $time(libm::round(seconds * 1e6) as i64)
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
    };
}

macro_rules! clock {
    ($time:ident) => {
        of_microseconds!($time);

        impl $time {
            /// Where the clock began.
            pub const START: $time = $time(0);

            /// From the clock's beginning.
            pub const fn since_start(self) -> Span {
                Span(self.0)
            }
        }

        impl Add<Span> for $time {
            type Output = $time;
            fn add(self, span: Span) -> $time {
                $time(self.0 + span.0)
            }
        }

        impl Sub<Span> for $time {
            type Output = $time;
            fn sub(self, span: Span) -> $time {
                $time(self.0 - span.0)
            }
        }

        impl Sub for $time {
            type Output = Span;
            fn sub(self, earlier: $time) -> Span {
                Span(self.0 - earlier.0)
            }
        }
    };
}

of_microseconds!(Span);
clock!(AudioTime);
clock!(Moment);

impl Moment {
    /// When a sound is heard that has begun at the clock's beginning and keeps the machine's time: a recording that becomes
    /// a file, or one whose wait is to be known. The only way from the sound's clock to the machine's.
    pub const fn as_if_played(at: AudioTime) -> Moment {
        Moment(at.0)
    }

    /// What is heard now of such a sound. The only way back.
    pub const fn heard_if_played(self) -> AudioTime {
        AudioTime(self.0)
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0 + other.0)
    }
}

impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0 - other.0)
    }
}

impl Neg for Span {
    type Output = Span;
    fn neg(self) -> Span {
        Span(-self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hop_lasts_ten_milliseconds() {
        assert_eq!(Hops(1).span(), Span::from_ms(10));
        assert_eq!(Samples(16_000).time().as_s(), 1.0);
    }

    #[test]
    fn a_time_and_a_span_are_a_time_of_the_same_clock() {
        let (time, span) = (Moment::from_ms(40), Span::from_ms(15));
        assert_eq!((time + span) - time, span);
        assert_eq!(time - span, time + -span);
        assert_eq!(Moment::START + time.since_start(), time);
    }
}
