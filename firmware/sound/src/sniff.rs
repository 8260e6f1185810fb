//! The first bytes of a sound in; which format they begin, out. Nothing is guessed from a file's name.

use crate::mpeg::frame;
use crate::source::Source;

/// Bytes that tell most formats.
const HEAD_BYTES: usize = 64;
/// Bytes by which a further sound is known.
const START_BYTES: usize = 12;
/// Fewer bytes may be a sample's.
const STRONG_BYTES: usize = 4;
/// Where MPEG frames are looked for in a file that begins within one, or with something else.
const SEARCHED_BYTES: usize = 64 << 10;

/// What a sound begins as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Riff,
    Aiff,
    Au,
    Mpeg,
    Adts,
    Flac,
    Ogg,
    Caf,
    Mp4,
    Matroska,
    /// A known kind of file that is not read here; the name reads after "came".
    Foreign(&'static str),
    /// A known kind of file without sound.
    NoSound(&'static str),
    Text,
    Empty,
    Unknown,
}

/// Formats that begin with these bytes, at that place.
const READ: [(usize, &[u8], Format); 15] = [
    (0, b"RF64", Format::Riff),
    (0, b"BW64", Format::Riff),
    (0, b"RIFX", Format::Riff),
    (8, b"WAVE", Format::Riff),
    (8, b"AIFF", Format::Aiff),
    (8, b"AIFC", Format::Aiff),
    (0, b".snd", Format::Au),
    (0, b"ID3", Format::Mpeg),
    (0, b"fLaC", Format::Flac),
    (0, b"OggS", Format::Ogg),
    (0, b"caff", Format::Caf),
    (4, b"ftyp", Format::Mp4),
    (4, b"moov", Format::Mp4),
    (4, b"mdat", Format::Mp4),
    (0, b"\x1a\x45\xdf\xa3", Format::Matroska),
];

/// Files that people bring and that are not read here.
const FOREIGN: [(usize, &[u8], &str); 25] = [
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (ASF, WMA)"),
    (0, b"#!AMR", "AMR"),
    (0, b"#!SILK", "SILK"),
    (1, b"#!SILK", "SILK"),
    (0, b"riff\x2e\x91\xcf\x11", "Sony Wave64"),
    (8, b"AVI ", "an AVI video"),
    (0, b"wvpk", "WavPack"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"TTA1", "True Audio"),
    (0, b"MPCK", "Musepack"),
    (0, b"MP+", "Musepack"),
    (0, b"DSD ", "DSD"),
    (0, b"FRM8", "DSD"),
    (0, b"\x0b\x77", "AC-3"),
    (0, b"\x7f\xfe\x80\x01", "DTS"),
    (0, b".RMF", "RealMedia"),
    (0, b".ra\xfd", "RealAudio"),
    (0, b"FLV\x01", "a Flash video"),
    (0, b"\0\0\x01\xba", "an MPEG video"),
    (0, b"\0\0\x01\xb3", "an MPEG video"),
    (0, b"Creative Voice File", "a Creative VOC file"),
    (0, b"NIST_1A", "a NIST SPHERE file"),
    (8, b"8SVX", "an Amiga 8SVX file"),
    (0, b"\x64\xa3\x01\x00", "an IRCAM file"),
    (0, b"\x64\xa3\x02\x00", "an IRCAM file"),
];

/// Files that people bring by mistake, and that no program turns into sound.
const NO_SOUND: [(usize, &[u8], &str); 14] = [
    (0, b"MThd", "MIDI, which holds notes and no sound"),
    (0, b"PK\x03\x04", "a ZIP archive, which has to be unpacked first"),
    (0, b"\x1f\x8b\x08", "a file packed by gzip, which has to be unpacked first"),
    (0, b"BZh", "a file packed by bzip2, which has to be unpacked first"),
    (0, b"\xfd7zXZ", "a file packed by xz, which has to be unpacked first"),
    (0, b"7z\xbc\xaf", "a 7-Zip archive, which has to be unpacked first"),
    (0, b"Rar!", "a RAR archive, which has to be unpacked first"),
    (0, b"%PDF", "a PDF"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (8, b"WEBP", "a WebP picture"),
    (0, b"\x7fELF", "a program"),
    (257, b"ustar", "a TAR archive, which has to be unpacked first"),
];

/// What `source` begins as. Looks only; a pipe is not made to wait for more bytes than its first ones demand.
pub(crate) fn sniff(source: &mut Source) -> Format {
    let head = source.peek(4).to_vec();
    let format = known(&head);
    match format {
        Format::Unknown | Format::Riff | Format::Aiff if head.len() == 4 => {}
        other => return other,
    }
    if frame::is_sync(&head) {
        // A sample of -1 looks like a frame's start: only frames behind it tell them apart.
        let window = source.peek(frame::PROOF_BYTES);
        if frame::begins(window) {
            return Format::Mpeg;
        }
        if is_adts(window) {
            return Format::Adts;
        }
    }
    let is_file = source.length().is_some();
    let head = source.peek(if is_file { 262 } else { HEAD_BYTES });
    match known(head) {
        Format::Unknown if is_text(head) => Format::Text,
        Format::Unknown if is_transport(source) => Format::Foreign("an MPEG transport stream"),
        Format::Unknown if is_latm(source) => Format::Foreign("AAC in LATM"),
        // A recorded radio begins within a frame. A pipe cannot be searched: it may be live.
        Format::Unknown if is_file && frame::find(source.peek(SEARCHED_BYTES)).is_some() => Format::Mpeg,
        format => format,
    }
}

/// Whether a further sound, or what else is known, begins here, by bytes that no sound has there by chance.
pub(crate) fn is_start(head: &[u8]) -> bool {
    match known(head) {
        Format::Empty | Format::Unknown | Format::Text => false,
        Format::Foreign(name) | Format::NoSound(name) => {
            let mut known = FOREIGN.iter().chain(&NO_SOUND);
            known.any(|(_, magic, known)| *known == name && magic.len() >= STRONG_BYTES)
        }
        _ => true,
    }
}

/// Whether a further sound begins `at` bytes ahead: MPEG and AAC, which have no header, by their frames.
pub(crate) fn starts(source: &mut Source, at: usize) -> bool {
    let from = |window: &[u8]| window.get(at..).unwrap_or_default().to_vec();
    let head = from(source.peek(at + START_BYTES));
    is_start(&head)
        || frame::is_sync(&head) && {
            let window = from(source.peek(at + frame::PROOF_BYTES));
            frame::begins(&window) || is_adts(&window)
        }
}

fn known(head: &[u8]) -> Format {
    if head.is_empty() {
        return Format::Empty;
    }
    let holds = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
    // `RIFF` alone may be an AVI, and `FORM` many things.
    let is_riff = holds(0, b"RIFF") || holds(0, b"FORM");
    let fits = |at: usize, magic: &[u8]| holds(at, magic) && (at != 8 || is_riff);
    if let Some((.., format)) = READ.iter().find(|(at, magic, _)| fits(*at, magic)) {
        return *format;
    }
    let find = |files: &[(usize, &[u8], &'static str)]| {
        files.iter().find(|(at, magic, _)| fits(*at, magic)).map(|(.., name)| *name)
    };
    match find(&FOREIGN).map(Format::Foreign).or_else(|| find(&NO_SOUND).map(Format::NoSound)) {
        Some(format) => format,
        // Cut off within its head.
        None if is_riff && head.len() < START_BYTES => {
            if head[0] == b'R' {
                Format::Riff
            } else {
                Format::Aiff
            }
        }
        None if is_riff => Format::NoSound("a RIFF or IFF file without sound"),
        None => Format::Unknown,
    }
}

/// Two frames of AAC, one behind the other.
fn is_adts(window: &[u8]) -> bool {
    adts_bytes(window).is_some_and(|first| window.get(first..).is_some_and(|rest| adts_bytes(rest).is_some()))
}

/// Length of the frame of AAC that begins here.
pub(crate) fn adts_bytes(window: &[u8]) -> Option<usize> {
    let head = window.get(..7)?;
    let is_sync = head[0] == 0xff && head[1] & 0xf6 == 0xf0;
    let length = usize::from(head[3] & 3) << 11 | usize::from(head[4]) << 3 | usize::from(head[5] >> 5);
    (is_sync && length > 7).then_some(length)
}

/// Packets of 188 bytes that begin with the same byte.
fn is_transport(source: &mut Source) -> bool {
    const PACKET: usize = 188;
    const SYNC: u8 = 0x47;
    source.peek(1).first() == Some(&SYNC) && {
        let window = source.peek(4 * PACKET + 1);
        window.len() > 4 * PACKET && (1..=4).all(|n| window[n * PACKET] == SYNC)
    }
}

/// Two frames of AAC as broadcasters pack it, one behind the other.
fn is_latm(source: &mut Source) -> bool {
    let length = |head: &[u8]| match head {
        [0x56, high, low] if high & 0xe0 == 0xe0 => Some(usize::from(high & 0x1f) << 8 | usize::from(*low)),
        _ => None,
    };
    let Some(first) = length(source.peek(3)) else { return false };
    source.peek(first + 6).get(first + 3..).is_some_and(|head| length(head).is_some())
}

/// Letters of UTF-8 and nothing else. Samples do so by a rare chance only, if there are some.
fn is_text(head: &[u8]) -> bool {
    let is_letter = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~') || *b >= 0x80;
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none(),
    };
    head.len() >= 6 && head[0] < 0x80 && is_utf8 && head.iter().all(is_letter)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn of(bytes: &[u8]) -> Format {
        sniff(&mut Source::new(Box::new(Cursor::new(bytes.to_vec()))))
    }

    #[test]
    fn a_format_is_known_by_its_bytes() {
        assert_eq!(of(b"RIFF\0\0\0\0WAVEfmt "), Format::Riff);
        assert_eq!(of(b"RF64\xff\xff\xff\xffWAVE"), Format::Riff);
        assert_eq!(of(b"FORM\0\0\0\0AIFCCOMM"), Format::Aiff);
        assert_eq!(of(b"\0\0\0\x20ftypM4A "), Format::Mp4);
        assert_eq!(of(b"RIFF\0\0\0\0AVI LIST"), Format::Foreign("an AVI video"));
        assert_eq!(of(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"), Format::Foreign("Windows Media (ASF, WMA)"));
    }

    #[test]
    fn samples_of_minus_one_are_no_mpeg() {
        assert_eq!(of(&[0xff; 8_000]), Format::Unknown);
        assert_eq!(of(&[0xff, 0xfb, 0x90, 0].repeat(2_000)), Format::Unknown);
    }

    #[test]
    fn a_text_is_told_from_samples() {
        assert_eq!(of(b"{\"error\": \"no credit\"}"), Format::Text);
        assert_eq!(of("Grüße aus Köln".as_bytes()), Format::Text);
        assert_eq!(of(&[1, 0, 2, 0, 3, 0]), Format::Unknown);
        assert_eq!(of(&[]), Format::Empty);
    }
}
