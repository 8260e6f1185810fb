//! Two clocks that never met: the camera's and the microphone's. An opening that was seen and one that is heard in, the
//! offset and the drift between the clocks out.
//!
//! The lag of every window of 20 s is where both curves correlate best (a parabola through the peak); a line through
//! the lags, whose slope is the median of the slopes of all pairs (Theil 1950, Sen 1968), gives offset and drift.

use std::sync::LazyLock;

use keyface_core::{Line, Model, Motion, MotionChannel};

use super::capture::Capture;
use crate::evaluate::surface::{Surface, default_surface};

/// Values a second of both curves.
pub const CURVE_HZ: f64 = 100.0;
const WINDOW: usize = 2000;
const STRIDE: usize = 500;
/// The first window is sought this far away, each next one this far from the last.
const FARTHEST: isize = 500;
const NEAR: isize = 30;
/// Lags of windows that correlate less than this say nothing.
const LEAST_R: f64 = 0.3;
/// Standard errors by which a drift must differ from none: three, and as many again, since each window shares three
/// quarters of its sound with the next.
const DRIFT_ERRORS: f64 = 6.0;
/// A curve that spreads less than this does not move.
const STILL: f64 = 1e-4;

/// `sound_s = offset_s + (1 + drift) * camera_s`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clocks {
    /// When the camera's zero is heard, in seconds of the sound.
    pub offset_s: f64,
    /// By how much the sound's clock is faster: 1e-6 is 0.06 ms a minute.
    pub drift: f64,
    /// Mean correlation of the windows that were used.
    pub r: f64,
    /// How many those are.
    pub windows: usize,
}

impl Clocks {
    /// A time of the camera as a time of the sound.
    pub fn sound_s(&self, camera_s: f64) -> f64 {
        self.offset_s + (1.0 + self.drift) * camera_s
    }
}

/// Both curves at [`CURVE_HZ`]; the error says in words what came instead of two that move together.
///
/// # Errors
/// When a curve is shorter than 2.5 s, or nothing correlates.
pub fn match_clocks(seen: &[f64], heard: &[f64]) -> Result<Clocks, String> {
    let shortest = seen.len().min(heard.len());
    if shortest < WINDOW / 8 {
        return Err(format!("only {:.1} s of them", shortest as f64 / CURVE_HZ));
    }
    let window = WINDOW.min(seen.len());
    let (mut lags, mut near) = (Vec::new(), None);
    for start in (0..=seen.len() - window).step_by(STRIDE) {
        let (middle, reach) = near.map_or((0, FARTHEST), |lag: f64| (lag.round() as isize, NEAR));
        let lag = best_lag(&seen[start..start + window], heard, start as isize + middle, reach);
        if let Some((lag, r)) = lag.filter(|(_, r)| *r >= LEAST_R) {
            let lag = lag - start as f64;
            lags.push((start as f64 + 0.5 * window as f64, lag, r));
            near = Some(lag);
        }
    }
    // One window of another sound may correlate by chance.
    let windows = (seen.len() - window) / STRIDE + 1;
    let matched = if 2 * lags.len() >= windows { line(&lags) } else { None };
    matched.ok_or_else(|| "two that do not move together".to_owned())
}

/// Where in `heard` the window correlates best, sought `reach` values around `middle`, and how well.
fn best_lag(window: &[f64], heard: &[f64], middle: isize, reach: isize) -> Option<(f64, f64)> {
    let r = |at: isize| pearson(window, heard, at);
    let (best, peak) = (middle - reach..=middle + reach)
        .filter_map(|at| Some((at, r(at)?)))
        .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    let shift = match (r(best - 1), r(best + 1)) {
        (Some(before), Some(after)) if before - 2.0 * peak + after < 0.0 => {
            0.5 * (before - after) / (before - 2.0 * peak + after)
        }
        _ => 0.0,
    };
    Some((best as f64 + shift, peak))
}

/// Pearson's r of the window and `heard` from `at` on, over what both have; `None` for less than half a window.
fn pearson(window: &[f64], heard: &[f64], at: isize) -> Option<f64> {
    let skip = at.min(0).unsigned_abs();
    let heard = heard.get(at.max(0).unsigned_abs()..)?;
    let window = window.get(skip..)?;
    let count = window.len().min(heard.len());
    if 2 * count < window.len() + skip {
        return None;
    }
    let (a, b) = (&window[..count], &heard[..count]);
    let mean = |x: &[f64]| x.iter().sum::<f64>() / count as f64;
    let (ma, mb) = (mean(a), mean(b));
    let (mut both, mut squares) = (0.0, [0.0; 2]);
    for (x, y) in a.iter().zip(b) {
        both += (x - ma) * (y - mb);
        squares[0] += (x - ma).powi(2);
        squares[1] += (y - mb).powi(2);
    }
    let moves = squares.iter().all(|square| *square > count as f64 * STILL * STILL);
    moves.then(|| both / (squares[0] * squares[1]).sqrt())
}

fn line(lags: &[(f64, f64, f64)]) -> Option<Clocks> {
    let slopes = lags.iter().enumerate().flat_map(|(n, a)| lags[n + 1..].iter().map(|b| (b.1 - a.1) / (b.0 - a.0)));
    let slope = median(slopes.collect()).unwrap_or(0.0);
    let offset = |drift: f64| median(lags.iter().map(|(at, lag, _)| lag - drift * at).collect());
    // A drift that does not stand out from the scatter of the lags is none: short takes cannot tell.
    let start = offset(slope)?;
    let squares = lags.iter().map(|(at, lag, _)| (lag - start - slope * at).powi(2)).sum::<f64>();
    let scatter = (squares / lags.len() as f64).sqrt();
    let middle = lags.iter().map(|(at, ..)| at).sum::<f64>() / lags.len() as f64;
    let spread = lags.iter().map(|(at, ..)| (at - middle).powi(2)).sum::<f64>().sqrt();
    let drift = if slope.abs() * spread > DRIFT_ERRORS * scatter { slope } else { 0.0 };
    let r = lags.iter().map(|(.., r)| r).sum::<f64>() / lags.len() as f64;
    Some(Clocks { offset_s: offset(drift)? / CURVE_HZ, drift, r, windows: lags.len() })
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    Some(if values.len() % 2 == 1 { upper } else { 0.5 * (values[half - 1] + upper) })
}

