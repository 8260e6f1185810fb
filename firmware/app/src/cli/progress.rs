//! A bar for what takes longer than two seconds.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use keyface_core::Micros;

/// Nobody needs a bar for less.
const PATIENCE: Duration = Duration::from_secs(2);

/// Seconds of sound done, of all.
pub struct Progress {
    started: Instant,
    total: Micros,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub fn new(total: Micros) -> Progress {
        Progress { started: Instant::now(), total, bar: None }
    }

    pub fn update(&mut self, done: Micros) {
        if self.bar.is_none() && self.started.elapsed() > PATIENCE {
            let bar = ProgressBar::new(tenths(self.total));
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent} % of the sound, {eta} left") {
                bar.set_style(style);
            }
            self.bar = Some(bar);
        }
        if let Some(bar) = &self.bar {
            bar.set_position(tenths(done));
        }
    }

    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn tenths(time: Micros) -> u64 {
    u64::try_from(time.0 / 100_000).unwrap_or(0)
}
