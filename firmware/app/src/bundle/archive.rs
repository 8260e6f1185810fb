//! The tar of a bundle, byte for byte: what [`write()`] writes is all that [`Walk`] reads.

use std::io;
use std::path::Path;

use tar::{Builder, EntryType, Header};

use crate::AppError;

/// Headers and contents begin at multiples of this.
const BLOCK: usize = 512;
/// Zeros at the end of a tar.
const END: usize = 2 * BLOCK;

/// The entries as a tar, without owner, rights or time: the same entries give the same bytes.
pub(super) fn write<'a>(entries: impl Iterator<Item = (&'a str, &'a [u8])>) -> io::Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    for (name, bytes) in entries {
        builder.append(&header(name, bytes.len() as u64)?, bytes)?;
    }
    builder.into_inner()
}

fn header(name: &str, size: u64) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    Ok(header)
}

/// Reads the entries that the caller expects, in order.
pub(super) struct Walk<'a> {
    place: &'a Path,
    rest: &'a [u8],
}

impl<'a> Walk<'a> {
    /// At the start of the tar that came from `place`.
    pub fn new(place: &'a Path, bytes: &'a [u8]) -> Walk<'a> {
        Walk { place, rest: bytes }
    }

    /// The contents of the next entry, which must be the file `name` of `bytes` bytes, or of any number up to `most`.
    pub fn entry(&mut self, name: &str, bytes: Option<u64>, most: u64) -> Result<&'a [u8], AppError> {
        let size = self.header(name, bytes, most)?;
        let content = self.take(size, name)?;
        let padding = self.take(size.next_multiple_of(BLOCK) - size, name)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(self.unexpected(format!("zeros behind {name}"), "other bytes"));
        }
        Ok(content)
    }

    /// Nothing may follow.
    pub fn end(self) -> Result<(), AppError> {
        let zeros = self.rest.iter().take_while(|byte| **byte == 0).count();
        if self.rest.len() != END || zeros != END {
            let came = format!("{} bytes, {zeros} of them zeros", self.rest.len());
            return Err(self.unexpected(format!("{END} zeros behind the last file"), came));
        }
        Ok(())
    }

    fn header(&mut self, name: &str, bytes: Option<u64>, most: u64) -> Result<usize, AppError> {
        let block = self.take(BLOCK, "a header")?;
        if block.iter().all(|byte| *byte == 0) {
            return Err(self.unexpected(format!("the file {name}"), "the end of the archive"));
        }
        let came = Header::from_byte_slice(block);
        if came.path_bytes() != name.as_bytes() || came.entry_type() != EntryType::Regular {
            return Err(self.unexpected(format!("the file {name}"), described(came)));
        }
        let size = came.entry_size().map_err(|_| self.unexpected(format!("the size of {name}"), "no number"))?;
        let (least, most) = (bytes.unwrap_or(1), bytes.unwrap_or(most));
        if !(least..=most).contains(&size) {
            let expected = bytes.map_or_else(|| format!("1 to {most}"), |bytes| bytes.to_string());
            return Err(self.unexpected(format!("{expected} bytes of {name}"), size.to_string()));
        }
        let own = header(name, size).map_err(AppError::file(self.place, "read it"))?;
        if own.as_bytes() != came.as_bytes() {
            let came = "other rights, another owner, time or checksum";
            return Err(self.unexpected(format!("the header of {name} as `keyface model pack` writes it"), came));
        }
        usize::try_from(size).map_err(|_| self.unexpected(format!("a size of {name} that fits"), size.to_string()))
    }

    fn take(&mut self, size: usize, what: &str) -> Result<&'a [u8], AppError> {
        let split = self.rest.split_at_checked(size);
        let (taken, rest) = split.ok_or_else(|| {
            let came = format!("the end of the file after {}", self.rest.len());
            self.unexpected(format!("{size} bytes of {what}"), came)
        })?;
        self.rest = rest;
        Ok(taken)
    }

    fn unexpected(&self, expected: String, came: impl Into<String>) -> AppError {
        AppError::unexpected(self.place.display().to_string(), expected, came)
    }
}

/// An entry, as errors tell it.
fn described(header: &Header) -> String {
    let name = String::from_utf8_lossy(&header.path_bytes()).into_owned();
    let kind = match header.entry_type() {
        EntryType::Regular => "the file",
        EntryType::Symlink => "the symbolic link",
        EntryType::Link => "the link",
        EntryType::Directory => "the folder",
        _ => "an entry of another kind,",
    };
    format!("{kind} {name:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(bytes: &[u8]) -> Result<Vec<u8>, AppError> {
        let mut walk = Walk::new(Path::new("b.kfm"), bytes);
        let first = walk.entry("a", None, 700)?.to_vec();
        let second = walk.entry("b", Some(3), 700)?.to_vec();
        walk.end()?;
        Ok([first, second].concat())
    }

    fn packed() -> Vec<u8> {
        write([("a", [7; 600].as_slice()), ("b", &[1, 2, 3])].into_iter()).unwrap()
    }

    fn refusal(bytes: &[u8]) -> String {
        walked(bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(walked(&packed()).unwrap().len(), 603);
    }

    #[test]
    fn every_byte_that_is_not_content_counts() {
        let packed = packed();
        let is_content = |at: &usize| (512..1112).contains(at) || (2048..2051).contains(at);
        for at in (0..packed.len()).filter(|at| !is_content(at)) {
            for flip in [1, 0x10, 0x80] {
                let mut bytes = packed.clone();
                bytes[at] ^= flip;
                assert!(walked(&bytes).is_err(), "byte {at} ^ {flip}");
            }
        }
    }

    #[test]
    fn a_cut_at_any_byte_is_refused() {
        let packed = packed();
        (0..packed.len()).for_each(|len| assert!(walked(&packed[..len]).is_err(), "{len}"));
        assert_eq!(refusal(&packed[..800]), "b.kfm: expected 600 bytes of a, came the end of the file after 288");
    }

    #[test]
    fn what_follows_the_end_is_refused() {
        let bytes = [packed(), vec![0; 512]].concat();
        assert!(
            refusal(&bytes).ends_with("expected 1024 zeros behind the last file, came 1536 bytes, 1536 of them zeros")
        );
    }

    #[test]
    fn another_entry_is_told_by_kind_and_name() {
        let mut link = header("a", 0).unwrap();
        link.set_entry_type(EntryType::Symlink);
        link.set_link_name("/etc/passwd").unwrap();
        link.set_cksum();
        assert_eq!(refusal(link.as_bytes()), "b.kfm: expected the file a, came the symbolic link \"a\"");
        let other = write([("../a", [1].as_slice())].into_iter());
        assert!(other.is_err(), "the packer takes no path out of its folder");
        let swapped = write([("b", [1].as_slice())].into_iter()).unwrap();
        assert_eq!(refusal(&swapped), "b.kfm: expected the file a, came the file \"b\"");
    }

    #[test]
    fn a_huge_size_is_refused_before_anything_is_read() {
        for size in [701, 1 << 33, u64::MAX >> 1] {
            let mut huge = header("a", 1).unwrap();
            huge.set_size(size);
            huge.set_cksum();
            assert_eq!(refusal(huge.as_bytes()), format!("b.kfm: expected 1 to 700 bytes of a, came {size}"));
        }
    }
}
