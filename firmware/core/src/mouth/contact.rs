//! Hard phonetics: what survives every network. Sealed lips for p b m, lip on teeth for f v, rest in silence.

use super::decoder::MouthState;
use super::phone::Mouth;
use crate::{Motion, MotionChannel as M};

/// The lips just touch at `MouthClose = TOUCH_OFFSET + TOUCH_SLOPE * JawOpen` (measured on the ICT head).
pub const TOUCH_OFFSET: f32 = 0.02;
/// See [`TOUCH_OFFSET`].
pub const TOUCH_SLOPE: f32 = 0.85;
/// A little more presses them.
const PRESSED_OFFSET: f32 = TOUCH_OFFSET + 0.01;

/// `MouthClose` at which the lips just touch.
pub fn touching(jaw_open: f32) -> f32 {
    TOUCH_OFFSET + TOUCH_SLOPE * jaw_open
}

/// `MouthClose` at which they are pressed together.
pub fn sealing(jaw_open: f32) -> f32 {
    PRESSED_OFFSET + TOUCH_SLOPE * jaw_open
}

/// The widest jaw behind sealed lips and behind lip on teeth.
const SEALED_JAW: f32 = 0.14;
const LIP_TEETH_JAW: f32 = 0.08;

/// The pose that must be shown where the network's own motion would miss a contact.
pub fn with_contacts(mut motion: Motion, state: &MouthState) -> Motion {
    if state.closed {
        motion[M::JawOpen] = motion[M::JawOpen].min(SEALED_JAW);
        motion[M::MouthClose] = sealing(motion[M::JawOpen]);
        motion[M::MouthPress] = motion[M::MouthPress].max(0.15);
        [M::MouthLowerDown, M::MouthUpperUp, M::TongueOut].into_iter().for_each(|c| motion[c] = 0.0);
        motion[M::MouthFunnel] *= 0.5;
    } else if state.mouth == Mouth::LipTeeth {
        motion[M::JawOpen] = motion[M::JawOpen].min(LIP_TEETH_JAW);
        motion[M::MouthClose] = 0.0;
        motion[M::MouthRollLower] = motion[M::MouthRollLower].max(0.3);
        motion[M::MouthUpperUp] = motion[M::MouthUpperUp].max(0.12);
        motion[M::MouthLowerDown] = 0.0;
    } else if state.mouth == Mouth::Silent && !state.speaking {
        return Motion::REST;
    } else {
        // Half-sealed lips look like neither: an open mouth keeps at most half of the seal.
        motion[M::MouthClose] = motion[M::MouthClose].min(0.5 * motion[M::JawOpen]);
    }
    motion
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Viseme;

    fn shown(mouth: Mouth, closed: bool, speaking: bool) -> Motion {
        let mut open = Motion::REST;
        open[M::JawOpen] = 0.4;
        open[M::MouthLowerDown] = 0.3;
        with_contacts(open, &MouthState { mouth, viseme: Viseme::Sil, closed, speaking })
    }

    #[test]
    fn a_closure_seals_the_lips_whatever_the_network_says() {
        let motion = shown(Mouth::Closed, true, true);
        assert!(motion[M::MouthClose] >= touching(motion[M::JawOpen]));
        assert_eq!(motion[M::MouthLowerDown], 0.0);
    }

    #[test]
    fn silence_is_rest() {
        assert_eq!(shown(Mouth::Silent, false, false), Motion::REST);
        assert_ne!(shown(Mouth::Silent, false, true), Motion::REST);
    }

    #[test]
    fn lip_meets_teeth() {
        let motion = shown(Mouth::LipTeeth, false, true);
        assert!(motion[M::MouthRollLower] >= 0.3 && motion[M::JawOpen] <= 0.08);
    }
}
