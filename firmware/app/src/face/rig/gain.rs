//! How strongly the drawn face shows a natural weight: natural speech moves little, and a small screen shows less.
//!
//! Each gain saturates, `1 - exp(-weight / reach)`: a whisper of a movement is seen, and a shout still fits the face.

use keyface_core::contact::touching;
use keyface_core::{Channel, FacePose};

/// Weight at which a jaw is 63 % open. Natural vowels (0.15-0.30) then open it by 40-65 %.
const JAW_REACH: f32 = 0.28;
/// Same for the lower lip's fall, whose natural maximum is near 0.4.
const LOWER_DOWN_REACH: f32 = 0.35;
/// Same for the upper lip's rise.
const UPPER_UP_REACH: f32 = 0.30;
/// Same for rounding; a natural `uw` has 0.55 of pucker and 0.30 of funnel.
const ROUND_REACH: f32 = 0.45;
/// Same for spreading; a natural `iy` has 0.20 of smile and 0.16 of stretch.
const SPREAD_REACH: f32 = 0.32;
/// Same for pressing; natural closures stay below 0.2.
const PRESS_REACH: f32 = 0.15;
/// Share of the weight at which lips touch from which the drawn ones do.
const TOUCH_SHARE: f32 = 0.95;

fn saturating(weight: f32, reach: f32) -> f32 {
    1.0 - (-weight.max(0.0) / reach).exp()
}

fn mean(pose: &FacePose, left: Channel, right: Channel) -> f32 {
    0.5 * (pose[left] + pose[right])
}

/// Smooth step from 0 at `low` to 1 at `high`.
pub fn step(value: f32, low: f32, high: f32) -> f32 {
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}

/// How open the jaw looks, 0..=1.
pub fn jaw(weight: f32) -> f32 {
    saturating(weight, JAW_REACH)
}

/// How far the cheeks rise, 0..=1.
pub fn cheek_lift(pose: &FacePose) -> f32 {
    let smile = mean(pose, Channel::MouthSmileLeft, Channel::MouthSmileRight);
    let squint = mean(pose, Channel::CheekSquintLeft, Channel::CheekSquintRight);
    saturating(smile + squint, 0.5)
}

/// What the lips do, each 0..=1 and already amplified.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lips {
    pub jaw: f32,
    pub lower_down: f32,
    pub upper_up: f32,
    pub round: f32,
    pub funnel: f32,
    pub spread: f32,
    pub press: f32,
    /// 1: the lips touch along their whole length.
    pub sealed: f32,
    /// 1: the lower lip lies under the upper teeth.
    pub tucked: f32,
    /// Lift of the corners, left and right; negative is a frown.
    pub corner_lift: [f32; 2],
    /// Tip between the teeth.
    pub tongue_out: f32,
    /// Tip behind the upper teeth.
    pub tongue_up: f32,
}

impl Lips {
    pub fn of(pose: &FacePose) -> Lips {
        use Channel::*;
        let sealed = (pose[MouthClose] / (TOUCH_SHARE * touching(pose[JawOpen]))).min(1.0);
        let (funnel, pucker) = (pose[MouthFunnel], pose[MouthPucker]);
        let smile = mean(pose, MouthSmileLeft, MouthSmileRight);
        let stretch = mean(pose, MouthStretchLeft, MouthStretchRight);
        let dimple = mean(pose, MouthDimpleLeft, MouthDimpleRight);
        Lips {
            jaw: jaw(pose[JawOpen]),
            lower_down: saturating(mean(pose, MouthLowerDownLeft, MouthLowerDownRight), LOWER_DOWN_REACH),
            upper_up: saturating(mean(pose, MouthUpperUpLeft, MouthUpperUpRight), UPPER_UP_REACH),
            round: saturating(pucker + 0.55 * funnel, ROUND_REACH),
            funnel: saturating(funnel, ROUND_REACH) * (1.0 - saturating(pucker, ROUND_REACH)),
            spread: saturating(smile + 0.8 * stretch + 0.5 * dimple, SPREAD_REACH),
            press: saturating(mean(pose, MouthPressLeft, MouthPressRight) + 0.5 * pose[MouthRollUpper], PRESS_REACH),
            sealed,
            // The roll of a pressed closure (0.1) is no bite; that of f and v (0.35) is.
            tucked: step(pose[MouthRollLower], 0.12, 0.30) * (1.0 - sealed),
            corner_lift: [
                corner(pose[MouthSmileLeft], pose[MouthFrownLeft]),
                corner(pose[MouthSmileRight], pose[MouthFrownRight]),
            ],
            tongue_out: tongue_out(pose[TongueOut]),
            tongue_up: if pose.tongue_up.is_finite() { pose.tongue_up.clamp(0.0, 1.0) } else { 0.0 },
        }
    }

    /// How far the mouth is from rest, 0..=1: a resting smile fades while it speaks.
    pub fn busy(&self) -> f32 {
        let most = self.jaw.max(self.lower_down).max(self.upper_up).max(self.round).max(self.press).max(self.tucked);
        step(most, 0.05, 0.45)
    }
}

fn corner(smile: f32, frown: f32) -> f32 {
    saturating(smile, SPREAD_REACH) - saturating(frown, SPREAD_REACH)
}

/// Up to 1 for a tip between the teeth (0.15), and on to 2 for a tongue shown on purpose.
fn tongue_out(weight: f32) -> f32 {
    step(weight, 0.03, 0.15) + step(weight, 0.25, 1.0)
}
