//! Sounds are made here, except the three `tone.*` (a quarter second of 440 Hz at half of full scale, 16 kHz,
//! by sox, flac and lame).

use std::io::{self, Cursor, Read};

use crate::{Audio, Block, Channels, Hearing, Hints, RawFormat, ReadOnlySource, Reader, decode_audio};

mod damage;
mod delays;
mod headers;
mod joined;

const TONE_FLAC: &[u8] = include_bytes!("sounds/tone.flac");
const TONE_MP3: &[u8] = include_bytes!("sounds/tone.mp3");
const TONE_OGG: &[u8] = include_bytes!("sounds/tone.ogg");

const PCM: u16 = 1;
const FLOAT: u16 = 3;

fn chunk(name: &[u8; 4], size: usize, body: &[u8]) -> Vec<u8> {
    [name.as_slice(), &(size as u32).to_le_bytes(), body].concat()
}

fn format(kind: u16, channels: u16, rate_hz: u32, bits: u16) -> Vec<u8> {
    let frame = channels * bits.div_ceil(8);
    let mut body = [kind.to_le_bytes(), channels.to_le_bytes()].concat();
    body.extend(rate_hz.to_le_bytes());
    body.extend((rate_hz * u32::from(frame)).to_le_bytes());
    body.extend([frame.to_le_bytes(), bits.to_le_bytes()].concat());
    chunk(b"fmt ", body.len(), &body)
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let chunks = chunks.concat();
    [b"RIFF".to_vec(), (chunks.len() as u32 + 4).to_le_bytes().to_vec(), b"WAVE".to_vec(), chunks].concat()
}

/// A WAV file around samples that are already bytes.
fn wav(kind: u16, channels: u16, rate_hz: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    riff(&[format(kind, channels, rate_hz, bits), chunk(b"data", data.len(), data)])
}

fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|s| s.to_le_bytes()).collect()
}

/// A second that never repeats itself, and holds no header.
fn ramp() -> Vec<u8> {
    bytes(&(0..16_000).map(|n: i16| n.wrapping_mul(2)).collect::<Vec<i16>>())
}

/// Everything as it lies in the file.
fn native(mut reader: Reader) -> (Vec<f32>, Block, Reader) {
    let (mut all, mut block, mut last) = (Vec::new(), Block::default(), Block::default());
    while reader.read(&mut block).unwrap() {
        all.extend_from_slice(&block.samples);
        last = block.clone();
    }
    (all, last, reader)
}

fn opened(file: impl Into<Vec<u8>>) -> Reader {
    Reader::open(Box::new(Cursor::new(file.into())), "a", Hints::default()).unwrap()
}

fn samples(file: impl Into<Vec<u8>>) -> Vec<f32> {
    native(opened(file)).0
}

fn decoded(file: impl Into<Vec<u8>>) -> Audio {
    decode_audio(Cursor::new(file.into()), "a.wav").unwrap()
}

fn refused(file: impl Into<Vec<u8>>, name: &str) -> String {
    decode_audio(Cursor::new(file.into()), name).unwrap_err().to_string()
}

/// The same bytes through a pipe that gives few at a time.
fn piped(file: impl Into<Vec<u8>>) -> Vec<f32> {
    struct Few(Cursor<Vec<u8>>);
    impl Read for Few {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(7);
            self.0.read(&mut buffer[..count])
        }
    }
    let hints = Hints { is_pipe: true, ..Hints::default() };
    native(Reader::open(Box::new(ReadOnlySource::new(Few(Cursor::new(file.into())))), "pipe", hints).unwrap()).0
}

#[track_caller]
fn close(samples: &[f32], expected: &[f32]) {
    assert_eq!(samples.len(), expected.len());
    for (a, b) in samples.iter().zip(expected) {
        assert!((a - b).abs() < 0.01, "{samples:?} instead of {expected:?}");
    }
}

#[test]
fn every_width_of_a_wav_is_read() {
    close(&samples(wav(PCM, 1, 8_000, 8, &[128, 192, 64, 128])), &[0.0, 0.5, -0.5, 0.0]);
    close(&samples(wav(PCM, 1, 8_000, 16, &bytes(&[16_384, -16_384]))), &[0.5, -0.5]);
    close(&samples(wav(PCM, 1, 8_000, 24, &[0, 0, 0x40])), &[0.5]);
    close(&samples(wav(PCM, 1, 8_000, 20, &[0, 0, 0xc0])), &[-0.5]);
    close(&samples(wav(PCM, 1, 8_000, 32, &[0, 0, 0, 0x40, 0, 0, 0, 0x80])), &[0.5, -1.0]);
    close(&samples(wav(6, 1, 8_000, 8, &[0xd5, 0xaa])), &[0.0, 0.984]);
    close(&samples(wav(7, 1, 8_000, 8, &[0xff, 0x80])), &[0.0, 0.980]);
    close(&samples(wav(FLOAT, 1, 8_000, 32, &0.5f32.to_le_bytes())), &[0.5]);
}

