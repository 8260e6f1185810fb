//! Oculus visemes as `time_s<TAB>viseme`: a line for each change, the last one `sil` at the end of the sound.

use keyface_core::{AudioTime, FacePose, Step, Viseme};

use super::{AtomicFile, Writer};
use crate::AppError;

/// Writes a `.visemes.tsv`.
pub(super) struct Visemes {
    file: AtomicFile,
    last: Option<Viseme>,
}

impl Visemes {
    pub fn new(file: AtomicFile) -> Visemes {
        Visemes { file, last: None }
    }

    fn write(&mut self, at: AudioTime, viseme: Viseme) -> Result<(), AppError> {
        // Before the first sample nothing is said.
        if self.last == Some(viseme) || at < AudioTime(0) {
            return Ok(());
        }
        self.last = Some(viseme);
        self.file.write(format!("{:.3}\t{}\n", at.as_s(), viseme.name()).as_bytes())
    }
}

impl Writer for Visemes {
    fn step(&mut self, at: AudioTime, step: &Step, _pose: &FacePose) -> Result<(), AppError> {
        self.write(at, step.viseme)
    }

    fn finish(mut self: Box<Self>, end: AudioTime) -> Result<(), AppError> {
        self.write(end, Viseme::Sil)?;
        self.file.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorder::tests::step;
    use super::*;

    #[test]
    fn a_line_is_written_for_each_change_and_sil_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.visemes.tsv");
        let mut writer = Box::new(Visemes::new(AtomicFile::create(&path).unwrap()));
        for (ms, viseme) in [(-20, Viseme::Aa), (0, Viseme::Sil), (20, Viseme::PP), (40, Viseme::PP), (60, Viseme::Ou)]
        {
            writer.step(AudioTime::from_ms(ms), &step(ms, viseme), &FacePose::REST).unwrap();
        }
        writer.finish(AudioTime::from_ms(80)).unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "0.000\tsil\n0.020\tPP\n0.060\tou\n0.080\tsil\n");
    }
}
