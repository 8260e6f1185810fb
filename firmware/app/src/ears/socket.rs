//! Sound that programs send to a socket on which we listen: each connection is one turn of speech, as a pipe would be.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use keyface_core::{AudioTime, Samples};

use super::stream::{Connection, StreamEar, Wish};
use super::{Ear, Heard, Pace};
use crate::AppError;
use crate::wait::{Bell, Rope};

/// Pause after the system had no connection to give.
const BREATH: Duration = Duration::from_millis(50);

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `tcp://HOST:PORT`.
    Tcp(String),
    /// `unix:PATH`.
    Unix(PathBuf),
}

impl Place {
    /// Reads `tcp://HOST:PORT` or `unix:PATH`.
    pub fn parse(text: &str) -> Option<Place> {
        let unix = || text.strip_prefix("unix:").map(|path| Place::Unix(path.into()));
        text.strip_prefix("tcp://").map(|address| Place::Tcp(address.to_owned())).or_else(unix)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Tcp(address) => write!(f, "tcp://{address}"),
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Listens to one connection after another; it never ends by itself.
pub struct SocketEar {
    place: Place,
    connections: Receiver<Connection>,
    current: Option<StreamEar>,
    wish: Wish,
    pace: Pace,
    /// Samples that were given of the connections before.
    before: u64,
    given: u64,
    /// Whether a connection has just ended: another may wait behind it.
    has_ended: bool,
    rope: Rope,
    _file: SocketFile,
}

impl SocketEar {
    /// Listens. What is known of raw samples is `wish`; a sound file says its own.
    ///
    /// # Errors
    /// When the address is not free, or there is something else in the file's place.
    pub fn open(place: Place, wish: Wish, pace: Pace) -> Result<SocketEar, AppError> {
        let (sender, connections) = sync_channel(1);
        let rope = Rope::default();
        let ring = rope.clone();
        let (mut accept, file) = listen(&place)?;
        let name = place.to_string();
        let work = move || {
            loop {
                match accept() {
                    // The next callers wait until the one before has ended.
                    Ok(connection) => {
                        if sender.send(connection).is_err() {
                            return;
                        }
                        ring.pull();
                    }
                    Err(e) => {
                        log::warn!("{name}: {e}");
                        thread::sleep(BREATH);
                    }
                }
            }
        };
        let spawned = thread::Builder::new().name("keyface-socket".into()).spawn(work);
        spawned.map_err(|reason| AppError::Thread { what: "input socket", reason })?;
        let (current, before, given, has_ended) = (None, 0, 0, false);
        Ok(SocketEar { place, connections, current, wish, pace, before, given, has_ended, rope, _file: file })
    }

    fn hear(&mut self, ear: &mut StreamEar, out: &mut Vec<f32>) -> Heard {
        let before = out.len();
        let heard = ear.read(out).unwrap_or_else(|error| {
            log::warn!("{}: a connection: {error}", self.place);
            Heard::End
        });
        self.given += (out.len() - before) as u64;
        heard
    }
}

impl Ear for SocketEar {
    fn read(&mut self, out: &mut Vec<f32>) -> Result<Heard, AppError> {
        self.has_ended = false;
        let Some(mut ear) = self.current.take() else {
            self.current = match self.connections.try_recv() {
                Ok(connection) => {
                    let (name, wish) = (self.place.to_string(), self.wish.clone());
                    Some(StreamEar::connection(name, connection, wish, self.pace, self.rope.clone())?)
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
            };
            return Ok(Heard::Nothing);
        };
        let heard = self.hear(&mut ear, out);
        if heard == Heard::End {
            (self.before, self.has_ended) = (self.given, true);
            return Ok(Heard::TurnEnd);
        }
        self.current = Some(ear);
        Ok(heard)
    }

    fn tie(&mut self, bell: &Bell) {
        self.rope.tie(bell);
    }

    fn due_in(&self) -> Option<Duration> {
        if self.has_ended { Some(Duration::ZERO) } else { self.current.as_ref().and_then(Ear::due_in) }
    }

    fn captured(&self, at: AudioTime) -> Option<Instant> {
        self.current.as_ref()?.captured(at - Samples(self.before).span())
    }

    fn latency(&self) -> Samples {
        self.current.as_ref().map_or(Samples(0), Ear::latency)
    }

    fn name(&self) -> String {
        self.place.to_string()
    }
}

/// A socket's file, which goes with it.
pub(crate) struct SocketFile(Option<PathBuf>);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            _ = std::fs::remove_file(path);
        }
    }
}

