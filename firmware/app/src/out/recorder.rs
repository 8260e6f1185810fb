//! Steps of the line in, files out: frames at a fixed rate of *audio* time, so that a live run and a file agree.

use std::collections::VecDeque;
use std::path::PathBuf;

use keyface_core::{AudioTime, FacePose, Line, Moment, Prosody, Span, Step, retarget};

use super::format::Target;
use super::recording::{Recording, Stamp};
use super::{FrameRate, Writer};
use crate::AppError;
use crate::face::Life;

/// Feeds every file of a run.
pub struct Recorder {
    recording: Recording,
    files: Vec<Output>,
    /// How much later a step stands in the files than in the sound.
    shift: Span,
}

impl Recorder {
    /// Opens all files.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn open(targets: &[Target], recording: Recording) -> Result<Recorder, AppError> {
        let files: Result<Vec<_>, AppError> = targets.iter().map(|target| Output::open(target, &recording)).collect();
        Ok(Recorder { recording, files: files?, shift: Span(0) })
    }

    /// Whether there is anything to write.
    pub fn is_idle(&self) -> bool {
        self.files.is_empty()
    }

    /// What the line hears, for files that keep it; not what follows the sound's end.
    ///
    /// # Errors
    /// When the disk is full or gone; the text names the file.
    pub fn hear(&mut self, samples: &[f32]) -> Result<(), AppError> {
        self.each(|file| file.writer.sound(samples))
    }

    /// A step came out of `line`. Call before the next push: the line keeps motion for a short time only.
    /// What lies behind the sound's `end`, once that is known, is left out.
    ///
    /// # Errors
    /// When the disk is full or gone; the text names the file.
    pub fn step(&mut self, line: &Line, step: &Step, end: Option<AudioTime>) -> Result<(), AppError> {
        if self.is_idle() {
            return Ok(());
        }
        let at = self.stamped(step);
        self.shift = at - step.at;
        if end.is_none_or(|end| step.at < end) {
            let pose = retarget(&step.motion, self.recording.gains);
            self.each(|file| file.writer.step(at, step, &pose))?;
        }
        self.frames(line, step.at, end)
    }

    /// Ends all files at audio time `end`.
    ///
    /// # Errors
    /// When the disk is full or gone; the text names the file.
    pub fn finish(self, end: AudioTime) -> Result<Vec<PathBuf>, AppError> {
        let (end, count) = (end + self.shift, self.files.len());
        let done = self.files.into_iter().map(|file| file.finish(self.recording.life, end));
        done.filter(|done| !(count > 1 && is_unread(done))).collect()
    }

    /// Feeds each file. A pipe whose reader has left is given up while others are written; the last one ends the run.
    fn each(&mut self, mut feed: impl FnMut(&mut Output) -> Result<(), AppError>) -> Result<(), AppError> {
        let mut at = 0;
        while let Some(file) = self.files.get_mut(at) {
            let fed = feed(file);
            if self.files.len() > 1 && is_unread(&fed) {
                self.files.remove(at);
            } else {
                fed?;
                at += 1;
            }
        }
        Ok(())
    }

    fn stamped(&self, step: &Step) -> AudioTime {
        match self.recording.stamp {
            Stamp::Audio => step.at,
            Stamp::Shown => step.heard + self.recording.resampling,
        }
    }

    /// All frames up to the moment `known` and before the `end`. A frame at time t shows the motion of `t - shift`.
    fn frames(&mut self, line: &Line, known: AudioTime, end: Option<AudioTime>) -> Result<(), AppError> {
        let (shift, gains, life) = (self.shift, self.recording.gains, self.recording.life);
        self.each(|file| {
            while let Some(at) = file.next_frame() {
                let spoken_at = at - shift;
                if spoken_at > known || end.is_some_and(|end| spoken_at >= end) {
                    break;
                }
                let spoken = line.spoken_at(spoken_at);
                file.push((at, spoken.prosody, retarget(&spoken.motion, gains)), life)?;
            }
            Ok(())
        })
    }
}

fn is_unread<T>(done: &Result<T, AppError>) -> bool {
    done.as_ref().is_err_and(AppError::is_unread)
}

/// When a frame is shown, how it is said, and the face without life.
type Frame = (AudioTime, Prosody, FacePose);

/// One file, its rate, and its newest frames.
///
/// These wait for as long as a blink: where the sound ends in the middle of one, it is left out, and the last face
/// looks at its viewer.
struct Output {
    path: PathBuf,
    writer: Box<dyn Writer>,
    rate: Option<FrameRate>,
    frames: i64,
    waiting: VecDeque<Frame>,
}

impl Output {
    fn open(target: &Target, recording: &Recording) -> Result<Output, AppError> {
        let writer = target.open(recording)?;
        let rate = writer.rate();
        Ok(Output { path: target.path.clone(), writer, rate, frames: 0, waiting: VecDeque::new() })
    }

    fn next_frame(&self) -> Option<AudioTime> {
        self.rate.map(|rate| rate.time(self.frames))
    }

    fn push(&mut self, frame: Frame, life: Option<Life>) -> Result<(), AppError> {
        self.frames += 1;
        self.waiting.push_back(frame);
        while self.waiting.front().is_some_and(|(oldest, ..)| *oldest + Life::LONGEST_BLINK < frame.0) {
            self.release(life)?;
        }
        Ok(())
    }

    fn release(&mut self, life: Option<Life>) -> Result<(), AppError> {
        let Some((at, prosody, mut pose)) = self.waiting.pop_front() else { return Ok(()) };
        if let Some(life) = life {
            life.apply(Moment::as_if_played(at), &prosody, &mut pose);
        }
        self.writer.frame(at, &pose)
    }

    fn finish(mut self, life: Option<Life>, end: AudioTime) -> Result<PathBuf, AppError> {
        let last = self.waiting.back().map_or(end, |(at, ..)| *at);
        let life = life.map(|life| life.without_blink_at(Moment::as_if_played(last)));
        while !self.waiting.is_empty() {
            self.release(life)?;
        }
        self.writer.finish(end).map(|()| self.path)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use keyface_core::{Channel, Motion, Mouth, Viseme};

    use super::*;

    pub fn step(ms: i64, viseme: Viseme) -> Step {
        Step {
            at: AudioTime::from_ms(ms),
            heard: AudioTime::from_ms(ms + 60),
            motion: Motion::REST,
            mouth: Mouth::Narrow,
            viseme,
            voice: 1.0,
            fusion: 0.0,
            key: None,
        }
    }

    #[test]
    fn no_file_ends_on_closed_eyes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.poses.jsonl");
        let target = Target::new(Path::new(&path), None).unwrap();
        let life = Life::new(1);
        let mut cut_blinks = 0;
        // Every length up to nine seconds: among them all moments of two blinks.
        for frames in 1..540 {
            let mut output = Output::open(&target, &Recording::default()).unwrap();
            let mut last = FacePose::REST;
            for _ in 0..frames {
                let at = output.next_frame().unwrap();
                output.push((at, Prosody::REST, FacePose::REST), Some(life)).unwrap();
                last = FacePose::REST;
                life.apply(Moment::as_if_played(at), &Prosody::REST, &mut last);
            }
            output.finish(Some(life), AudioTime(frames * 1_000_000 / 60)).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(text.lines().count() as i64, frames);
            let pose: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
            assert_eq!(pose["weights"]["EyeBlinkLeft"], 0.0, "{frames} frames");
            cut_blinks += usize::from(last[Channel::EyeBlinkLeft] > 0.0);
        }
        assert!(cut_blinks > 20, "{cut_blinks}");
    }
}
