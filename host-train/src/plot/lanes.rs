//! What the lanes of a plot show: channels that belong together, in colours that can be told apart.

use keyface_core::{Motion, MotionChannel as M};

use super::canvas::Rgba;
use crate::truth;

/// A curve of a lane.
pub struct Curve {
    /// As written beside the lane.
    pub name: &'static str,
    /// Its colour.
    pub ink: Rgba,
    /// What it shows of a row.
    pub value: fn(&Motion) -> f32,
}

/// Curves on one scale.
pub struct Lane {
    /// What the lane is about.
    pub title: &'static str,
    /// The value at its upper edge.
    pub top: f32,
    /// The distance of its grid lines.
    pub grid: f32,
    /// Its height in pixels.
    pub height: f32,
    /// The curves, the later ones on top.
    pub curves: &'static [Curve],
}

const BLUE: Rgba = [38, 99, 186, 255];
const RED: Rgba = [206, 62, 72, 255];
const GREEN: Rgba = [38, 140, 92, 255];
const ORANGE: Rgba = [222, 127, 26, 255];
const VIOLET: Rgba = [126, 78, 170, 255];

/// The lanes from top to bottom.
pub const LANES: [Lane; 7] = [
    Lane {
        title: "lips apart, mm",
        top: 16.0,
        grid: 4.0,
        height: 110.0,
        curves: &[Curve { name: "opening", ink: [60, 66, 82, 255], value: truth::opening_mm }],
    },
    Lane {
        title: "jaw and seal",
        top: 0.45,
        grid: 0.15,
        height: 110.0,
        curves: &[
            Curve { name: "MouthClose", ink: RED, value: |row| row[M::MouthClose] },
            Curve { name: "JawOpen", ink: BLUE, value: |row| row[M::JawOpen] },
        ],
    },
    Lane {
        title: "rounding",
        top: 0.75,
        grid: 0.25,
        height: 100.0,
        curves: &[
            Curve { name: "MouthFunnel", ink: ORANGE, value: |row| row[M::MouthFunnel] },
            Curve { name: "MouthPucker", ink: VIOLET, value: |row| row[M::MouthPucker] },
        ],
    },
    Lane {
        title: "parting and spread",
        top: 0.45,
        grid: 0.15,
        height: 110.0,
        curves: &[
            Curve { name: "MouthStretch", ink: ORANGE, value: |row| row[M::MouthStretch] },
            Curve { name: "MouthSmile", ink: RED, value: |row| row[M::MouthSmile] },
            Curve { name: "MouthUpperUp", ink: GREEN, value: |row| row[M::MouthUpperUp] },
            Curve { name: "MouthLowerDown", ink: BLUE, value: |row| row[M::MouthLowerDown] },
        ],
    },
    Lane {
        title: "contact",
        top: 0.4,
        grid: 0.2,
        height: 84.0,
        curves: &[
            Curve { name: "MouthRollUpper", ink: GREEN, value: |row| row[M::MouthRollUpper] },
            Curve { name: "MouthPress", ink: RED, value: |row| row[M::MouthPress] },
            Curve { name: "MouthRollLower", ink: BLUE, value: |row| row[M::MouthRollLower] },
        ],
    },
    Lane {
        title: "tongue",
        top: 1.0,
        grid: 0.5,
        height: 76.0,
        curves: &[
            Curve { name: "TongueUp", ink: VIOLET, value: |row| row[M::TongueUp] },
            Curve { name: "TongueOut", ink: RED, value: |row| row[M::TongueOut] },
        ],
    },
    Lane {
        title: "brows",
        top: 0.3,
        grid: 0.15,
        height: 60.0,
        curves: &[Curve { name: "BrowInnerUp", ink: GREEN, value: |row| row[M::BrowInnerUp] }],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_is_in_a_lane() {
        for channel in M::ALL {
            let mut row = Motion::REST;
            row[channel] = 0.5;
            let shown = LANES[1..].iter().flat_map(|l| l.curves).filter(|c| (c.value)(&row) == 0.5).count();
            assert_eq!(shown, 1, "{}", channel.name());
        }
    }
}
