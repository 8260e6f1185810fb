//! Life of a face: blinks, saccades and breathing, and a head and brows that follow the voice, added to a pose.
//!
//! A pure function of a seed, a time and how it is said then: the same second looks the same live, from a file and in a
//! test. Where life moves the brows, it alone does: what a network says of them is left out.

use std::f32::consts::TAU;

use keyface_core::{Channel, FacePose, Moment, Prosody, Span};

use crate::chance::mixed;

/// Which living motions are added, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Blinks every 2 to 6 s, now and then twice.
    pub blinks: bool,
    /// Small jumps of the gaze, and a little of the head after them.
    pub saccades: bool,
    /// Breath and slow sway of the head.
    pub breathing: bool,
    /// Brows that rise with the accents of the voice, drift slowly, and lift now and then in silence.
    pub brows: bool,
    /// A head that moves while the voice is loud, nods on its accents and sinks where a phrase ends.
    pub nods: bool,
    seed: u64,
    /// The slot whose blink is left out.
    skipped: Option<i64>,
}

/// One blink stands in each slot of this length, at most [`BLINK_JITTER_S`] from its start: 2-6 s apart.
const BLINK_SLOT_S: f64 = 4.0;
const BLINK_JITTER_S: f64 = 1.0;
/// Lids close in 80 ms, stay closed for 40 ms and open in 170 ms, as people's do.
const CLOSING_S: f64 = 0.080;
const CLOSED_S: f64 = 0.040;
const OPENING_S: f64 = 0.170;
/// Share of blinks that come twice, and the time between the two.
const DOUBLE_SHARE: f32 = 0.15;
const DOUBLE_AFTER_S: f64 = 0.34;
/// One fixation per slot; it begins at most [`GAZE_JITTER_S`] from the slot's start.
const GAZE_SLOT_S: f64 = 1.5;
const GAZE_JITTER_S: f64 = 0.55;
/// Duration of a jump of the gaze.
const SACCADE_S: f64 = 0.045;
/// Share of fixations that leave the viewer.
const AWAY_SHARE: f32 = 0.22;
/// Half the range of a fixation on the viewer, and away from the viewer (yaw, pitch).
const NEAR_RAD: [f32; 2] = [0.035, 0.022];
const AWAY_RAD: [f32; 2] = [0.20, 0.09];
/// Breaths per second.
const BREATH_HZ: f64 = 0.24;
/// A lift of the brows may stand in each slot of this length.
const BROW_SLOT_S: f64 = 5.0;
const BROW_SHARE: f32 = 0.45;
const BROW_LIFT_S: f64 = 0.9;
/// Weights of a full accent, inner and outer brows, and of a lift in silence.
const BROW_ACCENT: [f32; 2] = [0.30, 0.42];
const BROW_LIFT: [f32; 2] = [0.10, 0.30];
/// How far the head goes in a phrase (yaw, pitch, roll), and how often a full voice turns it back in a second.
const SWAY_RAD: [f32; 3] = [0.080, 0.050, 0.045];
const SWAY_HZ: [f64; 3] = [0.62, 0.84, 0.50];
/// The way goes on slowly without a voice, so that no two sentences begin alike.
const DRIFT: f64 = 0.08;
/// How far a full accent and a phrase's end bow it.
const NOD_RAD: f32 = 0.050;
const BOW_RAD: f32 = 0.022;

/// Independent streams of chance.
#[derive(Clone, Copy)]
enum Stream {
    BlinkAt,
    BlinkTwice,
    GazeAt,
    GazeAway,
    GazeYaw,
    GazePitch,
    BrowAt,
    BrowOften,
    Phase,
}

impl Life {
    /// No blink, twice or not, lasts longer.
    pub const LONGEST_BLINK: Span =
        Span::from_ms(((DOUBLE_AFTER_S + CLOSING_S + CLOSED_S + OPENING_S) * 1_000.0) as i64 + 1);

    /// Everything alive.
    pub const fn new(seed: u64) -> Life {
        Life { blinks: true, saccades: true, breathing: true, brows: true, nods: true, seed, skipped: None }
    }

    /// The same without the blink, if any, that is under way at `end`.
    pub fn without_blink_at(self, end: Moment) -> Life {
        let end_s = end.as_s();
        let slot = (end_s / BLINK_SLOT_S).floor() as i64;
        let skipped = (slot - 1..=slot + 1).find(|slot| self.blink_of(*slot, end_s) > 0.0);
        Life { skipped, ..self }
    }

