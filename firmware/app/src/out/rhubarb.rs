//! Mouth shapes as Rhubarb Lip Sync writes them: TSV or JSON, nine shapes A to H and X.

use keyface_core::{FacePose, Micros, Mouth, Step, Viseme};
use serde_json::json;

use super::{AtomicFile, Writer};
use crate::AppError;

/// Above this jaw an open vowel is Rhubarb's widest shape.
const WIDE_JAW: f32 = 0.30;

/// Writes a `.tsv` or a `.json`.
pub(super) struct Rhubarb {
    file: AtomicFile,
    sound_name: Option<String>,
    cues: Vec<(Micros, char)>,
}

impl Rhubarb {
    pub fn tsv(file: AtomicFile) -> Rhubarb {
        Rhubarb { file, sound_name: None, cues: Vec::new() }
    }

    pub fn json(file: AtomicFile, sound_name: &str) -> Rhubarb {
        Rhubarb { file, sound_name: Some(sound_name.to_owned()), cues: Vec::new() }
    }

    /// The last line of a TSV is the end of the sound, at rest.
    fn as_tsv(&self, end: Micros) -> String {
        let line = |(at, shape): &(Micros, char)| format!("{:.2}\t{shape}\n", at.as_s());
        self.cues.iter().chain([&(end, 'X')]).map(line).collect()
    }

    fn as_json(&self, sound_name: &str, end: Micros) -> String {
        let ends = self.cues.iter().skip(1).map(|cue| cue.0).chain([end]);
        let cue = |((start, shape), end): (&(Micros, char), Micros)| json!({ "start": hundredths(*start), "end": hundredths(end), "value": shape.to_string() });
        let cues: Vec<serde_json::Value> = self.cues.iter().zip(ends).map(cue).collect();
        let metadata = json!({ "soundFile": sound_name, "duration": hundredths(end) });
        format!("{:#}\n", json!({ "metadata": metadata, "mouthCues": cues }))
    }
}

impl Writer for Rhubarb {
    fn step(&mut self, at: Micros, step: &Step, pose: &FacePose) -> Result<(), AppError> {
        let shape = shape_of(step, pose);
        if at >= Micros(0) && self.cues.last().is_none_or(|cue| cue.1 != shape) {
            // A sound's first shape holds from its start.
            self.cues.push((if self.cues.is_empty() { Micros(0) } else { at }, shape));
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, end: Micros) -> Result<(), AppError> {
        self.cues.retain(|cue| cue.0 < end);
        let text = self.sound_name.as_ref().map_or_else(|| self.as_tsv(end), |name| self.as_json(name, end));
        self.file.write(text.as_bytes())?;
        self.file.commit()
    }
}

/// A closed, B clenched, C open, D wide open, E slightly rounded, F puckered, G lip and teeth, H tongue up, X rest.
pub(crate) fn shape_of(step: &Step, pose: &FacePose) -> char {
    use Viseme::*;
    match step.viseme {
        Sil => 'X',
        PP => 'A',
        FF => 'G',
        Nn if step.mouth == Mouth::Loose => 'H',
        TH | DD | Kk | CH | SS | Nn | Ih => 'B',
        RR | Oh => 'E',
        Aa if pose[keyface_core::Channel::JawOpen] > WIDE_JAW => 'D',
        Aa | E => 'C',
        Ou => 'F',
    }
}

fn hundredths(at: Micros) -> f64 {
    (at.as_s() * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::super::recorder::tests::step;
    use super::*;

    fn rhubarb(ending: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").with_extension(ending);
        let file = AtomicFile::create(&path).unwrap();
        let mut writer = Box::new(if ending == "tsv" { Rhubarb::tsv(file) } else { Rhubarb::json(file, "a.wav") });
        for (ms, viseme) in [(0, Viseme::Sil), (20, Viseme::PP), (40, Viseme::PP), (60, Viseme::Aa)] {
            writer.step(Micros::from_ms(ms), &step(ms, viseme), &FacePose::REST).unwrap();
        }
        writer.finish(Micros::from_ms(500)).unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_tsv_has_a_line_for_each_change_and_one_at_the_end() {
        assert_eq!(rhubarb("tsv"), "0.00\tX\n0.02\tA\n0.06\tC\n0.50\tX\n");
    }

    #[test]
    fn a_json_has_cues_that_touch() {
        let json: serde_json::Value = serde_json::from_str(&rhubarb("json")).unwrap();
        assert_eq!(json["metadata"], json!({ "soundFile": "a.wav", "duration": 0.5 }));
        assert_eq!(json["mouthCues"][1], json!({ "start": 0.02, "end": 0.06, "value": "A" }));
        assert_eq!(json["mouthCues"][2]["end"], 0.5);
    }
}
