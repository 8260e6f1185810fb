//! espeak-ng: a voice, a manner and a text in, speech with phones and words out.

use std::ffi::CString;

use super::audio;
use super::burst::{closure_start_s, loudest};
use super::error::{Error, Result};
use super::espeak_phones::{phones_of_mnemonic, starts_at_burst};
use super::espeak_sys::{Mark, Parameter, Spoken, with_espeak};
use super::speech::{Prosody, Speech, seconds};
use super::timeline::cover;
use crate::clip::Segment;
use keyface_sound::said::{Interval, spread};

const PACKAGES: &str = "espeak-ng libespeak-ng1";
/// Words a minute of a voice that was not told otherwise.
const RATE_WPM: f64 = 175.0;
/// Rates outside this sound like no one.
const RATES_WPM: std::ops::RangeInclusive<i32> = 110..=230;
/// The scale's middle is the voice's own; a semitone is about 7 of its 100 points.
const PITCH_MIDDLE: f64 = 50.0;
const PITCH_PER_SEMITONE: f64 = 7.0;
/// What a phone keeps when the stop after it reaches back.
const PHONE_MIN_S: f64 = 0.01;

/// Looks whether the library is there.
///
/// # Errors
/// [`Error::EngineMissing`] when it is not.
pub fn find() -> Result<()> {
    with_espeak(|_| Ok(())).map_err(|reason| Error::EngineMissing { engine: "espeak-ng", reason, packages: PACKAGES })
}

/// Speaks a text. The words are those of the text; numbers may be cut.
///
/// # Errors
/// When there is no such voice, or a phone is unknown.
pub fn speak(voice: &str, prosody: &Prosody, text: &str) -> Result<Speech> {
    let mute = |reason: String| Error::Mute { voice: voice.into(), text: text.into(), reason };
    let line = CString::new(text).map_err(|e| mute(e.to_string()))?;
    let (spoken, rate_hz) = with_espeak(|espeak| {
        espeak.set_voice(voice)?;
        espeak.set_parameter(Parameter::Rate, rate_wpm(prosody));
        espeak.set_parameter(Parameter::Pitch, points(PITCH_MIDDLE + PITCH_PER_SEMITONE * prosody.pitch_semitones));
        espeak.set_parameter(Parameter::Range, points(50.0 * prosody.range));
        Ok((espeak.speak(&line)?, espeak.rate_hz()))
    })
    .map_err(mute)?;
    let Spoken { samples, marks } = spoken;
    let samples = samples.into_iter().map(|s| f32::from(s) / 32_768.0).collect();
    let samples = audio::to_16_khz(samples, rate_hz)?;
    let marks: Vec<(f64, Mark)> = marks.into_iter().map(|(at, mark)| (at as f64 / f64::from(rate_hz), mark)).collect();
    let phones = cover(segments(&marks, &samples).map_err(mute)?, seconds(&samples), voice)?;
    let words = words(&marks, &phones, text);
    Ok(Speech { samples, phones, words })
}

fn rate_wpm(prosody: &Prosody) -> i32 {
    ((RATE_WPM / prosody.stretch).round() as i32).clamp(*RATES_WPM.start(), *RATES_WPM.end())
}

fn points(value: f64) -> i32 {
    value.round().clamp(0.0, 99.0) as i32
}

