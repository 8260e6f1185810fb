//! The hardware at hand as data: `boards/<name>.toml` in, a checked [`Board`] out.

use serde::{Deserialize, Serialize};

use crate::check::{Check, verify};
use crate::{CoreError, Gains};

/// What one machine has and which model it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// The same as the file's name without `.toml`.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// Name of a folder under `models/`.
    pub model: String,
    /// Where speech comes from.
    pub microphone: Microphone,
    /// Where the face is shown.
    pub display: Display,
    /// How strongly the face moves.
    #[serde(default)]
    pub gains: BoardGains,
}

/// A capture device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Microphone {
    /// Name or id of the device; `default` leaves the choice to the system.
    pub device: String,
    /// The rate to ask for, 8000..=192000; the line resamples it.
    pub rate_hz: u32,
}

/// A screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Display {
    /// How pictures reach it.
    pub kind: DisplayKind,
    /// Width before rotation, 64..=7680.
    pub width_px: u32,
    /// Height before rotation, 64..=7680.
    pub height_px: u32,
    /// How far the panel is turned, clockwise: 0, 90, 180 or 270.
    #[serde(default)]
    pub rotation_deg: u32,
}

/// How pictures reach a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DisplayKind {
    /// A window on the desktop.
    Window,
    /// Picture files, where there is no screen.
    Pictures,
    /// No face: servos or streams only.
    None,
}

/// Gains as a board states them; see [`Gains`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardGains {
    /// Gain of the jaw, 0.5..=2.5.
    pub jaw: f32,
    /// Gain of the lips and the tongue, 0.5..=2.5.
    pub lips: f32,
}

impl Default for BoardGains {
    fn default() -> Self {
        let Gains { jaw, lips } = Gains::default();
        BoardGains { jaw, lips }
    }
}

impl From<BoardGains> for Gains {
    fn from(BoardGains { jaw, lips }: BoardGains) -> Gains {
        Gains { jaw, lips }
    }
}

impl Board {
    /// Reads and checks a board.
    ///
    /// # Errors
    /// [`CoreError::Schema`] for an unknown, missing or ill-typed key, [`CoreError::Unexpected`] for a value out of
    /// range; both name `place`, the file as the caller knows it.
    pub fn from_toml(place: &str, text: &str) -> Result<Board, CoreError> {
        let board: Board = toml::from_str(text).map_err(|e| CoreError::schema(place, text, &e))?;
        verify(place, board.checks())?;
        Ok(board)
    }

    fn checks(&self) -> Vec<Check> {
        let Board { microphone, display, gains, .. } = self;
        let sides = 64..=7680;
        vec![
            Check::new("a name of letters, digits and dashes", is_plain(&self.name), "name", &self.name),
            Check::new("a line that describes the board", !self.description.is_empty(), "description", "\"\""),
            Check::new("a model name of letters, digits and dashes", is_plain(&self.model), "model", &self.model),
            Check::new("a device name, or `default`", !microphone.device.is_empty(), "microphone.device", "\"\""),
            Check::new(
                "a rate of 8000..=192000 Hz",
                (8_000..=192_000).contains(&microphone.rate_hz),
                "microphone.rate_hz",
                microphone.rate_hz,
            ),
            Check::new("64..=7680 px", sides.contains(&display.width_px), "display.width_px", display.width_px),
            Check::new("64..=7680 px", sides.contains(&display.height_px), "display.height_px", display.height_px),
            Check::new(
                "0, 90, 180 or 270 degrees",
                [0, 90, 180, 270].contains(&display.rotation_deg),
                "display.rotation_deg",
                display.rotation_deg,
            ),
            Check::new("a gain of 0.5..=2.5", (0.5..=2.5).contains(&gains.jaw), "gains.jaw", gains.jaw),
            Check::new("a gain of 0.5..=2.5", (0.5..=2.5).contains(&gains.lips), "gains.lips", gains.lips),
        ]
    }
}

/// Names become parts of paths: nothing but letters, digits, dashes and underscores.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOARD: &str = r#"
        name = "bench"
        description = "A desk."
        model = "live"
        microphone = { device = "default", rate_hz = 48000 }
        display = { kind = "window", width_px = 640, height_px = 480 }
    "#;

    fn refusal(from: &str, to: &str) -> String {
        assert!(BOARD.contains(from));
        Board::from_toml("bench.toml", &BOARD.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn what_is_left_out_takes_its_natural_value() {
        let board = Board::from_toml("bench.toml", BOARD).unwrap();
        assert_eq!(Gains::from(board.gains), Gains::default());
        assert_eq!(board.display.rotation_deg, 0);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        assert_eq!(
            refusal("rate_hz", "rate"),
            "bench.toml: line 5: unknown field `rate`, expected `device` or `rate_hz`"
        );
    }

    #[test]
    fn an_unknown_display_is_refused_with_the_known_ones() {
        assert!(refusal("\"window\"", "\"hologram\"").contains("pictures"));
    }

    #[test]
    fn a_value_out_of_range_is_told_with_file_key_and_range() {
        let error = refusal("48000", "800");
        assert_eq!(error, "bench.toml: expected a rate of 8000..=192000 Hz, came microphone.rate_hz = 800");
    }

    #[test]
    fn a_model_name_cannot_leave_the_models_folder() {
        assert!(refusal("\"live\"", "\"../live\"").contains("model = ../live"));
    }
}
