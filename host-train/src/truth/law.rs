//! The main constants of the rules, as a face has them: how far each channel goes, how far phones reach around their own
//! time, and how late the face is.
//!
//! `keyface-train fit-truth` finds them in captures and writes them; `prepare --truth` takes them.

use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use keyface_core::MotionChannel;
use serde::{Deserialize, Serialize};

use super::table::{self, Articulator};
use crate::corpus::{Error, Result};
use crate::space::rig14::PerChannel;

/// No face goes farther or less far than this many times the table's targets.
pub const GAINS: RangeInclusive<f64> = 0.2..=3.0;
/// Reaches that keep a phone a phone.
pub const REACHES: RangeInclusive<f64> = 0.5..=2.0;
/// Seconds by which a face may be late; below 0 it is early.
pub const LATE_S: RangeInclusive<f64> = -0.1..=0.15;

/// What a face does otherwise than the table says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// Times each channel's target. Contacts have none: lips that must touch do.
    pub gains: PerChannel<f32>,
    /// Times each articulator's reaches before and after a phone.
    pub reaches: [f64; Articulator::ALL.len()],
    /// How much later than the rules say the mouth takes its shapes, in seconds; contacts keep their times.
    pub late_s: f64,
}

impl Default for Law {
    fn default() -> Law {
        Law::RULES
    }
}

/// The same as a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    late_ms: f64,
    #[serde(default)]
    gains: BTreeMap<String, f64>,
    #[serde(default)]
    reaches: BTreeMap<String, f64>,
}

impl Law {
    /// The rules as they ship.
    pub const RULES: Law = Law { gains: [1.0; _], reaches: [1.0; Articulator::ALL.len()], late_s: 0.0 };

    /// With another lateness.
    pub fn with_late_s(self, late_s: f64) -> Law {
        Law { late_s, ..self }
    }

    /// With other reaches.
    pub fn with_reaches(self, reaches: [f64; Articulator::ALL.len()]) -> Law {
        Law { reaches, ..self }
    }

    /// Channels that have a gain: those that phones aim at, and the brows.
    pub fn channels() -> impl Iterator<Item = MotionChannel> {
        let blended = table::BLENDED.into_iter().flat_map(|(_, [first, second])| {
            let pair = if first == second { &[first][..] } else { &[first, second] };
            pair.to_vec()
        });
        blended.chain([MotionChannel::BrowInnerUp])
    }

    /// Reads what [`Law::write`] wrote; what it does not name is the rules'.
    ///
    /// # Errors
    /// When it cannot be read, names something else, or a number is out of its range.
    pub fn read(path: &Path) -> Result<Law> {
        let place = path.display().to_string();
        let text = fs::read_to_string(path).map_err(Error::io(path))?;
        parse(&text)
            .map_err(|came| Error::unexpected(place, "constants of the rules (`keyface-train fit-truth`)", came))
    }

    /// Writes it, with `told` above as a comment.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self, path: &Path, told: &str) -> Result<()> {
        let thousandths = |x: f64| (1e3 * x).round() / 1e3;
        let gain =
            |channel: MotionChannel| (channel.name().to_owned(), thousandths(f64::from(self.gains[channel as usize])));
        let reach =
            |articulator: Articulator| (articulator.name().to_owned(), thousandths(self.reaches[articulator as usize]));
        let written = Written {
            late_ms: (1e4 * self.late_s).round() / 10.0,
            gains: Law::channels().map(gain).collect(),
            reaches: Articulator::ALL.into_iter().map(reach).collect(),
        };
        let place = path.display().to_string();
        let text = toml::to_string(&written).map_err(|e| Error::unexpected(place, "numbers", e.to_string()))?;
        let told: String = told.lines().map(|line| format!("# {line}\n")).collect();
        fs::write(path, format!("{told}{text}")).map_err(Error::io(path))
    }
}

fn parse(text: &str) -> std::result::Result<Law, String> {
    let written: Written = toml::from_str(text).map_err(|e| e.to_string())?;
    let within = |name: &str, value: f64, range: &RangeInclusive<f64>| {
        let (from, to) = (range.start(), range.end());
        if range.contains(&value) { Ok(value) } else { Err(format!("{name} = {value}, which is not in {from}..={to}")) }
    };
    let mut law = Law { late_s: within("late_ms", written.late_ms / 1e3, &LATE_S)?, ..Law::RULES };
    for (name, gain) in &written.gains {
        let channel = Law::channels().find(|channel| channel.name() == name);
        let channel = channel.ok_or_else(|| format!("a gain of {name}, which is no channel that phones aim at"))?;
        law.gains[channel as usize] = within(name, *gain, &GAINS)? as f32;
    }
    for (name, reach) in &written.reaches {
        let articulator = Articulator::ALL.into_iter().find(|articulator| articulator.name() == name);
        let articulator = articulator.ok_or_else(|| format!("a reach of {name}, which is no articulator"))?;
        law.reaches[articulator as usize] = within(name, *reach, &REACHES)?;
    }
    Ok(law)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let path = tempfile::tempdir().unwrap().keep().join("law.toml");
        let mut law = Law { late_s: 0.021, ..Law::RULES };
        law.gains[MotionChannel::MouthPucker as usize] = 0.75;
        law.reaches[Articulator::Rounding as usize] = 1.25;
        law.write(&path, "two takes\nof one face").unwrap();
        assert_eq!(Law::read(&path).unwrap(), law);
        assert!(fs::read_to_string(&path).unwrap().starts_with("# two takes\n# of one face\nlate_ms = 21.0"));
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn what_is_not_named_is_the_rules() {
        assert_eq!(parse("late_ms = 0").unwrap(), Law::RULES);
    }

    #[test]
    fn what_cannot_be_is_told() {
        assert!(parse("late_ms = 900").unwrap_err().contains("not in -0.1..=0.15"));
        assert!(parse("late_ms = 0\n[gains]\nMouthClose = 1.0").unwrap_err().contains("MouthClose"));
        assert!(parse("late_ms = 0\n[gains]\nJawOpen = 9.0").unwrap_err().contains("JawOpen = 9"));
        assert!(parse("late_ms = 0\n[reaches]\nNose = 1.0").unwrap_err().contains("Nose"));
        assert!(parse("late_ms = 0\nsize = 2").unwrap_err().contains("size"));
    }
}
