//! What an iPhone captures: the CSV of the Live Link Face app in, motion with times out. Its sound lies beside it.
//!
//! A row is a timecode `HH:MM:SS:FF.fff`, the number of weights that follow, and the weights by the header's names. A
//! row without weights is a moment in which no face was seen.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use keyface_core::{Channel, Gains, Motion, MotionChannel, retarget};

use super::capture::{Capture, arkit};
use crate::corpus::{Error, Result};
use crate::papers::Told;

/// Frames in a second of a timecode that are in use.
const BASES: [f64; 4] = [24.0, 25.0, 30.0, 60.0];
const DAY_S: f64 = 86_400.0;
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

/// A row's timecode, its frame within the second apart, and its motion.
struct Row {
    whole_s: f64,
    frame: f64,
    motion: Option<Motion>,
}

fn parse(text: &str) -> Told<Capture> {
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let header = lines.next().map(|(_, line)| line).unwrap_or_default();
    let columns = Columns::parse(header)?;
    let rows = lines.filter(|(_, line)| !line.trim().is_empty());
    let rows: Vec<Row> = rows
        .map(|(n, line)| columns.row(line).ok_or_else(|| format!("line {}: {line:.60?}", n + 1)))
        .collect::<Told<_>>()?;
    Ok(Capture { channels: columns.weights.into_iter().map(|(channel, _)| channel).collect(), ..take(&rows)? })
}

fn take(rows: &[Row]) -> Told<Capture> {
    let widest = rows.iter().map(|row| row.frame).fold(0.0, f64::max);
    let base = BASES.into_iter().find(|base| widest < *base).ok_or_else(|| format!("frame {widest} of a second"))?;
    let mut take = Capture { times_s: vec![], motions: vec![], rate_hz: 0.0, skipped: 0, channels: vec![] };
    let (mut start, mut days) = (None, 0.0);
    for row in rows {
        let mut at = row.whole_s + row.frame / base + days;
        let before = take.times_s.last().copied().unwrap_or(0.0) + start.unwrap_or(at);
        if before - at > 0.5 * DAY_S {
            (days, at) = (days + DAY_S, at + DAY_S);
        }
        let from = *start.get_or_insert(at);
        match row.motion {
            Some(motion) if take.times_s.last().is_none_or(|last| at - from > *last) => {
                take.times_s.push(at - from);
                take.motions.push(motion);
            }
            _ => take.skipped += 1,
        }
    }
    let mut steps: Vec<f64> = take.times_s.windows(2).map(|w| w[1] - w[0]).collect();
    steps.sort_by(f64::total_cmp);
    take.rate_hz = 1.0 / steps.get(steps.len() / 2).ok_or("fewer than two rows with weights")?;
    Ok(take)
}

/// Where each channel stands in a row.
struct Columns {
    count: usize,
    weights: Vec<(MotionChannel, Vec<usize>)>,
}

impl Columns {
    fn parse(header: &str) -> Told<Columns> {
        let names: Vec<String> = header.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
        let at = |channel: &Channel| names.iter().position(|name| *name == channel.name().to_ascii_lowercase());
        let of = |channel: MotionChannel| (channel, arkit(channel).iter().filter_map(at).collect::<Vec<_>>());
        let weights: Vec<_> = MotionChannel::ALL.map(of).into_iter().filter(|(_, at)| !at.is_empty()).collect();
        let is_whole = names.first().is_some_and(|name| name == "timecode")
            && weights.iter().any(|(channel, _)| *channel == MotionChannel::JawOpen);
        if is_whole { Ok(Columns { count: names.len(), weights }) } else { Err(format!("the header {header:.60?}")) }
    }

    fn row(&self, line: &str) -> Option<Row> {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let (whole_s, frame) = timecode(cells.first()?)?;
        if cells.get(1)?.parse::<usize>().ok()? == 0 {
            return Some(Row { whole_s, frame, motion: None });
        }
        if cells.len() < self.count {
            return None;
        }
        let weight = |at: &usize| cells[*at].parse::<f32>().ok().filter(|weight| weight.is_finite());
        let mut motion = Motion::REST;
        for (channel, at) in &self.weights {
            let weights = at.iter().map(weight).collect::<Option<Vec<f32>>>()?;
            motion[*channel] = weights.iter().sum::<f32>() / weights.len() as f32;
        }
        Some(Row { whole_s, frame, motion: Some(motion.bounded()) })
    }
}

/// Whole seconds of the day, and the frame within the second.
fn timecode(text: &str) -> Option<(f64, f64)> {
    let parts: Vec<&str> = text.split([':', ';']).collect();
    let [hours, minutes, seconds, frame] = parts[..] else { return None };
    let whole = |text: &str, end: u32| text.parse::<u32>().ok().filter(|n| *n < end).map(f64::from);
    let frame = frame.parse::<f64>().ok().filter(|frame| (0.0..120.0).contains(frame))?;
    Some((3600.0 * whole(hours, 24)? + 60.0 * whole(minutes, 60)? + whole(seconds, 60)?, frame))
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
