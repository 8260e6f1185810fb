//! Where a container ends: the lengths of its parts, told one by one. What lies behind the last is another's.

use crate::mpeg::{TAG_BYTES, tag_bytes};
use crate::sniff::{Format, adts_bytes};
use crate::source::Source;

/// The length of the part that begins here; `None` where none of this sound does.
pub(crate) type Unit = Box<dyn FnMut(&mut Source) -> Option<u64> + Send + Sync>;

/// A part that goes on to the end of everything.
const OPEN_END: u64 = u64::MAX;

const PAGE_BYTES: usize = 27;
/// Parts of an MP4.
const BOXES: [&[u8; 4]; 18] = [
    b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"mfra", b"sidx", b"ssix", b"free", b"skip", b"wide", b"uuid",
    b"udta", b"meta", b"prft", b"emsg", b"pdin", b"pnot",
];
/// Parts of a CAF.
const CHUNKS: [&[u8; 4]; 16] = [
    b"desc", b"data", b"pakt", b"kuki", b"chan", b"info", b"strg", b"mark", b"regn", b"inst", b"midi", b"umid",
    b"ovvw", b"peak", b"edct", b"free",
];
const EBML: u64 = 0x1a45_dfa3;
/// Parts of a Matroska whose own parts are told one by one, because a live recording knows no lengths: segment, cluster.
const OPENED: [u64; 2] = [0x1853_8067, 0x1f43_b675];
/// Parts of those: seek head, info, tracks, cues, tags, chapters, attachments; time, blocks, sizes, fill, checksum.
const ELEMENTS: [u64; 15] = [
    0x114d_9b74,
    0x1549_a966,
    0x1654_ae6b,
    0x1c53_bb6b,
    0x1254_c367,
    0x1043_a770,
    0x1941_a469,
    0xe7,
    0xa3,
    0xa0,
    0xab,
    0xa7,
    0x5854,
    0xec,
    0xbf,
];

/// The parts of one sound of this format; `None` where they tell no length.
pub(crate) fn units(kind: Format) -> Option<Unit> {
    let mut has_begun = false;
    // A second beginning is another sound's.
    let mut begins = move || !std::mem::replace(&mut has_begun, true);
    let mut first = None;
    match kind {
        Format::Ogg => Some(Box::new(page)),
        Format::Adts => Some(Box::new(move |source| frame(source, &mut first))),
        Format::Mp4 => Some(Box::new(move |source| mp4_box(source, &mut begins))),
        Format::Caf => Some(Box::new(move |source| chunk(source, &mut begins))),
        Format::Matroska => Some(Box::new(move |source| element(source, &mut begins))),
        _ => None,
    }
}

/// Chained streams are one sound.
fn page(source: &mut Source) -> Option<u64> {
    let head = source.peek(PAGE_BYTES);
    let segments = usize::from(*head.get(PAGE_BYTES - 1).filter(|_| head.starts_with(b"OggS"))?);
    let table = source.peek(PAGE_BYTES + segments).get(PAGE_BYTES..)?;
    Some((PAGE_BYTES + segments) as u64 + table.iter().map(|byte| u64::from(*byte)).sum::<u64>())
}

/// A frame of the rate and the channels of the `first`; or a tag between them, as in a recorded HLS stream.
fn frame(source: &mut Source, first: &mut Option<(u8, u8)>) -> Option<u64> {
    let head = source.peek(TAG_BYTES);
    if let Some(bytes) = tag_bytes(head) {
        return Some(bytes);
    }
    let bytes = adts_bytes(head)?;
    let kind = (head[2] & 0xfd, head[3] & 0xc0);
    (*first.get_or_insert(kind) == kind).then_some(bytes as u64)
}

fn mp4_box(source: &mut Source, begins: &mut impl FnMut() -> bool) -> Option<u64> {
    let head = source.peek(16);
    let name: &[u8; 4] = head.get(4..)?.first_chunk()?;
    if !BOXES.contains(&name) || name == b"ftyp" && !begins() {
        return None;
    }
    let long = || head.get(8..)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
    match u32::from_be_bytes(*head.first_chunk()?) {
        0 => Some(OPEN_END),
        1 => long().filter(|bytes| *bytes >= 16),
        bytes => Some(u64::from(bytes)).filter(|bytes| *bytes >= 8),
    }
}

fn chunk(source: &mut Source, begins: &mut impl FnMut() -> bool) -> Option<u64> {
    let head = source.peek(12);
    if head.starts_with(b"caff") {
        return begins().then_some(8);
    }
    let name: &[u8; 4] = head.first_chunk()?;
    let bytes = i64::from_be_bytes(*head.get(4..)?.first_chunk()?);
    // Sound of unknown length is the last chunk.
    let bytes = u64::try_from(bytes).map_or(OPEN_END, |bytes| bytes.saturating_add(12));
    CHUNKS.contains(&name).then_some(bytes)
}

fn element(source: &mut Source, begins: &mut impl FnMut() -> bool) -> Option<u64> {
    let head = source.peek(12);
    let (id, id_bytes) = number(head, false)?;
    let (size, size_bytes) = number(head.get(id_bytes as usize..)?, true)?;
    let whole = Some(size).filter(|size| *size < OPEN_END).map(|size| id_bytes + size_bytes + size);
    match id {
        EBML => whole.filter(|_| begins()),
        id if OPENED.contains(&id) => Some(id_bytes + size_bytes),
        id => whole.filter(|_| ELEMENTS.contains(&id)),
    }
}

/// A number whose leading zeros tell its length, and that length; all ones are [`OPEN_END`].
fn number(bytes: &[u8], is_size: bool) -> Option<(u64, u64)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    let most = if is_size { 8 } else { 4 };
    let digits = bytes.get(..length).filter(|_| length <= most)?;
    let number = digits.iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    if !is_size {
        return Some((number, length as u64));
    }
    let ones = (1u64 << (7 * length)) - 1;
    let size = number & ones;
    Some((if size == ones { OPEN_END } else { size }, length as u64))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Lengths of the parts that are told, one behind the other.
    fn told(kind: Format, bytes: &[u8]) -> Vec<u64> {
        let mut source = Source::new(Box::new(Cursor::new(bytes.to_vec())));
        let mut unit = units(kind).unwrap();
        std::iter::from_fn(|| unit(&mut source).inspect(|bytes| source.skip(*bytes))).collect()
    }

    #[test]
    fn parts_are_told_up_to_another_sound() {
        let page = [b"OggS".as_slice(), &[0; 22], &[2, 3, 4], &[9; 7]].concat();
        assert_eq!(told(Format::Ogg, &[&page, page.as_slice(), b"ID3"].concat()), [36, 36]);
        let mp4 = b"\0\0\0\x0cftypM4A \0\0\0\x01mdat\0\0\0\0\0\0\0\x11x\0\0\0\x08free";
        assert_eq!(told(Format::Mp4, &[mp4.as_slice(), mp4].concat()), [12, 17, 8]);
        let caf = b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x02ab";
        assert_eq!(told(Format::Caf, &[caf.as_slice(), caf].concat()), [8, 14]);
        assert_eq!(told(Format::Caf, b"caff\0\x01\0\0data\xff\xff\xff\xff\xff\xff\xff\xff"), [8, u64::MAX]);
    }

    #[test]
    fn a_live_webm_is_told_part_by_part() {
        let webm = b"\x1a\x45\xdf\xa3\x81x\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff\x1f\x43\xb6\x75\xff\xe7\x81\0\xa3\x40\x01x";
        assert_eq!(told(Format::Matroska, &[webm.as_slice(), webm].concat()), [6, 12, 5, 3, 4]);
    }
}
