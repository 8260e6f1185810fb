//! Drawing: a rig in, anti-aliased pixels out. What does not move is drawn once ([`mod@backdrop`]), and what has not
//! changed is not drawn again ([`Scene`]).

mod backdrop;
mod brush;
mod cover;
mod eyes;
mod hair;
mod head;
mod ink;
mod mouth;
mod paint;
mod palette;
mod pass;
#[cfg(test)]
mod reference;
mod scan;
mod scene;
mod shape;

use tiny_skia::Transform;

use super::curve::at;
use super::rig::HeadRig;
pub use backdrop::{backdrop, body};
pub use scene::{Scene, Unseen};
pub use shape::Shape;

/// What must be visible, in face units: half width, top, bottom.
const HALF_WIDTH: f32 = 63.0;
const TOP: f32 = -75.0;
const BOTTOM: f32 = 72.0;
/// The head tilts about the neck.
const NECK: (f32, f32) = (0.0, 62.0);

/// How near each part is to the viewer, in face units: nearer parts shift more when the head turns.
mod depth {
    pub const BAND: f32 = 2.0;
    pub const PODS: f32 = -8.0;
    pub const SKULL: f32 = 6.0;
    pub const FRINGE: f32 = 14.0;
    pub const EYES: f32 = 24.0;
    pub const BROWS: f32 = 26.0;
    pub const NOSE: f32 = 36.0;
    pub const MOUTH: f32 = 28.0;
}

/// From face units to pixels: the whole head fits, whatever the sides.
fn placed(width: u32, height: u32) -> Transform {
    let (width, height) = (width as f32, height as f32);
    let scale = (width / (2.0 * HALF_WIDTH)).min(height / (BOTTOM - TOP));
    // In a tall picture the head stays above the middle, where a person's would be.
    let spare = height - scale * (BOTTOM - TOP);
    Transform::from_row(scale, 0.0, 0.0, scale, 0.5 * width, 0.4 * spare - TOP * scale)
}

fn tilted(place: Transform, head: &HeadRig) -> Transform {
    let neck = at(NECK.0, NECK.1);
    place.pre_concat(Transform::from_rotate_at(head.tilt_rad.to_degrees(), neck.x, neck.y))
}
