//! What the networks speak: 14 mouth and brow channels, symmetrical, before they become a face.

use core::ops::{Index, IndexMut};

/// Number of motion channels.
pub const MOTION_CHANNELS: usize = 14;

/// One channel of motion. Paired ARKit channels (left, right) are one channel here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum MotionChannel {
    /// Jaw opening.
    JawOpen,
    /// Lips sealed while the jaw is open; at most about what [`contact::touching`](crate::contact::touching) says.
    MouthClose,
    /// Open rounding (sh, ao).
    MouthFunnel,
    /// Tight rounding (w, uw).
    MouthPucker,
    /// Lower lip down, both sides.
    MouthLowerDown,
    /// Upper lip up, both sides.
    MouthUpperUp,
    /// Corners stretched back, both sides.
    MouthStretch,
    /// Corners up and back, both sides.
    MouthSmile,
    /// Lower lip rolled in (f, v, m).
    MouthRollLower,
    /// Upper lip rolled in (m).
    MouthRollUpper,
    /// Lips pressed together, both sides.
    MouthPress,
    /// Tongue tip between the teeth (th).
    TongueOut,
    /// Tongue tip on the ridge behind the teeth (t d n l); Keyface's own channel, absent from ARKit.
    TongueUp,
    /// Inner brows up, on accents.
    BrowInnerUp,
}

impl MotionChannel {
    /// Every channel, in order.
    pub const ALL: [MotionChannel; MOTION_CHANNELS] = {
        use MotionChannel::*;
        [
            JawOpen,
            MouthClose,
            MouthFunnel,
            MouthPucker,
            MouthLowerDown,
            MouthUpperUp,
            MouthStretch,
            MouthSmile,
            MouthRollLower,
            MouthRollUpper,
            MouthPress,
            TongueOut,
            TongueUp,
            BrowInnerUp,
        ]
    };

    /// The name as cards write it.
    pub const fn name(self) -> &'static str {
        use MotionChannel::*;
        match self {
            JawOpen => "JawOpen",
            MouthClose => "MouthClose",
            MouthFunnel => "MouthFunnel",
            MouthPucker => "MouthPucker",
            MouthLowerDown => "MouthLowerDown",
            MouthUpperUp => "MouthUpperUp",
            MouthStretch => "MouthStretch",
            MouthSmile => "MouthSmile",
            MouthRollLower => "MouthRollLower",
            MouthRollUpper => "MouthRollUpper",
            MouthPress => "MouthPress",
            TongueOut => "TongueOut",
            TongueUp => "TongueUp",
            BrowInnerUp => "BrowInnerUp",
        }
    }
}

/// One moment of motion: a weight per [`MotionChannel`], each finite and in 0..=1 once [`Motion::bounded`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion(pub [f32; MOTION_CHANNELS]);

impl Motion {
    /// The mouth at rest.
    pub const REST: Motion = Motion([0.0; MOTION_CHANNELS]);

    /// From the first [`MOTION_CHANNELS`] values of a slice; missing ones are 0.
    pub fn from_slice(values: &[f32]) -> Motion {
        let mut motion = Motion::REST;
        motion.0.iter_mut().zip(values).for_each(|(to, from)| *to = *from);
        motion
    }

    /// Every weight in 0..=1, and 0 in place of what is not a number.
    pub fn bounded(self) -> Motion {
        Motion(self.0.map(|w| if w.is_finite() { w.clamp(0.0, 1.0) } else { 0.0 }))
    }

    /// The point `share` (0..=1) of the way to `other`.
    pub fn toward(self, other: Motion, share: f32) -> Motion {
        let mut out = self;
        out.0.iter_mut().zip(other.0).for_each(|(a, b)| *a += share * (b - *a));
        out
    }
}

impl Index<MotionChannel> for Motion {
    type Output = f32;
    fn index(&self, channel: MotionChannel) -> &f32 {
        &self.0[channel as usize]
    }
}

impl IndexMut<MotionChannel> for Motion {
    fn index_mut(&mut self, channel: MotionChannel) -> &mut f32 {
        &mut self.0[channel as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_becomes_rest() {
        let mut motion = Motion::REST;
        motion[MotionChannel::JawOpen] = f32::NAN;
        motion[MotionChannel::MouthPress] = 7.0;
        let bounded = motion.bounded();
        assert_eq!(bounded[MotionChannel::JawOpen], 0.0);
        assert_eq!(bounded[MotionChannel::MouthPress], 1.0);
    }
}
