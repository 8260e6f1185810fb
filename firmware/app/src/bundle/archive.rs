//! The tar of a bundle: plain files, in order.

use std::io;
use std::path::Path;

use tar::{Archive, Builder, Entry, EntryType, Header};

use crate::AppError;

/// The files as a tar, without owner, rights or time: the same files give the same bytes.
pub(super) fn write<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> io::Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    for (name, bytes) in files {
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

/// Name and contents of each file in the tar that came from `place`. Nothing is unpacked, and no entry says anything of
/// another.
///
/// # Errors
/// When it is no tar, is cut off, or holds something else than files.
pub(super) fn read<'a>(place: &Path, tar: &'a [u8]) -> Result<Vec<(String, &'a [u8])>, AppError> {
    let unexpected = |expected: &str, came: String| AppError::unexpected(place.display().to_string(), expected, came);
    // The reader's own words quote what it has read.
    let no_tar = |_: io::Error| unexpected("a bundle, as `keyface model pack` makes it", "something else".to_owned());
    let mut files = Vec::new();
    for entry in Archive::new(tar).entries().map_err(no_tar)?.raw(true) {
        let entry = entry.map_err(no_tar)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type() != EntryType::Regular {
            return Err(unexpected("files alone", described(entry.header(), &name)));
        }
        let expected = || unexpected(&format!("{} bytes of {name}", entry.size()), "the end of the file".to_owned());
        let content = content(tar, &entry).ok_or_else(expected)?;
        files.push((name, content));
    }
    Ok(files)
}

/// An entry's bytes; `None` when they are not all there.
fn content<'a>(tar: &'a [u8], entry: &Entry<'_, &[u8]>) -> Option<&'a [u8]> {
    let start = usize::try_from(entry.raw_file_position()).ok()?;
    let size = usize::try_from(entry.size()).ok()?;
    tar.get(start..start.checked_add(size)?)
}

/// An entry that is no file, as errors tell it.
fn described(header: &Header, name: &str) -> String {
    let kind = match header.entry_type() {
        EntryType::Symlink => "the symbolic link",
        EntryType::Link => "the link",
        EntryType::Directory => "the folder",
        _ => "an entry of another kind,",
    };
    format!("{kind} {name:?}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed() -> Vec<u8> {
        write([("a", [7; 600].as_slice()), ("b", &[1, 2, 3])].into_iter()).unwrap()
    }

    fn refusal(bytes: &[u8]) -> String {
        read(Path::new("b.kfm"), bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read() {
        let packed = packed();
        let files = read(Path::new("b.kfm"), &packed).unwrap();
        assert_eq!(files, [("a".to_owned(), [7; 600].as_slice()), ("b".to_owned(), &[1, 2, 3])]);
    }

    #[test]
    fn a_cut_within_a_file_or_a_header_is_refused() {
        let packed = packed();
        for len in (1..1_112).chain(1_537..2_051).filter(|len| *len != 512) {
            assert!(read(Path::new("b.kfm"), &packed[..len]).is_err(), "{len}");
        }
        assert_eq!(refusal(&packed[..800]), "b.kfm: expected 600 bytes of a, came the end of the file");
    }

    #[test]
    fn what_is_no_file_is_told_by_kind_and_name() {
        let mut link = header("a", 0).unwrap();
        link.set_entry_type(EntryType::Symlink);
        link.set_link_name("/etc/passwd").unwrap();
        link.set_cksum();
        assert_eq!(refusal(link.as_bytes()), "b.kfm: expected files alone, came the symbolic link \"a\"");
        let other = write([("../a", [1].as_slice())].into_iter());
        assert!(other.is_err(), "the packer takes no path out of its folder");
    }

    #[test]
    fn an_entry_that_says_something_of_the_next_is_refused() {
        let mut name = Header::new_gnu();
        name.set_path("././@LongLink").unwrap();
        name.set_entry_type(EntryType::GNULongName);
        name.set_size(0);
        name.set_cksum();
        let refusal = refusal(&[name.as_bytes().as_slice(), &packed()].concat());
        assert!(refusal.ends_with("came an entry of another kind, \"@LongLink\""), "{refusal}");
    }

    #[test]
    fn a_size_that_no_file_has_is_refused() {
        for size in [2_049, 1 << 33, u64::MAX >> 1] {
            let mut huge = header("a", 1).unwrap();
            huge.set_size(size);
            huge.set_cksum();
            let bytes = [huge.as_bytes().as_slice(), &[0; 2_048]].concat();
            assert_eq!(refusal(&bytes), format!("b.kfm: expected {size} bytes of a, came the end of the file"));
        }
    }

    fn files() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
        prop::collection::vec(("[a-z0-9][a-z0-9._-]{0,40}", prop::collection::vec(any::<u8>(), 0..1_200)), 0..5)
    }

    fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
        write(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))).unwrap()
    }

    proptest! {
        #[test]
        fn any_files_are_read_as_they_were_written(files in files()) {
            let tar = tar(&files);
            let came = read(Path::new("b"), &tar).unwrap();
            prop_assert!(came.iter().map(|(name, bytes)| (name, *bytes)).eq(files.iter().map(|(n, b)| (n, b.as_slice()))));
        }

        #[test]
        fn no_damage_makes_the_reader_panic_or_give_more_than_there_is(
            files in files(),
            at in any::<prop::sample::Index>(),
            damage in prop::collection::vec(any::<u8>(), 1..600),
        ) {
            let mut tar = tar(&files);
            let at = at.index(tar.len());
            let end = tar.len().min(at + damage.len());
            tar[at..end].copy_from_slice(&damage[..end - at]);
            if let Ok(came) = read(Path::new("b"), &tar) {
                prop_assert!(came.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= tar.len());
            }
        }
    }
}
