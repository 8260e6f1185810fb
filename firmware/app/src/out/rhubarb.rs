//! Mouth shapes as Rhubarb Lip Sync writes them: TSV, JSON, XML or Moho's DAT; nine shapes A to H and X.

use keyface_core::{AudioTime, FacePose, Mouth, Step, Viseme};
use serde_json::json;

use super::{AtomicFile, FrameRate, Writer};
use crate::AppError;

/// Above this jaw an open vowel is Rhubarb's widest shape.
const WIDE_JAW: f32 = 0.30;
/// Frames a second of a DAT, where none are asked for: film's, and Rhubarb's own.
const DAT_FPS: u32 = 24;

/// Which drawings an animator has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shapes {
    /// Those of G, H and X that are drawn; A to F always are.
    pub extended: String,
    /// Whether a DAT calls them by Preston Blair's names, as Moho and OpenToonz expect.
    pub is_preston_blair: bool,
}

impl Default for Shapes {
    fn default() -> Self {
        Shapes { extended: "GHX".into(), is_preston_blair: false }
    }
}

impl Shapes {
    /// The nearest shape that is drawn.
    fn drawn(&self, shape: char) -> char {
        match shape {
            'G' | 'H' | 'X' if self.extended.contains(shape) => shape,
            'G' => 'B',
            'H' => 'C',
            'X' => 'A',
            shape => shape,
        }
    }

    /// What a DAT calls a shape.
    fn name(&self, shape: char) -> String {
        let blair = match shape {
            'A' => "MBP",
            'B' => "etc",
            'C' => "E",
            'D' => "AI",
            'E' => "O",
            'F' => "U",
            'G' => "FV",
            'H' => "L",
            _ => "rest",
        };
        if self.is_preston_blair { blair.into() } else { shape.into() }
    }
}

/// How cues are written down.
#[derive(Clone, Debug)]
pub(super) enum Notation {
    /// Lines of time and shape, written as they come.
    Tsv,
    /// Lines of frame and shape, written as they come.
    Dat(FrameRate),
    /// A document about the sound of this name.
    Json(String),
    /// The same.
    Xml(String),
}

impl Notation {
    /// Moho's, at `rate` or at film's.
    pub fn dat(rate: Option<FrameRate>) -> Notation {
        Notation::Dat(rate.unwrap_or(FrameRate::whole(DAT_FPS)))
    }
}

/// Writes a `.tsv`, `.dat`, `.json` or `.xml`.
pub(super) struct Rhubarb {
    file: AtomicFile,
    notation: Notation,
    shapes: Shapes,
    /// What is not written yet: the newest cue of a list that is written as it comes, all of a document.
    cues: Vec<(AudioTime, char)>,
    last_frame: i64,
}

impl Rhubarb {
    pub fn new(file: AtomicFile, notation: Notation, shapes: Shapes) -> Rhubarb {
        Rhubarb { file, notation, shapes, cues: Vec::new(), last_frame: 0 }
    }

    /// Writes all but the newest cue of a list, which may still lie behind the sound's end.
    fn release(&mut self) -> Result<(), AppError> {
        if matches!(self.notation, Notation::Tsv | Notation::Dat(_)) {
            let newest = self.cues.len() - 1;
            let done: Vec<_> = self.cues.drain(..newest).collect();
            done.into_iter().try_for_each(|(at, shape)| self.line(at, shape))?;
        }
        Ok(())
    }

    fn line(&mut self, at: AudioTime, shape: char) -> Result<(), AppError> {
        let line = match self.notation {
            Notation::Dat(rate) => {
                let frame = 1 + rate.frame_at(at);
                // Within one frame the first shape stands.
                if frame == self.last_frame {
                    return Ok(());
                }
                self.last_frame = frame;
                let head = if frame == 1 { "MohoSwitch1\n" } else { "" };
                format!("{head}{frame} {}\n", self.shapes.name(shape))
            }
            _ => format!("{:.2}\t{shape}\n", at.as_s()),
        };
        self.file.write(line.as_bytes())
    }

    /// A list's last line is the end of the sound, at rest.
    fn last_line(&mut self, end: AudioTime) -> Result<(), AppError> {
        let rest = self.shapes.drawn('X');
        let Notation::Dat(rate) = self.notation else { return self.line(end, rest) };
        if self.last_frame == 0 {
            self.file.write(b"MohoSwitch1\n")?;
        }
        let frame = (1 + rate.frame_at(end)).max(self.last_frame + 1);
        self.file.write(format!("{frame} {}\n", self.shapes.name(rest)).as_bytes())
    }

    /// The document, cue by cue: as text, hours of cues would be far larger than as numbers.
    fn json(&mut self, sound_name: &str, end: AudioTime) -> Result<(), AppError> {
        let cues = std::mem::take(&mut self.cues);
        let metadata = json!({ "soundFile": sound_name, "duration": hundredths(end) });
        let frame = format!("{:#}\n", json!({ "metadata": metadata, "mouthCues": [] }));
        let Some((head, tail)) = frame.rsplit_once("[]").filter(|_| !cues.is_empty()) else {
            return self.file.write(frame.as_bytes());
        };
        self.file.write(head.as_bytes())?;
        let mut before = "[\n    ";
        for (start, end, shape) in spans(&cues, end) {
            let (start, end) = (hundredths(start), hundredths(end));
            let cue = format!("{:#}", json!({ "start": start, "end": end, "value": shape.to_string() }));
            self.file.write(format!("{before}{}", cue.replace('\n', "\n    ")).as_bytes())?;
            before = ",\n    ";
        }
        self.file.write(format!("\n  ]{tail}").as_bytes())
    }