    /// Adds life at `time` to a pose; what the pose already does is kept, but for brows.
    pub fn apply(&self, time: Moment, prosody: &Prosody, pose: &mut FacePose) {
        let time_s = time.as_s();
        if self.blinks {
            self.blink(time_s, pose);
        }
        if self.saccades {
            self.look(time_s, pose);
        }
        if self.breathing {
            self.breathe(time_s, pose);
        }
        if self.brows {
            self.lift_brows(time_s, prosody, pose);
        }
        if self.nods {
            self.nod(time_s, prosody, pose);
        }
    }

    /// How far the lids are closed by blinks at a time, 0..=1.
    fn lids(&self, time_s: f64) -> f32 {
        let slot = (time_s / BLINK_SLOT_S).floor() as i64;
        let seen = (slot - 1..=slot + 1).filter(|slot| Some(*slot) != self.skipped);
        seen.map(|slot| self.blink_of(slot, time_s)).fold(0.0, f32::max)
    }

    fn blink_of(&self, slot: i64, time_s: f64) -> f32 {
        let since = time_s - self.blink_at_s(slot);
        let again = if self.chance(Stream::BlinkTwice, slot) < DOUBLE_SHARE { since - DOUBLE_AFTER_S } else { -1.0 };
        blink_curve(since).max(blink_curve(again))
    }

    fn blink_at_s(&self, slot: i64) -> f64 {
        slot as f64 * BLINK_SLOT_S + BLINK_JITTER_S * f64::from(self.signed(Stream::BlinkAt, slot))
    }

    fn blink(&self, time_s: f64, pose: &mut FacePose) {
        let closed = self.lids(time_s);
        for lid in [Channel::EyeBlinkLeft, Channel::EyeBlinkRight] {
            pose.set(lid, pose[lid].max(closed));
        }
    }

    fn look(&self, time_s: f64, pose: &mut FacePose) {
        let [yaw_rad, pitch_rad] = self.gaze(time_s);
        for eye in &mut pose.eyes {
            eye.yaw_rad += yaw_rad;
            eye.pitch_rad += pitch_rad;
        }
    }

    /// Where the eyes look, as yaw and pitch.
    fn gaze(&self, time_s: f64) -> [f32; 2] {
        let begun =
            |slot: i64| slot as f64 * GAZE_SLOT_S + GAZE_JITTER_S * f64::from(self.signed(Stream::GazeAt, slot));
        let slot = (time_s / GAZE_SLOT_S).floor() as i64;
        let now = (slot - 1..=slot + 1).rev().find(|slot| begun(*slot) <= time_s).unwrap_or(slot - 1);
        let jumped = smooth((time_s - begun(now)) / SACCADE_S);
        let (from, to) = (self.fixation(now - 1), self.fixation(now));
        [from[0] + jumped * (to[0] - from[0]), from[1] + jumped * (to[1] - from[1])]
    }

    fn fixation(&self, slot: i64) -> [f32; 2] {
        let away = self.chance(Stream::GazeAway, slot) < AWAY_SHARE;
        let range_rad = if away { AWAY_RAD } else { NEAR_RAD };
        [range_rad[0] * self.signed(Stream::GazeYaw, slot), range_rad[1] * self.signed(Stream::GazePitch, slot)]
    }

    fn breathe(&self, time_s: f64, pose: &mut FacePose) {
        let breath = (f64::from(TAU) * BREATH_HZ * time_s).sin() as f32;
        pose.head.yaw_rad += 0.040 * self.wander(time_s, 0, 0.071);
        pose.head.pitch_rad += 0.012 * breath + 0.018 * self.wander(time_s, 1, 0.093);
        pose.head.roll_rad += 0.022 * self.wander(time_s, 2, 0.057);
    }

