//! What must hold of any bytes: no panic, no endless reading, memory that does not grow with what a header says.

use std::io::Cursor;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::{Block, Hints, MediaSource, ReadOnlySource, Reader};

/// Small sounds of every kind: 440 Hz for a quarter second.
pub(crate) const SOUNDS: [(&str, &[u8]); 13] = [
    ("flac", include_bytes!("sounds/tone.flac")),
    ("mp3", include_bytes!("sounds/tone.mp3")),
    ("mp2", include_bytes!("sounds/tone.mp2")),
    ("ogg", include_bytes!("sounds/tone.ogg")),
    ("m4a", include_bytes!("sounds/tone.m4a")),
    ("webm", include_bytes!("sounds/tone.webm")),
    ("opus", include_bytes!("sounds/tone.opus")),
    ("caf", include_bytes!("sounds/tone.caf")),
    ("aac", include_bytes!("sounds/tone.aac")),
    ("wav", include_bytes!("sounds/tone.wav")),
    ("opus.mp4", include_bytes!("sounds/tone-opus.mp4")),
    ("aac.mkv", include_bytes!("sounds/tone-aac.mkv")),
    ("g722.wav", include_bytes!("sounds/tone-g722.wav")),
];
const MAGICS: [&[u8]; 12] = [
    b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\0\0\0\x02\0\x10\0data",
    b"RF64\xff\xff\xff\xffWAVEds64",
    b"FORM\0\0\0\0AIFFCOMM",
    b".snd\0\0\0\x1c",
    b"fLaC\0\0\0\x22",
    b"OggS\0\x02",
    b"ID3\x04\0\0\0\0\0\0",
    b"\xff\xfb\x90\x64",
    b"\xff\xf1\x60\x40",
    b"caff\0\x01\0\0desc",
    b"\0\0\0\x18ftypM4A \0\0\0\0",
    b"\x1a\x45\xdf\xa3",
];

/// One of them.
pub(crate) fn sound(kind: &str) -> &'static [u8] {
    SOUNDS.iter().find(|(name, _)| *name == kind).unwrap().1
}

/// Nobody waits longer for so few bytes.
const PATIENCE: Duration = Duration::from_secs(5);
/// Far more than so few bytes can hold.
const MOST_SAMPLES: usize = 1 << 26;

/// Reads everything, as a file or as a pipe.
fn read(bytes: &[u8], is_pipe: bool) -> Result<(), TestCaseError> {
    let started = Instant::now();
    let bytes = Cursor::new(bytes.to_vec());
    let hints = Hints { is_pipe, ..Hints::default() };
    let opened = match is_pipe {
        true => Reader::open(Box::new(ReadOnlySource::new(bytes)), "a", hints),
        false => Reader::open(Box::new(bytes), "a", hints),
    };
    let (mut block, mut count) = (Block::default(), 0);
    if let Ok(mut reader) = opened {
        while let Ok(true) = reader.read(&mut block) {
            prop_assert!(block.channels > 0 && block.samples.len().is_multiple_of(block.channels));
            prop_assert!(block.samples.iter().all(|sample| sample.is_finite()));
            count += block.samples.len();
            prop_assert!(count < MOST_SAMPLES, "{count} samples");
        }
    }
    prop_assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_behind_any_beginning_are_read_or_refused(
        magic in prop::sample::select(&MAGICS[..]),
        rest in prop::collection::vec(any::<u8>(), 0..3_000),
        is_pipe: bool,
    ) {
        read(&[magic, &rest].concat(), is_pipe)?;
    }

    #[test]
    fn a_sound_that_is_cut_or_damaged_is_read_or_refused(
        (_, sound) in prop::sample::select(&SOUNDS[..]),
        keep in 0.0..1.0f64,
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8u8), 0..12),
        is_pipe: bool,
    ) {
        let mut bytes = sound[..(sound.len() as f64 * keep) as usize + 1].to_vec();
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        read(&bytes, is_pipe)?;
    }

    #[test]
    fn sounds_that_are_joined_and_damaged_are_read_or_refused(
        sounds in prop::collection::vec(prop::sample::select(&SOUNDS[..]), 2..4),
        keep in 0.0..1.0f64,
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        is_pipe: bool,
    ) {
        let mut bytes = sounds.iter().map(|(_, sound)| *sound).collect::<Vec<_>>().concat();
        bytes.truncate((bytes.len() as f64 * (1.0 - keep * keep)) as usize + 1);
        for (at, value) in places {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        read(&bytes, is_pipe)?;
    }

    #[test]
    fn any_codes_of_g722_are_samples(codes in prop::collection::vec(any::<u8>(), 1..3_000)) {
        let hints = Hints { raw: Some("g722".parse().unwrap()), ..Hints::default() };
        let mut reader = Reader::open(Box::new(Cursor::new([&[0, 1, 2, 3], &codes[..]].concat())), "a", hints).unwrap();
        let (mut block, mut count) = (Block::default(), 0);
        while reader.read(&mut block).unwrap() {
            prop_assert!(block.samples.iter().all(|sample| sample.abs() <= 1.0));
            count += block.samples.len();
        }
        prop_assert_eq!(count, 2 * (codes.len() + 4));
    }

    #[test]
    fn lengths_and_numbers_of_any_size_are_read_or_refused(
        (_, sound) in prop::sample::select(&SOUNDS[..]),
        places in prop::collection::vec((0..600usize, any::<u32>()), 1..4),
        is_pipe: bool,
    ) {
        let mut bytes = sound.to_vec();
        for (at, value) in places {
            let at = at % (bytes.len() - 4);
            bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        read(&bytes, is_pipe)?;
    }
}

#[test]
fn every_kind_of_sound_is_heard_as_a_file_and_from_a_pipe() {
    for (n, sound) in SOUNDS {
        let samples = |is_pipe| {
            let hints = Hints { is_pipe, ..Hints::default() };
            let file = Cursor::new(sound.to_vec());
            let source: Box<dyn MediaSource> =
                if is_pipe { Box::new(ReadOnlySource::new(file)) } else { Box::new(file) };
            let mut reader = Reader::open(source, "a", hints).unwrap();
            let (mut all, mut block) = (Vec::new(), Block::default());
            while reader.read(&mut block).unwrap() {
                all.extend_from_slice(&block.samples);
            }
            (all, block.rate_hz, reader.notes().sentence())
        };
        let (all, rate_hz, fault) = samples(false);
        let seconds = all.len() as f32 / rate_hz as f32;
        assert!((0.24..0.4).contains(&seconds), "{n}: {seconds} s");
        assert_eq!(fault, None, "{n}");
        let middle = &all[rate_hz as usize * 2 / 25..rate_hz as usize * 9 / 50];
        let crossings = middle.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count();
        assert!(crossings.abs_diff(88) < 6, "{n}: {crossings} crossings of a tone of 440 Hz in 0.1 s");
        assert_eq!(samples(true).0, all, "{n}");
    }
}
