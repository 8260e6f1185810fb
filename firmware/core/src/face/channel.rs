//! The 52 ARKit blendshape channels by name, in Live Link order.

/// Number of blendshape channels.
pub const CHANNELS: usize = 52;

macro_rules! channels {
    ($($name:ident),+ $(,)?) => {
        /// One ARKit blendshape. `MouthClose` means "lips sealed while `JawOpen`" and is meaningful only with it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "the names are Apple's")]
        pub enum Channel { $($name),+ }

        impl Channel {
            /// Every channel, in Live Link order.
            pub const ALL: [Channel; CHANNELS] = [$(Channel::$name),+];

            /// The name as Live Link Face writes it.
            pub const fn name(self) -> &'static str {
                match self { $(Channel::$name => stringify!($name)),+ }
            }
        }
    };
}

channels! {
    EyeBlinkLeft, EyeLookDownLeft, EyeLookInLeft, EyeLookOutLeft, EyeLookUpLeft, EyeSquintLeft,
    EyeWideLeft, EyeBlinkRight, EyeLookDownRight, EyeLookInRight, EyeLookOutRight,
    EyeLookUpRight, EyeSquintRight, EyeWideRight, JawForward, JawLeft, JawRight, JawOpen,
    MouthClose, MouthFunnel, MouthPucker, MouthLeft, MouthRight, MouthSmileLeft,
    MouthSmileRight, MouthFrownLeft, MouthFrownRight, MouthDimpleLeft, MouthDimpleRight,
    MouthStretchLeft, MouthStretchRight, MouthRollLower, MouthRollUpper, MouthShrugLower,
    MouthShrugUpper, MouthPressLeft, MouthPressRight, MouthLowerDownLeft, MouthLowerDownRight,
    MouthUpperUpLeft, MouthUpperUpRight, BrowDownLeft, BrowDownRight, BrowInnerUp,
    BrowOuterUpLeft, BrowOuterUpRight, CheekPuff, CheekSquintLeft, CheekSquintRight,
    NoseSneerLeft, NoseSneerRight, TongueOut,
}

impl Channel {
    /// Finds a channel by name, whatever the case of its letters (Apple writes lowerCamelCase).
    pub fn from_name(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|c| c.name().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_apples_spelling_too() {
        assert_eq!(Channel::from_name("jawOpen"), Some(Channel::JawOpen));
        assert_eq!(Channel::from_name("jaw"), None);
    }

    #[test]
    fn order_is_live_links() {
        assert_eq!(Channel::ALL[17], Channel::JawOpen);
        assert_eq!(Channel::TongueOut as usize, 51);
    }
}
