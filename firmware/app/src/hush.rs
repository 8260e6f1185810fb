//! Standard error, to which libraries of sound (JACK's, ALSA's) write a page about every device that is not there; the
//! error that comes back says enough. While they are hushed, what this program itself has to say still arrives.

use std::io::{self, Write};

/// As long as one of these lives, nobody else writes to standard error.
pub(crate) struct Hush;

impl Hush {
    /// Where this fails, there is noise and nothing worse.
    pub fn new() -> Hush {
        system::begin();
        Hush
    }
}

impl Drop for Hush {
    fn drop(&mut self) {
        system::end();
    }
}

/// Standard error for our own words, hushed or not.
#[derive(Clone, Copy, Debug)]
pub struct StandardError;

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        system::write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
mod system {
    use std::fs::OpenOptions;
    use std::io::{self, Write};
    use std::os::fd::OwnedFd;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Descriptors below are the standard ones.
    const FIRST_FREE: i32 = 3;

    /// How many hush it, and standard error as it was.
    static KEPT: Mutex<(usize, Option<OwnedFd>)> = Mutex::new((0, None));

    fn kept() -> MutexGuard<'static, (usize, Option<OwnedFd>)> {
        KEPT.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begin() {
        let mut kept = kept();
        kept.0 += 1;
        if kept.0 == 1 {
            kept.1 = hushed().ok();
        }
    }

    fn hushed() -> io::Result<OwnedFd> {
        let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
        let told = rustix::io::fcntl_dupfd_cloexec(io::stderr(), FIRST_FREE)?;
        rustix::stdio::dup2_stderr(nowhere)?;
        Ok(told)
    }

    pub fn end() {
        let mut kept = kept();
        kept.0 -= 1;
        if kept.0 == 0
            && let Some(told) = kept.1.take()
        {
            _ = rustix::stdio::dup2_stderr(told);
        }
    }

    pub fn write(bytes: &[u8]) -> io::Result<usize> {
        match &kept().1 {
            Some(told) => Ok(rustix::io::write(told, bytes)?),
            None => io::stderr().write(bytes),
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io::{self, Write};

    pub fn begin() {}

    pub fn end() {}

    pub fn write(bytes: &[u8]) -> io::Result<usize> {
        io::stderr().write(bytes)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{Read, Seek};

    use super::*;

    #[test]
    fn others_are_hushed_and_our_own_words_arrive() {
        let mut file = tempfile::tempfile().unwrap();
        let told = rustix::io::dup(io::stderr()).unwrap();
        rustix::stdio::dup2_stderr(&file).unwrap();
        let (first, second) = (Hush::new(), Hush::new());
        io::stderr().write_all(b"jack server is not running\n").unwrap();
        drop(first);
        io::stderr().write_all(b"ALSA lib pcm.c\n").unwrap();
        StandardError.write_all(b"ours\n").unwrap();
        drop(second);
        io::stderr().write_all(b"and afterwards\n").unwrap();
        rustix::stdio::dup2_stderr(told).unwrap();
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        assert!(text.contains("ours\nand afterwards\n"), "{text}");
        assert!(!text.contains("jack") && !text.contains("ALSA"), "{text}");
    }
}
