//! Faces on standard output, one JSON object a line, as a `.poses.jsonl` has them; times are those of the job's clock.

use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use keyface_core::{FacePose, Micros};

use super::Receiver;
use crate::AppError;
use crate::out::{Names, pose_as_json};

/// Lines that may wait for a slow reader: a second.
const WAITING: usize = 60;

/// Writes on a thread of its own, because a pipe that is full waits.
pub(super) struct Lines {
    lines: SyncSender<(FacePose, Micros)>,
}

impl Lines {
    pub fn start() -> Result<Lines, AppError> {
        let (lines, wanted) = sync_channel::<(FacePose, Micros)>(WAITING);
        let write = move || {
            for (pose, now) in wanted {
                let mut out = io::stdout().lock();
                let told = writeln!(out, "{}", pose_as_json(now, &pose, Names::default())).and_then(|()| out.flush());
                if let Err(e) = told {
                    return log::debug!("standard output: {e}");
                }
            }
        };
        let spawned = thread::Builder::new().name("keyface-lines".into()).spawn(write);
        spawned.map_err(|reason| AppError::Thread { what: "standard output", reason })?;
        Ok(Lines { lines })
    }
}

impl Receiver for Lines {
    fn show(&mut self, pose: &FacePose, now: Micros) {
        // A reader that is slow misses lines, and one that is gone all of them.
        _ = self.lines.try_send((*pose, now));
    }
}
