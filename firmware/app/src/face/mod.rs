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
mod portrait;
mod rig;
mod shapes;
mod sheet;
mod window;

pub use canvas::{Canvas, MAX_SIDE, MIN_SIDE};
pub use curve::{Bend, Edge, Graph, Point};
pub use error::FaceError;
pub use gif_writer::GifWriter;
pub use life::Life;
pub use portrait::Face;
pub use rig::{BrowRig, EyeRig, HeadRig, MouthRig, RigPose, Tongue};
pub use shapes::{MouthShape, nine_shapes};
pub use sheet::contact_sheet;
pub use window::Window;
