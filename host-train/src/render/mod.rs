//! Channels in, pictures of a face out, with slopes all the way: what a lip reader's loss reaches a motion through.
//!
//! `weights -> Morphs -> points -> Shot -> pictures -> a reader -> its loss -> Shot::term -> joins the motion's loss`

mod agreement;
mod body;
mod depths;
mod film;
mod glb;
mod head;
mod mesh;
mod morphs;
mod raster;
mod shot;
mod silhouette;
mod slope;
mod video;
mod view;

pub use agreement::{Agreement, agreement, mouths_of_speech};
pub use body::{Body, Moves, V3, length, luma};
pub use film::{Row, Screen};
pub use glb::Glb;
#[cfg(test)]
pub use glb::testing as glb_testing;
pub use head::{Head, Mouth, posed};
pub use mesh::{Edge, Mesh};
pub use morphs::Morphs;
pub use raster::{Frame, render};
pub use shot::{Shot, normalized};
pub use slope::slope;
pub use video::{not_run, write_video};
pub use view::{Crop, Light, View};

#[cfg(test)]
mod tests;
