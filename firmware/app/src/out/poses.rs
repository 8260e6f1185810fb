//! Poses as JSON lines: one object for each frame, with everything that a face shows.

use keyface_core::{Angles, Channel, FacePose, Micros};
use serde_json::{Map, Value, json};

use super::{AtomicFile, Writer};
use crate::AppError;

/// Writes a `.poses.jsonl`.
pub(super) struct Poses {
    file: AtomicFile,
}

impl Poses {
    pub fn new(file: AtomicFile) -> Poses {
        Poses { file }
    }
}

impl Writer for Poses {
    fn frame(&mut self, at: Micros, pose: &FacePose) -> Result<(), AppError> {
        self.file.write(format!("{}\n", as_json(at, pose)).as_bytes())
    }

    fn finish(self: Box<Self>, _end: Micros) -> Result<(), AppError> {
        self.file.commit()
    }
}

pub(crate) fn as_json(at: Micros, pose: &FacePose) -> Value {
    let weights: Map<String, Value> = Channel::ALL.into_iter().map(|c| (c.name().to_owned(), short(pose[c]))).collect();
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
        let line = as_json(Micros(16_666), &pose);
        assert_eq!(line["weights"]["JawOpen"], 0.1235);
        assert_eq!(line["weights"].as_object().unwrap().len(), 52);
        assert_eq!(line["time_s"], 0.0167);
    }
}
