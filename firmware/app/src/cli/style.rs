//! Options of what is written.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use keyface::face::Life;
use keyface::out::{FrameRate, Names, Recording, Shapes, Stamp};

use super::{FaceArgs, SAME};

/// How files are written.
#[derive(Args)]
pub struct StyleArgs {
    /// What a time in a file means.
    #[arg(long, value_enum, default_value_t = StampArg::Audio)]
    stamp: StampArg,
    /// Frames a second: 24, 29.97, 30000/1001. Unless told otherwise .csv, .poses.jsonl, .glb and .vrma have 60, .mp4 and -####.png
    /// 30, .dat 24; a .gif has 25 at most.
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, value_parser = FrameRate::from_str)]
    fps: Option<FrameRate>,
    /// Width and height of .mp4, .gif and -####.png in pixels.
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    size: Option<(u32, u32)>,
    /// How .poses.jsonl spells channels: JawOpen as Live Link does [default], or jawOpen as Apple does. A .vrma has them
    /// in place of vowels and blinks when this is given, for models with "perfect sync".
    #[arg(long, value_enum)]
    names: Option<NamesArg>,
    /// Which of the mouth shapes G, H and X are drawn; "" for none of them.
    #[arg(long, value_name = "GHX", default_value = "GHX", value_parser = extended)]
    extended_shapes: String,
    /// Write a .dat with Preston Blair's names (MBP, etc, E, AI, O, U, FV, L, rest), as Moho and OpenToonz want them.
    #[arg(long)]
    preston_blair: bool,
    /// Head and brows in files follow the voice too, as those of a face on a screen do.
    #[arg(long, conflicts_with = "still")]
    alive: bool,
}

impl StyleArgs {
    /// Whether times are those at which a live face could show a pose.
    pub fn is_live(&self) -> bool {
        matches!(self.stamp, StampArg::Shown)
    }

    /// What lives in the face of a file: its head and brows are left to who edits it, unless they are asked for.
    pub fn life(&self, face: &FaceArgs) -> Option<Life> {
        let mut life = face.life(SAME)?;
        life.brows &= self.alive;
        life.nods &= self.alive;
        Some(life)
    }

    /// A recording of this style; the sound and the face are the caller's.
    pub fn recording(&self) -> Recording {
        Recording {
            stamp: match self.stamp {
                StampArg::Audio => Stamp::Audio,
                StampArg::Shown => Stamp::Shown,
            },
            rate: self.fps,
            size_px: self.size,
            names: self.names.map(|names| match names {
                NamesArg::LiveLink => Names::LiveLink,
                NamesArg::Apple => Names::Apple,
            }),
            shapes: Shapes { extended: self.extended_shapes.clone(), is_preston_blair: self.preston_blair },
            ..Recording::default()
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum StampArg {
    /// The time in the sound that a pose belongs to.
    Audio,
    /// The time when a live face could show it.
    Shown,
}

#[derive(Clone, Copy, ValueEnum)]
enum NamesArg {
    /// JawOpen.
    LiveLink,
    /// jawOpen.
    Apple,
}

pub fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.ok_or_else(|| "expected two numbers of pixels, such as 640x480".into())
}

fn extended(text: &str) -> Result<String, String> {
    let is_known = text.chars().all(|shape| "GHX".contains(shape));
    if is_known { Ok(text.into()) } else { Err("expected some of the letters G, H and X".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_numbers() {
        assert_eq!(size("640x480"), Ok((640, 480)));
        assert!(size("640").is_err() && size("ax1").is_err() && size("1x").is_err());
    }

    #[test]
    fn only_the_three_extended_shapes_can_be_chosen() {
        assert_eq!((extended("GX"), extended("")), (Ok("GX".into()), Ok("".into())));
        assert!(extended("A").is_err() && extended("g").is_err());
    }
}
