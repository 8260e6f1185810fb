//! Programs side by side: the tracks of each over the same clips, as rows of figures.

use anyhow::{Context, Result};
use keyface_core::Motion;
use rayon::prelude::*;
use serde::Serialize;

use super::baseline::jaw_track;
use super::hear::Track;
use super::metric::{Comparison, METRICS, marks, values};
use super::surface::Surface;
use crate::clip::Clip;
use crate::judge::{Figure, Interval, Marks};

/// Another program whose motion stands in the tables: direct regression, the offline teacher.
pub struct Program<'a> {
    /// Its name in the tables.
    pub name: String,
    /// Its motion for a clip: frame k describes the audio time (k + 1) * 20 ms.
    pub animate: &'a dyn Fn(&Clip) -> Result<Track>,
}

/// A program's figures on a corpus.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MotionRow {
    /// The program.
    pub name: String,
    /// One per metric that says something here, in the order of [`METRICS`].
    pub figures: Vec<Figure>,
    /// By how much its mean LVE-mm is above that of the first row, where it is another.
    pub above_first: Option<Interval>,
}

impl MotionRow {
    /// The figure of this metric.
    pub fn figure(&self, metric: &str) -> Option<&Figure> {
        self.figures.iter().find(|f| f.metric == metric)
    }
}

/// A clip with its true motion.
pub struct Judged {
    /// The clip.
    pub clip: Clip,
    /// What is true.
    pub truth: Track,
}

/// A program that was measured on every clip.
pub struct Measured {
    name: String,
    marks: Marks,
}

impl Measured {
    /// Measures tracks against the truth, one for each clip.
    pub fn new(name: &str, tracks: &[Track], judged: &[Judged], surface: &Surface) -> Self {
        let measure = |(judged, track): (&Judged, &Track)| {
            values(METRICS, &Comparison::new(surface, track, &judged.truth, &judged.clip.phones))
        };
        let measured: Vec<_> = judged.par_iter().zip(tracks).map(measure).collect();
        let mut marks = marks(METRICS);
        judged.iter().zip(measured).for_each(|(judged, values)| marks.add(&judged.clip.speaker, values));
        Measured { name: name.to_owned(), marks }
    }

    /// The figures over some of the clips, given by their numbers.
    pub fn row(&self, clips: &[usize]) -> MotionRow {
        MotionRow { name: self.name.clone(), figures: self.marks.figures_of(clips), above_first: None }
    }
}

/// A row for each program over all clips, held against the first.
pub fn rows(measured: &[Measured]) -> Vec<MotionRow> {
    let row = |(n, program): (usize, &Measured)| MotionRow {
        name: program.name.clone(),
        figures: program.marks.figures(),
        above_first: measured[..n].first().and_then(|first| program.marks.less(&first.marks, "LVE-mm")),
    };
    measured.iter().enumerate().map(row).collect()
}

/// What stands beside every model: the truth against itself, volume to jaw, the mean motion, no motion.
pub fn baselines(judged: &[Judged]) -> Vec<(&'static str, Vec<Track>)> {
    let mean = mean_motion(judged.iter().map(|j| &j.truth));
    let tracks = |of: &dyn Fn(&Judged) -> Track| judged.iter().map(of).collect();
    vec![
        ("truth itself", tracks(&|j| j.truth.clone())),
        ("volume-to-jaw", tracks(&|j| jaw_track(&j.clip.samples))),
        ("mean motion", tracks(&|j| vec![mean; j.truth.len()])),
        ("no motion", tracks(&|j| vec![Motion::REST; j.truth.len()])),
    ]
}

/// The tracks of another program, one for each clip.
///
/// # Errors
/// When it fails on a clip.
pub fn tracks_of(program: &Program, judged: &[Judged]) -> Result<Vec<Track>> {
    let animate = |j: &Judged| (program.animate)(&j.clip).with_context(|| format!("{}, {}", program.name, j.clip.id));
    judged.iter().map(animate).collect()
}

/// The mean of all frames.
pub fn mean_motion<'a>(tracks: impl Iterator<Item = &'a Track> + Clone) -> Motion {
    let count = tracks.clone().map(Vec::len).sum::<usize>().max(1) as f32;
    let mut mean = Motion::REST;
    for motion in tracks.flatten() {
        mean.0.iter_mut().zip(motion.0).for_each(|(m, v)| *m += v / count);
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::super::surface::default_surface;
    use super::*;
    use crate::evaluate::hear::true_motion;
    use crate::prepare::tests::clip;

    fn baseline(n: usize) -> MotionRow {
        let clip = clip();
        let judged = [Judged { truth: true_motion(&clip), clip }];
        let (name, tracks) = &baselines(&judged)[n];
        Measured::new(name, tracks, &judged, &default_surface()).row(&[0])
    }

    #[test]
    fn the_truth_is_perfect_in_every_metric() {
        let truth = baseline(0);
        let value = |metric: &str| truth.figure(metric).unwrap().pooled;
        for metric in
            ["LVE", "LVE-mm", "MVE", "UFVE", "FDD", "FDD-abs", "lip gap", "RMS", "turn error", "false closure"]
        {
            assert_eq!(value(metric), 0.0, "{metric}");
        }
        for metric in ["LRP@2mm", "turns found", "closure", "jerk ratio", "motion energy ratio"] {
            assert_eq!(value(metric), 1.0, "{metric}");
        }
        assert!(value("sync offset").abs() < 1e-6);
    }

    #[test]
    fn no_motion_is_still_and_covers_nothing() {
        let still = baseline(3);
        let value = |metric: &str| still.figure(metric).unwrap().pooled;
        assert_eq!([value("motion energy ratio"), value("turns found"), value("closure")], [0.0; 3]);
        assert!(still.figure("sync offset").is_none() && value("LVE-mm") > 0.5);
    }
}
