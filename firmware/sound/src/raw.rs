//! Samples without a header: how they are written, as `--format` says it.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use Coding::{G722, Plain};

use crate::pcm::Encoding;

/// What raw bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Plain(Encoding),
    G722,
}

const NAMES: [(&str, Coding); 11] = [
    ("s16le", Plain(Encoding::Signed { bytes: 2, is_big: false })),
    ("s16be", Plain(Encoding::Signed { bytes: 2, is_big: true })),
    ("s24le", Plain(Encoding::Signed { bytes: 3, is_big: false })),
    ("s24be", Plain(Encoding::Signed { bytes: 3, is_big: true })),
    ("s32le", Plain(Encoding::Signed { bytes: 4, is_big: false })),
    ("f32le", Plain(Encoding::Float32 { is_big: false })),
    ("f64le", Plain(Encoding::Float64 { is_big: false })),
    ("mulaw", Plain(Encoding::Mulaw)),
    ("alaw", Plain(Encoding::Alaw)),
    ("u8", Plain(Encoding::U8)),
    ("g722", G722),
];
/// More than any microphone array has.
const CHANNELS: std::ops::RangeInclusive<usize> = 1..=64;

/// How raw samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFormat {
    pub(crate) coding: Coding,
    pub(crate) channels: usize,
}

impl Default for RawFormat {
    fn default() -> Self {
        RawFormat { coding: NAMES[0].1, channels: 1 }
    }
}

impl FromStr for RawFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<RawFormat, String> {
        let (name, channels) = text.split_once(':').unwrap_or((text, "1"));
        let channels = channels.parse().ok().filter(|count| CHANNELS.contains(count));
        let coding = NAMES.iter().find(|(known, _)| *known == name).map(|(_, coding)| *coding);
        // G.722 knows no channels.
        let coding = coding.filter(|coding| *coding != G722 || channels == Some(1));
        let names = NAMES.map(|(name, _)| name).join(", ");
        let expected = || format!("expected one of {names}, and `:CHANNELS` where there is more than one channel");
        coding.zip(channels).map(|(coding, channels)| RawFormat { coding, channels }).ok_or_else(expected)
    }
}

impl Display for RawFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, coding)| *coding == self.coding).map_or("samples", |(name, _)| name);
        write!(f, "{name}:{}", self.channels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_a_name_and_perhaps_channels() {
        assert_eq!("s16le".parse(), Ok(RawFormat::default()));
        assert_eq!("mulaw:2".parse::<RawFormat>().unwrap().to_string(), "mulaw:2");
        for wrong in ["s16", "g722:2", "s16le:0", "s16le:65", "s16le:x", ""] {
            assert!(wrong.parse::<RawFormat>().unwrap_err().starts_with("expected one of s16le, "), "{wrong}");
        }
    }
}
