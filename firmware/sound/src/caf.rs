//! A CAF whose recorder was killed: its samples are fewer than it says, or it does not say how many.

use std::io::{Seek, SeekFrom};

use crate::source::Source;

/// Name and version of the file.
const FILE_HEAD: u64 = 8;
/// Name and length of a chunk.
const HEAD_BYTES: usize = 12;
/// Where the length stands in it.
const LENGTH_AT: u64 = 4;
/// Chunks that are looked at.
const CHUNKS: usize = 64;

/// The length of the samples as it is, in place of the one that stands there.
pub(crate) struct Mended {
    /// Where it stands in the file.
    pub at: u64,
    pub length: [u8; 8],
    /// Whether there should be more of them.
    pub is_cut: bool,
}

/// What is to be mended in the file that begins here. The source moves.
pub(crate) fn mended(source: &mut Source) -> Option<Mended> {
    let (start, whole) = (source.taken(), source.length()?);
    let mut at = start + FILE_HEAD;
    for _ in 0..CHUNKS {
        source.seek(SeekFrom::Start(at)).ok()?;
        let head = source.peek(HEAD_BYTES);
        let told = i64::from_be_bytes(*head.get(LENGTH_AT as usize..)?.first_chunk()?);
        let body = at + HEAD_BYTES as u64;
        let left = whole.saturating_sub(body);
        if head.starts_with(b"data") {
            let is_wrong = told <= 0 || told as u64 > left;
            let mended = Mended { at: at + LENGTH_AT - start, length: left.to_be_bytes(), is_cut: told > 0 };
            return is_wrong.then_some(mended);
        }
        at = body.checked_add(u64::try_from(told).ok()?)?;
    }
    None
}
