//! flite: a voice, a manner and a text in, speech with phones out.

use std::process::{Command, Stdio};

use super::audio;
use super::error::{Error, Result};
use super::scratch::Scratch;
use super::speech::{Prosody, Speech, seconds};
use super::timeline::cover;
use crate::clip::Segment;
use keyface_core::Phone;
use keyface_sound::said::{Interval, phones_of_label, spread};

const PACKAGES: &str = "flite";
/// The voices' own fundamental frequency, measured: flite wants the mean itself, not a change.
const BASE_HZ: [(&str, f64); 4] = [("slt", 172.0), ("awb", 128.0), ("kal16", 92.0), ("rms", 103.0)];

/// Looks whether the program is there.
///
/// # Errors
/// [`Error::EngineMissing`] when it is not.
pub fn find() -> Result<()> {
    let missing = |reason| Error::EngineMissing { engine: "flite", reason, packages: PACKAGES };
    let asked = Command::new("flite").arg("-lv").stdin(Stdio::null()).output().map_err(|e| missing(e.to_string()))?;
    let voices = String::from_utf8_lossy(&asked.stdout).into_owned();
    let lacking = BASE_HZ.iter().find(|(name, _)| !voices.split_whitespace().any(|v| v == *name));
    lacking.map_or(Ok(()), |(name, _)| Err(missing(format!("it has no voice {name}"))))
}

/// Speaks a text. flite tells no times of words: each stretch between pauses is one.
///
/// # Errors
/// When flite fails, or tells other phones than it speaks.
pub fn speak(voice: &str, prosody: &Prosody, text: &str) -> Result<Speech> {
    let mute = |reason: String| Error::Mute { voice: voice.into(), text: text.into(), reason };
    let wav = Scratch::new("wav");
    let run = command(voice, prosody, text, &wav).output().map_err(|e| mute(e.to_string()))?;
    if !run.status.success() {
        return Err(mute(format!("{} {}", run.status, String::from_utf8_lossy(&run.stderr).trim())));
    }
    let samples = audio::read(wav.path())?;
    let segments = parse(&String::from_utf8_lossy(&run.stdout)).map_err(mute)?;
    let phones = cover(segments, seconds(&samples), voice)?;
    Ok(Speech { words: stretches(&phones, text), samples, phones })
}

fn command(voice: &str, prosody: &Prosody, text: &str, wav: &Scratch) -> Command {
    let mut flite = Command::new("flite");
    flite.args(["-voice", voice, "-psdur", "--setf", &format!("duration_stretch={:.3}", prosody.stretch)]);
    if let Some((_, base_hz)) = BASE_HZ.iter().find(|(name, _)| *name == voice && prosody.pitch_semitones != 0.0) {
        flite.args(["--setf", &format!("int_f0_target_mean={:.1}", prosody.moved_hz(*base_hz))]);
    }
    flite.args(["-t", text, "-o"]).arg(wav.path()).stdin(Stdio::null());
    flite
}

/// Reads `pau:0.216 g:0.264 ...`: each phone with its end.
fn parse(line: &str) -> std::result::Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    let mut start_s = 0.0;
    for token in line.split_whitespace() {
        let labelled = token.rsplit_once(':').and_then(|(name, end)| Some((phones_of_label(name)?, end.parse().ok()?)));
        let (phones, end_s): (Vec<Phone>, f64) =
            labelled.ok_or_else(|| format!("expected a phone and its end, came {token:?}"))?;
        segments.extend(spread(start_s, end_s, &phones));
        start_s = end_s;
    }
    if segments.is_empty() { Err("expected phones, came none".into()) } else { Ok(segments) }
}

/// The stretches between pauses, with their parts of the text where punctuation gives as many.
fn stretches(phones: &[Segment], text: &str) -> Vec<Interval> {
    let spoken = phones.split(|p| p.phone == Phone::SIL).filter_map(|run| Some((run.first()?, run.last()?)));
    let spoken: Vec<(f64, f64)> = spoken.map(|(first, last)| (first.start_s, last.end_s)).collect();
    let parts = text.split([',', ';', ':', '.', '?', '!']).map(str::trim).filter(|p| !p.is_empty());
    let parts: Vec<String> = parts.map(str::to_lowercase).collect();
    let part = |i: usize| match (spoken.len(), parts.len()) {
        (1, _) => text.to_lowercase(),
        (stretches, parts_len) if stretches == parts_len => parts[i].clone(),
        _ => "...".to_string(),
    };
    spoken
        .iter()
        .enumerate()
        .map(|(i, (start_s, end_s))| Interval { start_s: *start_s, end_s: *end_s, text: part(i) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_end_where_flite_says() {
        let segments = parse("pau:0.2 hh:0.3 axr:0.5 \n").unwrap();
        assert_eq!(segments[1], Segment { start_s: 0.2, end_s: 0.3, phone: Phone::HH });
        assert_eq!(segments[2].phone, Phone::ER);
    }

    #[test]
    fn no_phones_are_refused() {
        assert!(parse("\n").is_err());
        assert!(parse("pau:x").is_err());
    }

    #[test]
    fn the_last_pause_of_kal16_ends_with_its_sound() {
        if let Err(missing) = find() {
            return crate::corpus::testing::skip(missing);
        }
        let speech = speak("kal16", &Prosody::NEUTRAL, "Good morning.").unwrap();
        let last = speech.phones.last().unwrap();
        assert_eq!((last.phone, last.end_s), (Phone::SIL, seconds(&speech.samples)));
    }

    #[test]
    fn stretches_carry_their_parts_of_the_text() {
        let phone = |start_s, end_s, phone| Segment { start_s, end_s, phone };
        let phones = [phone(0.0, 0.1, Phone::AY), phone(0.1, 0.2, Phone::SIL), phone(0.2, 0.4, Phone::OW)];
        let texts = |text| stretches(&phones, text).into_iter().map(|w| w.text).collect::<Vec<_>>();
        assert_eq!(texts("I, oh!"), ["i", "oh"]);
        assert_eq!(texts("I oh"), ["...", "..."]);
        assert_eq!(stretches(&phones[2..], "So, oh.")[0].text, "so, oh.");
    }

    #[test]
    fn slow_speech_lasts_longer() {
        if let Err(missing) = find() {
            return crate::corpus::testing::skip(missing);
        }
        let spoken = |stretch| speak("slt", &Prosody { stretch, ..Prosody::NEUTRAL }, "Pat packed a map.").unwrap();
        assert!(spoken(1.3).samples.len() as f64 > 1.3 * spoken(0.9).samples.len() as f64);
    }
}
