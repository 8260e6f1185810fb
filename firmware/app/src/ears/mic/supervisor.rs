//! The thread that owns the device: it opens it, watches it, and opens it again with a growing pause when it fails.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cpal::ErrorKind;
use keyface_sound::cancelled;

use super::stream::{NONE, Opened, Shared, Wanted, open, silent_for};
use crate::AppError;

/// How often the device is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// A device that calls no more for this long is dead (its longest period is 128 ms).
const DEAD: Duration = Duration::from_millis(500);
/// Sound servers take their time for the first callback: up to 2 s where the room has been silent.
const DEAD_AT_FIRST: Duration = Duration::from_secs(3);
/// A removed source gives exact zeros and no error; so does a muted one, which opening again does not harm.
const ZEROS: Duration = Duration::from_secs(3);
const ZEROS_LONGEST: Duration = Duration::from_secs(60);
/// Pause before opening again; it doubles, but a device that is plugged in again is heard within a second.
const BACK_OFF: Duration = Duration::from_millis(50);
const BACK_OFF_LONGEST: Duration = Duration::from_millis(500);

/// Keeps a microphone open until it is dropped.
pub(super) struct Supervisor {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    reopened: Arc<AtomicU64>,
}

impl Supervisor {
    /// Opens the device, or begins to wait for it when it is awaited; later streams go to `streams`. Returns the first.
    pub fn start(
        wanted: Wanted,
        shared: Arc<Shared>,
        streams: Sender<Opened>,
    ) -> Result<(Supervisor, Opened), AppError> {
        let (stop, stopped) = sync_channel(0);
        let (first_in, first) = channel();
        let reopened = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&reopened);
        let work = move || {
            let opened = open(&wanted, &shared);
            let (stream, opened) = match opened {
                Ok((stream, opened)) => (Some((stream, opened.rate_hz)), opened),
                Err(e) if wanted.is_awaited && e.kind() != ErrorKind::InvalidInput => {
                    log::warn!("microphone: {}; it is tried until it is there", one_line(&e));
                    shared.lost.store(true, Relaxed);
                    (None, Opened::absent(&wanted))
                }
                Err(e) => return drop(first_in.send(Err(e))),
            };
            if first_in.send(Ok(opened)).is_err() {
                return;
            }
            let pause = |length: Duration| stopped.recv_timeout(length) == Err(RecvTimeoutError::Timeout);
            let again = Arc::clone(&shared);
            Watch::new(move || open(&wanted, &again), shared, streams, counter).run(stream, pause);
        };
        let spawned = thread::Builder::new().name("keyface-mic".into()).spawn(work);
        let thread = spawned.map_err(|reason| AppError::Thread { what: "microphone", reason })?;
        let refused = |reason: String| AppError::Microphone { reason };
        let first = first.recv().map_err(|e| refused(e.to_string()))?.map_err(|e| refused(one_line(&e)))?;
        Ok((Supervisor { stop: Some(stop), thread: Some(thread), reopened }, first))
    }

    /// Times that the device was opened again.
    pub fn reopened(&self) -> u64 {
        self.reopened.load(Relaxed)
    }

    /// A supervisor of nothing.
    #[cfg(test)]
    pub fn idle() -> Supervisor {
        Supervisor { stop: None, thread: None, reopened: Arc::default() }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("microphone: its thread broke");
        }
    }
}

/// What watches one device after another, each opened by `open`.
struct Watch<O> {
    open: O,
    shared: Arc<Shared>,
    streams: Sender<Opened>,
    reopened: Arc<AtomicU64>,
    zeros_allowed: Duration,
    instead: Option<usize>,
}

impl<S, O: FnMut() -> Result<(S, Opened), cpal::Error>> Watch<O> {
    fn new(open: O, shared: Arc<Shared>, streams: Sender<Opened>, reopened: Arc<AtomicU64>) -> Watch<O> {
        Watch { open, shared, streams, reopened, zeros_allowed: ZEROS, instead: None }
    }

    /// From the `first` stream and its rate on, or from waiting for one. `pause` waits, and says whether to go on.
    fn run(&mut self, first: Option<(S, u32)>, pause: impl Fn(Duration) -> bool) {
        let mut current = first.or_else(|| self.open_again(&pause));
        while let Some((stream, rate_hz)) = current.take() {
            let Some(fault) = self.watch(rate_hz, &pause) else { return };
            log::warn!("microphone: {fault}; opening it again");
            self.shared.lost.store(true, Relaxed);
            self.shared.rope.pull();
            drop(stream);
            current = self.open_again(&pause);
        }
    }

