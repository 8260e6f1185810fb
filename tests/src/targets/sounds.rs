//! Sounds of every kind that is read, from files and from pipes.

use std::io::Cursor;

use keyface_sound::{Block, Hints, ReadOnlySource, Reader};

use super::{leaves, project};
use crate::fuzz::{Answer, Length, Node, Target, boxes, caf, ebml, flac, iff, ogg, plain, riff, stretches};

pub fn target() -> Target {
    let made = [wavs(), forms(), vec![au(), long_flac(), wide_wav()]].concat();
    let kept = ["wav", "flac", "mp3", "ogg", "m4a", "webm", "opus", "caf", "aac"];
    let read = kept.map(|ending| split(&project(&format!("firmware/sound/src/sounds/tone.{ending}"))));
    let seeds = made.into_iter().chain(read).collect();
    Target { name: "sound", seeds, split, seal: Box::new(plain), feed: Box::new(feed) }
}

/// What a sound says is heard to its end: as a file, or as a pipe where its size is odd.
fn feed(bytes: &[u8]) -> Answer {
    let is_pipe = bytes.len() % 2 == 1;
    let (sound, hints) = (Cursor::new(bytes.to_vec()), Hints { is_pipe, ..Hints::default() });
    let opened = match is_pipe {
        true => Reader::open(Box::new(ReadOnlySource::new(sound)), "a", hints),
        false => Reader::open(Box::new(sound), "a", hints),
    };
    let mut reader = opened.map_err(|error| error.to_string())?;
    let (mut block, mut blocks) = (Block::default(), 0usize);
    while reader.read(&mut block).map_err(|error| error.to_string())? {
        assert!(block.channels > 0 && block.samples.len().is_multiple_of(block.channels));
        assert!(block.samples.iter().all(|sample| sample.is_finite()));
        blocks += 1;
    }
    let many = "x".repeat(blocks.min(3));
    Ok(format!("{many} {} {}", "c".repeat(block.channels.min(3)), reader.notes().sentence().unwrap_or_default()))
}

fn split(bytes: &[u8]) -> Vec<Node> {
    match bytes.get(..12).unwrap_or_default() {
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] => riff(bytes),
        [b'F', b'O', b'R', b'M', ..] => iff(bytes),
        [b'f', b'L', b'a', b'C', ..] => flac(bytes),
        [b'O', b'g', b'g', b'S', ..] => ogg(bytes),
        [b'c', b'a', b'f', b'f', ..] => caf(bytes),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => boxes(bytes),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => ebml(bytes),
        _ => stretches(bytes),
    }
}