/// How wide a shipped model opens the mouth to 16 kHz samples, as a curve of 0..=1: what a capture should be matched with.
///
/// # Errors
/// When a network fails.
pub fn mouth_track(model: Model, samples: &[f32]) -> Result<Vec<f64>, keyface_core::CoreError> {
    let mut take = Capture { times_s: vec![], motions: vec![], rate_hz: CURVE_HZ, skipped: 0, channels: vec![] };
    for step in Line::new(model).push(samples) {
        let step = step?;
        take.times_s.push(step.at.as_s());
        take.motions.push(step.motion);
    }
    Ok(if take.motions.is_empty() { vec![] } else { take.curve(CURVE_HZ, opening) })
}

/// Opening of the lips on Keyface's own face, 1 where an open jaw parts them.
pub fn opening(motion: &Motion) -> f64 {
    static SURFACE: LazyLock<Surface> = LazyLock::new(default_surface);
    let [rest, wide] = [0.0, 1.0].map(|jaw| {
        let mut motion = Motion::REST;
        motion[MotionChannel::JawOpen] = jaw;
        SURFACE.opening_m(&motion)
    });
    ((SURFACE.opening_m(motion) - rest) / (wide - rest)).clamp(0.0, 1.0)
}

/// Loudness of 16 kHz samples as a curve of 0..=1: the last 40 dB below the loudest. For want of a model it stands for
/// the opening; consonants that are loud with the mouth shut make it worse.
pub fn energy_track(samples: &[f32]) -> Vec<f64> {
    let level = |block: &[f32]| {
        let power = block.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / block.len() as f64;
        10.0 * (power + 1e-10).log10()
    };
    let levels: Vec<f64> = samples.chunks_exact(160).map(level).collect();
    let loudest = levels.iter().copied().fold(-100.0, f64::max);
    levels.iter().map(|level| ((level - loudest + 40.0) / 40.0).clamp(0.0, 1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Openings like those of speech: bumps at chance times, and noise of a twentieth of their size.
    fn opening(time_s: f64) -> f64 {
        let bump = |n: i64| {
            let hash = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            let (at, size) = (n as f64 * 0.25 + (hash & 255) as f64 / 1500.0, (hash >> 8 & 255) as f64 / 255.0);
            size * (-0.5 * ((time_s - at) / 0.05).powi(2)).exp()
        };
        let near = (time_s / 0.25) as i64;
        (near - 3..=near + 3).map(bump).sum()
    }

    fn noise(n: usize) -> f64 {
        (((n as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 32 & 0xffff) as f64 / 65_535.0 - 0.5) * 0.1
    }

    #[test]
    fn a_hidden_offset_and_drift_are_found() {
        for (offset_s, drift) in [(0.337, 50e-6), (-1.25, -200e-6), (2.0, 0.0)] {
            let heard: Vec<f64> = (0..18_000).map(|n| opening(n as f64 / CURVE_HZ)).collect();
            let at = |n: usize| offset_s + (1.0 + drift) * n as f64 / CURVE_HZ;
            let seen: Vec<f64> = (0..17_000).map(|n| 0.6 * opening(at(n)) + noise(n)).collect();
            let clocks = match_clocks(&seen, &heard).unwrap();
            let late_ms = 1e3 * (clocks.sound_s(85.0) - (offset_s + (1.0 + drift) * 85.0));
            let drift_ms = 60e3 * (clocks.drift - drift);
            assert!(late_ms.abs() < 2.0 && drift_ms.abs() < 1.0, "{late_ms} ms, {drift_ms} ms a minute, {clocks:?}");
        }
    }

    #[test]
    fn a_drift_within_the_scatter_is_none() {
        let lags: Vec<_> = (0..9).map(|n| (500.0 * n as f64, 33.0 + 40.0 * noise(7919 * n), 0.8)).collect();
        let clocks = line(&lags).unwrap();
        assert_eq!(clocks.drift, 0.0);
        assert!((clocks.offset_s - 0.33).abs() < 0.01, "{clocks:?}");
    }

    #[test]
    fn curves_of_different_speech_do_not_match() {
        let heard: Vec<f64> = (0..4000).map(|n| opening(n as f64 / CURVE_HZ)).collect();
        // Every 20 s are another sound's, but for one window.
        let other: Vec<f64> = (0..6000).map(|n| if n < 2000 { heard[n] } else { opening((7 * n) as f64) }).collect();
        assert!(match_clocks(&other, &heard).is_err());
        assert!(match_clocks(&[0.2; 3000], &heard).unwrap_err().contains("move together"));
        assert!(match_clocks(&heard[..100], &heard).unwrap_err().contains("only 1.0 s"));
    }

    #[test]
    fn loudness_is_told_in_the_last_40_db() {
        let samples: Vec<f32> = [0.5, 0.05, 0.0].iter().flat_map(|level| vec![*level; 160]).collect();
        let track = energy_track(&samples);
        assert!((track[1] - 0.5).abs() < 1e-3 && track[0] == 1.0 && track[2] == 0.0, "{track:?}");
    }
}
