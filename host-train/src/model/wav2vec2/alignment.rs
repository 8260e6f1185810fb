//! Which samples stand for which steps: an utterance in, samples that yield one feature for each of its 20 ms steps out.
//!
//! Feature n hears samples `320 n .. 320 n + 400`: step n (`320 n .. 320 n + 320`) and 5 ms after it. A step describes
//! the moment of its end; the middle of feature n lies 7.5 ms before the end of step n, nearer than to any other's.
//! So feature n belongs to step n. The last step may lack up to 5 ms of sound: they are filled up with the mean.

use super::config::Wav2Vec2Config;

impl Wav2Vec2Config {
    /// Whole steps in so many samples.
    pub fn steps(&self, samples: usize) -> usize {
        samples / self.hop()
    }

    /// The utterance as the convolutions want it, cut or filled up so that there is a feature for every whole step.
    pub(super) fn aligned(&self, samples: &[f32]) -> Vec<f32> {
        let steps = self.steps(samples.len());
        let (mean, gain) = if self.normalize { normalization(samples) } else { (0.0, 1.0) };
        let mut heard: Vec<f32> = samples.iter().map(|s| ((f64::from(*s) - mean) * gain) as f32).collect();
        heard.resize(steps.saturating_sub(1) * self.hop() + self.window(), 0.0);
        heard
    }
}

/// Added to the variance by HuggingFace's feature extractor.
const EPSILON: f64 = 1e-7;

/// What to subtract, then what to multiply by, for mean 0 and variance 1.
fn normalization(samples: &[f32]) -> (f64, f64) {
    let count = samples.len().max(1) as f64;
    let mean = samples.iter().map(|s| f64::from(*s)).sum::<f64>() / count;
    let variance = samples.iter().map(|s| (f64::from(*s) - mean).powi(2)).sum::<f64>() / count;
    (mean, 1.0 / (variance + EPSILON).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Wav2Vec2Config {
        Wav2Vec2Config::default()
    }

    #[test]
    fn an_utterance_gets_mean_0_and_variance_1() {
        // Mean 2, variance 1: (3 - 2) / sqrt(1 + 1e-7) = 0.99999995.
        let samples: Vec<f32> = (0..400).map(|n| if n % 2 == 0 { 1.0 } else { 3.0 }).collect();
        let heard = base().aligned(&samples);
        assert!(heard.chunks(2).all(|pair| (pair[0] + 1.0).abs() < 1e-6 && (pair[1] - 1.0).abs() < 1e-6));
        let as_it_is = Wav2Vec2Config { normalize: false, ..base() };
        assert_eq!(as_it_is.aligned(&samples)[..4], [1.0, 3.0, 1.0, 3.0]);
    }

    #[test]
    fn every_whole_step_has_its_window() {
        // n steps want 320 (n - 1) + 400 samples.
        for (samples, steps, heard) in [(320, 1, 400), (639, 1, 400), (640, 2, 720), (16_000, 50, 16_080)] {
            let config = base();
            assert_eq!((config.steps(samples), config.aligned(&vec![0.1; samples]).len()), (steps, heard));
        }
    }

    #[test]
    fn what_is_lacking_is_filled_up_after_normalization() {
        let heard = base().aligned(&[0.5; 320]);
        assert!(heard.iter().all(|s| *s == 0.0), "a constant is all mean");
    }
}
