//! What an interrupted install left, and what no link names any more, goes; what anybody else put there stays.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use super::disk::remove;
use super::{Slot, Store, is_bundle};
use crate::AppError;

/// Names that begin so are nobody's: half a bundle, a link on its way, a folder on its way out.
const STALE: [&str; 3] = [NEW, ".link-", OLD];
pub(super) const NEW: &str = ".new-";
const OLD: &str = ".old-";

impl Store {
    /// Removes what is stale. Only bundles and our own temporary names are touched.
    pub(super) fn sweep(&self) -> Result<(), AppError> {
        let entries = || {
            let read = fs::read_dir(&self.root).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            read.map_err(AppError::file(&self.root, "list it"))
        };
        for entry in entries()?.iter().filter(|entry| is_stale(&entry.file_name())) {
            remove(&entry.path())?;
        }
        let kept = [self.target(Slot::Current)?, self.target(Slot::Previous)?];
        let is_kept = |path: &Path| kept.iter().flatten().any(|kept| kept == path);
        for entry in entries()?.iter().filter(|entry| is_bundle(entry) && !is_kept(&entry.path())) {
            // Half a removed folder must not look like a bundle.
            let mut name = OsString::from(OLD);
            name.push(entry.file_name());
            let old = self.root.join(name);
            fs::rename(entry.path(), &old).map_err(AppError::file(&entry.path(), "remove it"))?;
            remove(&old)?;
        }
        Ok(())
    }
}

/// A temporary name of ours: a prefix and what only an install can have put behind it.
fn is_stale(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let rest = STALE.iter().find_map(|start| name.strip_prefix(start));
    rest.is_some_and(|rest| is_id(rest) || [Slot::Current, Slot::Previous].iter().any(|slot| slot.name() == rest))
}

/// `NAME-VERSION-HASH` or `NAME-VERSION-HASH-2`, as [`crate::bundle::Bundle::id`] makes it.
pub(super) fn is_id(name: &str) -> bool {
    let is_hash =
        |part: &str| part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let is_count = |part: &str| part.parse::<u32>().is_ok_and(|count| count > 1);
    let parts: Vec<&str> = name.split('-').collect();
    match parts.as_slice() {
        [_, _, .., hash, count] if is_count(count) && is_hash(hash) => true,
        [_, _, .., hash] => is_hash(hash),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_install_makes_is_swept() {
        for name in [".new-live-0.1.0-0123456789ab", ".old-a-b-1-0123456789ab-2", ".link-current", ".link-previous"] {
            assert!(is_stale(OsStr::new(name)), "{name}");
        }
        for name in [".new-year.txt", ".old-photos", ".link-me", ".new-", "live-0.1.0-0123456789ab", ".old-live-1"] {
            assert!(!is_stale(OsStr::new(name)), "{name}");
        }
        assert!(is_id("live-0.1.0-0123456789ab") && is_id("my-live-0.1.0-0123456789ab-3"));
        assert!(!is_id("live") && !is_id("my-models") && !is_id("live-0.1.0-0123456789aB") && !is_id("0123456789ab"));
    }
}
