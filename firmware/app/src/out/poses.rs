//! Poses as JSON lines: one object for each frame, with everything that a face shows.

use keyface_core::{Angles, AudioTime, Channel, FacePose, Span};
use serde_json::{Map, Value, json};

use super::{AtomicFile, FrameRate, Writer};
use crate::AppError;

/// How channels are spelt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// `JawOpen`, as Live Link Face does.
    #[default]
    LiveLink,
    /// `jawOpen`, as Apple does.
    Apple,
}

impl Names {
    pub(super) fn of(self, channel: Channel) -> String {
        let name = channel.name();
        match self {
            Names::LiveLink => name.to_owned(),
            Names::Apple => name[..1].to_ascii_lowercase() + &name[1..],
        }
    }
}

/// Writes a `.poses.jsonl`.
pub(super) struct Poses {
    file: AtomicFile,
    rate: FrameRate,
    names: Names,
}

impl Poses {
    pub fn new(file: AtomicFile, rate: FrameRate, names: Names) -> Poses {
        Poses { file, rate, names }
    }
}

impl Writer for Poses {
    fn rate(&self) -> Option<FrameRate> {
        Some(self.rate)
    }

    fn frame(&mut self, at: AudioTime, pose: &FacePose) -> Result<(), AppError> {
        self.file.write(format!("{}\n", as_json(at.since_start(), pose, self.names)).as_bytes())
    }

    fn finish(self: Box<Self>, _end: AudioTime) -> Result<(), AppError> {
        self.file.commit()
    }
}

pub(crate) fn as_json(at: Span, pose: &FacePose, names: Names) -> Value {
    let weights: Map<String, Value> = Channel::ALL.into_iter().map(|c| (names.of(c), short(pose[c]))).collect();
    json!({
        "time_s": (at.as_s() * 1e4).round() / 1e4,
        "weights": weights,
        "tongue_up": short(pose.tongue_up),
        "head_rad": angles(pose.head),
        "eyes_rad": [angles(pose.eyes[0]), angles(pose.eyes[1])],
    })
}

fn angles(angles: Angles) -> Value {
    json!({ "yaw": short(angles.yaw_rad), "pitch": short(angles.pitch_rad), "roll": short(angles.roll_rad) })
}

/// Four decimals: a weight of an eight-bit display has fewer than three.
fn short(value: f32) -> Value {
    json!((f64::from(value) * 1e4).round() / 1e4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_every_channel() {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawOpen, 0.12345);
        let line = as_json(Span(16_666), &pose, Names::LiveLink);
        assert_eq!(line["weights"]["JawOpen"], 0.1235);
        assert_eq!(line["weights"].as_object().unwrap().len(), 52);
        assert_eq!(line["time_s"], 0.0167);
    }

    #[test]
    fn apple_begins_names_with_a_small_letter() {
        let line = as_json(Span(0), &FacePose::REST, Names::Apple);
        let weights = line["weights"].as_object().unwrap();
        assert_eq!(weights.len(), 52);
        assert!(weights.contains_key("jawOpen") && weights.contains_key("eyeBlinkLeft"), "{weights:?}");
    }
}
