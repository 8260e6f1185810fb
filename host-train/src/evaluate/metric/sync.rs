//! Sync offset: by how much the opening of the lips is late, found by correlation.

use super::comparison::Comparison;
use crate::judge::Sample;
use crate::space::MotionSpace;

/// Lags that are tried, to both sides.
const FARTHEST_MS: f64 = 400.0;
/// A mouth whose opening spreads less than a micrometre does not move.
const STILL_M: f64 = 1e-6;

/// The lag in milliseconds at which Pearson's r of both openings is largest, with a parabola through the peak; above 0
/// the mouth is late. `None` where one of them does not move, or nothing correlates.
pub fn offset<S: MotionSpace>(clip: &Comparison<S>) -> Option<Sample> {
    let farthest = (FARTHEST_MS / clip.frame_ms()) as isize;
    let lag = lag_frames(&clip.shown_opening, &clip.true_opening, farthest)?;
    Some(Sample { value: clip.frame_ms() * lag, weight: 1.0 })
}

/// 1 where the offset is larger than `MS`, either way: their mean is the share of clips.
pub fn beyond<const MS: u32>(clip: &Comparison) -> Option<Sample> {
    let offset = offset(clip)?.value;
    Some(Sample { value: f64::from(u8::from(offset.abs() > f64::from(MS))), weight: 1.0 })
}

/// `None` also of less than two and a half times the farthest lag, a second: it tells nothing.
fn lag_frames(shown: &[f64], truth: &[f64], farthest: isize) -> Option<f64> {
    if 2 * truth.len() < 5 * farthest.unsigned_abs() {
        return None;
    }
    peak(farthest, |lag| pearson_at(shown, truth, lag))
}

/// The lag at which `r` is highest, between whole lags by the parabola through the peak; `None` where nothing correlates.
pub fn peak(farthest: isize, r: impl Fn(isize) -> Option<f64>) -> Option<f64> {
    let (best, peak) = (-farthest..=farthest)
        .filter_map(|lag| Some((lag, r(lag)?)))
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .filter(|(_, r)| *r > 0.0)?;
    let beside = (best.abs() < farthest).then(|| Some((r(best - 1)?, r(best + 1)?))).flatten();
    Some(best as f64 + beside.map_or(0.0, |(before, after)| peak_shift(before, peak, after)))
}

/// Where the parabola through three values at -1, 0 and 1 is highest.
fn peak_shift(before: f64, peak: f64, after: f64) -> f64 {
    let bend = before - 2.0 * peak + after;
    if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 }
}

/// Pearson's r of the truth and what is shown `lag` frames later, where both are; `None` where one is constant.
fn pearson_at(shown: &[f64], truth: &[f64], lag: isize) -> Option<f64> {
    let (shown, truth) = match usize::try_from(lag) {
        Ok(lag) => (shown.get(lag..)?, truth),
        Err(_) => (shown, truth.get(lag.unsigned_abs()..)?),
    };
    let count = shown.len().min(truth.len());
    let (shown, truth) = (&shown[..count], &truth[..count]);
    let mean = |track: &[f64]| track.iter().sum::<f64>() / count as f64;
    let (p, g) = (mean(shown), mean(truth));
    let (mut both, mut squares) = (0.0, [0.0; 2]);
    for (a, b) in shown.iter().zip(truth) {
        both += (a - p) * (b - g);
        squares[0] += (a - p).powi(2);
        squares[1] += (b - g).powi(2);
    }
    let moves = squares.iter().all(|square| *square > count as f64 * STILL_M.powi(2));
    moves.then(|| both / (squares[0] * squares[1]).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mouth that opens twice, around frames 40 and 65, `late` frames later.
    fn opening(late: f64) -> Vec<f64> {
        let bump = |frame: f64, at: f64| (-0.5 * ((frame - at - late) / 4.0).powi(2)).exp();
        (0..100).map(|n| bump(f64::from(n), 40.0) + 0.6 * bump(f64::from(n), 65.0)).collect()
    }

    #[test]
    fn a_late_mouth_is_found_to_a_part_of_a_frame() {
        for late in [0.0, 3.0, -2.0, 1.25] {
            let found = lag_frames(&opening(late), &opening(0.0), 20).unwrap();
            assert!((found - late).abs() < 0.03, "{found}, expected {late}");
        }
    }

    #[test]
    fn a_parabola_peaks_where_its_formula_says() {
        // -(x - 0.25)^2 at -1, 0 and 1.
        assert!((peak_shift(-1.5625, -0.0625, -0.5625) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn r_is_pearsons() {
        // Deviations -1 0 1 and -1 1 0: 1 / sqrt(2 * 2).
        assert!((pearson_at(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0], 0).unwrap() - 0.5).abs() < 1e-12);
        assert!((pearson_at(&[9.0, 1.0, 2.0], &[1.0, 2.0, 7.0], 1).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_mouth_that_does_not_move_has_no_offset() {
        // 0.1 has no exact binary form: its mean over 100 frames is a little off.
        assert!(lag_frames(&[0.1; 100], &opening(0.0), 20).is_none());
    }
}
