//! A board's servos in, how much earlier than a screen they want a face out: a slow jaw is told sooner.

use crate::board::{Joint, Servos};
use keyface_core::Span;

/// Servos take a face so much earlier than a screen at least: they are on their way for longer than a picture.
pub const SERVO_LEAD: Span = Span::from_ms(20);
/// No sound is held back longer than this for a slow jaw.
const LONGEST: Span = Span::from_ms(150);
/// From one moment of speech to the next a jaw goes this share of its way: the share whose lead brings slow jaws nearest
/// to the lips of recorded speech.
const SYLLABLE: f64 = 1.0 / 8.0;

/// How much earlier the jaws of a board are to be told a face, so that they are in step with the sound.
pub fn lead(servos: &Servos) -> Span {
    let on_buses = servos.buses.values().flat_map(|bus| &bus.joint).map(|joint| joint.as_joint());
    let joints = servos.joint.iter().cloned().chain(on_buses);
    let jaws = joints.filter(|joint| joint.follows.keys().any(|name| name.eq_ignore_ascii_case("jawOpen")));
    jaws.map(|jaw| behind(&jaw)).fold(SERVO_LEAD, Span::max).min(LONGEST)
}

/// How far a joint is behind who asks it for a syllable: half the time that it takes for the way.
fn behind(joint: &Joint) -> Span {
    let way = SYLLABLE * (f64::from(joint.full_us) - f64::from(joint.rest_us)).abs();
    Span::from_s(0.5 * travel_s(way, f64::from(joint.max_speed_us_per_s), f64::from(joint.max_acceleration_us_per_s2)))
}

/// The shortest time for a way from stand to stand, under a speed and an acceleration.
pub(super) fn travel_s(way: f64, speed: f64, acceleration: f64) -> f64 {
    let is_short = way * acceleration < speed * speed;
    if is_short { 2.0 * (way / acceleration).sqrt() } else { way / speed + speed / acceleration }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servo::joint::tests::joint;

    fn servos(speed: f32, acceleration: f32) -> Servos {
        let jaw = Joint { max_speed_us_per_s: speed, max_acceleration_us_per_s2: acceleration, ..joint() };
        let (chips, buses) = Default::default();
        Servos { pca9685: None, chips, buses, detach_after_s: None, joint: vec![jaw] }
    }

    #[test]
    fn a_slower_jaw_is_told_earlier() {
        assert_eq!(lead(&servos(40_000.0, 900_000.0)), SERVO_LEAD);
        let (quick, slow) = (lead(&servos(4_000.0, 80_000.0)), lead(&servos(1_500.0, 20_000.0)));
        assert!(SERVO_LEAD < quick && quick < slow && slow < Span::from_ms(100), "{quick:?} {slow:?}");
        assert_eq!(lead(&servos(50.0, 100.0)), LONGEST);
    }

    #[test]
    fn other_joints_hold_nothing_back() {
        let mut neck = servos(300.0, 1_000.0);
        neck.joint[0].follows = [("headYaw".to_owned(), 1.0)].into();
        assert_eq!(lead(&neck), SERVO_LEAD);
    }
}
