//! Ground-truth motion: phones, effort and style in; 100 Hz of [`Motion`] out.
//!
//! `phones -> blend (dominance) -> effort, style -> rest in silence -> contacts -> speed limits -> smoothing`

mod activity;
mod constraints;
mod contacts;
mod curve;
mod dominance;
mod effort;
#[cfg(test)]
mod facts;
mod fit;
mod law;
mod pitch;
#[cfg(test)]
mod speech;
mod style;
pub mod table;

pub use constraints::opening_mm;
pub use contacts::{Touch, teeth_together, touches};
pub use effort::Effort;
pub use fit::{Lesson, fit};
pub use keyface_core::script::{Hold, key_times, lip_on_teeth, sealed};
pub use law::Law;
pub use pitch::median_pitch_hz;
pub use style::Style;

use keyface_core::{Motion, MotionChannel};

use crate::clip::Segment;
use activity::Activity;
use contacts::{Contact, Contacts};
use dominance::Blend;

/// Brows of the surest accent: seen, and not a surprise.
const ACCENT_BROW: f32 = 0.28;
/// What a breath in adds before speech: `JawOpen`, `MouthLowerDown`, `MouthUpperUp`.
const BREATH: [(MotionChannel, f32); 3] =
    [(MotionChannel::JawOpen, 0.015), (MotionChannel::MouthLowerDown, 0.03), (MotionChannel::MouthUpperUp, 0.02)];

/// The time that a row describes, in seconds: the end of its 10 ms hop.
pub fn row_time_s(row: usize) -> f64 {
    (row + 1) as f64 * 0.010
}

/// Motion of a clip, a row for every hop that `effort` knows; row h describes the time (h + 1) * 10 ms.
///
/// # Shapes
/// `phones` cover the clip in order, without gaps; silence in them becomes exact rest.
pub fn motion(phones: &[Segment], effort: &Effort, style: &Style) -> Vec<Motion> {
    let law = &style.law;
    let blend = Blend::new(phones, law.reaches.map(|reach| style.slur * reach));
    let activity = Activity::new(phones);
    let contacts = Contacts::new(phones);
    let contact: Vec<Contact> = (0..effort.hops()).map(|h| contacts.at(row_time_s(h))).collect();
    let row = |h: usize| {
        let shaped_s = row_time_s(h) - law.late_s;
        let active = activity.at(shaped_s);
        let mut row = blend.at(shaped_s);
        scale(&mut row, style, effort.gain(h), active);
        breathe(&mut row, activity.breath_at(shaped_s));
        row[MotionChannel::BrowInnerUp] = ACCENT_BROW * active * effort.accent_at(shaped_s);
        Law::channels().for_each(|channel| row[channel] *= law.gains[channel as usize]);
        constraints::touch(&mut row, contact[h], active);
        row
    };
    let mut rows: Vec<Motion> = (0..effort.hops()).map(row).collect();
    constraints::finish(&mut rows, &contact);
    rows
}

/// Style and effort as gains; `active` brings everything home in silence.
fn scale(row: &mut Motion, style: &Style, effort: f32, active: f32) {
    use table::Articulator;
    for (articulator, channels) in table::BLENDED {
        let gain = match articulator {
            Articulator::Jaw => style.jaw * effort,
            Articulator::Rounding => style.rounding * effort,
            Articulator::Parting | Articulator::Spread => style.lips * effort,
            // How far the tip shows says which sound it is, not how loudly it is spoken.
            Articulator::Tongue => 1.0,
        };
        let (first, second) = (channels[0], channels[1]);
        row[first] *= gain * active;
        if second != first {
            row[second] *= gain * active;
        }
    }
}

fn breathe(row: &mut Motion, breath: f32) {
    BREATH.into_iter().for_each(|(channel, weight)| row[channel] += weight * breath);
}
