//! A face on a screen: poses in, anti-aliased pictures out, on any embedded-graphics target.
//!
//! [`Face`] draws, [`Life`] keeps a resting face alive; each [`Surface`], `GifWriter` and [`Canvas::write_png`] show.

mod area;
mod canvas;
mod curve;
mod dither;
mod draw;
#[cfg(target_os = "linux")]
mod drm;
mod error;
#[cfg(target_os = "linux")]
mod fbdev;
mod flips;
#[cfg(feature = "gif")]
mod gif_writer;
mod life;
mod look;
mod mask;
mod memory;
#[cfg(feature = "gif")]
mod palette;
mod pixels;
mod portrait;
mod rig;
mod rotation;
mod shapes;
mod sheet;
#[cfg(all(target_os = "linux", feature = "panel"))]
mod spi;
mod surface;
mod turns;
#[cfg(feature = "window")]
mod window;

#[cfg(target_os = "linux")]
pub use self::drm::{Choice, Drm, Refusal};
#[cfg(target_os = "linux")]
pub(crate) use self::drm::{GraphicsCard, panel_orientation};
pub use area::Area;
pub use canvas::{Canvas, MAX_SIDE, MIN_SIDE};
pub use curve::{Bend, Edge, Graph, Point};
pub use error::FaceError;
#[cfg(target_os = "linux")]
pub use fbdev::Fbdev;
pub use flips::{Beats, Flips};
#[cfg(feature = "gif")]
pub use gif_writer::GifWriter;
pub use life::Life;
pub use look::Look;
pub use mask::Mask;
pub use memory::Memory;
pub use pixels::{Depth, Layout, Pixels};
pub use portrait::Face;
pub use rig::{BrowRig, EyeRig, HeadRig, MouthRig, RigPose, Tongue};
pub use rotation::Rotation;
pub use shapes::{MouthShape, nine_shapes};
pub use sheet::contact_sheet;
#[cfg(all(target_os = "linux", feature = "panel"))]
pub use spi::Spi;
pub use surface::{Ready, Surface};
pub use turns::{Stale, Turns};
#[cfg(feature = "window")]
pub use window::Window;
