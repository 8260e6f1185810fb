//! What a board says: its keys, and what must hold of them.

use keyface_core::check::{Check, is_plain, verify};
use keyface_core::{CoreError, Gains};
use serde::{Deserialize, Serialize};

use super::display::Display;
use super::layers::{self, Layer};
use super::machine::{Budget, Cpu, Glibc, Target};
use super::servos::Servos;
use super::voice::{self, Voice};

/// What one machine has and which model it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// The same as the file's name without `.toml`.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// How the model in its device tree (`/proc/device-tree/model`) may begin: by this `keyface doctor` knows it.
    #[serde(default)]
    pub device_tree: Vec<String>,
    /// What programs for it are built for.
    pub target: Target,
    /// The C library of its system: a program that asks for a newer one does not start.
    pub glibc: Glibc,
    /// Name of a folder under `models/`.
    pub model: String,
    /// The look-ahead that its model must have, 0..=120 ms; any, when left out.
    #[serde(default)]
    pub look_ahead_ms: Option<u32>,
    /// Where speech comes from.
    pub microphone: Microphone,
    /// Where the face is shown.
    pub display: Display,
    /// How strongly the face moves.
    #[serde(default)]
    pub gains: BoardGains,
    /// Servos that move with the face.
    #[serde(default)]
    pub servos: Option<Servos>,
    /// Where the face goes; to what the board has, when left out.
    #[serde(default)]
    pub to: Vec<String>,
    /// Who gives the face its voice; the microphone hears one, when left out.
    #[serde(default)]
    pub voice: Voice,
    /// Which processors the line runs on, and how urgently.
    #[serde(default)]
    pub cpu: Cpu,
    /// What the line may need.
    #[serde(default)]
    pub budget: Budget,
}

/// A capture device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Microphone {
    /// Name or id of the device; `default` leaves the choice to the system.
    pub device: String,
    /// The rate to ask for, 8000..=192000; the line resamples it.
    pub rate_hz: u32,
    /// Which of its channels are heard, counted from 0.
    #[serde(default)]
    pub channel: InputChannels,
}

/// Channels of a capture device: `"mix"`, a number, or a list of numbers whose mean is heard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "toml::Value", into = "toml::Value")]
pub enum InputChannels {
    /// The mean of all.
    #[default]
    Mix,
    /// One of them.
    One(usize),
    /// The mean of these.
    Several(Vec<usize>),
}

/// No device has more.
const MOST_CHANNELS: i64 = 64;

impl TryFrom<toml::Value> for InputChannels {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<InputChannels, String> {
        let number = |value: &toml::Value| {
            let number = value.as_integer().filter(|number| (0..MOST_CHANNELS).contains(number));
            number.and_then(|number| usize::try_from(number).ok())
        };
        let several = |list: &toml::value::Array| list.iter().map(number).collect::<Option<Vec<usize>>>();
        let read = match &value {
            toml::Value::String(text) if text == "mix" => Some(InputChannels::Mix),
            toml::Value::Array(list) if !list.is_empty() => several(list).map(InputChannels::Several),
            other => number(other).map(InputChannels::One),
        };
        read.ok_or_else(|| {
            format!("expected \"mix\", a channel counted from 0, or a list of them, came channel = {value}")
        })
    }
}

impl From<InputChannels> for toml::Value {
    fn from(channels: InputChannels) -> toml::Value {
        match channels {
            InputChannels::Mix => "mix".into(),
            InputChannels::One(channel) => (channel as i64).into(),
            InputChannels::Several(list) => list.into_iter().map(|channel| channel as i64).collect::<Vec<_>>().into(),
        }
    }
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
    /// The look-ahead in ms that its model must have, and who says so: its name.
    pub fn look_ahead(&self) -> Option<(u32, &str)> {
        Some((self.look_ahead_ms?, &self.name))
    }

    /// Reads and checks a board that inherits nothing.
    ///
    /// # Errors
    /// As [`Board::from_layers`].
    pub fn from_toml(place: &str, text: &str) -> Result<Board, CoreError> {
        Board::from_layers(&[Layer::new(place, text)?])
    }

    /// Reads and checks a board from its own file, the file that it inherits from, that one's parent and so on.
    /// A key of an earlier layer replaces the same key of a later one; tables are joined, arrays are replaced whole.
    /// `name` and `device_tree` say which board this is, and are never inherited.
    ///
    /// # Errors
    /// [`CoreError::Schema`] for an unknown, missing or ill-typed key, [`CoreError::Unexpected`] for a value out of
    /// range; both name the file as the caller knows it.
    pub fn from_layers(layers: &[Layer]) -> Result<Board, CoreError> {
        let (place, board): (_, Board) = layers::join(layers)?;
        verify(&place, board.checks())?;
        Ok(board)
    }

