//! Frames a second: no file of vertices tells it, so it is read from frames and sound together.

use super::official::Layout;
use crate::papers::Told;

/// The corpus' rate may be off by this share: sounds are a little longer than what is seen.
const CORPUS_SLACK: f64 = 0.1;
/// A clip may differ from its corpus by this much, and by [`CLIP_SLACK_S`] more.
const CLIP_SLACK: f64 = 0.1;
/// Silence that was cut from the sound or from the frames.
const CLIP_SLACK_S: f64 = 0.35;

/// The one rate of a layout that explains the median clip; the error says what was found instead.
///
/// `clips` are numbers of frames and seconds of sound.
pub fn corpus_rate(layout: Layout, clips: &[(usize, f64)]) -> Told<f64> {
    let mut found: Vec<f64> = clips.iter().filter(|(_, s)| *s > 0.0).map(|(n, s)| *n as f64 / s).collect();
    found.sort_by(f64::total_cmp);
    let Some(median) = found.get(found.len() / 2) else { return Err("no clip with sound and frames".into()) };
    let fits = |rate: &&f64| (median / **rate - 1.0).abs() < CORPUS_SLACK;
    layout.rates_hz().iter().find(fits).copied().ok_or_else(|| format!("{median:.2} frames for a second of sound"))
}

/// Whether a clip's frames and sound are of one length at this rate.
pub fn fits(rate_hz: f64, frames: usize, seconds: f64) -> bool {
    let seen = frames as f64 / rate_hz;
    (seen - seconds).abs() < CLIP_SLACK * seconds + CLIP_SLACK_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_what_most_clips_say() {
        let clips = [(240, 4.02), (300, 5.0), (10, 4.0)];
        assert_eq!(corpus_rate(Layout::Vocaset, &clips), Ok(60.0));
        assert_eq!(corpus_rate(Layout::Vocaset, &[(121, 4.0)]), Ok(30.0));
        assert!(!fits(60.0, 10, 4.0) && fits(60.0, 240, 4.02) && fits(25.0, 100, 4.3));
    }

    #[test]
    fn another_rate_is_not_taken_for_the_nearest() {
        assert!(corpus_rate(Layout::Vocaset, &[(200, 4.0)]).unwrap_err().contains("50.00"));
        assert!(corpus_rate(Layout::Biwi, &[(120, 4.0)]).unwrap_err().contains("30.00"));
        assert!(corpus_rate(Layout::Biwi, &[]).is_err());
    }
}
