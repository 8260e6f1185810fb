//! What a camera saw while it was said: the CSV of the Live Link Face app in, faces and their times out.
//!
//! A row is a timecode `HH:MM:SS:FF.fff`, the number of values that follow, and the values by the header's names, in any
//! order: ARKit's weights, and angles in radians. A row without values is a moment in which no face was seen.

use keyface_core::{Angles, Channel, FacePose};

/// Frames in a second of a timecode that are in use.
const BASES: [f64; 4] = [24.0, 25.0, 30.0, 60.0];
const DAY_S: f64 = 86_400.0;

/// A capture: faces, and their times on the clock of the camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// Seconds since the first face, strictly increasing.
    pub times_s: Vec<f64>,
    /// The face at each of them.
    pub poses: Vec<FacePose>,
    /// Weights that the rows have; the others are at rest.
    pub channels: Vec<Channel>,
    /// Rows without a face, or out of order.
    pub skipped: usize,
}

impl Take {
    /// Reads the text of a CSV.
    ///
    /// # Errors
    /// What came in place of such a file: a header that lacks the timecode or the jaw, a row that does not fit it (with
    /// its line), timecodes of no known rate, or fewer than two faces.
    pub fn parse(text: &str) -> Result<Take, String> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        let columns = Columns::parse(lines.next().map_or("", |(_, line)| line))?;
        let rows = lines.filter(|(_, line)| !line.trim().is_empty());
        let rows = rows.map(|(n, line)| columns.row(line).ok_or_else(|| format!("line {}: {line:.60?}", n + 1)));
        let mut take = in_order(&rows.collect::<Result<Vec<_>, _>>()?)?;
        take.channels = columns.weights.iter().map(|(channel, _)| *channel).collect();
        Ok(take)
    }

    /// From the first face to the last, in seconds.
    pub fn length_s(&self) -> f64 {
        self.times_s.last().copied().unwrap_or(0.0)
    }

    /// The face at a time, straight between rows; before the first and behind the last it is theirs.
    pub fn at(&self, time_s: f64) -> FacePose {
        let (before, after, share) = around(&self.times_s, time_s);
        let at = |row: usize| self.poses.get(row).unwrap_or(&FacePose::REST);
        at(before).toward(at(after), share as f32)
    }
}

/// The rows around a time, of rows at increasing times, and how far it lies between them, 0 to 1.
pub fn around(times_s: &[f64], time_s: f64) -> (usize, usize, f64) {
    let after = times_s.partition_point(|t| *t <= time_s).min(times_s.len().saturating_sub(1));
    let before = after.saturating_sub(1);
    let [from, to] = [before, after].map(|row| times_s.get(row).copied().unwrap_or(0.0));
    let share = if to > from { ((time_s - from) / (to - from)).clamp(0.0, 1.0) } else { 0.0 };
    (before, after, share)
}

/// A row's whole seconds of the day, its frame within the second, and its face.
struct Row {
    whole_s: f64,
    frame: f64,
    pose: Option<FacePose>,
}

fn in_order(rows: &[Row]) -> Result<Take, String> {
    let widest = rows.iter().map(|row| row.frame).fold(0.0, f64::max);
    let base = BASES.into_iter().find(|base| widest < *base).ok_or_else(|| format!("frame {widest} of a second"))?;
    let mut take = Take { times_s: Vec::new(), poses: Vec::new(), channels: Vec::new(), skipped: 0 };
    let (mut start, mut days_s) = (None, 0.0);
    for row in rows {
        let mut at = row.whole_s + row.frame / base + days_s;
        let before = take.length_s() + start.unwrap_or(at);
        if before - at > 0.5 * DAY_S {
            (days_s, at) = (days_s + DAY_S, at + DAY_S);
        }
        let from = *start.get_or_insert(at);
        match row.pose {
            Some(pose) if take.times_s.last().is_none_or(|last| at - from > *last) => {
                take.times_s.push(at - from);
                take.poses.push(pose);
            }
            _ => take.skipped += 1,
        }
    }
    if take.poses.len() < 2 { Err("fewer than two rows with a face".into()) } else { Ok(take) }
}

/// Where each value stands in a row.
struct Columns {
    count: usize,
    weights: Vec<(Channel, usize)>,
    /// Yaw, pitch and roll of head, left eye and right eye.
    angles: [[Option<usize>; 3]; 3],
}

