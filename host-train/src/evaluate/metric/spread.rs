//! A metric over clips: pooled, mean, median, and a 95 % interval of the mean by bootstrap over clips (Efron 1979).

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

/// Draws of the bootstrap: its ends are then good to a few per cent of the interval.
const DRAWS: usize = 1000;

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
    /// Lower end of the 95 % interval of `mean`.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
}

/// Over clips; `None` where there is none.
pub fn figure(metric: &'static str, unit: &'static str, samples: &[Sample]) -> Option<Figure> {
    let mut values: Vec<f64> = samples.iter().map(|s| s.value).collect();
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let weight: f64 = samples.iter().map(|s| s.weight).sum();
    let (mean, half) = (average(&values), values.len() / 2);
    let (low, high) = bootstrap(&values);
    Some(Figure {
        metric,
        unit,
        clips: values.len(),
        pooled: samples.iter().map(|s| s.weight * s.value).sum::<f64>() / weight,
        mean,
        median: if values.len() % 2 == 1 { values[half] } else { 0.5 * (values[half - 1] + values[half]) },
        std: average(&values.iter().map(|v| (v - mean).powi(2)).collect::<Vec<_>>()).sqrt(),
        low,
        high,
    })
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The 2.5 % and 97.5 % points of the means of as many clips, drawn with replacement; the same on every run.
fn bootstrap(values: &[f64]) -> (f64, f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut draw = || average(&values.iter().map(|_| values[rng.random_range(0..values.len())]).collect::<Vec<_>>());
    let mut means: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
    means.sort_by(f64::total_cmp);
    (means[DRAWS * 25 / 1000], means[DRAWS * 975 / 1000 - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_are_pooled_by_weight_and_averaged_without() {
        let samples = [(1.0, 3.0), (5.0, 1.0), (3.0, 4.0)].map(|(value, weight)| Sample { value, weight });
        let figure = figure("test", "mm", &samples).unwrap();
        // (3 + 5 + 12) / 8; (1 + 5 + 3) / 3; the middle of 1 3 5; sqrt((4 + 4 + 0) / 3).
        assert_eq!((figure.pooled, figure.mean, figure.median), (2.5, 3.0, 3.0));
        assert!((figure.std - (8.0f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_bootstrap_of_two_clips_reaches_from_one_to_the_other() {
        // Means of two draws out of {0, 1}: 0 with 25 %, 0.5 with 50 %, 1 with 25 %.
        assert_eq!(bootstrap(&[0.0, 1.0]), (0.0, 1.0));
        assert_eq!(bootstrap(&[2.0, 2.0, 2.0]), (2.0, 2.0));
    }

    #[test]
    fn the_bootstrap_of_many_clips_is_about_two_standard_errors_wide() {
        let values: Vec<f64> = (0..100).map(|n| f64::from(n % 2)).collect();
        // Standard error 0.5 / 10; 1.96 of them on each side of 0.5.
        let (low, high) = bootstrap(&values);
        assert!((low - 0.402).abs() < 0.02 && (high - 0.598).abs() < 0.02, "{low} {high}");
    }

    #[test]
    fn no_clip_gives_no_figure() {
        assert!(figure("test", "", &[]).is_none());
    }
}