    fn lift_brows(&self, time_s: f64, prosody: &Prosody, pose: &mut FacePose) {
        let slot = (time_s / BROW_SLOT_S).floor() as i64;
        let lift = (slot - 1..=slot).map(|slot| self.brow_lift(slot, time_s)).fold(0.0, f32::max);
        // Who speaks lifts the brows on accents, and not by chance.
        let lift = lift * (1.0 - prosody.loudness).max(0.0);
        let drift = 0.05 * (1.0 + self.wander(time_s, 3, 0.11));
        let weight =
            |side: usize, share: f32| share * drift + BROW_LIFT[side] * lift + BROW_ACCENT[side] * prosody.accent;
        pose.set(Channel::BrowInnerUp, weight(0, 0.5));
        pose.set(Channel::BrowOuterUpLeft, weight(1, 1.0));
        pose.set(Channel::BrowOuterUpRight, weight(1, 1.0));
    }

    fn nod(&self, time_s: f64, prosody: &Prosody, pose: &mut FacePose) {
        let way_s = prosody.way_s + DRIFT * time_s;
        let sway = |axis: usize| SWAY_RAD[axis] * self.wander(way_s, 4 + axis as i64, SWAY_HZ[axis]);
        let [yaw, pitch, roll] = [0, 1, 2].map(|axis| prosody.phrase * sway(axis));
        pose.head.yaw_rad += yaw;
        pose.head.pitch_rad += pitch - NOD_RAD * prosody.accent - BOW_RAD * prosody.ending;
        pose.head.roll_rad += roll;
    }

    fn brow_lift(&self, slot: i64, time_s: f64) -> f32 {
        if self.chance(Stream::BrowOften, slot) > BROW_SHARE {
            return 0.0;
        }
        let start_s = (slot as f64 + 0.7 * f64::from(self.chance(Stream::BrowAt, slot))) * BROW_SLOT_S;
        let share = ((time_s - start_s) / BROW_LIFT_S).clamp(0.0, 1.0);
        (std::f64::consts::PI * share).sin().powi(2) as f32
    }

    /// A slow wandering in -1..=1: three sines that never meet again.
    fn wander(&self, time_s: f64, which: i64, hz: f64) -> f32 {
        let sine = |k: i64, ratio: f64| {
            let phase = f64::from(self.chance(Stream::Phase, 3 * which + k));
            (std::f64::consts::TAU * (hz * ratio * time_s + phase)).sin() as f32
        };
        0.5 * sine(0, 1.0) + 0.3 * sine(1, 1.618) + 0.2 * sine(2, 2.414)
    }

    /// A number in -1..1 that depends on seed, stream and slot only.
    fn signed(&self, stream: Stream, slot: i64) -> f32 {
        2.0 * self.chance(stream, slot) - 1.0
    }

