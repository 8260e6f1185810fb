//! What a client asks for, one JSON object a message: over the WebSocket, and one a line over `--control`.

use keyface_core::RATES_HZ;
use serde::{Deserialize, Serialize};

/// The longest text message, in bytes.
pub const LONGEST_TEXT: usize = 4_096;
/// The longest name of a mark, in bytes.
const LONGEST_NAME: usize = 128;
/// Most channels of a sound, which are averaged.
const CHANNELS_MOST: u16 = 8;
/// Most frames a second.
const FPS_MOST: u32 = 120;
/// The longest time for which late sound is thrown away.
const LATE_MOST_MS: u32 = 10_000;
/// How far a face can be told to look.
const GAZE_MOST_DEG: f32 = 60.0;

/// A text message from a client.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// The first message: what will be sent, and what is wanted.
    Hello(Hello),
    /// Throws away everything that has come in: the face goes to rest now, and the next turn begins.
    Flush(Flush),
    /// The turn's sound is complete; the next sound belongs to the next turn.
    End {},
    /// How the face feels.
    Mood(Mood),
    /// Where the face looks.
    Gaze(Gaze),
    /// What the program behind the face does.
    State {
        /// Which of them.
        name: State,
    },
    /// Lips stay closed, and a loudspeaker silent, while it is on; time goes on.
    Mute {
        /// From now on, or no longer.
        on: bool,
    },
    /// A place in the sound, told back when it is shown.
    Mark {
        /// What comes back.
        name: String,
    },
}

/// The first message of a session.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// Samples a second of the sound that will come.
    pub rate: u32,
    /// How a sample is written.
    #[serde(default)]
    pub format: Format,
    /// Channels, interleaved; they are averaged.
    #[serde(default = "one")]
    pub channels: u16,
    /// Whether the sound is for this machine's own face: screen, servos and loudspeaker.
    #[serde(default)]
    pub play: bool,
    /// Whether to send no sound, and to be told what this machine's own face does.
    #[serde(default)]
    pub watch: bool,
    /// Which visemes are told beside the frames.
    #[serde(default)]
    pub visemes: VisemeSet,
    /// How frames are written.
    #[serde(default)]
    pub frames: Frames,
    /// When frames are told.
    #[serde(default)]
    pub pace: Tempo,
    /// Frames a second.
    #[serde(default = "sixty")]
    pub fps: u32,
    /// Whether the face blinks, glances and breathes.
    #[serde(default = "yes")]
    pub alive: bool,
}

/// How a sample is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// 16 bits, little-endian.
    #[default]
    S16le,
    /// 32-bit float, little-endian, -1 to 1.
    F32le,
    /// G.711 mu-law, 8 bits.
    Mulaw,
}

/// Names for what the mouth shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VisemeSet {
    /// Frames only.
    #[default]
    None,
    /// The 15 of Oculus.
    Oculus,
    /// The same 15 as OpenXR spells them.
    Openxr,
    /// Rhubarb's nine letters.
    Rhubarb,
    /// The five vowels of VRM 1, and `neutral`.
    Vrm1,
}

/// How frames are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Frames {
    /// Text messages.
    #[default]
    Json,
    /// Binary messages of 240 bytes.
    F32,
    /// Not at all: visemes are enough.
    None,
}

/// When frames are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tempo {
    /// As soon as the sound has come, however fast it comes.
    #[default]
    Fast,
    /// When they are to be shown.
    Real,
}

/// An interruption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flush {
    /// How much of the turn the client itself has played; it may have been told of frames beyond.
    pub at_ms: Option<f64>,
    /// Sound that comes within this time belongs to the old turn too, and is thrown away.
    pub late_ms: Option<u32>,
}

/// How the face feels.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mood {
    /// Which mood.
    pub name: MoodName,
    /// How strongly, 0 to 1.
    #[serde(default = "whole")]
    pub strength: f32,
}