    fn checks(&self) -> Vec<Check> {
        let Board { microphone, gains, look_ahead_ms, .. } = self;
        let mut checks = vec![
            Check::new("a name of letters, digits and dashes", is_plain(&self.name), "name", &self.name),
            Check::new("a line that describes the board", !self.description.is_empty(), "description", "\"\""),
            Check::new(
                "beginnings of a model in the device tree",
                self.device_tree.iter().all(|model| !model.trim().is_empty()),
                "device_tree",
                "one that is empty",
            ),
            Check::new("a model name of letters, digits and dashes", is_plain(&self.model), "model", &self.model),
            Check::new(
                "a look-ahead of 0..=120 ms",
                look_ahead_ms.is_none_or(|ms| ms <= 120),
                "look_ahead_ms",
                look_ahead_ms.unwrap_or_default(),
            ),
            Check::new("a device name, or `default`", !microphone.device.is_empty(), "microphone.device", "\"\""),
            Check::new(
                "a rate of 8000..=192000 Hz",
                (8_000..=192_000).contains(&microphone.rate_hz),
                "microphone.rate_hz",
                microphone.rate_hz,
            ),
            Check::new("a gain of 0.5..=2.5", (0.5..=2.5).contains(&gains.jaw), "gains.jaw", gains.jaw),
            Check::new("a gain of 0.5..=2.5", (0.5..=2.5).contains(&gains.lips), "gains.lips", gains.lips),
        ];
        checks.extend(self.display.checks());
        checks.extend(self.cpu.checks());
        checks.extend(self.budget.checks());
        checks.extend(self.servos.iter().flat_map(Servos::checks));
        checks.extend(voice::checks_of(&self.to, self.display.is_live(), self.servos.is_some()));
        checks.extend(self.voice.checks());
        checks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOARD: &str = r#"
        name = "bench"
        description = "A desk."
        target = "x86_64-unknown-linux-gnu"
        glibc = "2.34"
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
        assert_eq!(board.display.rotation_deg, None);
        assert_eq!(board.cpu, Cpu::default());
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        assert_eq!(
            refusal("rate_hz", "rate"),
            "bench.toml: line 7: unknown field `rate`, expected one of `device`, `rate_hz`, `channel`"
        );
    }

    #[test]
    fn a_microphones_channel_is_a_number_a_list_or_mix() {
        let of = |channel: &str| {
            let board = BOARD.replace("rate_hz = 48000", &format!("rate_hz = 48000, channel = {channel}"));
            Board::from_toml("bench.toml", &board).map(|board| board.microphone.channel)
        };
        assert_eq!(of("0").unwrap(), InputChannels::One(0));
        assert_eq!(of("[4, 5]").unwrap(), InputChannels::Several(vec![4, 5]));
        assert_eq!(of("\"mix\"").unwrap(), InputChannels::Mix);
        for wrong in ["-1", "[]", "64", "\"left\"", "[0, \"a\"]"] {
            let error = of(wrong).unwrap_err().to_string();
            assert!(error.contains("a channel counted from 0"), "{error}");
        }
        assert_eq!(Board::from_toml("bench.toml", BOARD).unwrap().microphone.channel, InputChannels::Mix);
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

    #[test]
    fn a_child_keeps_what_it_does_not_change() {
        let child = Layer::new("kiosk.toml", "inherits = \"bench\"\nname = \"kiosk\"\ndisplay = { rotation_deg = 90 }");
        let parent = Layer::new("bench.toml", BOARD).unwrap();
        let child = child.unwrap();
        assert_eq!(child.inherits(), Some("bench"));
        let board = Board::from_layers(&[child, parent]).unwrap();
        assert_eq!((board.name.as_str(), board.model.as_str()), ("kiosk", "live"));
        assert_eq!((board.display.rotation_deg, board.display.width_px), (Some(90), Some(640)));
    }

    #[test]
    fn a_child_is_another_board_than_its_parent() {
        let parent = Layer::new("bench.toml", &format!("device_tree = [\"Desk\"]\n{BOARD}")).unwrap();
        let child = |text: &str| Layer::new("kiosk.toml", &format!("inherits = \"bench\"\n{text}")).unwrap();
        let board = Board::from_layers(&[child("name = \"kiosk\""), parent.clone()]).unwrap();
        assert!(board.device_tree.is_empty());
        let error = Board::from_layers(&[child(""), parent]).unwrap_err().to_string();
        assert!(error.contains("missing field `name`"), "{error}");
    }

    #[test]
    fn an_unknown_key_of_a_child_is_refused_with_both_files() {
        let child =
            Layer::new("kiosk.toml", "inherits = \"bench\"\nname = \"kiosk\"\nmicrophone = { rate = 1 }").unwrap();
        let error = Board::from_layers(&[child, Layer::new("bench.toml", BOARD).unwrap()]).unwrap_err().to_string();
        assert!(error.starts_with("kiosk.toml (inherits bench.toml): "), "{error}");
        assert!(error.contains("unknown field `rate`, expected one of `device`, `rate_hz`, `channel`"), "{error}");
    }
}