/// Bytes that are no silence.
fn noise(count: usize) -> Vec<u8> {
    (0..count as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn wav(kind: u16, channels: u16, bits: u16, align: u16, extra: &[u8], behind: Vec<Node>) -> Vec<Node> {
    let rate = 16_000u32;
    let mut format = leaves(&[&kind.to_le_bytes(), &channels.to_le_bytes(), &rate.to_le_bytes()]);
    format.extend(leaves(&[&(rate * u32::from(align)).to_le_bytes(), &align.to_le_bytes(), &bits.to_le_bytes()]));
    format.extend((!extra.is_empty()).then(|| Node::leaf(extra)));
    let chunk = |name: &[u8], inner| Node::part(name, Length::Little, inner);
    let list = chunk(b"LIST", vec![Node::leaf(*b"INFO"), chunk(b"INAM", vec![Node::leaf(*b"a name")])]);
    let inner =
        vec![Node::leaf(*b"WAVE"), chunk(b"fmt ", format), list, chunk(b"data", vec![Node::leaf(noise(2_048))])];
    vec![chunk(b"RIFF", [inner, behind].concat())]
}

/// PCM, floats, companded, ADPCM.
fn wavs() -> Vec<Vec<Node>> {
    let coefficients = [256i16, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232];
    let microsoft = [32u16.to_le_bytes(), 244u16.to_le_bytes(), 7u16.to_le_bytes()].concat();
    let microsoft: Vec<u8> = microsoft.into_iter().chain(coefficients.iter().flat_map(|c| c.to_le_bytes())).collect();
    let mut guid = [22u16.to_le_bytes(), 16u16.to_le_bytes()].concat();
    guid.extend([3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
    vec![
        wav(1, 1, 8, 1, &[], vec![]),
        wav(1, 2, 16, 4, &[], vec![]),
        wav(1, 1, 24, 3, &[], vec![]),
        wav(1, 1, 20, 3, &[], vec![]),
        wav(3, 1, 32, 4, &[0, 0], vec![]),
        wav(3, 1, 64, 8, &[0, 0], vec![]),
        wav(6, 1, 8, 1, &[0, 0], vec![]),
        wav(7, 1, 8, 1, &[0, 0], vec![]),
        wav(0x11, 1, 4, 256, &[2, 0, 0xf9, 1], vec![]),
        wav(2, 1, 4, 128, &microsoft, vec![]),
        wav(0xfffe, 2, 16, 4, &guid, vec![Node::part(b"fact", Length::Little, vec![Node::leaf([0; 4])])]),
    ]
}

/// RF64, whose sizes stand in a chunk of their own.
fn wide_wav() -> Vec<Node> {
    let mut tree = wav(1, 1, 16, 2, &[], vec![]);
    let sizes = leaves(&[&2_148u64.to_le_bytes(), &2_048u64.to_le_bytes(), &1_024u64.to_le_bytes(), &[0; 4]]);
    if let Some(Node::Part { id, lie, inner, .. }) = tree.first_mut() {
        (*id, *lie) = (b"RF64".to_vec(), Some(0xffff_ffff));
        inner.insert(1, Node::part(b"ds64", Length::Little, sizes));
        if let Some(Node::Part { lie, .. }) = inner.last_mut() {
            *lie = Some(0xffff_ffff);
        }
    }
    tree
}

/// AIFF and AIFF-C.
fn forms() -> Vec<Vec<Node>> {
    let rate = [0x40, 0x0c, 0xfa, 0, 0, 0, 0, 0, 0, 0];
    let form = |kind: &[u8], bits: u16, coding: &[u8]| {
        let common = leaves(&[&1u16.to_be_bytes(), &1_024u32.to_be_bytes(), &bits.to_be_bytes(), &rate, coding]);
        let chunk = |name: &[u8], inner| Node::part(name, Length::Big, inner);
        let sound = vec![Node::leaf([0; 8]), Node::leaf(noise(2_048))];
        vec![chunk(b"FORM", vec![Node::leaf(kind), chunk(b"COMM", common), chunk(b"SSND", sound)])]
    };
    let codings: [(u16, &[u8]); 6] = [
        (16, b"sowt\0\0"),
        (32, b"fl32\0\0"),
        (64, b"fl64\0\0"),
        (8, b"ulaw\0\0"),
        (8, b"alaw\0\0"),
        (16, b"ima4\0\0"),
    ];
    let packed = codings.iter().map(|(bits, coding)| form(b"AIFC", *bits, coding));
    std::iter::once(form(b"AIFF", 16, &[])).chain(packed).collect()
}

fn au() -> Vec<Node> {
    let numbers = [24u32, 2_048, 3, 16_000, 1].map(u32::to_be_bytes);
    let fields: Vec<Node> = numbers.iter().map(|number| Node::leaf(*number)).collect();
    [vec![Node::leaf(*b".snd")], fields, vec![Node::leaf(noise(2_048))]].concat()
}

/// FLAC with a frame of every kind: constant, verbatim, fixed and linear prediction, with residuals of any bits.
fn long_flac() -> Vec<Node> {
    let mut about = vec![Node::leaf([0x10, 0, 0x10, 0]), Node::leaf([0; 6])];
    about.extend(leaves(&[&[0x03, 0xe8, 0x00, 0xf0], &[0, 0, 0, 0], &[0; 16]]));
    let comment = leaves(&[&4u32.to_le_bytes(), b"test", &1u32.to_le_bytes(), &3u32.to_le_bytes(), b"A=b"]);
    let picture = leaves(&[&3u32.to_be_bytes(), &9u32.to_be_bytes(), b"image/png", &[0; 20], &5u32.to_be_bytes()]);
    let seek = leaves(&[&0u64.to_be_bytes(), &0u64.to_be_bytes(), &4_096u16.to_be_bytes()]);
    let block = |kind: u8, inner| Node::part(&[kind], Length::Big24, inner);
    let mut tree = vec![Node::leaf(*b"fLaC"), block(0, about), block(4, comment), block(6, picture), block(0x83, seek)];
    for (number, subframe) in [0x00u8, 0x02, 0x10, 0x12, 0x14, 0x18, 0x40, 0x4e, 0x7e].into_iter().enumerate() {
        // 256 samples, 16 kHz, one channel or two that share, 16 bits.
        for channels in [0x08, 0x88, 0xa8] {
            let head = [0xff, 0xf8, 0x85, channels, number as u8];
            tree.push(Node::part(&head, Length::FlacFrame, leaves(&[&[subframe], &noise(700)])));
        }
    }
    tree
}
