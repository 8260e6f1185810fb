//! The channels of a frame in, one sample out: of one channel, of some, or of all.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// A channel at least this loud is a microphone's (-80 dB, as power): before anybody speaks, the room is.
const AUDIBLE: f64 = 1e-8;
/// Channels that have nothing in common give a mix of 1 by this measure, and equal ones as many as there are.
const CANCELLED: f64 = 0.06;
/// Of a second: the shortest time that is judged.
const WINDOWS_A_SECOND: u32 = 50;
/// Windows in a row that tell of channels against each other.
const WINDOWS: u32 = 2;
/// Nothing at all.
const SILENT_DB: f32 = -120.0;

/// Which channels are heard, counted from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Channels {
    /// The mean of all.
    #[default]
    Mix,
    /// The mean of these.
    These(Vec<usize>),
}

impl FromStr for Channels {
    type Err = String;

    fn from_str(text: &str) -> Result<Channels, String> {
        if text == "mix" {
            return Ok(Channels::Mix);
        }
        let numbers: Option<Vec<usize>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
        numbers.map(Channels::These).ok_or_else(|| {
            "expected `mix`, or the number of a channel, or several with commas between; the first is 0".into()
        })
    }
}

impl Display for Channels {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Channels::Mix => f.write_str("mix"),
            Channels::These(these) => f.write_str(&these.iter().map(usize::to_string).collect::<Vec<_>>().join(",")),
        }
    }
}

/// Mixes the frames of one sound. Allocates in [`Mixer::new`] only.
#[derive(Clone, Debug)]
pub struct Mixer {
    /// The channels that are heard; all when empty.
    these: Vec<usize>,
    channels: usize,
    window: usize,
    filled: usize,
    /// Power of each channel in this window, and of the mix.
    powers: Vec<f64>,
    mixed: f64,
    suspicious: u32,
    loudest: Option<usize>,
}

impl Mixer {
    /// For frames of `channels` at `rate_hz`.
    ///
    /// # Errors
    /// What was expected and what came, when there is no such channel.
    pub fn new(wanted: &Channels, channels: usize, rate_hz: u32) -> Result<Mixer, String> {
        let these = match wanted {
            Channels::Mix => Vec::new(),
            Channels::These(these) => these.clone(),
        };
        if let Some(missing) = these.iter().find(|channel| **channel >= channels) {
            let last = channels.saturating_sub(1);
            return Err(format!("expected a channel of 0 to {last}, counted from 0, came {missing}"));
        }
        let window = (rate_hz / WINDOWS_A_SECOND).max(1) as usize;
        let powers = vec![0.0; channels];
        Ok(Mixer { these, channels, window, filled: 0, powers, mixed: 0.0, suspicious: 0, loudest: None })
    }

    /// One sample of one frame.
    pub fn mix(&mut self, frame: &[f32]) -> f32 {
        if let Some(loudest) = self.loudest {
            return frame.get(loudest).copied().unwrap_or(0.0);
        }
        if !self.these.is_empty() {
            let sum: f32 = self.these.iter().map(|channel| frame[*channel]).sum();
            return sum / self.these.len() as f32;
        }
        let mean = frame.iter().sum::<f32>() / frame.len() as f32;
        if self.channels > 1 {
            self.watch(frame, mean);
        }
        mean
    }

    /// The channel that is heard instead of a mix in which the channels cancel each other out.
    pub fn instead(&self) -> Option<usize> {
        self.loudest
    }

    fn watch(&mut self, frame: &[f32], mean: f32) {
        self.powers.iter_mut().zip(frame).for_each(|(power, sample)| *power += f64::from(sample * sample));
        self.mixed += f64::from(mean * mean);
        self.filled += 1;
        if self.filled == self.window {
            self.judge();
        }
    }