#[test]
fn channels_and_rate_are_told() {
    let data: Vec<u8> = [0x400000i32; 12].iter().flat_map(|s| s.to_le_bytes()[..3].to_vec()).collect();
    let (samples, block, _) = native(opened(wav(PCM, 6, 96_000, 24, &data)));
    assert_eq!((samples.len(), block.channels, block.rate_hz), (12, 6, 96_000));
}

#[test]
fn stereo_is_averaged() {
    close(&decoded(wav(PCM, 2, 16_000, 16, &bytes(&[16_384, 0, -16_384, -16_384]))).samples, &[0.25, -0.5]);
}

#[test]
fn floats_that_are_no_numbers_become_silence_and_are_counted() {
    let data: Vec<u8> = [0.5f32, f32::NAN, f32::INFINITY, 1e30].iter().flat_map(|s| s.to_le_bytes()).collect();
    let audio = decoded(wav(FLOAT, 1, 16_000, 32, &data));
    close(&audio.samples, &[0.5, 0.0, 0.0, 0.0]);
    assert_eq!(audio.warning.unwrap(), "a.wav: 3 samples were no numbers and became silence");
    assert_eq!(audio.truncated, None);
}

#[test]
fn flac_mp3_and_ogg_sound_like_the_tone_that_they_hold() {
    for (file, name) in [(TONE_FLAC, "a.flac"), (TONE_MP3, "a.mp3"), (TONE_OGG, "a.ogg")] {
        let audio = decoded(file);
        let peak = audio.samples.iter().fold(0.0f32, |m, s| m.max(s.abs()));
        assert!((peak - 0.5).abs() < 0.03, "{name}: {peak}");
        let length = audio.samples.len();
        assert!(length.abs_diff(4_000) < 100, "{name}: {length}");
        assert_eq!(audio.warning, None, "{name}");
        assert_eq!(piped(file), samples(file), "{name}");
    }
}

#[test]
fn an_mp3_with_a_tag_before_it_is_read() {
    let mut file = b"ID3\x04\0\0\0\0\x02\0".to_vec();
    file.resize(10 + 256, 0);
    file.extend(TONE_MP3);
    assert_eq!(samples(file), samples(TONE_MP3));
}

#[test]
fn a_recorded_radio_that_begins_within_a_frame_is_read() {
    let long = TONE_MP3.repeat(8);
    let heard = samples(&long[777..]).len();
    assert!(heard > 35_000 && heard < 8 * 5_184, "{heard}");
}

#[test]
fn sounds_one_behind_another_are_all_heard() {
    for (file, name) in [(TONE_OGG, "ogg"), (TONE_FLAC, "flac")] {
        let (one, three) = (samples(file), samples(file.repeat(3)));
        assert_eq!(three.len(), 3 * one.len(), "{name}");
        assert_eq!(piped(file.repeat(3)), three, "{name}");
    }
    let one = wav(PCM, 1, 16_000, 16, &ramp());
    assert_eq!(samples(one.repeat(3)), samples(one.clone()).repeat(3));
    let mixed = [TONE_MP3, one.as_slice(), TONE_FLAC, &one].concat();
    assert_eq!(samples(mixed).len(), 2 * 16_000 + samples(TONE_MP3).len() + samples(TONE_FLAC).len());
}

#[test]
fn a_wav_for_each_sentence_is_heard_whole_at_each_rate_and_with_any_channels() {
    let streamed = |rate_hz: u32, channels: u16| {
        let mut file = wav(PCM, channels, rate_hz, 16, &bytes(&vec![8_192; rate_hz as usize * usize::from(channels)]));
        for at in [4, 40] {
            file[at..at + 4].copy_from_slice(&0xffff_ffffu32.to_le_bytes());
        }
        file
    };
    let file = [streamed(16_000, 1), streamed(24_000, 2), streamed(8_000, 1), streamed(16_000, 1)].concat();
    let audio = decoded(file);
    assert_eq!((audio.samples.len(), audio.warning), (4 * 16_000, None));
    let edges = |n: usize| (n % 16_000).min(16_000 - n % 16_000);
    let steady = audio.samples.iter().enumerate().filter(|(n, _)| edges(*n) > 200);
    steady.for_each(|(n, s)| assert!((s - 0.25).abs() < 0.01, "{s} at {n}"));
}

#[test]
fn a_truncated_flac_gives_what_it_holds_and_says_so() {
    let whole = decoded(TONE_FLAC);
    let half = decoded(&TONE_FLAC[..TONE_FLAC.len() / 2]);
    assert!(half.samples.len() >= 1_024 && half.samples.len() < whole.samples.len(), "{}", half.samples.len());
    assert_eq!(half.samples, whole.samples[..half.samples.len()]);
    assert!(half.truncated.unwrap().starts_with("expected 0.25 s as its header says, came 0."));
    assert_eq!(whole.truncated, None);
}