type Accept = Box<dyn FnMut() -> io::Result<Connection> + Send>;

fn listen(place: &Place) -> Result<(Accept, SocketFile), AppError> {
    match place {
        Place::Tcp(address) => {
            let failed =
                |e: io::Error| AppError::unexpected(place.to_string(), "an address that is free", e.to_string());
            let listener = TcpListener::bind(address).map_err(failed)?;
            if !listener.local_addr().is_ok_and(|address| address.ip().is_loopback()) {
                log::warn!("{place}: other machines can speak through this face; 127.0.0.1 keeps them out");
            }
            let accept = move || listener.accept().map(|(stream, _)| Box::new(stream) as Connection);
            Ok((Box::new(accept), SocketFile(None)))
        }
        Place::Unix(path) => {
            let (listener, file) = unix_listener(path)?;
            let accept = move || listener.accept().map(|(stream, _)| Box::new(stream) as Connection);
            Ok((Box::new(accept), file))
        }
    }
}

/// Listens at a path. A socket's file that nobody listens to any more makes room; another file does not.
pub(crate) fn unix_listener(
    path: &std::path::Path,
) -> Result<(std::os::unix::net::UnixListener, SocketFile), AppError> {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    use std::os::unix::net::{UnixListener, UnixStream};

    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if is_socket && UnixStream::connect(path).is_err() {
        std::fs::remove_file(path).map_err(AppError::file(path, "make room for a socket"))?;
    }
    let listener = UnixListener::bind(path).map_err(AppError::file(path, "listen there"))?;
    // Whoever may look into the folder and is of the group may speak; a service's umask would keep all others out.
    let shared = std::fs::Permissions::from_mode(0o660);
    std::fs::set_permissions(path, shared).map_err(AppError::file(path, "give it to its group"))?;
    Ok((listener, SocketFile(Some(path.to_path_buf()))))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn heard(ear: &mut SocketEar, turns: usize) -> Vec<Vec<f32>> {
        let (mut all, mut now, start) = (Vec::new(), Vec::new(), Instant::now());
        while all.len() < turns && start.elapsed() < Duration::from_secs(10) {
            match ear.read(&mut now).unwrap() {
                Heard::TurnEnd => all.push(std::mem::take(&mut now)),
                Heard::End => panic!("a socket never ends"),
                Heard::Sound => {}
                Heard::Nothing => thread::sleep(Duration::from_millis(1)),
            }
        }
        all
    }

    #[test]
    fn each_connection_is_a_turn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice");
        let mut ear = SocketEar::open(Place::Unix(path.clone()), Wish::default(), Pace::Fast).unwrap();
        let speak = thread::spawn(move || {
            for level in [1i16, 2] {
                let bytes: Vec<u8> = [level * 8_192; 500].iter().flat_map(|s| s.to_le_bytes()).collect();
                UnixStream::connect(&path).unwrap().write_all(&bytes).unwrap();
            }
        });
        assert_eq!(heard(&mut ear, 2), [vec![0.25; 500], vec![0.5; 500]]);
        speak.join().unwrap();
    }

    #[test]
    fn who_connects_and_says_nothing_is_an_empty_turn() {
        let mut ear = SocketEar::open(Place::Tcp("127.0.0.1:0".into()), Wish::default(), Pace::Fast);
        assert!(ear.as_mut().is_ok_and(|ear| ear.read(&mut Vec::new()).unwrap() == Heard::Nothing));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice");
        let mut ear = SocketEar::open(Place::Unix(path.clone()), Wish::default(), Pace::Fast).unwrap();
        drop(UnixStream::connect(&path).unwrap());
        assert_eq!(heard(&mut ear, 1), [Vec::<f32>::new()]);
    }

    #[test]
    fn a_socket_that_was_left_behind_makes_room_and_a_file_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(unix_listener(&path).unwrap());
        assert!(!path.exists());
        std::fs::write(&path, "mine").unwrap();
        assert!(unix_listener(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }

    #[test]
    fn places_are_read_as_they_are_written() {
        assert_eq!(Place::parse("tcp://127.0.0.1:9000"), Some(Place::Tcp("127.0.0.1:9000".into())));
        assert_eq!(Place::parse("unix:/run/voice"), Some(Place::Unix("/run/voice".into())));
        assert_eq!(Place::parse("talk.wav"), None);
        assert_eq!(Place::parse("unix:a").unwrap().to_string(), "unix:a");
    }
}
