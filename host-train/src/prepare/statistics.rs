//! Prepared clips in, figures out: how many, how long, and how each channel is distributed.

use std::fmt;

use keyface_core::{MotionChannel, Phone};

use super::Prepared;
use crate::clip::Split;
use crate::corpus::split_name;
use crate::space::rig14::PerChannel;

/// Resolution of the percentiles.
const BINS: usize = 1000;
const HOPS_PER_HOUR: f64 = 360_000.0;
const SPLITS: [Split; 3] = [Split::Train, Split::Valid, Split::Eval];

/// Figures that can be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Clips of each split.
    clips: [u64; SPLITS.len()],
    /// Rows of each split.
    rows: [u64; SPLITS.len()],
    /// Rows that are not silence.
    speech_rows: u64,
    /// Key motions.
    keys: u64,
    /// Rows by weight, for each channel.
    histograms: Vec<PerChannel<u64>>,
}

impl Default for Statistics {
    fn default() -> Self {
        let histograms = vec![PerChannel::default(); BINS + 1];
        Statistics { clips: [0; 3], rows: [0; 3], speech_rows: 0, keys: 0, histograms }
    }
}

impl Statistics {
    /// Figures of one clip.
    pub fn of(clip: &Prepared) -> Statistics {
        let mut figures = Statistics::default();
        figures.clips[clip.split as usize] = 1;
        figures.rows[clip.split as usize] = clip.phones.len() as u64;
        figures.speech_rows = clip.phones.iter().filter(|p| **p != Phone::SIL).count() as u64;
        figures.keys = clip.keys_s.len() as u64;
        for row in &clip.motion {
            for channel in MotionChannel::ALL {
                let bin = (row[channel].clamp(0.0, 1.0) * BINS as f32).round() as usize;
                figures.histograms[bin][channel as usize] += 1;
            }
        }
        figures
    }

    /// Adds other clips' figures.
    pub fn merge(&mut self, other: &Statistics) {
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut self.clips, &other.clips);
        add(&mut self.rows, &other.rows);
        self.speech_rows += other.speech_rows;
        self.keys += other.keys;
        self.histograms.iter_mut().zip(&other.histograms).for_each(|(to, from)| add(to, from));
    }

    /// All clips.
    pub fn clips(&self) -> u64 {
        self.clips.iter().sum()
    }

    /// The weight that a share of all rows does not pass; 0 without rows.
    pub fn percentile(&self, channel: MotionChannel, share: f64) -> f32 {
        let rows: u64 = self.rows.iter().sum();
        let wanted = (share * rows as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let reached = |bin: &PerChannel<u64>| {
            seen += bin[channel as usize];
            seen >= wanted
        };
        self.histograms.iter().position(reached).unwrap_or(0) as f32 / BINS as f32
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: u64 = self.rows.iter().sum();
        let speech_s = self.speech_rows as f64 / 100.0;
        write!(f, "{} clips, {:.2} h ({:.2} h of it speech)", self.clips(), hours(rows), hours(self.speech_rows))?;
        write!(f, ", {:.1} keys/s of speech", self.keys as f64 / speech_s.max(0.01))?;
        for ((split, clips), rows) in SPLITS.iter().zip(self.clips).zip(self.rows) {
            write!(f, "; {} {clips} ({:.2} h)", split_name(*split), hours(rows))?;
        }
        write!(f, "\n  {:<16} {:>6} {:>6} {:>6} {:>6}", "channel", "50 %", "90 %", "95 %", "max")?;
        for channel in MotionChannel::ALL {
            write!(f, "\n  {:<16}", channel.name())?;
            for share in [0.50, 0.90, 0.95, 1.0] {
                write!(f, " {:>6.2}", self.percentile(channel, share))?;
            }
        }
        Ok(())
    }
}

fn hours(rows: u64) -> f64 {
    rows as f64 / HOPS_PER_HOUR
}

#[cfg(test)]
mod tests {
    use super::super::tests::clip;
    use super::*;
    use crate::truth::Style;

    #[test]
    fn merged_figures_count_every_row() {
        let prepared = Prepared::of(&clip(), "test", &Style::NEUTRAL);
        let mut figures = Statistics::of(&prepared);
        figures.merge(&Statistics::of(&prepared));
        assert_eq!((figures.clips(), figures.rows, figures.speech_rows), (2, [0, 200, 0], 90));
    }

    #[test]
    fn percentiles_are_those_of_the_rows() {
        let prepared = Prepared::of(&clip(), "test", &Style::NEUTRAL);
        let figures = Statistics::of(&prepared);
        let jaw = |row: &keyface_core::Motion| row[MotionChannel::JawOpen];
        let widest = prepared.motion.iter().map(jaw).fold(0.0, f32::max);
        assert!((figures.percentile(MotionChannel::JawOpen, 1.0) - widest).abs() <= 0.5 / BINS as f32 + 1e-6);
        assert_eq!(figures.percentile(MotionChannel::JawOpen, 0.05), 0.0);
    }

    #[test]
    fn no_rows_have_figures_too() {
        assert_eq!(Statistics::default().percentile(MotionChannel::JawOpen, 0.5), 0.0);
    }
}
