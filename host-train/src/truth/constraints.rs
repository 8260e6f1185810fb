//! Blended motion and contacts in, motion that keeps the contacts and the speeds of a human mouth out.
//!
//! Where lips touch is the device's own law ([`contact`](keyface_core::contact)). The rest is not: there a network's pose
//! is put right in one step, so that the contact is seen; here all of the utterance is known, and a contact comes and goes
//! as a mouth makes it, in its own depth.

use keyface_core::contact::{TOUCH_OFFSET, TOUCH_SLOPE};
use keyface_core::{Motion, MotionChannel};

use super::contacts::Contact;
use super::curve;

/// On the ICT head, `JawOpen` 1 parts the lips by this many millimetres.
pub const JAW_OPENING_MM: f32 = 33.0;
/// `MouthLowerDown` and `MouthUpperUp` 1 together part them by this many, `MouthFunnel` 1 by that many.
const LIPS_PARTING_MM: f32 = 14.0;
const FUNNEL_MM: f32 = 13.0;

/// Fastest jaw; people stay below about 200 mm/s.
const JAW_MM_PER_S: f32 = 170.0;
/// Fastest parting of the lips by jaw and seal; with [`LIP_STEP`] the lips stay below 300 mm/s.
const SEAL_MM_PER_S: f32 = 175.0;
/// Largest change of a lip channel in a row: from rest to a wide vowel in 90 ms.
const LIP_STEP: f32 = 0.042;
/// A funnel alone parts the lips by 13 mm: it takes its time.
const FUNNEL_STEP: f32 = 0.025;
const ROW_S: f32 = 0.010;

/// Jaw of closed teeth: the incisors stand edge to edge.
const TEETH_JAW: f32 = 0.03;
/// Jaw under a lip on the teeth.
const LIP_TEETH_JAW: f32 = 0.06;
/// The lower lip rolls in to meet the upper teeth (f v); less to meet the other lip (p b m).
const LIP_TEETH_ROLL: f32 = 0.35;
const SEALED_ROLL: [f32; 2] = [0.10, 0.05];
const SEALED_PRESS: f32 = 0.20;
/// The upper lip clears the teeth for f v.
const LIP_TEETH_UPPER_UP: f32 = 0.18;

/// How far the lips are apart at the middle, in millimetres on the ICT head; at rest 0.
pub fn opening_mm(row: &Motion) -> f32 {
    use MotionChannel as M;
    let jaw = JAW_OPENING_MM * (row[M::JawOpen] - row[M::MouthClose] / TOUCH_SLOPE);
    let parting = LIPS_PARTING_MM * 0.5 * (row[M::MouthLowerDown] + row[M::MouthUpperUp]);
    jaw + parting + FUNNEL_MM * row[M::MouthFunnel]
}

/// Bends one row towards its contacts. `active` scales what the contacts want, so that they fade with the speech.
pub fn touch(motion: &mut Motion, contact: Contact, active: f32) {
    use MotionChannel as M;
    let toward = |value: &mut f32, target: f32, share: f32| *value += share * (target - *value);
    toward(&mut motion[M::JawOpen], TEETH_JAW * active, contact.teeth);
    toward(&mut motion[M::JawOpen], LIP_TEETH_JAW * active, contact.lip_teeth);
    toward(&mut motion[M::MouthUpperUp], LIP_TEETH_UPPER_UP * active, contact.lip_teeth);
    motion[M::MouthLowerDown] *= 1.0 - contact.lip_teeth;
    motion[M::MouthFunnel] *= 1.0 - 0.5 * contact.lip_teeth;
    seal(motion, contact.lips);
    toward(&mut motion[M::MouthRollLower], LIP_TEETH_ROLL, contact.lip_teeth);
}

/// Sealed lips: nothing parts them, and a funnel (which opens them by 13 mm) least of all; a pucker may stay.
fn seal(motion: &mut Motion, lips: f32) {
    use MotionChannel as M;
    for channel in [M::MouthLowerDown, M::MouthUpperUp, M::MouthFunnel] {
        motion[channel] *= 1.0 - lips;
    }
    motion[M::MouthRollLower] = SEALED_ROLL[0] * lips;
    motion[M::MouthRollUpper] = SEALED_ROLL[1] * lips;
    motion[M::MouthPress] = SEALED_PRESS * lips;
}

/// Limits the speeds, seals the lips over the limited jaw, and rounds every corner; the jaw's twice, since it is heavy.
pub fn finish(rows: &mut [Motion], contacts: &[Contact]) {
    use MotionChannel as M;
    change(rows, M::JawOpen, |jaw| {
        curve::limit_speed(jaw, JAW_MM_PER_S / JAW_OPENING_MM * ROW_S);
        curve::smooth(jaw);
    });
    for channel in [M::MouthLowerDown, M::MouthUpperUp, M::MouthPucker] {
        change(rows, channel, |values| curve::limit_speed(values, LIP_STEP));
    }
    change(rows, M::MouthFunnel, |values| curve::limit_speed(values, FUNNEL_STEP));
    close_over_jaw(rows, contacts);
    M::ALL.into_iter().for_each(|channel| change(rows, channel, curve::smooth));
    rows.iter_mut().for_each(|row| *row = row.bounded());
}

/// Writes `MouthClose`: whatever of the jaw's opening the lips do not show. What they show is limited in speed too. Whole
/// contacts lie at [`touching`](keyface_core::contact::touching).
fn close_over_jaw(rows: &mut [Motion], contacts: &[Contact]) {
    use MotionChannel as M;
    let mut parted: Vec<f32> = rows.iter().zip(contacts).map(|(r, c)| r[M::JawOpen] * (1.0 - c.lips)).collect();
    curve::limit_speed(&mut parted, SEAL_MM_PER_S / JAW_OPENING_MM * ROW_S);
    for ((row, contact), parted) in rows.iter_mut().zip(contacts).zip(parted) {
        row[M::MouthClose] = TOUCH_OFFSET * contact.lips + TOUCH_SLOPE * (row[M::JawOpen] - parted);
    }
}

fn change(rows: &mut [Motion], channel: MotionChannel, how: impl Fn(&mut [f32])) {
    let mut values: Vec<f32> = rows.iter().map(|row| row[channel]).collect();
    how(&mut values);
    rows.iter_mut().zip(values).for_each(|(row, value)| row[channel] = value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use MotionChannel as M;
    use keyface_core::contact::touching;

    #[test]
    fn sealed_lips_touch_over_an_open_jaw() {
        let mut rows = vec![Motion::REST; 40];
        rows.iter_mut().for_each(|row| row[M::JawOpen] = 0.3);
        let contacts: Vec<Contact> = (0..40)
            .map(|i| Contact { lips: f32::from(u8::from((15..25).contains(&i))), ..Contact::default() })
            .collect();
        finish(&mut rows, &contacts);
        assert!((rows[20][M::MouthClose] - touching(0.3)).abs() < 1e-5);
        assert!(rows[0][M::MouthClose].abs() < 1e-5);
    }

    #[test]
    fn a_seal_takes_the_funnel_and_leaves_the_pucker() {
        let mut row = Motion::REST;
        row[M::MouthFunnel] = 0.4;
        row[M::MouthPucker] = 0.5;
        touch(&mut row, Contact { lips: 1.0, ..Contact::default() }, 1.0);
        assert_eq!((row[M::MouthFunnel], row[M::MouthPucker]), (0.0, 0.5));
    }
}
