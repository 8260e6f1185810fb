//! A face on a screen: poses in, anti-aliased pictures out, on any embedded-graphics target.
//!
//! [`Face`] draws, [`Life`] keeps a resting face alive, [`Window`], [`GifWriter`] and [`Canvas::write_png`] show.

mod canvas;
mod curve;
mod draw;
mod error;
mod gif_writer;
mod life;
mod palette;
mod rig;
mod shapes;
mod sheet;
mod window;

use keyface_core::FacePose;

pub use canvas::{Canvas, MAX_SIDE, MIN_SIDE};
pub use curve::{Bend, Edge, Graph, Point};
pub use error::FaceError;
pub use gif_writer::GifWriter;
pub use life::Life;
pub use rig::{BrowRig, EyeRig, HeadRig, MouthRig, RigPose, Tongue};
pub use shapes::{MouthShape, nine_shapes};
pub use sheet::contact_sheet;
pub use window::Window;

/// A drawn character at one size.
pub struct Face {
    backdrop: Canvas,
    frame: Canvas,
}

impl Face {
    /// A face for a picture of `width` x `height` pixels, landscape or portrait.
    ///
    /// # Errors
    /// [`FaceError::Size`] outside [`MIN_SIDE`]..=[`MAX_SIDE`].
    pub fn new(width: u32, height: u32) -> Result<Face, FaceError> {
        let mut backdrop = Canvas::new(width, height)?;
        draw::backdrop::backdrop(backdrop.pixels_mut());
        Ok(Face { frame: backdrop.clone(), backdrop })
    }

    /// Draws a pose; the picture stays until the next call.
    pub fn draw(&mut self, pose: &FacePose) -> &Canvas {
        self.draw_rig(&RigPose::of(pose))
    }

    /// Draws outlines that were computed elsewhere.
    pub fn draw_rig(&mut self, rig: &RigPose) -> &Canvas {
        self.frame.copy_from(&self.backdrop);
        draw::draw(self.frame.pixels_mut(), rig);
        &self.frame
    }
}
