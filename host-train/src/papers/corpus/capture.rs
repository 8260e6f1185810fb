//! The motion of a captured face, whatever wrote it: a CSV of the Live Link Face app, or an animated glTF.

use keyface_core::{Channel, Motion, MotionChannel};
use keyface_sound::seen::around;

/// A capture: motion and its times on the clock of the camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// Seconds, strictly increasing; of a Live Link CSV since its first row, of an animation since its start.
    pub times_s: Vec<f64>,
    /// Motion at each of them.
    pub motions: Vec<Motion>,
    /// Rows a second: the median step, read from timecodes or keys.
    pub rate_hz: f64,
    /// Rows without a face, or out of order.
    pub skipped: usize,
    /// Channels that the capture has; the others are at rest.
    pub channels: Vec<MotionChannel>,
}

/// The blend shapes of ARKit whose mean a channel is; none for what ARKit does not know.
pub fn arkit(channel: MotionChannel) -> &'static [Channel] {
    use Channel as C;
    use MotionChannel as M;
    match channel {
        M::JawOpen => &[C::JawOpen],
        M::MouthClose => &[C::MouthClose],
        M::MouthFunnel => &[C::MouthFunnel],
        M::MouthPucker => &[C::MouthPucker],
        M::MouthLowerDown => &[C::MouthLowerDownLeft, C::MouthLowerDownRight],
        M::MouthUpperUp => &[C::MouthUpperUpLeft, C::MouthUpperUpRight],
        M::MouthStretch => &[C::MouthStretchLeft, C::MouthStretchRight],
        M::MouthSmile => &[C::MouthSmileLeft, C::MouthSmileRight],
        M::MouthRollLower => &[C::MouthRollLower],
        M::MouthRollUpper => &[C::MouthRollUpper],
        M::MouthPress => &[C::MouthPressLeft, C::MouthPressRight],
        M::TongueOut => &[C::TongueOut],
        M::TongueUp => &[],
        M::BrowInnerUp => &[C::BrowInnerUp],
    }
}

impl Capture {
    /// A channel at `rate_hz`, from the first row to the last, straight between rows.
    pub fn curve(&self, rate_hz: f64, of: impl Fn(&Motion) -> f64) -> Vec<f64> {
        let end_s = self.times_s.last().copied().unwrap_or(0.0);
        let value = |time_s: f64| {
            let (before, after, share) = around(&self.times_s, time_s);
            of(&self.motions[before]) + share * (of(&self.motions[after]) - of(&self.motions[before]))
        };
        (0..=(end_s * rate_hz) as usize).map(|n| value(n as f64 / rate_hz)).collect()
    }

    /// The motion at a time, straight between rows; `None` outside of them, and between two that are farther apart than
    /// `most_gap_s`.
    pub fn at(&self, time_s: f64, most_gap_s: f64) -> Option<Motion> {
        let is_within = *self.times_s.first()? <= time_s && time_s <= *self.times_s.last()?;
        let (before, after, share) = around(&self.times_s, time_s);
        let is_near = self.times_s[after] - self.times_s[before] <= most_gap_s;
        let between = self.motions[before].toward(self.motions[after], share as f32);
        (is_within && is_near).then_some(between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_but_the_tongues_tip_is_arkits() {
        let unknown: Vec<MotionChannel> =
            MotionChannel::ALL.into_iter().filter(|channel| arkit(*channel).is_empty()).collect();
        assert_eq!(unknown, [MotionChannel::TongueUp]);
    }
}
