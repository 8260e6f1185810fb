//! A file that an engine writes and nobody keeps.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A path in the system's temporary folder; what lies there goes when this goes.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A path that no other has, ending in `.extension`.
    pub fn new(extension: &str) -> Scratch {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("keyface-{}-{number}.{extension}", std::process::id());
        Scratch(std::env::temp_dir().join(name))
    }

    /// Where.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing was written when the engine failed.
        let _ = std::fs::remove_file(&self.0);
    }
}
