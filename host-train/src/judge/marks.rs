//! Marks of a system: what each measure says of each clip.

use super::bootstrap::{Interval, by_speaker};
use super::figure::{Figure, Sample, figure};

/// Of one system over clips.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    /// Names and units of the measures.
    measures: Vec<(&'static str, &'static str)>,
    speakers: Vec<String>,
    /// For each clip, one per measure.
    clips: Vec<Vec<Option<Sample>>>,
}

impl Marks {
    /// For measures of these names and units; none yet.
    pub fn new(measures: impl IntoIterator<Item = (&'static str, &'static str)>) -> Marks {
        Marks { measures: measures.into_iter().collect(), ..Marks::default() }
    }

    /// Adds a clip: whose it is, and one value per measure, `None` where it says nothing.
    pub fn add(&mut self, speaker: &str, values: Vec<Option<Sample>>) {
        self.speakers.push(speaker.to_owned());
        self.clips.push(values);
    }

    /// A figure for each measure that says something.
    pub fn figures(&self) -> Vec<Figure> {
        self.figures_of(&(0..self.clips.len()).collect::<Vec<_>>())
    }

    /// The same over some of the clips, given by their numbers.
    pub fn figures_of(&self, clips: &[usize]) -> Vec<Figure> {
        let of = |m: usize| {
            let marked = clips.iter().filter_map(|clip| Some((&self.speakers[*clip], self.clips[*clip][m]?)));
            let (speakers, samples): (Vec<_>, Vec<_>) = marked.unzip();
            figure(self.measures[m].0, self.measures[m].1, &speakers, &samples)
        };
        (0..self.measures.len()).filter_map(of).collect()
    }

    /// By how much the mean of a measure is above that of another system on the same clips, over those of which both say
    /// something; `None` without any.
    pub fn less(&self, other: &Marks, measure: &str) -> Option<Interval> {
        let m = self.measures.iter().position(|(name, _)| *name == measure)?;
        let both = |clip: usize| Some([self.clips[clip][m]?.value, other.clips.get(clip)?[m]?.value, 1.0]);
        let marked = (0..self.clips.len()).filter_map(|clip| Some((&self.speakers[clip], both(clip)?)));
        let (speakers, clips): (Vec<_>, Vec<_>) = marked.unzip();
        let less = |[ours, theirs, count]: [f64; 3]| ours / count - theirs / count;
        (!clips.is_empty()).then(|| by_speaker(&speakers, &clips, less))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(values: [Option<f64>; 3]) -> Marks {
        let mut marks = Marks::new([("LVE", "m2"), ("nothing", "")]);
        for (speaker, value) in ["a", "b", "a"].into_iter().zip(values) {
            marks.add(speaker, vec![value.map(|value| Sample { value, weight: 2.0 }), None]);
        }
        marks
    }

    #[test]
    fn a_measure_that_says_nothing_is_left_out_and_one_that_says_little_counts_its_clips() {
        let figures = marks([Some(1.0), Some(5.0), None]).figures();
        assert_eq!(figures.iter().map(|f| (f.metric, f.clips, f.mean)).collect::<Vec<_>>(), [("LVE", 2, 3.0)]);
        assert!(marks([None; 3]).figures().is_empty());
    }

    #[test]
    fn two_systems_are_paired_over_the_clips_of_which_both_say_something() {
        let ours = marks([Some(2.0), Some(6.0), Some(100.0)]);
        let less = ours.less(&marks([Some(1.0), Some(5.0), None]), "LVE").unwrap();
        assert_eq!(less, Interval { value: 1.0, range: Some([1.0, 1.0]) });
        assert_eq!(ours.less(&ours, "nothing"), None);
    }
}
