//! What an encoder puts before the sound is left out: lips would move late by it.

use super::*;
use crate::properties::sound;

/// Samples at 16 kHz before the tone begins.
fn onset(file: &[u8]) -> usize {
    let heard = decoded(file).samples;
    assert!(heard.len() + 80 >= 4_000, "{} samples: too much was left out", heard.len());
    heard.iter().position(|sample| sample.abs() > 0.2).unwrap()
}

#[test]
fn the_tone_begins_with_the_sound_in_every_format() {
    let kinds = ["flac", "mp3", "mp2", "ogg", "m4a", "webm", "opus", "caf", "aac", "opus.mp4", "aac.mkv", "g722.wav"];
    for kind in kinds {
        let before = onset(sound(kind));
        assert!(before < 80, "{kind}: {before} samples before the tone");
    }
}

#[test]
fn an_mp3_in_a_wav_begins_as_the_mp3_does() {
    let file = wav(0x55, 1, 16_000, 0, TONE_MP3);
    assert_eq!(samples(file), samples(TONE_MP3));
}

#[test]
fn an_mp3_tells_its_delay_itself_or_is_taken_for_that_of_lame() {
    // A first frame of the same kind that tells 1000 samples and nothing of the end.
    let mut notes = TONE_MP3[..144].to_vec();
    notes[4..].fill(0);
    notes[13..17].copy_from_slice(b"Info");
    let without = samples([notes.as_slice(), TONE_MP3].concat());
    assert_eq!(without, samples(TONE_MP3));
    let encoder_at = 13 + 8;
    notes[encoder_at + 21..encoder_at + 24].copy_from_slice(&[0x3e, 0x80, 0]);
    let told = samples([notes.as_slice(), TONE_MP3].concat());
    assert_eq!(told, without[1_000 - 576..]);
}

#[test]
fn an_mp3_in_a_matroska_begins_as_the_mp3_does() {
    assert_eq!(samples(matroska("A_MPEG/L3", TONE_MP3.chunks(144))), samples(TONE_MP3));
}

#[test]
fn an_m4a_without_an_edit_list_begins_with_the_encoders_own_packet() {
    let mut file = sound("m4a").to_vec();
    let at = file.windows(4).position(|name| name == b"edts").unwrap();
    file[at..at + 4].copy_from_slice(b"free");
    assert_eq!(samples(file), samples(sound("m4a")));
}

#[test]
fn g722_is_read_in_a_wav_and_without_a_header() {
    let file = sound("g722.wav");
    let codes = file[file.len() - 2_000..].to_vec();
    let hints = Hints { raw: Some("g722".parse().unwrap()), ..Hints::default() };
    let (raw, block, reader) = native(Reader::open(Box::new(Cursor::new(codes)), "a.g722", hints).unwrap());
    assert_eq!((block.rate_hz, reader.assumed()), (16_000, None));
    assert_eq!(raw, samples(file));
    let named = Reader::open(Box::new(Cursor::new(file[file.len() - 2_000..].to_vec())), "a.G722", Hints::default());
    assert_eq!(native(named.unwrap()).0, raw);
    // The tone itself, late by the mirror filter.
    let flac = samples(TONE_FLAC);
    let error = raw[22..].iter().zip(&flac).skip(200).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
    let power = flac.iter().map(|b| b.powi(2)).sum::<f32>().sqrt();
    assert!(error < 0.1 * power, "{error} of {power}");
}
