//! A sheet of the face with one picture for each phone heard.

use keyface_core::{AudioTime, FacePose, Step, Viseme};

use super::{AtomicFile, Writer};
use crate::AppError;
use crate::face::{FaceError, contact_sheet};

/// Pictures on a sheet; what comes later is left out. At 12 phones a second, 20 s.
const SHEET_PICTURES: usize = 240;
/// Steps of a viseme that are looked at for its middle: one second.
const RUN_STEPS: usize = 50;

/// Writes a `.png`: a picture of each viseme from its middle, labelled with its start.
pub(super) struct ContactSheet {
    file: AtomicFile,
    run: Option<Run>,
    shots: Vec<(String, FacePose)>,
}

/// Steps in a row that show the same viseme.
struct Run {
    viseme: Viseme,
    start: AudioTime,
    poses: Vec<FacePose>,
}

impl ContactSheet {
    pub fn new(file: AtomicFile) -> ContactSheet {
        ContactSheet { file, run: None, shots: Vec::new() }
    }

    fn end_run(&mut self) {
        let Some(Run { viseme, start, poses }) = self.run.take() else { return };
        if self.shots.len() < SHEET_PICTURES {
            self.shots.push((format!("{:.2} {}", start.as_s(), viseme.name()), poses[poses.len() / 2]));
        }
    }
}

impl Writer for ContactSheet {
    fn step(&mut self, at: AudioTime, step: &Step, pose: &FacePose) -> Result<(), AppError> {
        if at < AudioTime(0) {
            return Ok(());
        }
        match &mut self.run {
            // The middle of a long pause looks like its first second.
            Some(run) if run.viseme == step.viseme && run.poses.len() < RUN_STEPS => run.poses.push(*pose),
            Some(run) if run.viseme == step.viseme => {}
            _ => {
                self.end_run();
                self.run = Some(Run { viseme: step.viseme, start: at, poses: vec![*pose] });
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _end: AudioTime) -> Result<(), AppError> {
        self.end_run();
        if self.shots.is_empty() {
            self.shots.push(("rest".into(), FacePose::REST));
        }
        let failed = |e: FaceError| AppError::picture(self.file.path(), e);
        contact_sheet(&self.shots).and_then(|sheet| sheet.write_png(self.file.temporary())).map_err(failed)?;
        self.file.commit()
    }
}

#[cfg(test)]
mod tests {
    use keyface_core::Channel;

    use super::super::recorder::tests::step;
    use super::*;

    #[test]
    fn a_viseme_is_pictured_from_its_middle_and_labelled_with_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let mut sheet = ContactSheet::new(AtomicFile::create(&folder.path().join("a.png")).unwrap());
        for n in 0..5 {
            let mut pose = FacePose::REST;
            pose.set(Channel::JawOpen, n as f32 * 0.1);
            sheet.step(AudioTime::from_ms(100 + 20 * n), &step(0, Viseme::Aa), &pose).unwrap();
        }
        sheet.end_run();
        assert_eq!(sheet.shots[0].0, "0.10 aa");
        assert_eq!(sheet.shots[0].1[Channel::JawOpen], 0.2);
    }

    #[test]
    fn a_sheet_is_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let mut sheet = Box::new(ContactSheet::new(AtomicFile::create(&path).unwrap()));
        for frame in 0..12 {
            let at = AudioTime(frame * 1_000_000 / 60);
            sheet.step(at, &step(0, Viseme::ALL[frame as usize % 3]), &FacePose::REST).unwrap();
        }
        assert_eq!(sheet.shots.len(), 11);
        sheet.finish(AudioTime(0)).unwrap();
        assert!(std::fs::read(path).unwrap().starts_with(b"\x89PNG"));
    }
}
