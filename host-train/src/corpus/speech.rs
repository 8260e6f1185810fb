//! What an engine is asked for and what it gives: a voice, a manner of speaking, and speech with its phones.

use keyface_sound::said::Interval;

use crate::clip::Segment;

/// How a sentence is spoken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prosody {
    /// Duration of everything, relative to the voice's own; 0.7..=1.5.
    pub stretch: f64,
    /// Height above the voice's own in semitones; -6..=6.
    pub pitch_semitones: f64,
    /// Liveliness of the melody, relative to the voice's own; 0.4..=1.6.
    pub range: f64,
}

impl Prosody {
    /// The voice's own way.
    pub const NEUTRAL: Prosody = Prosody { stretch: 1.0, pitch_semitones: 0.0, range: 1.0 };

    /// A fundamental frequency moved by the pitch.
    pub fn moved_hz(&self, base_hz: f64) -> f64 {
        base_hz * (self.pitch_semitones / 12.0).exp2()
    }
}

/// What was spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Speech {
    /// 16 kHz mono.
    pub samples: Vec<f32>,
    /// Cover the sound without gaps.
    pub phones: Vec<Segment>,
    /// As far as the engine tells; see each engine.
    pub words: Vec<Interval>,
}

/// Length of 16 kHz sound in seconds.
pub fn seconds(samples: &[f32]) -> f64 {
    samples.len() as f64 / f64::from(keyface_core::SAMPLE_RATE_HZ)
}
