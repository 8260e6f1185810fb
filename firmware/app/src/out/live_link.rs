//! Curves as the Live Link Face app writes them: a row of 61 weights for each frame, with a timecode.

use std::fmt::Write as _;

use keyface_core::{Angles, AudioTime, Channel, FacePose};

use super::{AtomicFile, FrameRate, Writer};
use crate::AppError;

/// The app's own order: Right before Left for jaw and mouth, unlike Live Link's UDP order. Readers match by name.
const SWAPPED: [(Channel, Channel); 2] =
    [(Channel::JawLeft, Channel::JawRight), (Channel::MouthLeft, Channel::MouthRight)];
const ANGLES: &str =
    "HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll";
/// 52 weights and 9 angles.
const COLUMNS: usize = 61;
/// Frames of a timecode's second, whatever the rate of the rows. Unreal reads no rate from a file: up to 5.0 it takes 60,
/// later 60 where any frame's number is above 30, and 30 otherwise.
const TIMECODE_FPS: i64 = 60;
/// In thousandths of a frame.
const TELLING: i64 = 30_000;

/// Writes a `.csv`.
pub(super) struct LiveLink {
    file: AtomicFile,
    rate: FrameRate,
    channels: Vec<Channel>,
    last: Option<FacePose>,
    rows: i64,
    /// Whether Unreal knows the timecode's rate by the rows so far.
    is_told: bool,
}

impl LiveLink {
    pub fn new(file: AtomicFile, rate: FrameRate) -> LiveLink {
        LiveLink { file, rate, channels: columns(), last: None, rows: 0, is_told: false }
    }

    fn header(&mut self) -> Result<(), AppError> {
        let names: Vec<&str> = self.channels.iter().map(|c| c.name()).collect();
        self.file.write(format!("Timecode,BlendShapeCount,{},{ANGLES}\n", names.join(",")).as_bytes())
    }

    fn row(&mut self, at: AudioTime, pose: &FacePose) -> Result<(), AppError> {
        if self.rows == 0 {
            self.header()?;
        }
        let mut thousandths = thousandths(at);
        // At 2 rows a second no frame's number is above 30: a 60,000th of a second too late, one is.
        if thousandths == TELLING && self.rate.as_hz() <= 2.0 {
            thousandths += 1;
        }
        self.is_told |= thousandths > TELLING;
        let mut row = timecode(at, thousandths);
        _ = write!(row, ",{COLUMNS}");
        for channel in &self.channels {
            _ = write!(row, ",{:.6}", pose[*channel]);
        }
        for angles in [pose.head, pose.eyes[0], pose.eyes[1]] {
            let Angles { yaw_rad, pitch_rad, roll_rad } = angles;
            _ = write!(row, ",{yaw_rad:.6},{pitch_rad:.6},{roll_rad:.6}");
        }
        row.push('\n');
        self.rows += 1;
        self.file.write(row.as_bytes())
    }
}

impl Writer for LiveLink {
    fn rate(&self) -> Option<FrameRate> {
        Some(self.rate)
    }

    fn frame(&mut self, at: AudioTime, pose: &FacePose) -> Result<(), AppError> {
        self.last = Some(*pose);
        self.row(at, pose)
    }

    /// A clip of up to half a second holds its last pose until a row tells Unreal the rate.
    fn finish(mut self: Box<Self>, _end: AudioTime) -> Result<(), AppError> {
        let Some(held) = self.last else { return self.header().and_then(|()| self.file.commit()) };
        while !self.is_told && self.rate.time(self.rows) < AudioTime::from_ms(1_000) {
            self.row(self.rate.time(self.rows), &held)?;
        }
        self.file.commit()
    }
}

fn columns() -> Vec<Channel> {
    let swap = |channel: Channel| {
        let pair = SWAPPED.iter().find(|(a, b)| *a == channel || *b == channel);
        pair.map_or(channel, |(a, b)| if channel == *a { *b } else { *a })
    };
    Channel::ALL.into_iter().map(swap).collect()
}

/// Thousandths of a frame within the second, rounded to the nearest.
fn thousandths(at: AudioTime) -> i64 {
    (at.0.max(0) % 1_000_000 * TIMECODE_FPS + 500) / 1_000
}

