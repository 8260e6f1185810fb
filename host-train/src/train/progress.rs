//! What a person sees while a network trains: a bar with the losses, and a line per validation in `log.tsv`.

use std::io::Write;
use std::time::Instant;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use super::checkpoint::{Progress, RunDir};
use crate::loss::Breakdown;

/// Losses are averaged over this many steps before they are shown.
const SMOOTH_STEPS: f64 = 20.0;

/// Where no bar can be drawn, a log shows every so many steps that training goes on.
const LOG_STEPS: u64 = 100;

/// A bar, running means of the losses, how much speech was heard how quickly, and the log.
pub struct Display {
    bar: ProgressBar,
    means: Vec<(&'static str, f64)>,
    began: Instant,
    speech_s: f64,
}

impl Display {
    /// A bar that stands at `done` of `steps`.
    pub fn new(title: &str, done: usize, steps: usize) -> Self {
        let style = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} {elapsed}<{eta} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(steps as u64).with_style(style).with_prefix(title.to_string());
        bar.set_position(done as u64);
        bar.reset_eta();
        Display { bar, means: Vec::new(), began: Instant::now(), speech_s: 0.0 }
    }

    /// One optimizer step on so much speech.
    pub fn step(&mut self, losses: &Breakdown, speech_s: f64) {
        self.speech_s += speech_s;
        let now = losses.parts.iter().map(|(name, loss)| (*name, loss.clone().into_scalar::<f32>() as f64));
        if self.means.is_empty() {
            self.means = now.collect();
        } else {
            self.means.iter_mut().zip(now).for_each(|(mean, (_, loss))| mean.1 += (loss - mean.1) / SMOOTH_STEPS);
        }
        self.bar.set_message(self.line());
        self.bar.inc(1);
        if self.bar.position().is_multiple_of(LOG_STEPS) {
            log::info!("{} of {} steps  {}", self.bar.position(), self.bar.length().unwrap_or_default(), self.line());
        }
    }

    /// One validation: a line on the screen and in the log.
    pub fn validation(&self, run: &RunDir, net: &str, progress: &Progress) -> Result<()> {
        let Progress { step, scores, best_step, loss, .. } = progress;
        let scored = match scores.is_empty() {
            true => format!("loss {loss:.3e}"),
            false => {
                let each: Vec<_> = scores.iter().map(|(name, score)| format!("{name} {score:.4}")).collect();
                format!("{}, best at {best_step}", each.join(", "))
            }
        };
        let line = format!("{net}\t{step}\t{scored}\t{}", self.line());
        self.bar.suspend(|| log::info!("{line}"));
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(run.file("log.tsv"))?;
        Ok(writeln!(file, "{line}")?)
    }

    fn line(&self) -> String {
        let means = self.means.iter().map(|(name, mean)| format!("{name} {mean:.3}")).collect::<Vec<_>>().join("  ");
        if self.speech_s == 0.0 {
            return means;
        }
        format!("{means}  ({:.0} s of speech a second)", self.speech_s / self.began.elapsed().as_secs_f64())
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.bar.finish();
    }
}
