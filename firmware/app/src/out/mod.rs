//! Where curves go: one file per writer, each told of every step and of every frame.

use keyface_core::{AudioTime, FacePose, Step};

use crate::AppError;

#[cfg(feature = "gif")]
mod animation;
mod atomic;
mod format;
mod frame_rate;
mod frames;
mod gltf;
mod live_link;
mod place;
mod poses;
mod recorder;
mod recording;
mod rhubarb;
mod sheet;
mod video;
mod visemes;

pub use atomic::AtomicFile;
pub use format::{ENDINGS, FORMATS, Format, Target};
pub use frame_rate::FrameRate;
pub use place::{SOUND, check_apart, check_distinct};
pub use poses::Names;
pub(crate) use poses::as_json as pose_as_json;
pub use recorder::Recorder;
#[cfg(test)]
pub(crate) use recorder::tests::step as step_of;
pub use recording::{Recording, Stamp};
pub use rhubarb::Shapes;
pub(crate) use rhubarb::shape_of as rhubarb_shape;

/// Writes one file. What is whole only at its end is seen under its name after [`Writer::finish`].
pub trait Writer {
    /// Frames a second that it wants; `None` for none.
    fn rate(&self) -> Option<FrameRate> {
        None
    }

    /// A step of the line, which belongs at `at` in the file.
    ///
    /// # Errors
    /// When the disk is full or gone.
    fn step(&mut self, _at: AudioTime, _step: &Step, _pose: &FacePose) -> Result<(), AppError> {
        Ok(())
    }

    /// A picture's worth of pose, at the file's frame rate.
    ///
    /// # Errors
    /// When the disk is full or gone.
    fn frame(&mut self, _at: AudioTime, _pose: &FacePose) -> Result<(), AppError> {
        Ok(())
    }

    /// What is heard, at 16 kHz; nothing behind the sound's end.
    ///
    /// # Errors
    /// When the disk is full or gone.
    fn sound(&mut self, _samples: &[f32]) -> Result<(), AppError> {
        Ok(())
    }

    /// The sound ended at `end`: completes the file.
    ///
    /// # Errors
    /// When the disk is full or gone.
    fn finish(self: Box<Self>, end: AudioTime) -> Result<(), AppError>;
}