/// `HH:MM:SS:FF.mmm`: frames within the second, and thousandths of a frame.
fn timecode(at: AudioTime, thousandths: i64) -> String {
    let seconds = at.0.max(0) / 1_000_000;
    let (frame, thousandth) = (thousandths / 1_000, thousandths % 1_000);
    format!("{:02}:{:02}:{:02}:{frame:02}.{thousandth:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rate: &str, frames: i64) -> Vec<String> {
        let poses: Vec<_> = (0..frames).map(|n| (rate.parse::<FrameRate>().unwrap().time(n), FacePose::REST)).collect();
        written_of(rate, &poses)
    }

    fn written_of(rate: &str, poses: &[(AudioTime, FacePose)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let mut writer = Box::new(LiveLink::new(AtomicFile::create(&path).unwrap(), rate.parse().unwrap()));
        poses.iter().for_each(|(at, pose)| writer.frame(*at, pose).unwrap());
        writer.finish(AudioTime(0)).unwrap();
        std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    }

    /// The worst error in seconds of the times that Unreal makes of rows, as its newer and its older importer do.
    fn unreal_error_s(rate: &str, rows: &[String]) -> [f64; 2] {
        let codes: Vec<Vec<f64>> = rows[1..]
            .iter()
            .map(|row| row.split(',').next().unwrap().split(':').map(|field| field.parse().unwrap()).collect())
            .collect();
        let guessed = if codes.iter().any(|code| code[3] > 30.0) { 60.0 } else { 30.0 };
        let hz = rate.parse::<FrameRate>().unwrap().as_hz();
        [guessed, 60.0].map(|base| {
            let time = |code: &[f64]| code[0] * 3_600.0 + code[1] * 60.0 + code[2] + code[3] / base;
            codes.iter().enumerate().map(|(n, code)| (time(code) - n as f64 / hz).abs()).fold(0.0, f64::max)
        })
    }

    #[test]
    fn unreal_reads_every_rate_and_length_to_a_tenth_of_a_millisecond() {
        for rate in ["1", "2", "3", "24", "25", "30", "48", "50", "60", "90", "120", "23.976", "29.97", "59.94", "240"]
        {
            for frames in [1, 2, 5, 11, 14, 30, 31, 200, 5_000] {
                let errors = unreal_error_s(rate, &written(rate, frames));
                assert!(errors.iter().all(|error| *error < 1e-4), "{rate} fps, {frames} frames: {errors:?}");
            }
        }
    }

    #[test]
    fn a_clip_is_longer_than_its_sound_only_below_half_a_second() {
        for (rate, frames) in [("60", 32), ("24", 14), ("29.97", 17)] {
            assert_eq!(written(rate, frames).len() as i64, 1 + frames);
        }
        assert_eq!((written("60", 6).len(), written("24", 1).len()), (1 + 32, 1 + 14));
    }

    #[test]
    fn the_header_is_the_apps_own() {
        let header = &written("60", 0)[0];
        assert!(header.starts_with("Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft,"), "{header}");
        assert!(header.contains(",EyeWideRight,JawForward,JawRight,JawLeft,JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,MouthLeft,MouthSmileLeft,"), "{header}");
        assert!(header.ends_with("NoseSneerRight,TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll"), "{header}");
        assert_eq!(header.split(',').count(), 63);
    }

    #[test]
    fn a_row_holds_each_weight_under_its_name() {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawRight, 0.25);
        let rows = written_of("60", &[(AudioTime(1_500_000), pose)]);
        let column = rows[0].split(',').position(|name| name == "JawRight").unwrap();
        let cells: Vec<&str> = rows[1].split(',').collect();
        assert_eq!((cells[0], cells[1], cells[column], cells.len()), ("00:00:01:30.000", "61", "0.250000", 63));
    }

    #[test]
    fn a_timecode_counts_sixtieths_and_their_thousandths() {
        let code = |us: i64| timecode(AudioTime(us), thousandths(AudioTime(us)));
        assert_eq!(code(3_661_000_000), "01:01:01:00.000");
        assert_eq!(code(16_666), "00:00:00:01.000");
        assert_eq!(code(25_000), "00:00:00:01.500");
    }
}