/// The moods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MoodName {
    /// None of the others.
    #[default]
    Neutral,
    /// Smiles.
    Happy,
    /// Corners and lids down, inner brows up.
    Sad,
    /// Brows down, lids narrow.
    Angry,
    /// Brows and lids up.
    Surprised,
}

/// Where the face looks; without angles wherever it likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gaze {
    /// To the face's own left, in degrees.
    pub yaw_deg: Option<f32>,
    /// Up, in degrees.
    pub pitch_deg: Option<f32>,
}

/// What the program behind the face does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Somebody speaks to it.
    Listening,
    /// It works on an answer.
    Thinking,
    /// It speaks.
    Speaking,
    /// It was interrupted.
    Interrupted,
    /// Something went wrong.
    Error,
}

fn one() -> u16 {
    1
}

fn sixty() -> u32 {
    60
}

fn whole() -> f32 {
    1.0
}

fn yes() -> bool {
    true
}

impl Ask {
    /// Reads a message.
    ///
    /// # Errors
    /// A sentence that says what was expected and what came.
    pub fn parse(text: &str) -> Result<Ask, String> {
        if text.len() > LONGEST_TEXT {
            return Err(format!("expected a message of at most {LONGEST_TEXT} bytes, came {}", text.len()));
        }
        let ask: Ask = serde_json::from_str(text).map_err(|e| format!("expected a message of the protocol, {e}"))?;
        ask.check().map(|()| ask)
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Ask::Hello(hello) => hello.check(),
            Ask::Flush(Flush { at_ms, late_ms }) => {
                within("flush.at_ms", at_ms.unwrap_or(0.0), 0.0..=1e9)?;
                within("flush.late_ms", late_ms.unwrap_or(0), 0..=LATE_MOST_MS)
            }
            Ask::Mood(mood) => within("mood.strength", mood.strength, 0.0..=1.0),
            Ask::Gaze(Gaze { yaw_deg, pitch_deg }) => {
                within("gaze.yaw_deg", yaw_deg.unwrap_or(0.0), -GAZE_MOST_DEG..=GAZE_MOST_DEG)?;
                within("gaze.pitch_deg", pitch_deg.unwrap_or(0.0), -GAZE_MOST_DEG..=GAZE_MOST_DEG)
            }
            Ask::Mark { name } => within("bytes of mark.name", name.len(), 0..=LONGEST_NAME),
            Ask::End {} | Ask::State { .. } | Ask::Mute { .. } => Ok(()),
        }
    }
}

impl Hello {
    fn check(&self) -> Result<(), String> {
        within("hello.rate", self.rate, RATES_HZ)?;
        within("hello.channels", self.channels, 1..=CHANNELS_MOST)?;
        within("hello.fps", self.fps, 1..=FPS_MOST)?;
        if self.play && self.watch {
            return Err("expected hello.play or hello.watch, came both".into());
        }
        Ok(())
    }
}

