//! A graphics card as the kernel's mode setting sees it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use drm::control::Device;
use rustix::fs::OFlags;

/// A graphics card's device file.
pub(crate) struct GraphicsCard(File);

impl AsFd for GraphicsCard {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl drm::Device for GraphicsCard {}
impl Device for GraphicsCard {}

impl GraphicsCard {
    /// Opens its device file.
    pub fn open(path: &Path) -> io::Result<GraphicsCard> {
        // Without O_NONBLOCK, asking for events would wait for one.
        let flags = OFlags::NONBLOCK.bits() as i32;
        OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).map(GraphicsCard)
    }
}

impl From<File> for GraphicsCard {
    fn from(file: File) -> GraphicsCard {
        GraphicsCard(file)
    }
}
