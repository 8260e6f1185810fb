//! Samples without a header: how they are written, as `--format` says it.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::pcm::Encoding;

const NAMES: [(&str, Encoding); 10] = [
    ("s16le", Encoding::Signed { bytes: 2, is_big: false }),
    ("s16be", Encoding::Signed { bytes: 2, is_big: true }),
    ("s24le", Encoding::Signed { bytes: 3, is_big: false }),
    ("s24be", Encoding::Signed { bytes: 3, is_big: true }),
    ("s32le", Encoding::Signed { bytes: 4, is_big: false }),
    ("f32le", Encoding::Float32 { is_big: false }),
    ("f64le", Encoding::Float64 { is_big: false }),
    ("mulaw", Encoding::Mulaw),
    ("alaw", Encoding::Alaw),
    ("u8", Encoding::U8),
];
/// More than any microphone array has.
const CHANNELS: std::ops::RangeInclusive<usize> = 1..=64;

/// How raw samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFormat {
    pub(crate) encoding: Encoding,
    pub(crate) channels: usize,
}

impl Default for RawFormat {
    fn default() -> Self {
        RawFormat { encoding: NAMES[0].1, channels: 1 }
    }
}

impl FromStr for RawFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<RawFormat, String> {
        let (name, channels) = text.split_once(':').unwrap_or((text, "1"));
        let channels = channels.parse().ok().filter(|count| CHANNELS.contains(count));
        let encoding = NAMES.iter().find(|(known, _)| *known == name).map(|(_, encoding)| *encoding);
        let names = NAMES.map(|(name, _)| name).join(", ");
        let expected = || format!("expected one of {names}, and `:CHANNELS` where there is more than one channel");
        encoding.zip(channels).map(|(encoding, channels)| RawFormat { encoding, channels }).ok_or_else(expected)
    }
}

impl Display for RawFormat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, encoding)| *encoding == self.encoding).map_or("samples", |(name, _)| name);
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
        for wrong in ["s16", "s16le:0", "s16le:65", "s16le:x", ""] {
            assert!(wrong.parse::<RawFormat>().unwrap_err().starts_with("expected one of s16le, "), "{wrong}");
        }
    }
}
