//! A metric over clips: pooled, mean, median, and the 95 % interval of the mean.

use serde::Serialize;

use super::bootstrap::{Interval, by_speaker};

/// A metric of one clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The value.
    pub value: f64,
    /// What it weighs where clips are pooled: its number of frames, mostly.
    pub weight: f64,
}

/// A metric of a corpus.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Its name in the field.
    pub metric: &'static str,
    /// Unit of all values; empty for shares and ratios.
    pub unit: &'static str,
    /// Clips in which it says something.
    pub clips: usize,
    /// Mean over all frames of all clips together.
    pub pooled: f64,
    /// Mean over the clips.
    pub mean: f64,
    /// Median over the clips.
    pub median: f64,
    /// Standard deviation over the clips.
    pub std: f64,
    /// Ends of the 95 % interval of `mean`, by bootstrap over speakers; none of fewer than two.
    pub range: Option<[f64; 2]>,
}

impl Figure {
    /// The mean over the clips and how far it may be trusted.
    pub fn interval(&self) -> Interval {
        Interval { value: self.mean, range: self.range }
    }
}

/// Over clips and whose they are; `None` where there is none.
pub fn figure(
    metric: &'static str,
    unit: &'static str,
    speakers: &[impl AsRef<str>],
    samples: &[Sample],
) -> Option<Figure> {
    let mut values: Vec<f64> = samples.iter().map(|s| s.value).collect();
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let weight: f64 = samples.iter().map(|s| s.weight).sum();
    let (mean, half) = (average(&values), values.len() / 2);
    let counted: Vec<[f64; 2]> = samples.iter().map(|sample| [sample.value, 1.0]).collect();
    Some(Figure {
        metric,
        unit,
        clips: values.len(),
        pooled: samples.iter().map(|s| s.weight * s.value).sum::<f64>() / weight,
        mean,
        median: if values.len() % 2 == 1 { values[half] } else { 0.5 * (values[half - 1] + values[half]) },
        std: average(&values.iter().map(|v| (v - mean).powi(2)).collect::<Vec<_>>()).sqrt(),
        range: by_speaker(speakers, &counted, |[sum, count]| sum / count).range,
    })
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_are_pooled_by_weight_and_averaged_without() {
        let samples = [(1.0, 3.0), (5.0, 1.0), (3.0, 4.0)].map(|(value, weight)| Sample { value, weight });
        let figure = figure("test", "mm", &["a", "b", "c"], &samples).unwrap();
        // (3 + 5 + 12) / 8; (1 + 5 + 3) / 3; the middle of 1 3 5; sqrt((4 + 4 + 0) / 3).
        assert_eq!((figure.pooled, figure.mean, figure.median), (2.5, 3.0, 3.0));
        assert!((figure.std - (8.0f64 / 3.0).sqrt()).abs() < 1e-12);
        let [low, high] = figure.range.unwrap();
        assert!(low < 3.0 && high > 3.0);
    }

    #[test]
    fn no_clip_gives_no_figure() {
        assert!(figure("test", "", &[] as &[&str], &[]).is_none());
    }
}
