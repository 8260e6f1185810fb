//! How a face is given its voice, and where it goes: what a board says beside its microphone and its screen.

use std::net::SocketAddr;

use keyface_core::check::Check;
use serde::{Deserialize, Serialize};

/// Where a face can go on one machine, and which programs of others can be sent it.
const HERE: [&str; 4] = ["screen", "servo", "stdout", "none"];
const SCHEMES: [&str; 3] = ["livelink", "vmc", "vts"];

/// A voice that is given to the face by programs, rather than heard by a microphone: `keyface run`'s options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Voice {
    /// Where it listens for plain sound: `tcp://HOST:PORT` or `unix:PATH`.
    pub input: Option<String>,
    /// The loudspeaker that it is heard from: `default` or a device's id; not heard, when left out.
    pub play: Option<String>,
    /// Where it serves programs over WebSocket.
    pub serve: Option<SocketAddr>,
    /// Origins of pages that may use the service, beside its own.
    pub allow_origin: Vec<String>,
    /// File with the token that clients must send; needed where others than this machine can reach `serve`.
    pub token_file: Option<String>,
    /// Clients at once, 1..=1000.
    pub clients: Option<u32>,
    /// Where it takes messages: `unix:PATH`.
    pub control: Option<String>,
}

impl Voice {
    pub(super) fn checks(&self) -> Vec<Check> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let holds = |value: &Option<String>, is_so: fn(&str) -> bool| value.as_deref().is_none_or(is_so);
        let is_listening = |place: &str| is_at(place, "tcp://") || is_at(place, "unix:");
        let is_reachable = self.serve.is_some_and(|address| !address.ip().is_loopback());
        let clients = self.clients.unwrap_or(1);
        let serves = self.serve.is_some();
        let is_served = self.allow_origin.is_empty() && self.token_file.is_none() && self.clients.is_none();
        let has_voice = serves || self.input.is_some();
        vec![
            Check::new(
                "tcp://HOST:PORT or unix:PATH",
                holds(&self.input, is_listening),
                "voice.input",
                text(&self.input),
            ),
            Check::new("a device, or `default`", holds(&self.play, |id| !id.is_empty()), "voice.play", "\"\""),
            Check::new(
                "unix:PATH",
                holds(&self.control, |at| is_at(at, "unix:")),
                "voice.control",
                text(&self.control),
            ),
            Check::new("1..=1000 clients", (1..=1_000).contains(&clients), "voice.clients", clients),
            Check::new(
                "a file, because others than this machine can reach voice.serve",
                !is_reachable || self.token_file.is_some(),
                "voice.token_file",
                "nothing",
            ),
            Check::new(
                "voice.serve beside voice.allow_origin, voice.token_file and voice.clients",
                serves || is_served,
                "voice.serve",
                "nothing",
            ),
            Check::new(
                "voice.input or voice.serve, from which a voice comes",
                has_voice || self.play.is_none(),
                "voice.play",
                text(&self.play),
            ),
        ]
    }
}

fn is_at(place: &str, scheme: &str) -> bool {
    place.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())
}

/// Whether `to` names places where a face can go on a board with or without a screen and servos.
pub(super) fn checks_of(to: &[String], has_screen: bool, has_servos: bool) -> Vec<Check> {
    let is_place = |to: &str| HERE.contains(&to) || SCHEMES.iter().any(|scheme| is_at(to, &format!("{scheme}://")));
    let unknown = to.iter().find(|to| !is_place(to));
    let names = |place: &str| to.iter().any(|to| to == place);
    vec![
        Check::new(
            "screen, servo, livelink://HOST, vmc://HOST, vts://HOST, stdout or none",
            unknown.is_none(),
            "to",
            unknown.map_or("", String::as_str),
        ),
        Check::new("nothing beside none", !names("none") || to.len() == 1, "to", "more"),
        Check::new("a [display] for the screen", !names("screen") || has_screen, "to", "screen"),
        Check::new("[servos] for servo", !names("servo") || has_servos, "to", "servo"),
    ]
}

#[cfg(test)]
mod tests {
    use crate::board::Board;

    const BOARD: &str = r#"
        name = "desk"
        description = "A desk."
        target = "x86_64-unknown-linux-gnu"
        glibc = "2.34"
        model = "live"
        microphone = { device = "default", rate_hz = 48000 }
        display = { kind = "none" }
    "#;

    fn board(more: &str) -> Result<Board, String> {
        Board::from_toml("desk.toml", &format!("{more}\n{BOARD}")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_board_says_who_gives_the_voice_and_where_the_face_goes() {
        let told = "to = [\"livelink://192.168.1.20\", \"vmc://desk.local:39540\"]\n\
                    voice = { play = \"default\", serve = \"127.0.0.1:8765\", clients = 20, control = \"unix:/run/k\" }";
        let board = board(told).unwrap();
        assert_eq!(board.to.len(), 2);
        assert_eq!((board.voice.play.as_deref(), board.voice.clients), (Some("default"), Some(20)));
        assert_eq!(board.voice.serve.unwrap().port(), 8_765);
    }

    #[test]
    fn a_service_that_others_can_reach_needs_a_token() {
        let open = board("voice = { serve = \"0.0.0.0:8765\" }").unwrap_err();
        assert!(open.contains("expected a file, because others than this machine can reach voice.serve"), "{open}");
        assert!(board("voice = { serve = \"0.0.0.0:8765\", token_file = \"/etc/keyface/token\" }").is_ok());
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_key() {
        for (more, told) in [
            ("to = [\"ftp://x\"]", "came to = ftp://x"),
            ("to = [\"vmc://\"]", "came to = vmc://"),
            ("to = [\"none\", \"stdout\"]", "expected nothing beside none"),
            ("to = [\"screen\"]", "expected a [display] for the screen"),
            ("to = [\"servo\"]", "expected [servos] for servo"),
            ("voice = { input = \"mic\" }", "came voice.input = mic"),
            ("voice = { control = \"/run/k\", input = \"unix:/a\" }", "came voice.control = /run/k"),
            ("voice = { play = \"default\" }", "expected voice.input or voice.serve"),
            ("voice = { token_file = \"/a\" }", "expected voice.serve beside"),
            ("voice = { serve = \"127.0.0.1:1\", clients = 0 }", "came voice.clients = 0"),
            ("voice = { serve = \"here\" }", "invalid socket address"),
        ] {
            let error = board(more).unwrap_err();
            assert!(error.contains(told), "{more}: {error}");
        }
    }
}