    /// A number in 0..1.
    fn chance(&self, stream: Stream, slot: i64) -> f32 {
        let seed = self.seed ^ (slot as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ ((stream as u64) << 56);
        (mixed(seed) >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// Lids over one blink that begins at 0 s.
fn blink_curve(since_s: f64) -> f32 {
    if since_s < CLOSING_S {
        return smooth(since_s / CLOSING_S);
    }
    1.0 - smooth((since_s - CLOSING_S - CLOSED_S) / OPENING_S)
}

fn smooth(share: f64) -> f32 {
    let share = share.clamp(0.0, 1.0) as f32;
    share * share * (3.0 - 2.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Life = Life::new(7);

    fn pose_at(life: &Life, ms: i64) -> FacePose {
        let mut pose = FacePose::REST;
        life.apply(Moment::from_ms(ms), &Prosody::REST, &mut pose);
        pose
    }

    /// Times at which the lids begin to close, in seconds.
    fn blinks(life: &Life, seconds: i64) -> Vec<f64> {
        let closed = |ms: i64| pose_at(life, ms)[Channel::EyeBlinkLeft] > 0.5;
        (1..seconds * 100).filter(|i| closed(10 * i) && !closed(10 * (i - 1))).map(|i| i as f64 * 0.01).collect()
    }

    #[test]
    fn blinks_come_every_two_to_six_seconds_and_sometimes_twice() {
        let blinks = blinks(&LIFE, 600);
        let gaps: Vec<f64> = blinks.windows(2).map(|b| b[1] - b[0]).collect();
        let (doubles, singles): (Vec<f64>, Vec<f64>) = gaps.iter().partition(|gap| **gap < 1.0);
        assert!((10..45).contains(&doubles.len()), "{} double blinks of 150", doubles.len());
        assert!(singles.iter().all(|gap| (1.6..=6.1).contains(gap)), "{singles:?}");
    }

    #[test]
    fn lids_close_faster_than_they_open() {
        let start_ms = (LIFE.blink_at_s(5) * 1000.0) as i64;
        let lids = |ms: i64| pose_at(&LIFE, start_ms + ms)[Channel::EyeBlinkLeft];
        assert_eq!(lids(100), 1.0);
        assert!(lids(60) > 0.5 && lids(180) > 0.5 && lids(290) < 0.05);
    }

    #[test]
    fn the_same_time_looks_the_same_whatever_was_asked_before() {
        let first = pose_at(&LIFE, 12_345);
        pose_at(&LIFE, 99_999);
        assert_eq!(pose_at(&LIFE, 12_345), first);
        assert_ne!(pose_at(&Life::new(8), 12_345), first);
    }

    #[test]
    fn what_is_switched_off_does_not_move() {
        let off = Life { blinks: false, saccades: false, breathing: false, brows: false, nods: false, ..LIFE };
        assert!((0..500).all(|i| pose_at(&off, 40 * i) == FacePose::REST));
        let only_eyes = Life { saccades: true, ..off };
        assert!((0..500).all(|i| pose_at(&only_eyes, 40 * i).weights() == FacePose::REST.weights()));
        for only in [Life { blinks: true, ..off }, only_eyes, Life { breathing: true, ..off }] {
            assert!((0..500).any(|i| pose_at(&only, 40 * i) != FacePose::REST), "{only:?}");
        }
    }

    #[test]
    fn a_voice_moves_head_and_brows_and_each_can_be_switched_off() {
        let loud = Prosody { loudness: 1.0, accent: 1.0, phrase: 1.0, ..Prosody::REST };
        let said = |life: &Life, prosody: &Prosody| {
            let mut pose = FacePose::REST;
            life.apply(Moment::from_ms(3_000), prosody, &mut pose);
            (pose.head, pose[Channel::BrowOuterUpLeft])
        };
        let [rest, spoken] = [Prosody::REST, loud].map(|prosody| said(&LIFE, &prosody));
        assert!(spoken.1 > rest.1 + 0.3 && spoken.0.pitch_rad < rest.0.pitch_rad - 0.02, "{rest:?} {spoken:?}");
        let no_nods = Life { nods: false, ..LIFE };
        assert_eq!(said(&no_nods, &loud), (rest.0, spoken.1));
        let no_brows = Life { brows: false, ..LIFE };
        assert_eq!(said(&no_brows, &loud), (spoken.0, 0.0));
    }

    #[test]
    fn brows_have_one_owner() {
        let mut pose = FacePose::REST;
        pose.set(Channel::BrowInnerUp, 0.8);
        let of_the_network = pose;
        Life { brows: false, ..LIFE }.apply(Moment(0), &Prosody::REST, &mut pose);
        assert_eq!(pose[Channel::BrowInnerUp], 0.8);
        pose = of_the_network;
        LIFE.apply(Moment(0), &Prosody::REST, &mut pose);
        assert_eq!(pose[Channel::BrowInnerUp], pose_at(&LIFE, 0)[Channel::BrowInnerUp]);
    }

    #[test]
    fn life_leaves_the_mouth_alone() {
        let mouth = |pose: &FacePose| Channel::ALL.map(|c| if c.name().starts_with("Mouth") { pose[c] } else { 0.0 });
        assert!((0..500).all(|i| mouth(&pose_at(&LIFE, 40 * i)) == mouth(&FacePose::REST)));
    }

    #[test]
    fn head_and_gaze_move_little_and_without_jumps_of_the_head() {
        for i in 0..5000 {
            let (now, next) = (pose_at(&LIFE, 20 * i), pose_at(&LIFE, 20 * i + 20));
            assert!(now.head.yaw_rad.abs() < 0.06 && now.head.pitch_rad.abs() < 0.05 && now.head.roll_rad.abs() < 0.04);
            assert!((now.head.yaw_rad - next.head.yaw_rad).abs() < 0.002);
            assert!(now.eyes[0].yaw_rad.abs() <= 0.25 && now.eyes[0] == now.eyes[1]);
        }
    }

    #[test]
    fn a_closed_eye_stays_closed() {
        let mut pose = FacePose::REST;
        pose.set(Channel::EyeBlinkLeft, 1.0);
        LIFE.apply(Moment::from_ms(2_000), &Prosody::REST, &mut pose);
        assert_eq!(pose[Channel::EyeBlinkLeft], 1.0);
    }
}
