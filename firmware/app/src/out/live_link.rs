//! Curves as the Live Link Face app writes them: a row of 61 weights for each frame, with a timecode.

use std::fmt::Write as _;

use keyface_core::{Angles, Channel, FacePose, Micros};

use super::{AtomicFile, Writer};
use crate::AppError;

/// The app's own order: Right before Left for jaw and mouth, unlike Live Link's UDP order. Readers match by name.
const SWAPPED: [(Channel, Channel); 2] =
    [(Channel::JawLeft, Channel::JawRight), (Channel::MouthLeft, Channel::MouthRight)];
const ANGLES: &str =
    "HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll";
/// 52 weights and 9 angles.
const COLUMNS: usize = 61;

/// Writes a `.csv`.
pub(super) struct LiveLink {
    file: AtomicFile,
    fps: u32,
    channels: Vec<Channel>,
}

impl LiveLink {
    pub fn new(mut file: AtomicFile, fps: u32) -> Result<LiveLink, AppError> {
        let channels = columns();
        let names: Vec<&str> = channels.iter().map(|c| c.name()).collect();
        file.write(format!("Timecode,BlendShapeCount,{},{ANGLES}\n", names.join(",")).as_bytes())?;
        Ok(LiveLink { file, fps, channels })
    }
}

impl Writer for LiveLink {
    fn frame(&mut self, at: Micros, pose: &FacePose) -> Result<(), AppError> {
        let mut row = timecode(at, self.fps);
        _ = write!(row, ",{COLUMNS}");
        for channel in &self.channels {
            _ = write!(row, ",{:.6}", pose[*channel]);
        }
        for angles in [pose.head, pose.eyes[0], pose.eyes[1]] {
            let Angles { yaw_rad, pitch_rad, roll_rad } = angles;
            _ = write!(row, ",{yaw_rad:.6},{pitch_rad:.6},{roll_rad:.6}");
        }
        row.push('\n');
        self.file.write(row.as_bytes())
    }

    fn finish(self: Box<Self>, _end: Micros) -> Result<(), AppError> {
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

/// `HH:MM:SS:FF.mmm`: frames within the second, and thousandths of a frame.
fn timecode(at: Micros, fps: u32) -> String {
    let us = at.0.max(0) as u64;
    let (seconds, within) = (us / 1_000_000, us % 1_000_000);
    // Half a thousandth up: a frame's own time, rounded down to a microsecond, must not fall into the frame before.
    let thousandths = (within * u64::from(fps) + 500) / 1_000;
    let (frame, thousandth) = (thousandths / 1_000, thousandths % 1_000);
    format!("{:02}:{:02}:{:02}:{frame:02}.{thousandth:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(poses: &[(Micros, FacePose)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let mut writer = Box::new(LiveLink::new(AtomicFile::create(&path).unwrap(), 60).unwrap());
        poses.iter().for_each(|(at, pose)| writer.frame(*at, pose).unwrap());
        writer.finish(Micros(0)).unwrap();
        std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_header_is_the_apps_own() {
        let header = &written(&[])[0];
        assert!(header.starts_with("Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft,"), "{header}");
        assert!(header.contains(",EyeWideRight,JawForward,JawRight,JawLeft,JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,MouthLeft,MouthSmileLeft,"), "{header}");
        assert!(header.ends_with("NoseSneerRight,TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll"), "{header}");
        assert_eq!(header.split(',').count(), 63);
    }

    #[test]
    fn a_row_holds_each_weight_under_its_name() {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawRight, 0.25);
        let rows = written(&[(Micros(1_500_000), pose)]);
        let column = rows[0].split(',').position(|name| name == "JawRight").unwrap();
        let cells: Vec<&str> = rows[1].split(',').collect();
        assert_eq!((cells[0], cells[1], cells[column], cells.len()), ("00:00:01:30.000", "61", "0.250000", 63));
    }

    #[test]
    fn a_timecode_counts_frames_and_their_thousandths() {
        assert_eq!(timecode(Micros(3_661_000_000), 60), "01:01:01:00.000");
        assert_eq!(timecode(Micros(16_666), 60), "00:00:00:01.000");
        assert_eq!(timecode(Micros(25_000), 60), "00:00:00:01.500");
    }
}
