//! What an iPhone captures: the CSV of the Live Link Face app in, motion with times out. Its sound lies beside it.
//!
//! Rows are read where the device reads them too, by [`keyface_sound::seen`].

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use keyface_core::{Channel, FacePose, Gains, Motion, MotionChannel, retarget};
use keyface_sound::seen::Take;

use super::capture::{Capture, arkit};
use crate::corpus::{Error, Result};
use crate::papers::Told;

/// What the app counts in a second.
const WRITTEN_BASE: f64 = 60.0;
/// Thousandths of that.
const WRITTEN_PARTS: u64 = 60_000;

/// Reads a CSV.
///
/// # Errors
/// When it cannot be read, its header names no blend shape that moves a mouth, or fewer than two rows have weights.
pub fn read_live_link(path: &Path) -> Result<Capture> {
    let text = fs::read_to_string(path).map_err(Error::io(path))?;
    parse(&text).map_err(|came| {
        Error::unexpected(path.display().to_string(), "a CSV of the Live Link Face app (Timecode, JawOpen, ...)", came)
    })
}

/// Writes frames as the app would, so that whatever takes its captures takes them: each spread over the face as the
/// device spreads it.
///
/// # Errors
/// When the disk does not take the file.
pub fn write_live_link(path: &Path, rate_hz: f64, motions: &[Motion]) -> Result<()> {
    let channels: Vec<Channel> = Channel::ALL.into_iter().collect();
    let names: Vec<&str> = channels.iter().map(|channel| channel.name()).collect();
    let mut text = format!("Timecode,BlendShapeCount,{}\n", names.join(","));
    for (n, motion) in motions.iter().enumerate() {
        let pose = retarget(motion, Gains::default());
        // Counted in thousandths of a frame: rounding must not make a frame 60.
        let parts = (n as f64 / rate_hz * WRITTEN_BASE * 1e3).round() as u64;
        let (seconds, frame) = (parts / WRITTEN_PARTS, (parts % WRITTEN_PARTS) as f64 / 1e3);
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        _ = write!(text, "{hours:02}:{minutes:02}:{:02}:{frame:06.3},{}", seconds % 60, names.len());
        channels.iter().for_each(|channel| _ = write!(text, ",{:.6}", pose[*channel]));
        text.push('\n');
    }
    fs::write(path, text).map_err(Error::io(path))
}

