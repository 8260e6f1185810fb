//! `.npz`: a zip file of `.npy` members, stored or deflated.

use std::fs;
use std::path::Path;

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::array::Array;
use super::npy::read_npy;
use crate::corpus::{Error, Result};
use crate::papers::Told;

/// A member may unfold to this much.
const LONGEST: u64 = 1 << 32;
/// Deflate cannot unfold more than this many times.
const MOST_FOLD: u64 = 1032;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// A size that stands in the zip64 field instead.
const ELSEWHERE: u64 = 0xffff_ffff;

/// Every array of a file, under its name without `.npy`.
///
/// # Errors
/// When the file cannot be read, is no zip file, or a member is damaged, too large, or no array of numbers.
pub fn read_npz(path: &Path) -> Result<Vec<(String, Array)>> {
    parse_npz(&fs::read(path).map_err(Error::io(path))?, &path.display().to_string())
}

/// The same from bytes; `place` is named in errors.
///
/// # Errors
/// As for [`read_npz`].
pub fn parse_npz(bytes: &[u8], place: &str) -> Result<Vec<(String, Array)>> {
    let wrong = |came: String| Error::unexpected(place, "a zip file of arrays (.npz)", came);
    let members = members(bytes).ok_or_else(|| wrong("no directory of a zip file".into()))?;
    let read = |member: &Member| {
        let name = member.name.strip_suffix(".npy").unwrap_or(&member.name).to_string();
        let data = member.data(bytes).map_err(|came| wrong(format!("{name}: {came}")))?;
        Ok((name, read_npy(&data, &format!("{place}, {}", member.name))?))
    };
    members.iter().map(read).collect()
}

/// An entry of the directory.
struct Member {
    name: String,
    method: u16,
    is_encrypted: bool,
    checksum: u32,
    folded: u64,
    unfolded: u64,
    header_at: u64,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

/// The directory; `None` where there is none, or it is cut off.
fn members(bytes: &[u8]) -> Option<Vec<Member>> {
    // The end record is 22 bytes and a comment of up to 64 kB.
    let last = bytes.len().checked_sub(22)?;
    let end =
        (last.saturating_sub(usize::from(u16::MAX))..=last).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    let (mut count, mut at) = (u64::from(u16_at(bytes, end + 10)?), u64::from(u32_at(bytes, end + 16)?));
    if let Some(wide) = wide_end(bytes, end) {
        (count, at) = wide;
    }
    let mut at = usize::try_from(at).ok()?;
    let mut members = Vec::new();
    for _ in 0..count {
        let (member, length) = member(bytes.get(at..)?)?;
        members.push(member);
        at += length;
    }
    Some(members)
}

/// Number of entries and place of a zip64 directory, where there is one.
fn wide_end(bytes: &[u8], end: usize) -> Option<(u64, u64)> {
    let locator = bytes.get(end.checked_sub(20)?..end)?;
    let record = usize::try_from(u64_at(locator.strip_prefix(b"PK\x06\x07")?, 4)?).ok()?;
    let record = bytes.get(record..)?.strip_prefix(b"PK\x06\x06")?;
    Some((u64_at(record, 28)?, u64_at(record, 44)?))
}

/// An entry of the directory and its length.
fn member(bytes: &[u8]) -> Option<(Member, usize)> {
    if !bytes.starts_with(b"PK\x01\x02") {
        return None;
    }
    let [name, extra, comment] = [28, 30, 32].map(|at| u16_at(bytes, at).map(usize::from));
    let (name, extra, comment) = (name?, extra?, comment?);
    let text = bytes.get(46..46 + name)?;
    let mut member = Member {
        name: String::from_utf8_lossy(text).into_owned(),
        is_encrypted: u16_at(bytes, 8)? & 1 == 1,
        method: u16_at(bytes, 10)?,
        checksum: u32_at(bytes, 16)?,
        folded: u64::from(u32_at(bytes, 20)?),
        unfolded: u64::from(u32_at(bytes, 24)?),
        header_at: u64::from(u32_at(bytes, 42)?),
    };
    member.widen(bytes.get(46 + name..46 + name + extra)?);
    Some((member, 46 + name + extra + comment))
}

impl Member {
    /// Takes the sizes that are too large for 32 bits from the zip64 field, which holds only those, in this order.
    fn widen(&mut self, mut extra: &[u8]) {
        while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
            let (mut at, end) = (4, 4 + usize::from(length));
            let Some(field) = extra.get(..end) else { return };
            if id == 1 {
                for size in [&mut self.unfolded, &mut self.folded, &mut self.header_at] {
                    if let (ELSEWHERE, Some(wide)) = (*size, u64_at(field, at)) {
                        (*size, at) = (wide, at + 8);
                    }
                }
            }
            extra = &extra[end..];
        }
    }

