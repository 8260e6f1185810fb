//! Headers that lie, or say it otherwise than most.

use super::*;
use crate::properties::sound;

/// A file with a wrong header sounds like the plain one, as a file and as a pipe.
#[track_caller]
fn sounds_like_the_ramp(file: Vec<u8>) {
    let plain = samples(wav(PCM, 1, 16_000, 16, &ramp()));
    assert!(piped(file.clone()) == plain, "as a pipe");
    assert!(samples(file) == plain, "as a file");
}

#[test]
fn lengths_that_are_too_small_too_big_or_nothing_are_not_believed() {
    let plain = wav(PCM, 1, 16_000, 16, &ramp());
    let with = |at: usize, value: u32| {
        let mut file = plain.clone();
        file[at..at + 4].copy_from_slice(&value.to_le_bytes());
        file
    };
    for value in [0, 36, 100, 28, 0x7fff_ffff, 0xffff_ffff, 0x7fff_fff0] {
        sounds_like_the_ramp(with(4, value));
    }
    for value in [0, 2, 1_000, 31_998, 0x7fff_f000, 0xffff_ffff, 90_000] {
        sounds_like_the_ramp(with(40, value));
    }
    // GStreamer's, and a recorder's that was killed.
    let mut killed = with(4, 0);
    killed[40..44].fill(0);
    sounds_like_the_ramp(killed);
}

#[test]
fn chunks_of_odd_or_wrong_length_do_not_hide_the_samples() {
    let (format, data) = (format(PCM, 1, 16_000, 16), chunk(b"data", 32_000, &ramp()));
    let lists = [
        chunk(b"LIST", 5, b"INFOx\0"),
        chunk(b"LIST", 5, b"INFOx"),
        chunk(b"LIST", 900, b"INFOx"),
        chunk(b"LIST", 90_000, b"INFO and the word data"),
        chunk(b"LIST", 2, b"INFO and the word data"),
        chunk(b"bext", 70_000, &[7; 70_000]),
        chunk(b"zzzz", 0, b""),
    ];
    for list in lists {
        sounds_like_the_ramp(riff(&[format.clone(), list.clone(), data.clone()]));
        sounds_like_the_ramp(riff(&[list, format.clone(), data.clone()]));
    }
    let behind = riff(&[format.clone(), data.clone(), chunk(b"LIST", 8, b"INFOabcd"), chunk(b"odd!", 3, b"abc\0")]);
    sounds_like_the_ramp(behind);
}