    /// Looks at the device until it fails; `None` when it is time to stop.
    fn watch(&mut self, rate_hz: u32, pause: &impl Fn(Duration) -> bool) -> Option<&'static str> {
        let (mut callbacks, mut since, mut patience) =
            (self.shared.callbacks.load(Relaxed), Instant::now(), DEAD_AT_FIRST);
        while pause(LOOK) {
            let now_callbacks = self.shared.callbacks.load(Relaxed);
            if now_callbacks != callbacks {
                (callbacks, since, patience) = (now_callbacks, Instant::now(), DEAD);
            }
            self.tell_of_cancelled();
            if self.shared.failed.load(Relaxed) {
                return Some("its device failed");
            }
            if since.elapsed() > patience {
                return Some("its device gives no sound any more");
            }
            if silent_for(&self.shared, rate_hz) > self.zeros_allowed {
                self.zeros_allowed = (self.zeros_allowed * 2).min(ZEROS_LONGEST);
                return Some("its device gives nothing but zeros");
            }
        }
        None
    }

    /// Says once that a mix of all channels would be silent.
    fn tell_of_cancelled(&mut self) {
        let instead = self.shared.instead.load(Relaxed);
        if instead != NONE && self.instead != Some(instead) {
            log::warn!("warning: microphone: {}", cancelled(instead));
            self.instead = Some(instead);
        }
    }

    fn open_again(&mut self, pause: &impl Fn(Duration) -> bool) -> Option<(S, u32)> {
        let mut back_off = BACK_OFF;
        while pause(back_off) {
            self.shared.failed.store(false, Relaxed);
            self.shared.zeros.store(0, Relaxed);
            match (self.open)() {
                Ok((stream, opened)) => return self.hand_over(stream, opened),
                Err(e) => log::debug!("microphone: still lost: {}", one_line(&e)),
            }
            back_off = (back_off * 2).min(BACK_OFF_LONGEST);
        }
        None
    }

    fn hand_over(&self, stream: S, opened: Opened) -> Option<(S, u32)> {
        log::info!("microphone: heard again through {}", opened.name);
        let rate_hz = opened.rate_hz;
        self.reopened.fetch_add(1, Relaxed);
        self.streams.send(opened).ok()?;
        self.shared.lost.store(false, Relaxed);
        self.shared.rope.pull();
        Some((stream, rate_hz))
    }
}

/// cpal writes sentences; here they stand within one.
fn one_line(error: &cpal::Error) -> String {
    let text = error.to_string().replace('\n', " ");
    let text = text.trim_end_matches('.');
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_lowercase() + rest
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What a device that was opened does.
    #[derive(Clone, Copy, PartialEq)]
    enum Fate {
        Fails,
        StandsStill,
        GivesZeros,
        Works,
        IsAway,
    }

    fn live(fate: Fate, shared: &Shared) {
        shared.callbacks.fetch_add(u64::from(fate != Fate::StandsStill), Relaxed);
        match fate {
            Fate::Fails => shared.failed.store(true, Relaxed),
            Fate::GivesZeros => _ = shared.zeros.fetch_add(16_000, Relaxed),
            _ => {}
        }
    }

    /// Watches devices with these fates, one after another, up to one that has worked for a while: how often one was
    /// opened again, and how long the others took to be found out and replaced.
    fn watched(fates: &[Fate]) -> (u64, Duration) {
        let (shared, reopened, (sender, opened)) = (Arc::<Shared>::default(), Arc::<AtomicU64>::default(), channel());
        let (fate, next) = (Cell::new(fates[0]), Cell::new(1));
        // The first callback of a device that stands still later on.
        shared.callbacks.store(1, Relaxed);
        let open = || {
            fate.set(fates[next.replace(next.get() + 1)]);
            match fate.get() {
                Fate::IsAway => Err(ErrorKind::DeviceNotAvailable.into()),
                _ => Ok(((), Opened::absent(&Wanted::default()))),
            }
        };
        let (begun, worked) = (Instant::now(), Cell::new(None));
        let pause = |length: Duration| {
            thread::sleep(length.min(LOOK));
            live(fate.get(), &shared);
            let works = fate.get() == Fate::Works && !shared.lost.load(Relaxed);
            worked.set(worked.get().or(works.then(|| begun.elapsed())));
            worked.get().is_none()
        };
        let mut watch = Watch::new(open, Arc::clone(&shared), sender, Arc::clone(&reopened));
        watch.run(Some(((), 16_000)), pause);
        assert_eq!(opened.try_iter().count() as u64, reopened.load(Relaxed), "each new stream is handed over");
        (reopened.load(Relaxed), worked.get().unwrap())
    }

    #[test]
    fn a_device_that_fails_is_opened_again_as_soon_as_it_is_back() {
        use Fate::*;
        let (reopened, took) = watched(&[Fails, IsAway, IsAway, Works]);
        assert_eq!(reopened, 1);
        assert!(took < Duration::from_millis(500), "{took:?}");
    }

    #[test]
    fn a_device_that_gives_nothing_but_zeros_is_opened_again_after_three_seconds_of_them() {
        use Fate::*;
        // A second of zeros comes with each look here.
        let (reopened, took) = watched(&[GivesZeros, GivesZeros, Works]);
        assert_eq!(reopened, 2);
        assert!(took < Duration::from_secs(1), "{took:?}");
    }

    #[test]
    fn a_device_that_calls_no_more_is_dead_within_seconds() {
        let (reopened, took) = watched(&[Fate::StandsStill, Fate::Works]);
        assert_eq!(reopened, 1);
        assert!((DEAD..2 * DEAD_AT_FIRST).contains(&took), "{took:?}");
    }
}