fn within<T: PartialOrd + std::fmt::Display>(
    what: &str,
    came: T,
    range: std::ops::RangeInclusive<T>,
) -> Result<(), String> {
    if range.contains(&came) {
        return Ok(());
    }
    Err(format!("expected {what} from {} to {}, came {came}", range.start(), range.end()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_hello_has_the_defaults_of_the_protocol() {
        let hello = Ask::parse(r#"{"type":"hello","rate":24000}"#).unwrap();
        let expected = Hello {
            rate: 24_000,
            format: Format::S16le,
            channels: 1,
            play: false,
            watch: false,
            visemes: VisemeSet::None,
            frames: Frames::Json,
            pace: Tempo::Fast,
            fps: 60,
            alive: true,
        };
        assert_eq!(hello, Ask::Hello(expected));
    }

    #[test]
    fn every_message_of_the_protocol_is_read() {
        let messages = [
            (r#"{"type":"flush"}"#, Ask::Flush(Flush::default())),
            (r#"{"type":"flush","at_ms":120.5,"late_ms":200}"#, {
                Ask::Flush(Flush { at_ms: Some(120.5), late_ms: Some(200) })
            }),
            (r#"{"type":"end"}"#, Ask::End {}),
            (r#"{"type":"mood","name":"happy"}"#, Ask::Mood(Mood { name: MoodName::Happy, strength: 1.0 })),
            (r#"{"type":"gaze","yaw_deg":-20}"#, Ask::Gaze(Gaze { yaw_deg: Some(-20.0), pitch_deg: None })),
            (r#"{"type":"gaze"}"#, Ask::Gaze(Gaze::default())),
            (r#"{"type":"state","name":"thinking"}"#, Ask::State { name: State::Thinking }),
            (r#"{"type":"mute","on":true}"#, Ask::Mute { on: true }),
            (r#"{"type":"mark","name":"w1"}"#, Ask::Mark { name: "w1".into() }),
        ];
        messages.into_iter().for_each(|(text, ask)| assert_eq!(Ask::parse(text), Ok(ask), "{text}"));
    }

    #[test]
    fn what_is_out_of_range_is_refused_with_the_range() {
        let refused = [
            (r#"{"type":"hello","rate":5}"#, "expected hello.rate from 8000 to 192000, came 5"),
            (r#"{"type":"hello","rate":8000,"channels":9}"#, "expected hello.channels from 1 to 8, came 9"),
            (r#"{"type":"hello","rate":8000,"fps":0}"#, "expected hello.fps from 1 to 120, came 0"),
            (
                r#"{"type":"hello","rate":8000,"play":true,"watch":true}"#,
                "expected hello.play or hello.watch, came both",
            ),
            (r#"{"type":"mood","name":"sad","strength":1.5}"#, "expected mood.strength from 0 to 1, came 1.5"),
            (r#"{"type":"gaze","yaw_deg":99}"#, "expected gaze.yaw_deg from -60 to 60, came 99"),
            (r#"{"type":"flush","late_ms":99999}"#, "expected flush.late_ms from 0 to 10000, came 99999"),
        ];
        refused.into_iter().for_each(|(text, reason)| assert_eq!(Ask::parse(text), Err(reason.into()), "{text}"));
    }

    #[test]
    fn garbage_is_refused_with_what_would_have_served() {
        let cases = [
            ("", "EOF"),
            ("{}", "missing field `type`"),
            ("[1]", "expected"),
            (r#"{"type":"sing"}"#, "unknown variant `sing`, expected one of `hello`, `flush`"),
            (r#"{"type":"end","now":1}"#, "unknown field `now`"),
            (r#"{"type":"hello","rate":16000,"speed":2}"#, "unknown field `speed`"),
            (r#"{"type":"hello","rate":-1}"#, "invalid value"),
            (r#"{"type":"mood","name":"tired"}"#, "unknown variant `tired`, expected one of `neutral`"),
        ];
        for (text, part) in cases {
            let reason = Ask::parse(text).unwrap_err();
            assert!(reason.starts_with("expected a message of the protocol, ") && reason.contains(part), "{reason}");
        }
        let long = format!(r#"{{"type":"mark","name":"{}"}}"#, "x".repeat(LONGEST_TEXT));
        assert!(Ask::parse(&long).unwrap_err().starts_with("expected a message of at most 4096 bytes, came 41"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
            _ = Ask::parse(&text);
        }

        #[test]
        fn no_value_in_a_known_message_makes_it_panic(
            kind in "(hello|flush|end|mood|gaze|state|mute|mark)",
            key in "(rate|format|channels|fps|at_ms|late_ms|name|strength|yaw_deg|on|pace)",
            value in "(-?[0-9]{1,40}(\\.[0-9]{1,5})?(e[0-9]{1,4})?|\"[a-z0-9]{0,9}\"|null|true|\\[\\]|\\{\\})",
        ) {
            if let Ok(Ask::Hello(hello)) = Ask::parse(&format!(r#"{{"type":"{kind}","{key}":{value}}}"#)) {
                prop_assert!(RATES_HZ.contains(&hello.rate));
            }
        }
    }
}
