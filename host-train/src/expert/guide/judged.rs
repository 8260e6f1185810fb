//! What animators show for films, heard once, and what a judge makes of it.

use anyhow::Result;
use burn::tensor::Device;

use super::super::films::Film;
use super::super::material::whole_steps;
use super::super::reader::{Read, Reader};
use super::super::search::Search;
use super::animator::Animator;
use super::pool::Batch;
use crate::clip::{Segment, segments};
use crate::evaluate::Track;
use crate::evaluate::metric::{Comparison, METRICS, marks, values};
use crate::evaluate::surface::default_surface;
use crate::judge::{Errors, rate};

/// Films that an animator has heard.
pub struct Bench<'a, A: Animator> {
    animator: &'a A,
    films: &'a [Film],
    heard: Vec<Batch<A::Heard>>,
    device: &'a Device,
}

/// What is measured beside the readers.
pub const FIGURES: [&str; 5] = ["LVE-mm", "closure", "false closure", "jerk ratio", "RMS"];

/// What was shown, by every measure.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Who showed it.
    pub name: String,
    /// What the judge read in each film.
    pub judge: Vec<Read>,
    /// What the guide reads itself, by eye: it likes what it has taught.
    pub guide: Vec<Read>,
    /// [`FIGURES`], pooled.
    pub figures: [f64; FIGURES.len()],
}

impl<'a, A: Animator> Bench<'a, A> {
    /// Hears the films.
    ///
    /// # Errors
    /// A film that cannot be heard.
    pub fn new(animator: &'a A, films: &'a [Film], device: &'a Device) -> Result<Self> {
        let hear = |film: &Film| Batch::new(animator, &[whole_steps(&film.clip)], device);
        Ok(Bench { animator, films, heard: films.iter().map(hear).collect::<Result<_>>()?, device })
    }

    /// The films.
    pub fn films(&self) -> &'a [Film] {
        self.films
    }

    /// For choosing, each by itself.
    pub fn batches(&self) -> &[Batch<A::Heard>] {
        &self.heard
    }

    /// What a network shows.
    pub fn tracks(&self, net: &A::Net) -> Vec<Track> {
        self.heard.iter().map(|batch| batch.track(self.animator, net, self.device)).collect()
    }

    /// What is true, in time with [`Bench::tracks`].
    pub fn truth(&self) -> Vec<Track> {
        self.heard.iter().map(Batch::true_track).collect()
    }

    /// Measures tracks, one for each film.
    pub fn judge(&self, name: &str, tracks: &[Track], judge: &Reader, guide: &Reader) -> Judged {
        let said = |n: usize| &self.heard[n].crops()[0];
        let read = |reader: &Reader| {
            (0..tracks.len()).map(|n| reader.score(&tracks[n], said(n), Search::Greedy)).collect::<Vec<_>>()
        };
        Judged {
            name: name.to_owned(),
            judge: read(judge),
            guide: read(guide),
            figures: measured(
                tracks,
                &self.truth(),
                &(0..tracks.len()).map(|n| segments(&said(n).phones, 0)).collect::<Vec<_>>(),
            ),
        }
    }
}

impl Judged {
    /// What the judge is asked by, in each film: [`Read::chief`].
    pub fn chief(&self) -> Vec<Errors> {
        self.judge.iter().map(Read::chief).collect()
    }

    /// Takes in the same films of another seed; figures are summed.
    pub(super) fn add(&mut self, other: &Judged) {
        for (ours, theirs) in [(&mut self.judge, &other.judge), (&mut self.guide, &other.guide)] {
            ours.iter_mut().zip(theirs).for_each(|(a, b)| a.add(b));
        }
        self.figures.iter_mut().zip(other.figures).for_each(|(a, b)| *a += b);
    }

    /// The judge's VER, or its CER where it spells.
    pub fn rate(&self) -> f64 {
        rate(&self.chief())
    }
}

fn measured(tracks: &[Track], truth: &[Track], said: &[Vec<Segment>]) -> [f64; FIGURES.len()] {
    let surface = default_surface();
    let mut marks = marks(METRICS);
    for (n, track) in tracks.iter().enumerate() {
        marks.add("", values(METRICS, &Comparison::new(&surface, track, &truth[n], &said[n])));
    }
    let figures = marks.figures();
    FIGURES.map(|name| figures.iter().find(|figure| figure.metric == name).map_or(f64::NAN, |figure| figure.pooled))
}

#[cfg(test)]
mod tests {
    use super::super::run::over_seeds;
    use super::*;

    fn judged(wrong: f64, lve: f64) -> Judged {
        let read = Read { visemes: Errors { wrong, of: 10.0 }, ..Read::default() };
        Judged { name: "a".into(), judge: vec![read], guide: vec![read], figures: [lve, 0.0, 0.0, 0.0, 0.0] }
    }

    #[test]
    fn seeds_are_pooled_by_the_film_and_figures_averaged() {
        let rows = over_seeds(&[vec![judged(2.0, 1.0)], vec![judged(6.0, 3.0)]]);
        assert_eq!((rows.len(), rows[0].rate(), rows[0].figures[0]), (1, 0.4, 2.0));
        assert!(over_seeds(&[]).is_empty());
    }

    #[test]
    fn every_figure_is_a_metric_of_the_reports() {
        assert!(FIGURES.iter().all(|name| METRICS.iter().any(|metric| metric.name == *name)));
    }
}
