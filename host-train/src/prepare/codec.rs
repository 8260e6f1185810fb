//! A clip in, what a codec of few bits leaves of it out: ffmpeg encodes, and the reader of every device decodes.

use std::process::{Command, Stdio};

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::corpus::{Error, Result, Scratch, audio};

/// A codec with the ending of its files, ffmpeg's name for it, and bit rates.
struct Codec {
    ending: &'static str,
    encoder: &'static str,
    kbit_per_s: std::ops::RangeInclusive<u32>,
}

/// What calls and cheap streams are carried by, from barely to easily understood.
const CODECS: [Codec; 2] = [
    Codec { ending: "opus", encoder: "libopus", kbit_per_s: 6..=20 },
    Codec { ending: "mp3", encoder: "libmp3lame", kbit_per_s: 16..=32 },
];

/// The clip behind a codec at random, as long as it was; what is spoken stays where it was.
///
/// # Errors
/// No ffmpeg, or one without the codec.
pub fn coded(samples: &[f32], rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
    let codec = CODECS.choose(rng).expect("there is a codec");
    let bits = format!("{}k", rng.random_range(codec.kbit_per_s.clone()));
    let (plain, coded) = (Scratch::new("wav"), Scratch::new(codec.ending));
    // A file of 16 bits holds no more than 1.
    let loudest = samples.iter().fold(1.0f32, |top, x| top.max(x.abs()));
    audio::write(plain.path(), &samples.iter().map(|x| x / loudest).collect::<Vec<_>>())?;
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-i"]).arg(plain.path());
    command.args(["-c:a", codec.encoder, "-b:a", &bits]).arg(coded.path());
    let missing = |reason: String| Error::EngineMissing { engine: "ffmpeg", reason, packages: "ffmpeg" };
    let done = command.stdin(Stdio::null()).output().map_err(|error| missing(error.to_string()))?;
    if !done.status.success() {
        return Err(missing(String::from_utf8_lossy(&done.stderr).trim().to_owned()));
    }
    let mut heard = audio::read(coded.path())?;
    heard.resize(samples.len(), 0.0);
    heard.iter_mut().for_each(|x| *x *= loudest);
    Ok(heard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    /// Samples by which `heard` is late.
    fn delay(clean: &[f32], heard: &[f32]) -> isize {
        let alike = |by: isize| {
            let at = |n: usize| n.checked_add_signed(by).and_then(|n| heard.get(n)).copied().unwrap_or_default();
            (0..clean.len()).map(|n| clean[n] * at(n)).sum::<f32>()
        };
        (-400..400).max_by(|a, b| alike(*a).total_cmp(&alike(*b))).unwrap()
    }

    #[test]
    fn what_is_said_behind_a_codec_is_said_at_its_time_as_loudly_and_not_quite_the_same() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let sweep = |n: usize| {
            let t = n as f32 / 16_000.0;
            2.0 * (t * std::f32::consts::PI).sin() * (std::f32::consts::TAU * (150.0 + 400.0 * t) * t).sin()
        };
        let clean: Vec<f32> = (0..16_000).map(sweep).collect();
        for _ in 0..4 {
            let heard = match coded(&clean, &mut rng) {
                Ok(heard) => heard,
                Err(error) => return assert!(error.to_string().contains("apt-get install"), "{error}"),
            };
            let energy = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>();
            assert!(heard.len() == clean.len() && heard != clean);
            assert!(delay(&clean, &heard).abs() <= 16, "{}", delay(&clean, &heard));
            assert!((0.5..1.5).contains(&(energy(&heard) / energy(&clean))), "{}", energy(&heard) / energy(&clean));
        }
    }
}