#[test]
fn a_truncated_wav_loses_no_sample_that_is_there() {
    let mut file = wav(PCM, 1, 16_000, 16, &bytes(&(0..5_000).collect::<Vec<i16>>()));
    file.truncate(44 + 2 * 3_001 + 1);
    let audio = decoded(file);
    assert_eq!(audio.samples.len(), 3_001);
    assert_eq!(audio.truncated.unwrap(), "expected 0.31 s as its header says, came 0.19 s");
}

#[test]
fn an_empty_file_is_named_as_such() {
    assert!(refused([], "a.wav").ends_with(", came an empty file"));
    assert!(refused([], "a.wav").starts_with("a.wav: expected sound (WAV, AIFF, "));
}

#[test]
fn a_text_is_named_as_such() {
    let error = refused(*b"Dear microphone,\nhow are you?\n", "a.wav");
    assert!(error.ends_with("came a text that starts \"Dear microphone,\\nhow\""), "{error}");
}

#[test]
fn garbage_is_refused_with_its_first_bytes() {
    let error = refused([0, 1, 2, 3].repeat(500), "a.wav");
    assert!(error.contains("came a file that starts with the bytes 00 01 02 03"), "{error}");
}

#[test]
fn another_format_is_named_with_what_converts_it() {
    let file = [b"\x30\x26\xb2\x75\x8e\x66\xcf\x11".as_slice(), &[0; 500]].concat();
    let error = refused(file.clone(), "my talk.wma");
    assert!(
        error.ends_with("Windows Media (ASF, WMA): convert it with `ffmpeg -i 'my talk.wma' 'my talk.wma'.wav`"),
        "{error}"
    );
    let hints = Hints { is_pipe: true, ..Hints::default() };
    let error =
        Reader::open(Box::new(ReadOnlySource::new(Cursor::new(file))), "pipe", hints).err().unwrap().to_string();
    assert!(
        error.ends_with("Windows Media (ASF, WMA): convert it on the way, with `ffmpeg -v error -i - -f wav -`"),
        "{error}"
    );
    let error = refused(wav(0x31, 1, 8_000, 0, &[0; 100]), "a.wav");
    assert!(error.contains("came a WAV of GSM 6.10: convert it with `ffmpeg -i a.wav a.wav.wav`"), "{error}");
}

#[test]
fn garbage_behind_each_magic_is_refused_in_one_line() {
    let magics: [&[u8]; 11] = [
        b"RIFF\0\0\0\0WAVE",
        b"FORM\0\0\0\0AIFF",
        b".snd",
        b"fLaC",
        b"OggS",
        b"ID3",
        b"\xff\xfb",
        b"caff",
        b"\0\0\0\x20ftypM4A ",
        b"\x1a\x45\xdf\xa3",
        b"RF64\xff\xff\xff\xffWAVE",
    ];
    for magic in magics {
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

#[test]
fn raw_samples_are_read_as_they_are_said_to_be_written() {
    let read = |file: &[u8], raw: &str| {
        let raw: RawFormat = raw.parse().unwrap();
        let hints = Hints { raw: Some(raw), raw_rate_hz: Some(8_000), ..Hints::default() };
        let (samples, block, reader) =
            native(Reader::open(Box::new(Cursor::new(file.to_vec())), "a.raw", hints).unwrap());
        (samples, block.channels, block.rate_hz, reader.assumed().map(str::to_owned))
    };
    assert_eq!(read(&[0x40, 0, 0xc0, 0], "s16be:2"), (vec![0.5, -0.5], 2, 8_000, None));
    assert_eq!(read(b"\x80\xc0", "u8"), (vec![0.0, 0.5], 1, 8_000, None));
    let (samples, .., assumed) = read(TONE_FLAC, "f32le");
    assert!(samples.len() == 4_000 && assumed.unwrap().contains("--format is left aside"));
}

#[test]
fn raw_samples_of_a_pipe_are_said_to_be_assumed() {
    let hints = Hints { is_pipe: true, ..Hints::default() };
    let (samples, _, reader) = native(Reader::open(Box::new(Cursor::new(vec![0, 0x40, 7])), "pipe", hints).unwrap());
    assert_eq!(samples, [0.5]);
    let assumed = "taken for raw samples, s16le:1 at 16000 Hz (--format and --rate say otherwise)";
    assert_eq!(reader.assumed(), Some(assumed));
    assert_eq!(reader.notes().sentence().unwrap(), "it ends within a sample, whose half is left out");
}

#[test]
fn a_channel_that_is_not_there_is_refused() {
    let file = wav(PCM, 2, 16_000, 16, &bytes(&[1, 2, 3, 4]));
    let channels = Channels::These(vec![2]);
    let mut hearing = Hearing::open(Box::new(Cursor::new(file)), "a.wav", Hints::default(), channels).unwrap();
    let error = hearing.read(&mut Vec::new()).unwrap_err().to_string();
    assert_eq!(error, "a.wav: expected a channel of 0 to 1, counted from 0, came 2");
}

#[test]
fn a_side_that_is_inverted_does_not_silence_the_other() {
    let tone = |n: i32| ((n as f32 * 0.3).sin() * 9_000.0) as i16;
    let data: Vec<i16> = (0..16_000).flat_map(|n| [tone(n), -tone(n)]).collect();
    let audio = decoded(wav(PCM, 2, 16_000, 16, &bytes(&data)));
    assert!(audio.samples[2_000..].iter().any(|s| s.abs() > 0.2));
    assert!(audio.warning.unwrap().contains("its channels cancel each other out, so channel 0 is heard alone"));
}

/// CRC-8 and CRC-16 of FLAC.
fn crc(bytes: &[u8], polynomial: u32, bits: u32) -> u32 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << (bits - 8), |crc, _| {
            let carried = crc << 1 ^ if crc >> (bits - 1) & 1 == 1 { polynomial } else { 0 };
            carried & ((1 << bits) - 1)
        })
    })
}

