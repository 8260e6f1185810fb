//! What a face is shown on: a window, a screen of the kernel's, a small panel. A surface never keeps its caller waiting.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use keyface_core::Moment;

use super::{Canvas, FaceError, Flips, Rotation};

/// Whether a surface takes a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Yes, now.
    Now,
    /// Not yet: the one before is still on its way.
    Later,
    /// Never again: the user has closed it.
    Closed,
}

/// Something that shows pictures.
pub trait Surface {
    /// Width and height in pixels.
    fn size_px(&self) -> (u32, u32);

    /// How far the panel is turned, as far as the system knows.
    fn rotation(&self) -> Rotation {
        Rotation::Deg0
    }

    /// Whether it also takes pictures that are a whole number of times smaller, and shows them larger.
    fn zooms(&self) -> bool {
        false
    }

    /// How it changes pictures; `None` while it has no beat that it tells of.
    fn flips(&self) -> Option<Flips> {
        None
    }

    /// What can be read when [`Surface::tend`] has news.
    fn news(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// How soon it wants to be tended again, although nothing can be read and no picture is due.
    fn tend_in(&self) -> Option<Duration> {
        None
    }

    /// Goes on with what is under way and looks after the screen; called in each turn of the job.
    ///
    /// # Errors
    /// [`FaceError::Screen`] when the screen is gone: drop the surface and open it again.
    fn tend(&mut self, now: Moment) -> Result<Ready, FaceError>;

    /// Takes a picture; only after [`Ready::Now`].
    ///
    /// # Errors
    /// As [`Surface::tend`]; [`FaceError::FrameSize`] for a picture of another size.
    fn show(&mut self, picture: &Canvas, now: Moment) -> Result<(), FaceError>;
}

/// How many times larger a screen of `size` shows `picture`.
///
/// # Errors
/// [`FaceError::FrameSize`] when it is no whole number.
pub(super) fn zoom_of((width, height): (u32, u32), picture: &Canvas) -> Result<u32, FaceError> {
    let zoom = width.div_ceil(picture.width());
    let (expected_width, expected_height) = (width.div_ceil(zoom), height.div_ceil(zoom));
    if (picture.width(), picture.height()) == (expected_width, expected_height) {
        return Ok(zoom);
    }
    let (width, height) = (picture.width(), picture.height());
    Err(FaceError::FrameSize { expected_width, expected_height, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_must_fit_a_whole_number_of_times() {
        let zoom = |width, height| zoom_of((1280, 800), &Canvas::new(width, height).unwrap());
        assert_eq!(zoom(1280, 800).unwrap(), 1);
        assert_eq!(zoom(427, 267).unwrap(), 3);
        assert!(zoom(427, 300).is_err() && zoom(1281, 800).is_err());
    }
}