fn parse(text: &str) -> Told<Capture> {
    let Take { times_s, poses, channels: has, skipped } = Take::parse(text)?;
    let shapes = |channel: MotionChannel| arkit(channel).iter().copied().filter(|shape| has.contains(shape)).collect();
    let known: Vec<(MotionChannel, Vec<Channel>)> = MotionChannel::ALL.map(|channel| (channel, shapes(channel))).into();
    let known: Vec<_> = known.into_iter().filter(|(_, shapes)| !shapes.is_empty()).collect();
    let motion = |pose: &FacePose| {
        let mut motion = Motion::REST;
        for (channel, shapes) in &known {
            motion[*channel] = shapes.iter().map(|shape| pose[*shape]).sum::<f32>() / shapes.len() as f32;
        }
        motion
    };
    let mut steps: Vec<f64> = times_s.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_by(f64::total_cmp);
    let rate_hz = 1.0 / steps.get(steps.len() / 2).ok_or("fewer than two rows with a face")?;
    let motions = poses.iter().map(motion).collect();
    Ok(Capture {
        times_s,
        motions,
        rate_hz,
        skipped,
        channels: known.into_iter().map(|(channel, _)| channel).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Timecode,BlendShapeCount,EyeBlinkLeft,JawOpen,MouthSmileLeft,MouthSmileRight";

    fn csv(rows: &[(&str, f32)]) -> String {
        let row = |(time, jaw): &(&str, f32)| format!("{time},61,0.1,{jaw},0.2,0.4\n");
        format!("{HEADER}\n{}", rows.iter().map(row).collect::<String>())
    }

    #[test]
    fn the_rate_is_that_of_the_timecodes() {
        // 30 rows a second, whose timecodes count 60.
        let at = |n: u32| format!("10:00:{:02}:{:02}.500", n / 30, n % 30 * 2);
        let times: Vec<String> = (0..60).map(at).collect();
        let take = parse(&csv(&times.iter().map(|t| (t.as_str(), 0.5)).collect::<Vec<_>>())).unwrap();
        assert!((take.rate_hz - 30.0).abs() < 1e-6, "{}", take.rate_hz);
        assert!((take.times_s[59] - 59.0 / 30.0).abs() < 1e-9);
        assert!((take.motions[0][MotionChannel::MouthSmile] - 0.3).abs() < 1e-6);
    }

    #[test]
    fn what_is_written_is_read() {
        let mut motion = Motion::REST;
        (motion[MotionChannel::JawOpen], motion[MotionChannel::MouthSmile]) = (0.5, 0.25);
        let (dir, motions) = (tempfile::tempdir().unwrap(), [Motion::REST, motion].repeat(30));
        let path = dir.path().join("a.csv");
        write_live_link(&path, 30.0, &motions).unwrap();
        let take = read_live_link(&path).unwrap();
        assert!((take.rate_hz - 30.0).abs() < 0.01 && take.skipped == 0, "{}", take.rate_hz);
        let off = |(a, b): (&Motion, &Motion)| {
            MotionChannel::ALL.into_iter().map(|c| (a[c] - b[c]).abs()).fold(0.0, f32::max)
        };
        assert!(take.motions.iter().zip(&motions).map(off).all(|off| off < 1e-5));
    }

    #[test]
    fn no_rate_rounds_a_frame_up_to_a_second() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        for rate_hz in [24.0, 25.0, 24_000.0 / 1001.0, 30_000.0 / 1001.0, 60_000.0 / 1001.0] {
            write_live_link(&path, rate_hz, &[Motion::REST; 5000]).unwrap();
            let take = read_live_link(&path).unwrap();
            assert_eq!((take.times_s.len(), take.skipped), (5000, 0), "{rate_hz}");
            assert!((take.times_s[4999] - 4999.0 / rate_hz).abs() < 1e-3);
        }
    }

    #[test]
    fn midnight_is_no_step_back() {
        let take = parse(&csv(&[("23:59:59:58.0", 0.0), ("00:00:00:00.0", 0.5), ("00:00:00:02.0", 1.0)])).unwrap();
        assert_eq!((take.times_s.len(), take.skipped), (3, 0));
        assert!((take.times_s[2] - 4.0 / 60.0).abs() < 1e-6, "{:?}", take.times_s);
    }

    #[test]
    fn rows_without_a_face_and_rows_out_of_order_are_left_out() {
        let text = csv(&[("10:00:00:00.0", 0.0), ("10:00:00:31.0", 1.0), ("10:00:00:20.0", 0.3)]);
        let take = parse(&format!("{text}10:00:00:40.0,0,,,,\n10:00:00:50.0,61,0,0.0,0,0\n")).unwrap();
        assert_eq!((take.times_s.len(), take.skipped), (3, 2));
        // Half way between frames 31 and 50 the jaw is half way between 1 and 0.
        let curve = take.curve(120.0, |motion| f64::from(motion[MotionChannel::JawOpen]));
        assert!((curve[81] - 0.5).abs() < 1e-6, "{}", curve[81]);
    }

    #[test]
    fn damage_is_told_with_its_line() {
        assert!(parse("a,b\n").unwrap_err().contains("the header"));
        assert!(parse(&csv(&[("10:00:00", 0.0)])).unwrap_err().contains("line 2"));
        assert!(parse(&format!("{HEADER}\n10:00:00:00.0,61,0,x,0,0\n")).unwrap_err().contains("line 2"));
        assert!(parse(&csv(&[("10:00:00:00.0", 0.0)])).unwrap_err().contains("fewer than two rows"));
    }
}
