//! Where curves go: one file per writer, each told of every step and of every frame.

use std::path::Path;

use keyface_core::{FacePose, Micros, Step};

use crate::AppError;

mod atomic;
mod live_link;
mod pictures;
mod poses;
mod recorder;
mod rhubarb;
mod visemes;

pub use atomic::AtomicFile;
pub(crate) use poses::as_json as pose_as_json;
#[cfg(test)]
pub(crate) use recorder::tests::step as step_of;
pub use recorder::{Recorder, Recording, Stamp, check_distinct};
pub(crate) use rhubarb::shape_of as rhubarb_shape;

/// The file endings that can be written, as help and errors list them.
pub const ENDINGS: &str =
    ".csv (Live Link Face), .tsv or .json (Rhubarb), .visemes.tsv (Oculus), .poses.jsonl, .gif, .png";

/// Writes one file. Nothing is seen under its name before [`Writer::finish`].
pub trait Writer {
    /// A step of the line, which belongs at `at` in the file.
    ///
    /// # Errors
    /// When the disk is full or gone.
    fn step(&mut self, _at: Micros, _step: &Step, _pose: &FacePose) -> Result<(), AppError> {
        Ok(())
    }

    /// A picture's worth of pose, at the file's frame rate.
    ///
    /// # Errors
    /// When the disk is full or gone.
    fn frame(&mut self, _at: Micros, _pose: &FacePose) -> Result<(), AppError> {
        Ok(())
    }

    /// The sound ended at `end`: completes the file.
    ///
    /// # Errors
    /// When the disk is full or gone.
    fn finish(self: Box<Self>, end: Micros) -> Result<(), AppError>;
}

/// Opens the writer that a file's ending asks for.
///
/// # Errors
/// When the ending is unknown or the folder cannot be written.
pub(crate) fn open(path: &Path, recording: &Recording) -> Result<Box<dyn Writer>, AppError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let file = || AtomicFile::create(path);
    Ok(match name.as_str() {
        n if n.ends_with(".visemes.tsv") => Box::new(visemes::Visemes::new(file()?)),
        n if n.ends_with(".poses.jsonl") => Box::new(poses::Poses::new(file()?)),
        n if n.ends_with(".csv") => Box::new(live_link::LiveLink::new(file()?, recording.fps)?),
        n if n.ends_with(".tsv") => Box::new(rhubarb::Rhubarb::tsv(file()?)),
        n if n.ends_with(".json") => Box::new(rhubarb::Rhubarb::json(file()?, &recording.sound_name)),
        n if n.ends_with(".gif") => Box::new(pictures::Animation::new(file()?, recording.fps)?),
        n if n.ends_with(".png") => Box::new(pictures::ContactSheet::new(file()?)),
        _ => {
            return Err(AppError::unexpected(
                path.display().to_string(),
                format!("one of {ENDINGS}"),
                "another ending",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_ending_is_refused_with_those_that_are_known() {
        let error = open(Path::new("a.mov"), &Recording::default()).err().unwrap().to_string();
        assert_eq!(error, format!("a.mov: expected one of {ENDINGS}, came another ending"));
    }
}
