//! Poses in, a window with a face out.

use keyface_core::FacePose;

use crate::AppError;
use crate::face::{Face, FaceError, Window};

/// A face in a window.
pub struct Screen {
    face: Face,
    window: Window,
}

impl Screen {
    /// Opens the window.
    ///
    /// # Errors
    /// [`AppError::Screen`] when there is no display.
    pub fn open(title: &str, width_px: u32, height_px: u32) -> Result<Screen, AppError> {
        let no_screen = |e: FaceError| AppError::Screen { reason: e.to_string() };
        let face = Face::new(width_px, height_px).map_err(no_screen)?;
        let window = Window::open(title, width_px, height_px).map_err(no_screen)?;
        Ok(Screen { face, window })
    }

    /// Shows a pose; false when the user has closed the window.
    ///
    /// # Errors
    /// [`AppError::Screen`] when the display is gone.
    pub fn show(&mut self, pose: &FacePose) -> Result<bool, AppError> {
        let gone = |e: FaceError| AppError::Screen { reason: e.to_string() };
        self.window.show(self.face.draw(pose)).map_err(gone)
    }
}
