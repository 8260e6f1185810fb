//! The axis of samples that a voice, its line and its listener share: places in, times out, and back.

use keyface_core::{AudioTime, Moment, SAMPLE_RATE_HZ, Span};

/// From one place to another.
pub fn span(from: u64, to: u64) -> Span {
    Span((to as i64 - from as i64) * 1_000_000 / i64::from(SAMPLE_RATE_HZ))
}

/// The time of one place in a sound that has begun at another.
pub fn at(from: u64, to: u64) -> AudioTime {
    AudioTime::START + span(from, to)
}

/// Samples that fill a span.
pub fn samples(span: Span) -> u64 {
    (span.0.max(0) as u64 * u64::from(SAMPLE_RATE_HZ)).div_ceil(1_000_000)
}

/// Time until so many samples more are heard, and a little more.
pub fn until(samples: u64) -> Span {
    Span((samples * 1_000_000).div_ceil(u64::from(SAMPLE_RATE_HZ)) as i64)
}

/// The place that is heard at a moment, where no loudspeaker says it.
pub fn place_at(now: Moment) -> u64 {
    now.0.max(0) as u64 * u64::from(SAMPLE_RATE_HZ) / 1_000_000
}