/// Phones with their starts moved to their closures, each lasting until the next.
fn segments(marks: &[(f64, Mark)], samples: &[f32]) -> std::result::Result<Vec<Segment>, String> {
    let loudest = loudest(samples);
    let mut starts: Vec<(f64, &'static [keyface_core::Phone])> = Vec::new();
    for (at_s, mark) in marks {
        let Mark::Phone(name) = mark else { continue };
        let phones = phones_of_mnemonic(name).ok_or_else(|| format!("expected a known phone, came {name:?}"))?;
        if phones.is_empty() {
            continue;
        }
        let floor_s = starts.last().map_or(0.0, |(before_s, _)| before_s + PHONE_MIN_S);
        let moved_s = if starts_at_burst(name) { closure_start_s(samples, *at_s, floor_s, loudest) } else { *at_s };
        starts.push((moved_s, phones));
    }
    let ends = starts.iter().skip(1).map(|(at_s, _)| *at_s).chain([seconds(samples)]);
    Ok(starts.iter().zip(ends).flat_map(|((start_s, phones), end_s)| spread(*start_s, end_s, phones)).collect())
}

/// Each word starts with a phone and lasts until the next word or the next pause.
fn words(marks: &[(f64, Mark)], phones: &[Segment], text: &str) -> Vec<Interval> {
    let starts: Vec<(f64, usize, usize)> = marks
        .iter()
        .filter_map(|(at_s, mark)| match mark {
            Mark::Word(position, len) => Some((nearest_phone_s(phones, *at_s), *position, *len)),
            Mark::Phone(_) => None,
        })
        .collect();
    let next_word = |i: usize| starts.get(i + 1).map_or(f64::INFINITY, |(at_s, ..)| *at_s);
    let pause = |after_s: f64| phones.iter().find(|p| p.start_s > after_s && p.phone == keyface_core::Phone::SIL);
    let word = |(i, (start_s, position, len)): (usize, &(f64, usize, usize))| {
        let end_s = pause(*start_s).map_or(f64::INFINITY, |p| p.start_s).min(next_word(i));
        let text: String = text.chars().skip(position.saturating_sub(1)).take(*len).collect();
        let text = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        Interval { start_s: *start_s, end_s, text }
    };
    starts.iter().enumerate().map(word).filter(|w| !w.text.is_empty()).collect()
}

/// A word's own event comes some ms beside its first phone, whose closure may have moved besides.
fn nearest_phone_s(phones: &[Segment], at_s: f64) -> f64 {
    let starts = phones.iter().filter(|p| p.phone != keyface_core::Phone::SIL).map(|p| p.start_s);
    starts.min_by(|a, b| (a - at_s).abs().total_cmp(&(b - at_s).abs())).unwrap_or(at_s)
}

#[cfg(test)]
mod tests {
    use keyface_core::Phone;

    use super::*;

    fn phone(name: &str) -> Mark {
        Mark::Phone(name.into())
    }

    #[test]
    fn a_mark_without_sound_lets_the_phone_before_last_on() {
        let marks = [(0.0, phone("_:")), (0.1, phone("n")), (0.2, phone(";")), (0.3, phone("@L"))];
        let found = segments(&marks, &vec![0.1; 8_000]).unwrap();
        let names: Vec<(&str, f64)> = found.iter().map(|s| (s.phone.name(), s.start_s)).collect();
        assert_eq!(names, [("SIL", 0.0), ("N", 0.1), ("AH", 0.3), ("L", 0.4)]);
    }

    #[test]
    fn an_unknown_phone_is_refused() {
        assert!(segments(&[(0.0, phone("qq"))], &[0.0; 100]).unwrap_err().contains("\"qq\""));
    }

    #[test]
    fn a_word_ends_at_the_pause() {
        let phone = |start_s, end_s, phone| Segment { start_s, end_s, phone };
        let phones = [phone(0.1, 0.2, Phone::AH), phone(0.2, 0.4, Phone::UW), phone(0.4, 1.0, Phone::SIL)];
        let marks = [(0.08, Mark::Word(1, 3)), (0.21, Mark::Word(5, 4))];
        let found = words(&marks, &phones, "One two.");
        assert_eq!(found[0], Interval { start_s: 0.1, end_s: 0.2, text: "one".into() });
        assert_eq!(found[1], Interval { start_s: 0.2, end_s: 0.4, text: "two".into() });
    }

    #[test]
    fn slow_speech_lasts_longer() {
        if let Err(missing) = find() {
            return crate::corpus::testing::skip(missing);
        }
        let spoken =
            |stretch| speak("en-us+f2", &Prosody { stretch, ..Prosody::NEUTRAL }, "Pat packed a map.").unwrap();
        let (quick, slow) = (spoken(0.8), spoken(1.3));
        assert!(slow.samples.len() as f64 > 1.3 * quick.samples.len() as f64);
        assert_eq!(quick.phones.last().unwrap().end_s, seconds(&quick.samples));
        assert!(quick.phones.iter().any(|s| s.phone == Phone::P) && quick.words.len() == 4);
    }

    #[test]
    fn closures_of_voiceless_stops_are_silent() {
        if let Err(missing) = find() {
            return crate::corpus::testing::skip(missing);
        }
        let speech = speak("en-us", &Prosody::NEUTRAL, "A pepper pot, a copper cap, a paper cup.").unwrap();
        let loudest = loudest(&speech.samples);
        let stops = speech.phones.iter().filter(|s| s.phone == Phone::P && s.end_s - s.start_s > 0.04);
        let levels: Vec<f32> = stops
            .map(|s| {
                let at = (s.start_s * 16_000.0) as usize;
                super::super::burst::loudest(&speech.samples[at + 64..at + 320]) / loudest
            })
            .collect();
        assert!(levels.len() >= 6 && levels.iter().all(|l| *l < 0.1), "{levels:?}");
    }
}
