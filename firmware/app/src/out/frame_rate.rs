//! Frames a second as a fraction: film's 23.976 is 24000/1001, and its frames must not drift.

use std::fmt;
use std::str::FromStr;

use keyface_core::AudioTime;

/// Decimal rates stand for these multiples of 1000/1001, as people write them: 23.976, 23.98, 29.97, 59.94.
const NTSC: [u32; 5] = [24, 30, 48, 60, 120];
/// How far a decimal may lie from the fraction that it stands for: 23.98 for 23.976.
const NEAR: f64 = 0.006;
/// Frames a second that make sense.
const RANGE: std::ops::RangeInclusive<f64> = 1.0..=1_000.0;

/// A frame rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRate {
    frames: u32,
    seconds: u32,
}

impl FrameRate {
    /// A whole number of frames a second; at least 1.
    pub const fn whole(frames: u32) -> FrameRate {
        FrameRate { frames: if frames == 0 { 1 } else { frames }, seconds: 1 }
    }

    /// When a frame begins: rounded down to a microsecond.
    pub fn time(self, frame: i64) -> AudioTime {
        let us = i128::from(frame) * 1_000_000 * i128::from(self.seconds) / i128::from(self.frames);
        AudioTime(i64::try_from(us).unwrap_or(i64::MAX))
    }

    /// The frame that a time falls into, counted from 0.
    pub fn frame_at(self, at: AudioTime) -> i64 {
        // The end of the microsecond counts: a frame's own time, rounded down, must not fall into the frame before.
        let frames = (i128::from(at.0) + 1) * i128::from(self.frames) - 1;
        i64::try_from(frames.div_euclid(1_000_000 * i128::from(self.seconds))).unwrap_or(i64::MAX)
    }

    /// Frames a second.
    pub fn as_hz(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }

    /// The slower of two rates.
    pub fn at_most(self, other: FrameRate) -> FrameRate {
        if self.as_hz() <= other.as_hz() { self } else { other }
    }
}

/// As a fraction, which every video program reads.
impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.frames, self.seconds)
    }
}

impl FromStr for FrameRate {
    type Err = String;

    fn from_str(text: &str) -> Result<FrameRate, String> {
        let rate = fraction(text).or_else(|| decimal(text)).filter(|rate| RANGE.contains(&rate.as_hz()));
        rate.ok_or_else(|| "expected frames a second from 1 to 1000, such as 24, 29.97 or 30000/1001".into())
    }
}

fn fraction(text: &str) -> Option<FrameRate> {
    let (frames, seconds) = text.split_once('/')?;
    let (frames, seconds) = (frames.parse().ok()?, seconds.parse().ok()?);
    (seconds > 0 && frames > 0).then_some(FrameRate { frames, seconds })
}

fn decimal(text: &str) -> Option<FrameRate> {
    if let Ok(frames) = text.parse::<u32>() {
        return (frames > 0).then_some(FrameRate::whole(frames));
    }
    let hz: f64 = text.parse().ok().filter(|hz| RANGE.contains(hz))?;
    let ntsc = |whole: &u32| (f64::from(*whole) * 1_000.0 / 1_001.0 - hz).abs() < NEAR;
    if let Some(whole) = NTSC.into_iter().find(ntsc) {
        return Some(FrameRate { frames: whole * 1_000, seconds: 1_001 });
    }
    Some(FrameRate { frames: (hz * 1_000.0).round() as u32, seconds: 1_000 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> FrameRate {
        text.parse().unwrap()
    }

    #[test]
    fn a_rate_of_film_is_the_fraction_that_it_stands_for() {
        for (text, fraction) in [("23.976", "24000/1001"), ("23.98", "24000/1001"), ("29.97", "30000/1001")] {
            assert_eq!(rate(text).to_string(), fraction);
        }
        assert_eq!(rate("59.94"), rate("60000/1001"));
        assert_eq!((rate("24").to_string(), rate("12.5").as_hz()), ("24/1".into(), 12.5));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["0", "-3", "0.5", "1001", "a", "", "30/0", "0/1", "nan", "inf", "1/2"] {
            assert!(text.parse::<FrameRate>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_frame_begins_where_its_time_falls_for_hours() {
        for text in ["23.976", "24", "29.97", "59.94", "60", "1000"] {
            let rate = rate(text);
            for frame in (0..10_000_000).step_by(99_991) {
                assert_eq!(rate.frame_at(rate.time(frame)), frame, "{text}");
            }
        }
        assert_eq!(rate("29.97").time(30_000), AudioTime(1_001_000_000));
    }
}