    /// The same.
    fn xml(&mut self, sound_name: &str, end: AudioTime) -> Result<(), AppError> {
        let cues = std::mem::take(&mut self.cues);
        let (sound, end_s) = (escaped(sound_name), end.as_s());
        let head = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rhubarbResult>\n  <metadata>\n    <soundFile>{sound}</soundFile>\n    \
             <duration>{end_s:.2}</duration>\n  </metadata>\n  <mouthCues>\n"
        );
        self.file.write(head.as_bytes())?;
        for (start, end, shape) in spans(&cues, end) {
            let (start_s, end_s) = (start.as_s(), end.as_s());
            let cue = format!("    <mouthCue start=\"{start_s:.2}\" end=\"{end_s:.2}\">{shape}</mouthCue>\n");
            self.file.write(cue.as_bytes())?;
        }
        self.file.write(b"  </mouthCues>\n</rhubarbResult>\n")
    }
}

impl Writer for Rhubarb {
    fn step(&mut self, at: AudioTime, step: &Step, pose: &FacePose) -> Result<(), AppError> {
        let shape = self.shapes.drawn(shape_of(step, pose));
        if at >= AudioTime(0) && self.cues.last().is_none_or(|cue| cue.1 != shape) {
            // A sound's first shape holds from its start.
            self.cues.push((if self.cues.is_empty() { AudioTime(0) } else { at }, shape));
            self.release()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, end: AudioTime) -> Result<(), AppError> {
        self.cues.retain(|cue| cue.0 < end);
        match self.notation.clone() {
            Notation::Tsv | Notation::Dat(_) => {
                let left = std::mem::take(&mut self.cues);
                left.into_iter().try_for_each(|(at, shape)| self.line(at, shape))?;
                self.last_line(end)?;
            }
            Notation::Json(name) => self.json(&name, end)?,
            Notation::Xml(name) => self.xml(&name, end)?,
        }
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

/// Start, end and shape of each cue.
fn spans(cues: &[(AudioTime, char)], end: AudioTime) -> impl Iterator<Item = (AudioTime, AudioTime, char)> {
    let ends = cues.iter().skip(1).map(|cue| cue.0).chain([end]);
    cues.iter().zip(ends).map(|((start, shape), end)| (*start, end, *shape))
}

fn hundredths(at: AudioTime) -> f64 {
    (at.as_s() * 100.0).round() / 100.0
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::recorder::tests::step;
    use super::*;

    fn rhubarb(notation: Notation, shapes: Shapes) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut writer = Box::new(Rhubarb::new(AtomicFile::create(&path).unwrap(), notation, shapes));
        for (ms, viseme) in [(0, Viseme::Sil), (20, Viseme::PP), (40, Viseme::PP), (60, Viseme::Aa), (200, Viseme::FF)]
        {
            writer.step(AudioTime::from_ms(ms), &step(ms, viseme), &FacePose::REST).unwrap();
        }
        writer.finish(AudioTime::from_ms(500)).unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_tsv_has_a_line_for_each_change_and_one_at_the_end() {
        assert_eq!(rhubarb(Notation::Tsv, Shapes::default()), "0.00\tX\n0.02\tA\n0.06\tC\n0.20\tG\n0.50\tX\n");
    }

    #[test]
    fn a_json_has_cues_that_touch() {
        let text = rhubarb(Notation::Json("a.wav".into()), Shapes::default());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(text, format!("{json:#}\n"), "written in parts as it would be as a whole");
        assert_eq!(json["metadata"], json!({ "soundFile": "a.wav", "duration": 0.5 }));
        assert_eq!(json["mouthCues"][1], json!({ "start": 0.02, "end": 0.06, "value": "A" }));
        assert_eq!(json["mouthCues"][3]["end"], 0.5);
    }

    #[test]
    fn a_json_of_nothing_has_an_empty_list() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let file = AtomicFile::create(&path).unwrap();
        Box::new(Rhubarb::new(file, Notation::Json("[].wav".into()), Shapes::default())).finish(AudioTime(0)).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("\"soundFile\": \"[].wav\"") && text.ends_with("\"mouthCues\": []\n}\n"), "{text}");
    }

    #[test]
    fn an_xml_escapes_the_sounds_name() {
        let xml = rhubarb(Notation::Xml("a & <b>.wav".into()), Shapes::default());
        assert!(xml.contains("<soundFile>a &amp; &lt;b&gt;.wav</soundFile>\n    <duration>0.50</duration>"), "{xml}");
        assert!(xml.contains("    <mouthCue start=\"0.02\" end=\"0.06\">A</mouthCue>\n"), "{xml}");
    }

    #[test]
    fn a_dat_counts_frames_from_one_and_keeps_the_first_shape_of_a_frame() {
        assert_eq!(rhubarb(Notation::dat(None), Shapes::default()), "MohoSwitch1\n1 X\n2 C\n5 G\n13 X\n");
        let blair = Shapes { is_preston_blair: true, ..Shapes::default() };
        let dat = rhubarb(Notation::dat(Some(FrameRate::whole(100))), blair);
        assert_eq!(dat, "MohoSwitch1\n1 rest\n3 MBP\n7 E\n21 FV\n51 rest\n");
    }

    #[test]
    fn what_is_not_drawn_becomes_the_nearest_shape_that_is() {
        let basic = Shapes { extended: String::new(), ..Shapes::default() };
        assert_eq!(rhubarb(Notation::Tsv, basic.clone()), "0.00\tA\n0.06\tC\n0.20\tB\n0.50\tA\n");
        assert_eq!(['A', 'F', 'H'].map(|shape| basic.drawn(shape)), ['A', 'F', 'C']);
    }
}