#[test]
fn a_format_chunk_may_be_longer() {
    let longer = |extra: &[u8]| {
        let mut body = format(PCM, 1, 16_000, 16)[8..].to_vec();
        body.extend(extra);
        riff(&[chunk(b"fmt ", body.len(), &body), chunk(b"data", 32_000, &ramp())])
    };
    sounds_like_the_ramp(longer(&[0, 0]));
    sounds_like_the_ramp(longer(&[2, 0, 0, 0]));
    let mut extensible =
        longer(&[22, 0, 16, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
    extensible[20..22].copy_from_slice(&0xfffeu16.to_le_bytes());
    sounds_like_the_ramp(extensible);
}

#[test]
fn rf64_and_rifx_are_read() {
    let sizes = [0u64.to_le_bytes(), 32_000u64.to_le_bytes(), 16_000u64.to_le_bytes()].concat();
    let ds64 = chunk(b"ds64", 28, &[sizes.as_slice(), &[0; 4]].concat());
    let mut file = riff(&[ds64, format(PCM, 1, 16_000, 16), chunk(b"data", 0xffff_ffff, &ramp())]);
    file.extend(chunk(b"LIST", 4, b"INFO"));
    file[..4].copy_from_slice(b"RF64");
    sounds_like_the_ramp(file);
    let big: Vec<u8> = ramp().chunks(2).flat_map(|b| [b[1], b[0]]).collect();
    let mut file =
        b"RIFX\0\0\x7d\x24WAVEfmt \0\0\0\x10\0\x01\0\x01\0\0\x3e\x80\0\0\x7d\0\0\x02\0\x10data\0\0\x7d\0".to_vec();
    file.extend(big);
    sounds_like_the_ramp(file);
}

#[test]
fn aiff_and_au_are_read() {
    let big: Vec<u8> = ramp().chunks(2).flat_map(|b| [b[1], b[0]]).collect();
    for size in [32_008u32, 0, 0x7fff_ffff] {
        let mut file =
            b"FORM\0\0\x7d\x36AIFFCOMM\0\0\0\x12\0\x01\0\0\x3e\x80\0\x10\x40\x0c\xfa\0\0\0\0\0\0\0SSND".to_vec();
        file.extend(size.to_be_bytes());
        file.extend([0; 8]);
        file.extend(&big);
        sounds_like_the_ramp(file);
    }
    for size in [32_000u32, 0xffff_ffff, 10] {
        let mut file = b".snd\0\0\0\x1c".to_vec();
        [size, 3, 16_000, 1, 0].iter().for_each(|field| file.extend(field.to_be_bytes()));
        file.extend(&big);
        sounds_like_the_ramp(file);
    }
}

#[test]
fn ima_adpcm_is_read_to_its_last_part_of_a_block() {
    // Blocks of 8 bytes: a first sample, then nibbles that change nothing.
    let block = |first: i16| [first.to_le_bytes().as_slice(), &[0, 0], &[0x80; 4]].concat();
    let mut body = format(0x11, 1, 16_000, 4)[8..].to_vec();
    body[12..14].copy_from_slice(&8u16.to_le_bytes());
    body.extend([2, 0, 9, 0]);
    let data = [block(8_192), block(-8_192), block(8_192)[..4].to_vec()].concat();
    let file = riff(&[chunk(b"fmt ", body.len(), &body), chunk(b"data", data.len(), &data)]);
    let expected: Vec<f32> = [[0.25; 9], [-0.25; 9]].concat();
    let heard = samples(file);
    close(&heard[..18], &expected);
    assert_eq!(heard.len(), 22);
}

/// A CAF of 16 bits whose samples have the length `told`.
fn caf(told: i64, data: &[u8]) -> Vec<u8> {
    let numbers = [2u32, 2, 1, 1, 16].map(u32::to_be_bytes).concat();
    let description = [16_000f64.to_be_bytes().as_slice(), b"lpcm", &numbers].concat();
    let chunk = |name: &[u8; 4], size: i64, body: &[u8]| [name.as_slice(), &size.to_be_bytes(), body].concat();
    let data = [&[0; 4], data].concat();
    [b"caff\0\x01\0\0".to_vec(), chunk(b"desc", 32, &description), chunk(b"data", told, &data)].concat()
}

#[test]
fn a_caf_whose_recorder_was_killed_is_heard_as_far_as_it_goes() {
    let (data, whole) = (ramp(), samples(wav(PCM, 1, 16_000, 16, &ramp())));
    assert_eq!(samples(caf(4 + data.len() as i64, &data)), whole);
    for (told, note) in [(-1, None), (0, None), (1 << 40, Some("it ends early"))] {
        let (heard, _, reader) = native(opened(caf(told, &data)));
        assert!(heard == whole, "{told}: {} samples of {}", heard.len(), whole.len());
        assert_eq!(reader.notes().sentence().as_deref(), note, "{told}");
        assert_eq!(piped(caf(told, &data)), heard, "{told}");
    }
}

#[test]
fn a_known_kind_of_file_is_never_taken_for_samples() {
    let speex = [b"OggS\0\x02".as_slice(), &[0; 20], &[1, 80], b"Speex   1.2".as_slice(), &[0; 99]].concat();
    let latm = [&[0x56, 0xe0, 40], &[7; 40][..]].concat().repeat(20);
    let films = [("A_AC3", "AC-3"), ("A_EAC3", "E-AC-3"), ("A_TRUEHD", "TrueHD")];
    let films = films.map(|(codec, name)| (matroska(codec, [[7; 99].as_slice()].into_iter()), name));
    let kinds = [
        (speex, "an Ogg file of Speex"),
        (latm, "AAC in LATM"),
        // Nothing that a converter could do.
        (b"RIFF\x40\0\0\0RMIDdata".repeat(9), "a RIFF or IFF file without sound"),
        (b"PK\x03\x04\x14\0\0\0".repeat(9), "a ZIP archive, which has to be unpacked first"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".repeat(9), "a PDF"),
    ];
    for (file, name) in kinds.into_iter().chain(films) {
        let is_sound = !["without", "unpacked", "PDF"].iter().any(|word| name.contains(word));
        for is_pipe in [false, true] {
            let hints = Hints { is_pipe, ..Hints::default() };
            let error = Reader::open(Box::new(Cursor::new(file.clone())), "a", hints).err().expect(name).to_string();
            assert!(error.contains(name) && error.contains("with `ffmpeg") == is_sound, "{name}: {error}");
        }
    }
}

#[test]
fn a_header_that_is_cut_off_is_said_to_be_so() {
    let file = wav(PCM, 1, 16_000, 16, &ramp());
    for (bytes, reason) in
        [(4, "a WAV that ends before"), (11, "a WAV that ends before"), (20, "a WAV that ends within")]
    {
        let error = refused(&file[..bytes], "a.wav");
        assert!(error.contains(reason), "{bytes}: {error}");
    }
    let error = refused(&sound("m4a")[..600], "a.m4a");
    assert!(error.contains("an MP4 file without its index"), "{error}");
}
