//! The arguments of `keyface run` for a face that is given its voice.

use clap::Args;
use keyface::AppError;
use keyface::board::Voice;
use keyface::ears::Input;
use keyface::stream::hall::Hall;

#[derive(Args)]
pub struct VoiceArgs {
    /// Play the sound too, in time with the lips: on the default loudspeaker, or on the one with this id.
    #[arg(long, value_name = "DEVICE", num_args = 0..=1)]
    pub play: Option<Option<String>>,
    /// Take messages at this socket, one a line: flush, end, mood, gaze, state, mute, mark (docs/protocol.md).
    #[arg(long, value_name = "unix:PATH", value_parser = socket)]
    pub control: Option<std::path::PathBuf>,
    #[cfg(feature = "serve")]
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// A service on the network.
#[cfg(feature = "serve")]
#[derive(Args)]
pub struct ServeArgs {
    /// Serve programs on this machine: PCM in, frames out, over WebSocket (docs/protocol.md); browsers get a page with
    /// two faces, and /healthz says how it is.
    #[arg(long, value_name = "ADDRESS")]
    pub serve: Option<std::net::SocketAddr>,
    /// A page of this origin may use the service too, as `https://app.example`; may be repeated.
    #[arg(long, value_name = "ORIGIN", requires = "serve")]
    pub allow_origin: Vec<String>,
    /// File with the token that every client must send; needed when others than this machine can reach the address.
    #[arg(long, value_name = "FILE", requires = "serve")]
    pub token_file: Option<std::path::PathBuf>,
    /// Clients at once [default: 8]
    #[arg(long, value_name = "COUNT", requires = "serve", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub clients: Option<u32>,
}

#[cfg(feature = "serve")]
impl ServeArgs {
    fn take(&mut self, board: &Voice) {
        self.serve = self.serve.or(board.serve);
        self.clients = self.clients.or(board.clients);
        self.token_file = self.token_file.take().or_else(|| board.token_file.as_ref().map(Into::into));
        if self.allow_origin.is_empty() {
            self.allow_origin = board.allow_origin.clone();
        }
    }
}

impl VoiceArgs {
    /// Whether the face is given its voice, rather than hearing one.
    pub fn is_given(&self, input: Option<&Input>) -> bool {
        let by_control = self.control.is_some() && input.is_some_and(|input| *input != Input::Mic);
        self.play.is_some() || self.is_serving() || by_control
    }

    /// Whether sessions may bring the voice.
    pub fn is_serving(&self) -> bool {
        #[cfg(feature = "serve")]
        return self.serve.serve.is_some();
        #[cfg(not(feature = "serve"))]
        false
    }

    /// What was not asked for is as the board says.
    pub fn take(&mut self, board: &Voice) {
        let device = |id: &String| Some(id.clone()).filter(|id| id != "default");
        self.play = self.play.take().or_else(|| board.play.as_ref().map(device));
        let control = || board.control.as_ref()?.strip_prefix("unix:").map(Into::into);
        self.control = self.control.take().or_else(control);
        #[cfg(feature = "serve")]
        self.serve.take(board);
    }

    /// Listens for messages, if that was asked for; they go to `hall`.
    pub fn control(&self, hall: &Hall) -> Result<Option<impl Sized + use<>>, AppError> {
        let start = |path: &std::path::PathBuf| keyface::stream::control::Control::start(path, hall.clone());
        self.control.as_ref().map(start).transpose()
    }
}

fn socket(text: &str) -> Result<std::path::PathBuf, String> {
    let path = text.strip_prefix("unix:").filter(|path| !path.is_empty());
    path.map(Into::into).ok_or_else(|| "expected unix:PATH".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_socket_is_a_path() {
        assert_eq!(socket("unix:/run/x"), Ok("/run/x".into()));
        assert!(socket("/run/x").is_err() && socket("unix:").is_err());
    }
}
