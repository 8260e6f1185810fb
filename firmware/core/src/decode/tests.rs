//! Sounds are made here, except the three `tone.*` (a quarter second of 440 Hz at half of full scale, 16 kHz,
//! by sox, flac and lame).

use std::io::Cursor;

use super::*;

const TONE_FLAC: &[u8] = include_bytes!("sounds/tone.flac");
const TONE_MP3: &[u8] = include_bytes!("sounds/tone.mp3");
const TONE_OGG: &[u8] = include_bytes!("sounds/tone.ogg");

const PCM: u16 = 1;
const FLOAT: u16 = 3;

/// A WAV file around samples that are already bytes.
fn wav(format: u16, channels: u16, rate_hz: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let frame_bytes = channels * bits / 8;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0");
    file.extend(format.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate_hz.to_le_bytes());
    file.extend((rate_hz * u32::from(frame_bytes)).to_le_bytes());
    file.extend(frame_bytes.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

fn decoded(file: impl Into<Vec<u8>>, name: &str) -> Audio {
    decode_audio(Cursor::new(file.into()), name).unwrap()
}

fn refused(file: impl Into<Vec<u8>>, name: &str) -> String {
    decode_audio(Cursor::new(file.into()), name).unwrap_err().to_string()
}

fn close(audio: &Audio, expected: &[f32]) {
    assert_eq!(audio.samples.len(), expected.len());
    for (a, b) in audio.samples.iter().zip(expected) {
        assert!((a - b).abs() < 0.01, "{:?} instead of {expected:?}", audio.samples);
    }
}

#[test]
fn eight_bit_wav_is_centred_on_128() {
    close(&decoded(wav(PCM, 1, 8_000, 8, &[128, 192, 64, 128]), "a.wav"), &[0.0, 0.5, -0.5, 0.0]);
}

#[test]
fn sixteen_bit_stereo_is_averaged() {
    let data: Vec<u8> = [16384i16, 0, -16384, -16384].iter().flat_map(|s| s.to_le_bytes()).collect();
    let audio = decoded(wav(PCM, 2, 44_100, 16, &data), "a.wav");
    close(&audio, &[0.25, -0.5]);
    assert_eq!((audio.rate_hz, audio.channels_in, audio.truncated), (44_100, 2, None));
}

#[test]
fn six_channels_of_24_bits_at_96_khz_are_read() {
    let data: Vec<u8> = [0x400000i32; 12].iter().flat_map(|s| s.to_le_bytes()[..3].to_vec()).collect();
    let audio = decoded(wav(PCM, 6, 96_000, 24, &data), "a.wav");
    close(&audio, &[0.5, 0.5]);
    assert_eq!((audio.rate_hz, audio.channels_in), (96_000, 6));
}

#[test]
fn thirty_two_bits_are_read() {
    let data: Vec<u8> = [0x4000_0000i32, i32::MIN].iter().flat_map(|s| s.to_le_bytes()).collect();
    close(&decoded(wav(PCM, 1, 16_000, 32, &data), "a.wav"), &[0.5, -1.0]);
}

#[test]
fn floats_that_are_no_numbers_become_silence_and_are_counted() {
    let data: Vec<u8> = [0.5f32, f32::NAN, f32::INFINITY, 1e30].iter().flat_map(|s| s.to_le_bytes()).collect();
    let audio = decoded(wav(FLOAT, 1, 16_000, 32, &data), "a.wav");
    close(&audio, &[0.5, 0.0, 0.0, 0.0]);
    assert_eq!(audio.repaired, 3);
}

#[test]
fn flac_mp3_and_ogg_sound_like_the_tone_that_they_hold() {
    for (file, name) in [(TONE_FLAC, "a.flac"), (TONE_MP3, "a.mp3"), (TONE_OGG, "a.ogg")] {
        let audio = decoded(file, name);
        let peak = audio.samples.iter().fold(0.0f32, |m, s| m.max(s.abs()));
        assert!((peak - 0.5).abs() < 0.03, "{name}: {peak}");
        assert!((audio.duration().as_secs_f32() - 0.25).abs() < 0.1, "{name}: {:?}", audio.duration());
        assert_eq!((audio.rate_hz, audio.channels_in), (16_000, 1), "{name}");
    }
}

#[test]
fn an_mp3_with_a_tag_before_it_is_read() {
    let mut file = b"ID3\x04\0\0\0\0\x02\0".to_vec();
    file.resize(10 + 256, 0);
    file.extend(TONE_MP3);
    assert_eq!(decoded(file, "a.mp3").samples, decoded(TONE_MP3, "a.mp3").samples);
}

#[test]
fn a_wrong_extension_does_not_matter() {
    assert_eq!(decoded(TONE_FLAC, "a.wav").samples, decoded(TONE_FLAC, "a.flac").samples);
}

#[test]
fn a_truncated_flac_gives_what_it_holds_and_says_so() {
    let whole = decoded(TONE_FLAC, "a.flac");
    let half = decoded(&TONE_FLAC[..TONE_FLAC.len() / 2], "a.flac");
    assert!(half.samples.len() >= 1_024 && half.samples.len() < whole.samples.len(), "{}", half.samples.len());
    assert_eq!(half.samples, whole.samples[..half.samples.len()]);
    assert!(half.truncated.unwrap().starts_with("expected 0.25 s as its header says, came 0."));
    assert_eq!(whole.truncated, None);
}

#[test]
fn a_truncated_wav_loses_no_sample_that_is_there() {
    let data: Vec<u8> = (0..5_000i16).flat_map(|s| s.to_le_bytes()).collect();
    let mut file = wav(PCM, 1, 16_000, 16, &data);
    file.truncate(44 + 2 * 3_001 + 1);
    let audio = decoded(file, "a.wav");
    assert_eq!(audio.samples.len(), 3_001);
    assert_eq!(audio.truncated.unwrap(), "expected 0.31 s as its header says, came 0.19 s");
}

#[test]
fn a_wav_from_a_pipe_that_knows_no_length_is_whole() {
    let mut file = wav(PCM, 1, 16_000, 16, &[0; 4_000]);
    file[4..8].copy_from_slice(&0xffff_ffffu32.to_le_bytes());
    file[40..44].copy_from_slice(&0xffff_ffffu32.to_le_bytes());
    let audio = decoded(file, "a.wav");
    assert_eq!((audio.samples.len(), audio.truncated), (2_000, None));
}

#[test]
fn an_empty_file_is_named_as_such() {
    assert_eq!(refused([], "a.wav"), "a.wav: expected sound (WAV, FLAC, MP3 or OGG Vorbis), came an empty file");
}

#[test]
fn a_text_is_named_as_such() {
    let error = refused(*b"Dear microphone,\nhow are you?\n", "a.wav");
    assert!(error.ends_with("came a text that starts \"Dear microphone,\\nhow\""), "{error}");
}

#[test]
fn garbage_is_refused_with_its_first_bytes() {
    let error = refused([0, 1, 2, 3].repeat(500), "a.wav");
    assert!(error.ends_with("came a file that starts with the bytes 00 01 02 03"), "{error}");
}

#[test]
fn garbage_behind_each_magic_is_refused_in_one_line() {
    for magic in [b"RIFF".as_slice(), b"fLaC", b"OggS", b"ID3", b"\xff\xfb"] {
        let mut file = magic.to_vec();
        file.extend((0..5_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
        let error = refused(file, "a.wav");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_wav_without_samples_is_refused() {
    assert!(refused(wav(PCM, 1, 16_000, 16, &[]), "a.wav").contains("without a single sample"));
}