impl Columns {
    fn parse(header: &str) -> Result<Columns, String> {
        let names: Vec<String> = header.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
        let at = |name: String| names.iter().position(|there| *there == name);
        let weight = |channel: Channel| Some((channel, at(channel.name().to_ascii_lowercase())?));
        let weights: Vec<_> = Channel::ALL.into_iter().filter_map(weight).collect();
        let angles =
            ["head", "lefteye", "righteye"].map(|of| ["yaw", "pitch", "roll"].map(|way| at(format!("{of}{way}"))));
        let is_whole = names.first().is_some_and(|name| name == "timecode")
            && weights.iter().any(|(channel, _)| *channel == Channel::JawOpen);
        if is_whole {
            Ok(Columns { count: names.len(), weights, angles })
        } else {
            Err(format!("the header {header:.60?}"))
        }
    }

    fn row(&self, line: &str) -> Option<Row> {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let (whole_s, frame) = timecode(cells.first()?)?;
        if cells.get(1)?.parse::<usize>().ok()? == 0 {
            return Some(Row { whole_s, frame, pose: None });
        }
        if cells.len() < self.count {
            return None;
        }
        let value = |at: usize| cells[at].parse::<f32>().ok().filter(|value| value.is_finite());
        let mut pose = FacePose::REST;
        for (channel, at) in &self.weights {
            pose.set(*channel, value(*at)?);
        }
        let angle = |at: Option<usize>| at.map_or(Some(0.0), value);
        let turned = |[yaw, pitch, roll]: [Option<usize>; 3]| {
            Some(Angles { yaw_rad: angle(yaw)?, pitch_rad: angle(pitch)?, roll_rad: angle(roll)? })
        };
        let [head, left, right] = self.angles;
        (pose.head, pose.eyes) = (turned(head)?, [turned(left)?, turned(right)?]);
        Some(Row { whole_s, frame, pose: Some(pose) })
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

    const HEADER: &str = "Timecode,BlendShapeCount,MouthClose,jawOpen,HeadYaw,RightEyePitch";

    fn csv(rows: &[&str]) -> String {
        format!("\u{feff}{HEADER}\r\n{}\r\n", rows.join("\r\n"))
    }

    #[test]
    fn values_are_found_by_their_names_and_times_by_the_rate_of_the_frames() {
        let rows = ["23:59:59:58.000,61,0.1,0.2,-0.3,0.05", "23:59:59:59.5,0,,,,", "00:00:00:01.0,61,0.3,1.5,0,0"];
        let take = Take::parse(&csv(&rows)).unwrap();
        assert_eq!((take.poses.len(), take.skipped), (2, 1));
        assert!((take.length_s() - 0.05).abs() < 1e-9, "over midnight, 60 frames a second: {}", take.length_s());
        let first = take.poses[0];
        assert_eq!((first[Channel::MouthClose], first[Channel::JawOpen], first.head.yaw_rad), (0.1, 0.2, -0.3));
        assert_eq!((first.eyes[1].pitch_rad, first.eyes[0]), (0.05, Angles::default()));
        assert_eq!(take.poses[1][Channel::JawOpen], 1.0);
        assert_eq!(take.channels, [Channel::JawOpen, Channel::MouthClose]);
    }

    #[test]
    fn between_rows_a_face_is_between_and_outside_it_stays() {
        let take = Take::parse(&csv(&["10:00:00:00,61,0,0.2,0,0", "10:00:01:00,61,0,0.6,0,0"])).unwrap();
        let jaw = |time_s: f64| take.at(time_s)[Channel::JawOpen];
        assert!([(-1.0, 0.2), (0.25, 0.3), (9.0, 0.6)].iter().all(|(at, to)| (jaw(*at) - to).abs() < 1e-6));
    }

    #[test]
    fn what_is_no_such_file_says_what_came() {
        let error = |text: &str| Take::parse(text).unwrap_err();
        assert!(error("time,jaw\n1,2\n").contains("the header"));
        assert!(error(&csv(&["10:00:00:00.0,61,0,x,0,0"])).contains("line 2"));
        assert!(error(&csv(&["10:00:00:00.0,61,0,0.5,0,nan"])).contains("line 2"));
        assert!(error(&csv(&["10:00:00:00.0,61,0,0.5,0,0"])).contains("fewer than two"));
        assert!(error(&csv(&["10:00:00:77.0,61,0,0.5,0,0"])).contains("frame 77"));
    }
}
