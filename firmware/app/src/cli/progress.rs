//! A bar for what takes longer than two seconds.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use keyface_core::Span;

/// Nobody needs a bar for less.
const PATIENCE: Duration = Duration::from_secs(2);

/// The share that is done of a sound, or how much where nobody knows its length.
pub struct Progress {
    started: Instant,
    bar: Option<ProgressBar>,
}

/// The length of a bar.
const WHOLE: u64 = 1_000;

impl Progress {
    pub fn new() -> Progress {
        Progress { started: Instant::now(), bar: None }
    }

    pub fn update(&mut self, done: Span, share: Option<f32>) {
        if self.bar.is_none() && self.started.elapsed() > PATIENCE {
            let bar = if share.is_some() { ProgressBar::new(WHOLE) } else { ProgressBar::no_length() };
            let of_known = "{bar:40} {percent} % of the sound, {eta} left";
            let template = if share.is_some() { of_known } else { "{spinner} {msg} of the sound" };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            self.bar = Some(bar);
        }
        let Some(bar) = &self.bar else { return };
        match share {
            Some(share) => bar.set_position((share * WHOLE as f32) as u64),
            None => bar.set_message(format!("{:.0} s", done.as_s())),
        }
    }

    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How much of `all` is done.
pub fn share(done: Span, all: Span) -> f32 {
    done.0 as f32 / all.0.max(1) as f32
}
