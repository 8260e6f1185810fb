//! The edit list of an MP4: how much of the start is the encoder's own and no sound. symphonia leaves it aside, and lips
//! would move late by it (21 to 130 ms).

use std::io::{self, Read, Seek, SeekFrom};

/// The index of a long film.
const MOST_BYTES: u64 = 16 << 20;
const HEAD_BYTES: u64 = 8;
/// Boxes at the top that are looked at.
const BOXES: usize = 64;
/// Longer than any encoder's delay.
const LONGEST_S: u64 = 1;

/// Samples at `rate_hz` to leave out at the start of the first track of sound, if the file tells. The source is left at
/// its start.
pub(crate) fn leading_samples(source: &mut (impl Read + Seek), rate_hz: u32) -> Option<u64> {
    let index = index(source).ok().flatten();
    let samples = index.as_deref().and_then(|index| of_sound(index, rate_hz));
    _ = source.seek(SeekFrom::Start(0));
    samples.map(|samples| if samples > LONGEST_S * u64::from(rate_hz) { 0 } else { samples })
}

/// What `moov` holds.
fn index(source: &mut (impl Read + Seek)) -> io::Result<Option<Vec<u8>>> {
    let mut at = source.seek(SeekFrom::Start(0))?;
    for _ in 0..BOXES {
        let mut head = [0; HEAD_BYTES as usize];
        source.read_exact(&mut head)?;
        let short = u64::from(number(&head[..4]));
        let (size, head_bytes) = match short {
            // A length of 64 bits stands behind the name.
            1 => {
                let mut long = [0; 8];
                source.read_exact(&mut long)?;
                (u64::from_be_bytes(long), 2 * HEAD_BYTES)
            }
            short => (short, HEAD_BYTES),
        };
        let Some(body) = size.checked_sub(head_bytes) else { return Ok(None) };
        if &head[4..] == b"moov" {
            let mut bytes = Vec::new();
            source.take(body.min(MOST_BYTES)).read_to_end(&mut bytes)?;
            return Ok(Some(bytes));
        }
        at = at.saturating_add(size);
        source.seek(SeekFrom::Start(at))?;
    }
    Ok(None)
}

fn of_sound(index: &[u8], rate_hz: u32) -> Option<u64> {
    let is_sound = |track: &&[u8]| within(track, &[b"mdia", b"minf", b"smhd"]).is_some();
    let track = boxes(index).filter(|(name, _)| name == b"trak").map(|(_, body)| body).find(is_sound)?;
    let start = media_start(within(track, &[b"edts", b"elst"])?)?;
    let media = within(track, &[b"mdia", b"mdhd"])?;
    let scale_at = if media.first()? == &1 { 20 } else { 12 };
    let scale = u64::from(number(media.get(scale_at..scale_at + 4)?)).max(1);
    Some(start.checked_mul(u64::from(rate_hz))? / scale)
}

/// Where the first edit that shows something begins, in the track's own units.
fn media_start(list: &[u8]) -> Option<u64> {
    let is_long = list.first()? == &1;
    let (bytes, at) = if is_long { (20, 8) } else { (12, 4) };
    list.get(8..)?.chunks_exact(bytes).find_map(|entry| {
        let start = if is_long {
            i64::from_be_bytes(*entry.get(at..)?.first_chunk()?)
        } else {
            i64::from(number(&entry[at..at + 4]).cast_signed())
        };
        u64::try_from(start).ok()
    })
}

fn within<'a>(body: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(body, |body, wanted| boxes(body).find_map(|(name, body)| (&name == *wanted).then_some(body)))
}

/// The boxes that lie one behind another in `bytes`.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let name = *bytes.get(4..)?.first_chunk()?;
        let size = number(&bytes[..4]) as usize;
        let body = bytes.get(HEAD_BYTES as usize..size)?;
        bytes = &bytes[size..];
        Some((name, body))
    })
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [(8 + body.len() as u32).to_be_bytes().as_slice(), name, body].concat()
    }

    #[test]
    fn the_start_of_the_first_edit_is_found_in_the_track_of_sound() {
        let edits =
            [[0; 4], 2u32.to_be_bytes(), [0, 0, 0, 9], [0xff; 4], [0, 1, 0, 0], [0, 0, 0, 9], [0, 0, 8, 0]].concat();
        let media = |head: &[u8; 4]| {
            let scale = boxed(b"mdhd", &[[0; 12].as_slice(), &32_000u32.to_be_bytes()].concat());
            boxed(b"mdia", &[scale, boxed(b"minf", &boxed(head, &[0; 8]))].concat())
        };
        let list = boxed(b"edts", &boxed(b"elst", &[edits.as_slice(), &[0; 4]].concat()));
        let film = boxed(b"trak", &media(b"vmhd"));
        let sound = boxed(b"trak", &[list, media(b"smhd")].concat());
        let file =
            [boxed(b"ftyp", b"M4A "), boxed(b"mdat", &[7; 99]), boxed(b"moov", &[film, sound].concat())].concat();
        assert_eq!(leading_samples(&mut Cursor::new(file), 16_000), Some(1_024));
        assert_eq!(leading_samples(&mut Cursor::new(vec![0; 99]), 16_000), None);
    }
}