    /// What the member holds; the error says what is wrong with it.
    fn data(&self, bytes: &[u8]) -> Told<Vec<u8>> {
        if self.is_encrypted {
            return Err("encrypted".into());
        }
        let folded = self.folded(bytes).ok_or("beyond the end of the file")?;
        let data = match self.method {
            STORED => folded.to_vec(),
            DEFLATED => self.unfold(folded)?,
            other => return Err(format!("compression method {other}")),
        };
        if data.len() as u64 != self.unfolded || crc32fast::hash(&data) != self.checksum {
            return Err("a wrong length or checksum".into());
        }
        Ok(data)
    }

    fn unfold(&self, folded: &[u8]) -> Told<Vec<u8>> {
        if self.unfolded > LONGEST || self.unfolded > MOST_FOLD * (folded.len() as u64 + 1) {
            return Err(format!("{} bytes out of {}", self.unfolded, folded.len()));
        }
        let limit = usize::try_from(self.unfolded).map_err(|error| error.to_string())?;
        decompress_to_vec_with_limit(folded, limit).map_err(|error| error.to_string())
    }

    /// The bytes behind the member's own header.
    fn folded<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let header = bytes.get(usize::try_from(self.header_at).ok()?..)?;
        if !header.starts_with(b"PK\x03\x04") {
            return None;
        }
        let start = 30 + usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
        header.get(start..)?.get(..usize::try_from(self.folded).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use miniz_oxide::deflate::compress_to_vec;

    use super::super::header::testing::header;
    use super::*;

    /// A zip file with one member, as numpy writes it: the sizes in the local header stand in a zip64 field.
    fn zip(name: &str, method: u16, data: &[u8]) -> Vec<u8> {
        let folded = if method == DEFLATED { compress_to_vec(data, 6) } else { data.to_vec() };
        let (crc, sizes) = (crc32fast::hash(data), [folded.len() as u32, data.len() as u32]);
        let shared = |sizes: [u32; 2], extra: u16| {
            let mut fields = [45u16, 0, method, 0, 0].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
            fields.extend([crc, sizes[0], sizes[1]].iter().flat_map(|v| v.to_le_bytes()));
            fields.extend([name.len() as u16, extra].iter().flat_map(|v| v.to_le_bytes()));
            fields
        };
        let mut file = [b"PK\x03\x04".to_vec(), shared([u32::MAX; 2], 20), name.into()].concat();
        file.extend([1u16, 16].iter().flat_map(|v| v.to_le_bytes()));
        file.extend([sizes[1], 0, sizes[0], 0].iter().flat_map(|v| v.to_le_bytes()));
        file.extend(folded);
        let directory = file.len() as u32;
        file.extend([&b"PK\x01\x02"[..], &[45, 3], &shared(sizes, 0), &[0; 14]].concat());
        file.extend(name.bytes());
        let length = file.len() as u32 - directory;
        file.extend([&b"PK\x05\x06"[..], &[0; 4], &[1, 0, 1, 0]].concat());
        file.extend([length, directory].iter().flat_map(|v| v.to_le_bytes()).chain([0, 0]));
        file
    }

    fn array() -> Vec<u8> {
        [header(1, "<i2", false, "(200,)"), [3, 0].repeat(200)].concat()
    }

    #[test]
    fn stored_and_deflated_members_are_read() {
        for method in [STORED, DEFLATED] {
            let read = parse_npz(&zip("weights.npy", method, &array()), "a.npz").unwrap();
            assert_eq!((read[0].0.as_str(), read[0].1.indices().unwrap()), ("weights", vec![3; 200]));
        }
    }

    #[test]
    fn damage_is_told_with_the_members_name() {
        let mut damaged = zip("weights.npy", STORED, &array());
        damaged[120] ^= 1;
        let error = parse_npz(&damaged, "a.npz").unwrap_err().to_string();
        assert!(error.contains("a.npz") && error.contains("weights: a wrong length or checksum"), "{error}");
        assert!(parse_npz(&zip("a.npy", 99, &array()), "a").unwrap_err().to_string().contains("method 99"));
        assert!(parse_npz(&damaged[..damaged.len() - 1], "a").is_err());
    }

    #[test]
    fn a_member_that_claims_more_than_it_can_hold_is_refused_before_memory_is_taken() {
        let mut bomb = zip("a.npy", DEFLATED, &array());
        let directory = bomb.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
        bomb[directory + 24..directory + 28].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
        assert!(parse_npz(&bomb, "a").unwrap_err().to_string().contains("bytes out of"));
    }
}
