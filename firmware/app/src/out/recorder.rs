//! Steps of the line in, files out: frames at a fixed rate of *audio* time, so that a live run and a file agree.

use std::path::{Path, PathBuf};

use keyface_core::{FacePose, Gains, Line, Micros, Step, retarget};

use super::{Writer, open};
use crate::AppError;
use crate::face::Life;

/// Files are the same each time that they are made.
const LIFE_SEED: u64 = 1;

/// What a time in a file means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamp {
    /// The time in the audio that the pose belongs to.
    #[default]
    Audio,
    /// The time when a live face could show it: all that had to be heard for it has been heard.
    Shown,
}

/// How files are written.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What a time means.
    pub stamp: Stamp,
    /// Frames a second of audio.
    pub fps: u32,
    /// Name of the sound, for formats that keep it.
    pub sound_name: String,
    /// How strongly the face moves.
    pub gains: Gains,
    /// Blinks, glances and breath, or only what is spoken.
    pub has_life: bool,
    /// What a live line would lose by resampling this sound.
    pub resampling: Micros,
}

impl Default for Recording {
    fn default() -> Self {
        Recording {
            stamp: Stamp::Audio,
            fps: 60,
            sound_name: String::new(),
            gains: Gains::default(),
            has_life: true,
            resampling: Micros(0),
        }
    }
}

/// Feeds every file of a run.
pub struct Recorder {
    recording: Recording,
    files: Vec<(PathBuf, Box<dyn Writer>)>,
    life: Option<Life>,
    next_frame: i64,
    /// How much later a step stands in the files than in the sound.
    shift: Micros,
}

impl Recorder {
    /// Opens all files.
    ///
    /// # Errors
    /// When an ending is unknown or a folder cannot be written.
    pub fn open(paths: &[PathBuf], recording: Recording) -> Result<Recorder, AppError> {
        let files: Result<Vec<_>, AppError> = paths.iter().map(|p| Ok((p.clone(), open(p, &recording)?))).collect();
        let life = recording.has_life.then(|| Life::new(LIFE_SEED));
        Ok(Recorder { recording, files: files?, life, next_frame: 0, shift: Micros(0) })
    }

    /// Whether there is anything to write.
    pub fn is_idle(&self) -> bool {
        self.files.is_empty()
    }

    /// A step came out of `line`. Call before the next push: the line keeps motion for a short time only.
    /// What lies behind the sound's `end`, once that is known, is left out.
    ///
    /// # Errors
    /// When the disk is full or gone; the text names the file.
    pub fn step(&mut self, line: &Line, step: &Step, end: Option<Micros>) -> Result<(), AppError> {
        if self.is_idle() {
            return Ok(());
        }
        let at = self.stamped(step);
        self.shift = at - step.at;
        if end.is_some_and(|end| step.at >= end) {
            return self.frames(line, step.at, end);
        }
        let pose = retarget(&step.motion, self.recording.gains);
        for (_, file) in &mut self.files {
            file.step(at, step, &pose)?;
        }
        self.frames(line, step.at, end)
    }

    /// Ends all files at audio time `end`.
    ///
    /// # Errors
    /// When the disk is full or gone; the text names the file.
    pub fn finish(self, end: Micros) -> Result<Vec<PathBuf>, AppError> {
        let end = end + self.shift;
        let finish = |(path, file): (PathBuf, Box<dyn Writer>)| file.finish(end).map(|()| path);
        self.files.into_iter().map(finish).collect()
    }

    fn stamped(&self, step: &Step) -> Micros {
        match self.recording.stamp {
            Stamp::Audio => step.at,
            Stamp::Shown => step.heard + self.recording.resampling,
        }
    }

    /// All frames up to the moment `known` and before the `end`. A frame at time t shows the motion of `t - shift`.
    fn frames(&mut self, line: &Line, known: Micros, end: Option<Micros>) -> Result<(), AppError> {
        loop {
            let at = Micros(self.next_frame * 1_000_000 / i64::from(self.recording.fps));
            let moment = at - self.shift;
            if moment > known || end.is_some_and(|end| moment >= end) {
                return Ok(());
            }
            let pose = self.pose(line, moment, at);
            for (_, file) in &mut self.files {
                file.frame(at, &pose)?;
            }
            self.next_frame += 1;
        }
    }

    fn pose(&self, line: &Line, moment: Micros, at: Micros) -> FacePose {
        let mut pose = retarget(&line.motion_at(moment), self.recording.gains);
        if let Some(life) = &self.life {
            life.apply(at, &mut pose);
        }
        pose
    }
}

/// The files that `--to file:A,file:B` or `--out` name must be different.
///
/// # Errors
/// When one file is named twice.
pub fn check_distinct(paths: &[PathBuf]) -> Result<(), AppError> {
    for (index, path) in paths.iter().enumerate() {
        if paths[..index].iter().any(|other| same(other, path)) {
            return Err(AppError::unexpected(path.display().to_string(), "different files", "the same file twice"));
        }
    }
    Ok(())
}

fn same(a: &Path, b: &Path) -> bool {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    whole(a) == whole(b)
}

#[cfg(test)]
pub(crate) mod tests {
    use keyface_core::{Motion, Mouth, Viseme};

    use super::*;

    pub fn step(ms: i64, viseme: Viseme) -> Step {
        Step {
            at: Micros::from_ms(ms),
            heard: Micros::from_ms(ms + 60),
            motion: Motion::REST,
            mouth: Mouth::Narrow,
            viseme,
            voice: 1.0,
            fusion: 0.0,
            key: None,
        }
    }

    #[test]
    fn a_file_named_twice_is_refused() {
        assert!(check_distinct(&["a.csv".into(), "b.csv".into(), "a.csv".into()]).is_err());
        assert!(check_distinct(&["a.csv".into(), "./a.csv".into()]).is_err());
        assert!(check_distinct(&["a.csv".into(), "b.csv".into()]).is_ok());
    }
}
