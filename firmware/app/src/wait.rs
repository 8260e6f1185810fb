//! How a job waits: until the next thing is due, or until somebody rings, because sound, a message or a signal has come.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use keyface_core::{Moment, Span};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::AppError;

/// Ends a wait, from any thread. It takes no lock and never waits itself: an audio thread may ring it.
#[derive(Clone, Debug)]
pub struct Bell(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Whether the system knows already: most rings cost no call.
    is_rung: AtomicBool,
    clapper: File,
    sound: File,
}

/// What has news pulls it, whether or not a job has tied its bell to it yet.
#[derive(Clone, Debug, Default)]
pub struct Rope(Arc<OnceLock<Bell>>);

/// A job's clock and its sleep.
pub trait Time {
    /// Time since the job began.
    fn now(&self) -> Moment;

    /// Sleeps until `until`, or until the bell rings or `news` can be read.
    fn wait(&mut self, until: Moment, news: Option<BorrowedFd<'_>>);
}

/// This machine's clock.
pub struct RealTime {
    began: Instant,
    bell: Bell,
}

impl Bell {
    /// A bell that has not been rung.
    ///
    /// # Errors
    /// When the system has no room for one more open file.
    pub fn new() -> Result<Bell, AppError> {
        let (clapper, sound) = ends().map_err(|reason| AppError::Bell { reason })?;
        Ok(Bell(Arc::new(Inner { is_rung: AtomicBool::new(false), clapper: clapper.into(), sound: sound.into() })))
    }

    /// Ends the wait that goes on, or else the next.
    pub fn ring(&self) {
        if !self.0.is_rung.swap(true, Ordering::AcqRel) {
            // It is never full: there is one ring in it at most.
            _ = (&self.0.clapper).write(&1u64.to_ne_bytes());
        }
    }

    /// Waits for a ring, or that `news` can be read, but not longer than `most`.
    fn wait(&self, most: Duration, news: Option<BorrowedFd<'_>>) {
        let rung = PollFd::new(&self.0.sound, PollFlags::IN);
        let timeout = Timespec::try_from(most).ok();
        // Whatever it says, whoever waits looks around.
        _ = match news {
            Some(news) => poll(&mut [rung, PollFd::from_borrowed_fd(news, PollFlags::IN)], timeout.as_ref()),
            None => poll(&mut [rung], timeout.as_ref()),
        };
        if self.0.is_rung.load(Ordering::Acquire) {
            // In this order a ring between the two is not lost: its news is there when the wait ends.
            _ = (&self.0.sound).read(&mut [0; 8]);
            self.0.is_rung.swap(false, Ordering::AcqRel);
        }
    }
}

impl Rope {
    /// From now on it rings this bell; the first that is tied counts.
    pub fn tie(&self, bell: &Bell) {
        _ = self.0.set(bell.clone());
    }

    /// Rings, if there is a bell. It never waits.
    pub fn pull(&self) {
        if let Some(bell) = self.0.get() {
            bell.ring();
        }
    }
}

impl RealTime {
    /// For a job that began then.
    pub fn since(began: Instant, bell: Bell) -> RealTime {
        RealTime { began, bell }
    }
}

impl Time for RealTime {
    fn now(&self) -> Moment {
        Moment::START + span(self.began.elapsed())
    }

    fn wait(&mut self, until: Moment, news: Option<BorrowedFd<'_>>) {
        if let Ok(most @ 1..) = u64::try_from((until - self.now()).0) {
            self.bell.wait(Duration::from_micros(most), news);
        }
    }
}

/// A duration of this machine's clock.
pub(crate) fn span(duration: Duration) -> Span {
    Span(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}

/// One end to write to and one to wait at, neither of which ever waits itself.
#[cfg(target_os = "linux")]
fn ends() -> io::Result<(OwnedFd, OwnedFd)> {
    use rustix::event::{EventfdFlags, eventfd};

    let end = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    Ok((end.try_clone()?, end))
}

#[cfg(not(target_os = "linux"))]
fn ends() -> io::Result<(OwnedFd, OwnedFd)> {
    let (clapper, sound) = std::os::unix::net::UnixStream::pair()?;
    clapper.set_nonblocking(true)?;
    sound.set_nonblocking(true)?;
    Ok((clapper.into(), sound.into()))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn time(bell: &Bell, most: Duration, news: Option<BorrowedFd<'_>>) -> Duration {
        let start = Instant::now();
        bell.wait(most, news);
        start.elapsed()
    }

    #[test]
    fn a_ring_ends_the_wait_that_goes_on_or_else_the_next_and_no_other() {
        let rope = Rope::default();
        rope.pull();
        let bell = Bell::new().unwrap();
        rope.tie(&bell);
        let late = rope.clone();
        let ringing = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            late.pull();
        });
        assert!(time(&bell, LONG, None) < LONG / 2);
        ringing.join().unwrap();
        (0..1_000).for_each(|_| rope.pull());
        assert!(time(&bell, LONG, None) < LONG / 2);
        assert!(time(&bell, Duration::from_millis(5), None) >= Duration::from_millis(5));
    }

    #[test]
    fn what_can_be_read_ends_a_wait_too() {
        let (near, mut far) = std::os::unix::net::UnixStream::pair().unwrap();
        far.write_all(b"x").unwrap();
        let bell = Bell::new().unwrap();
        assert!(time(&bell, LONG, Some(near.as_fd())) < LONG / 2);
    }

    #[test]
    fn no_ring_is_lost_between_two_threads() {
        const NEWS: u64 = 20_000;
        let (bell, told) = (Bell::new().unwrap(), Arc::new(std::sync::atomic::AtomicU64::new(0)));
        let (rings, tells) = (bell.clone(), Arc::clone(&told));
        let teller = thread::spawn(move || {
            for news in 1..=NEWS {
                tells.store(news, Ordering::Relaxed);
                rings.ring();
            }
        });
        let start = Instant::now();
        while told.load(Ordering::Relaxed) < NEWS {
            bell.wait(LONG, None);
        }
        assert!(start.elapsed() < LONG / 2, "a ring was lost");
        teller.join().unwrap();
    }

    #[test]
    fn time_that_has_come_is_not_waited_for() {
        let mut time = RealTime::since(Instant::now(), Bell::new().unwrap());
        time.wait(Moment(-1), None);
        let until = time.now() + Span::from_ms(3);
        time.wait(until, None);
        assert!(time.now() >= until);
    }
}