#[test]
fn a_file_that_unpacks_to_far_too_much_is_refused_in_one_line() {
    let mut file = b"fLaC\x80\0\0\x22\xff\xff\xff\xff\0\0\0\0\0\0".to_vec();
    file.extend([0x03, 0xe8, 0x00, 0xf0, 0, 0, 0, 0]);
    file.extend([0; 16]);
    for n in 0..800u32 {
        // A frame of 65535 samples that are all the same: 16 kHz, one channel, 16 bits.
        let number = if n < 0x80 { vec![n as u8] } else { vec![0xc0 | (n >> 6) as u8, 0x80 | (n & 0x3f) as u8] };
        let mut frame = [&[0xff, 0xf8, 0x75, 0x08][..], &number, &[0xff, 0xfe]].concat();
        frame.push(crc(&frame, 0x07, 8) as u8);
        frame.extend([0x00, 0x12, 0x34]);
        frame.extend((crc(&frame, 0x8005, 16) as u16).to_be_bytes());
        file.extend(frame);
    }
    let error = refused(file, "bomb.flac");
    assert!(error.contains("no sound is that plain") && !error.contains('\n'), "{error}");
}

#[test]
fn a_caf_whose_packets_would_fill_the_memory_is_refused() {
    let mut file = include_bytes!("sounds/tone.caf").to_vec();
    // Bytes and frames of a packet, which decoders make room for.
    file[36..40].copy_from_slice(&0x7fff_fff0u32.to_be_bytes());
    file[40..44].copy_from_slice(&0x4000_0000u32.to_be_bytes());
    assert!(refused(file, "a.caf").contains("samples of a packet"));
}

/// A Matroska of one track, with a packet every 36 ms.
fn matroska<'a>(codec: &str, packets: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let element = |id: &[u8], body: &[u8]| {
        [id, &[0x10 | (body.len() >> 24) as u8], &(body.len() as u32).to_be_bytes()[1..], body].concat()
    };
    let audio = [element(&[0xb5], &16_000f32.to_be_bytes()), element(&[0x9f], &[1])].concat();
    let track = [
        element(&[0xd7], &[1]),
        element(&[0x73, 0xc5], &[1]),
        element(&[0x83], &[2]),
        element(&[0x86], codec.as_bytes()),
        element(&[0xe1], &audio),
    ];
    let information = [
        element(&[0x2a, 0xd7, 0xb1], &1_000_000u32.to_be_bytes()),
        element(&[0x4d, 0x80], b"test"),
        element(&[0x57, 0x41], b"test"),
    ];
    let block = |(n, packet): (usize, &[u8])| {
        element(&[0xa3], &[&[0x81], &(36 * n as u16).to_be_bytes()[..], &[0x80], packet].concat())
    };
    let blocks: Vec<u8> = packets.enumerate().flat_map(block).collect();
    let segment = [
        element(&[0x15, 0x49, 0xa9, 0x66], &information.concat()),
        element(&[0x16, 0x54, 0xae, 0x6b], &element(&[0xae], &track.concat())),
        element(&[0x1f, 0x43, 0xb6, 0x75], &[element(&[0xe7], &[0]), blocks].concat()),
    ];
    let head = [element(&[0x42, 0x86], &[1]), element(&[0x42, 0x82], b"matroska")].concat();
    [element(&[0x1a, 0x45, 0xdf, 0xa3], &head), element(&[0x18, 0x53, 0x80, 0x67], &segment.concat())].concat()
}
