//! Faces on standard output, one JSON object a line, as a `.poses.jsonl` has them; times are those of the job's clock.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use keyface_core::{FacePose, Moment};

use super::Receiver;
use crate::AppError;
use crate::out::{Names, pose_as_json};

/// Lines that may wait for a slow reader: a second.
const WAITING: usize = 60;

/// Why standard output took no more, where that is somebody's fault.
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

/// Writes on a thread of its own, because a pipe that is full waits.
pub(super) struct Lines {
    lines: SyncSender<(FacePose, Moment)>,
    has_left: Arc<AtomicBool>,
}

/// What kept lines from standard output, other than that nobody reads them any more.
pub fn unwritten() -> Option<&'static io::Error> {
    UNWRITTEN.get()
}

impl Lines {
    pub fn start() -> Result<Lines, AppError> {
        let (lines, wanted) = sync_channel::<(FacePose, Moment)>(WAITING);
        let has_left = Arc::new(AtomicBool::new(false));
        let left = Arc::clone(&has_left);
        let write = move || {
            for (pose, now) in wanted {
                let mut out = io::stdout().lock();
                let written = writeln!(out, "{}", pose_as_json(now.since_start(), &pose, Names::default()))
                    .and_then(|()| out.flush());
                if let Err(error) = written {
                    _ = (error.kind() != ErrorKind::BrokenPipe).then(|| UNWRITTEN.set(error));
                    return left.store(true, Relaxed);
                }
            }
        };
        let spawned = thread::Builder::new().name("keyface-lines".into()).spawn(write);
        spawned.map_err(|reason| AppError::Thread { what: "standard output", reason })?;
        Ok(Lines { lines, has_left })
    }
}

impl Receiver for Lines {
    fn show(&mut self, pose: &FacePose, now: Moment) {
        // A reader that is slow misses lines, and one that is gone all of them.
        _ = self.lines.try_send((*pose, now));
    }

    fn has_left(&self) -> bool {
        self.has_left.load(Relaxed)
    }
}