    fn judge(&mut self) {
        let all: f64 = self.powers.iter().sum();
        let apart = all / (self.channels * self.channels) as f64;
        let (loudest, power) = self
            .powers
            .iter()
            .enumerate()
            .fold((0, 0.0), |best, (channel, power)| if *power > best.1 { (channel, *power) } else { best });
        let is_cancelled = power > AUDIBLE * self.window as f64 && self.mixed < CANCELLED * apart;
        self.suspicious = if is_cancelled { self.suspicious + 1 } else { 0 };
        if self.suspicious == WINDOWS {
            self.loudest = Some(loudest);
        }
        self.powers.fill(0.0);
        (self.mixed, self.filled) = (0.0, 0);
    }
}

/// The level of each channel since the start.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    powers: Vec<f64>,
    frames: u64,
}

impl Levels {
    /// Of so many channels.
    pub fn new(channels: usize) -> Levels {
        Levels { powers: vec![0.0; channels], frames: 0 }
    }

    /// Counts a frame. Allocates nothing.
    pub fn add(&mut self, frame: &[f32]) {
        self.powers.iter_mut().zip(frame).for_each(|(power, sample)| *power += f64::from(sample * sample));
        self.frames += 1;
    }

    /// Tells each channel and its level in dB of full scale. Allocates nothing.
    pub fn each_db(&self, tell: impl Fn(usize, f32)) {
        for (channel, power) in self.powers.iter().enumerate() {
            tell(channel, (10.0 * (power / self.frames.max(1) as f64).log10() as f32).max(SILENT_DB));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(n: usize) -> f32 {
        (n as f32 * 0.3).sin() * 0.2
    }

    fn mixed(wanted: &str, frame: impl Fn(usize) -> Vec<f32>) -> (Vec<f32>, Option<usize>) {
        let mut mixer = Mixer::new(&wanted.parse().unwrap(), frame(0).len(), 16_000).unwrap();
        ((0..16_000).map(|n| mixer.mix(&frame(n))).collect(), mixer.instead())
    }

    #[test]
    fn a_channel_is_counted_from_0() {
        let (out, _) = mixed("1", |n| vec![9.0, tone(n), 9.0]);
        assert_eq!(out[100], tone(100));
        let (out, _) = mixed("0,2", |n| vec![tone(n), 9.0, 0.0]);
        assert_eq!(out[100], tone(100) / 2.0);
        let error = Mixer::new(&Channels::These(vec![2]), 2, 16_000).unwrap_err();
        assert_eq!(error, "expected a channel of 0 to 1, counted from 0, came 2");
    }

    #[test]
    fn a_channel_has_a_name_that_can_be_read_back() {
        for text in ["mix", "0", "4,5"] {
            assert_eq!(text.parse::<Channels>().unwrap().to_string(), text);
        }
        assert!("left".parse::<Channels>().is_err() && "".parse::<Channels>().is_err());
    }

    #[test]
    fn an_inverted_side_is_noticed_and_the_louder_one_is_heard() {
        let (out, instead) = mixed("mix", |n| vec![tone(n) * 0.9, -tone(n)]);
        assert_eq!((out[8_000], instead), (-tone(8_000), Some(1)));
    }

    #[test]
    fn an_inverted_side_is_noticed_in_a_quiet_room_before_anybody_speaks() {
        assert_eq!(mixed("mix", |n| vec![2e-3 * tone(n), -2e-3 * tone(n)]).1, Some(0));
    }

    #[test]
    fn what_is_no_inversion_is_mixed() {
        let noise = |n: usize| (n as u32).wrapping_mul(2_654_435_761) as f32 / u32::MAX as f32 - 0.5;
        for frame in [
            |n| vec![tone(n), tone(n)],
            |n| vec![tone(n), 0.0],
            |n| vec![tone(n), 0.0, 0.0, 0.0, 0.0, 0.0],
            |n| vec![1e-4 * tone(n), -1e-4 * tone(n)],
        ] {
            assert_eq!(mixed("mix", frame).1, None);
        }
        assert_eq!(mixed("mix", |n| vec![noise(n), noise(n + 77_777)]).1, None);
    }

    #[test]
    fn a_level_is_told_for_each_channel() {
        let mut levels = Levels::new(2);
        (0..1_000).for_each(|_| levels.add(&[0.1, 0.0]));
        levels.each_db(|channel, db| assert_eq!(db.round(), [-20.0, SILENT_DB][channel]));
    }
}
