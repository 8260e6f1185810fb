//! VTube Studio over its public API (WebSocket, JSON): a plug-in that a person admits once, with a parameter of its own
//! for each shape and each angle of the head, beside the mouth and the lids that every model has.
//!
//! A thread of its own waits for the answers: a person takes time to click, and a program that is slow or gone keeps
//! nobody else waiting. It sends the newest face, not each.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use keyface_core::{Channel, FacePose, Moment};
use serde_json::{Value, json};
use tungstenite::{Error, Message, WebSocket};

use super::Receiver;
use crate::AppError;
use crate::stream::shapes::shapes;

const PLUGIN: &str = "Keyface";
const DEVELOPER: &str = "The Keyface founders";
/// How long the program may take to answer, and a person to admit us.
const PATIENCE: Duration = Duration::from_secs(3);
const PERSON: Duration = Duration::from_secs(600);
/// How often a wait looks whether it is still needed.
const LOOK: Duration = Duration::from_millis(50);
/// Between two faces. Parameters that are not told for a second go back to the program's own tracking.
const EVERY: Duration = Duration::from_millis(30);
/// Pause before it is tried again; it doubles.
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_LONGEST: Duration = Duration::from_secs(10);
/// How far a jaw is open when a mouth is.
const OPEN: f32 = 0.35;

/// Sends to one program.
pub(super) struct Vts {
    newest: Arc<Mutex<FacePose>>,
}

impl Vts {
    /// To the program at `address`, with the token that it once gave, which `store` keeps.
    pub fn start(address: SocketAddr, store: PathBuf) -> Result<Vts, AppError> {
        let newest = Arc::new(Mutex::new(FacePose::REST));
        let work = Work { address, store, newest: Arc::clone(&newest), asked: 0 };
        let spawned = thread::Builder::new().name("keyface-vts".into()).spawn(move || work.run());
        spawned.map_err(|reason| AppError::Thread { what: "VTube Studio", reason })?;
        Ok(Vts { newest })
    }
}

impl Receiver for Vts {
    fn show(&mut self, pose: &FacePose, _now: Moment) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = *pose;
    }
}

/// Where tokens are kept: the service's own folder, or the user's.
pub(super) fn store(address: SocketAddr) -> PathBuf {
    let folder = |name: &str, below: &str| std::env::var_os(name).map(|folder| PathBuf::from(folder).join(below));
    let found = folder("STATE_DIRECTORY", "").or_else(|| folder("XDG_DATA_HOME", "keyface"));
    let found = found.or_else(|| folder("HOME", ".local/share/keyface")).unwrap_or_default();
    found.join(format!("vts-{}.token", address.to_string().replace([':', '[', ']'], "-")))
}

/// Why a session ends.
enum End {
    /// Nobody wants it any more.
    Unwanted,
    /// What went wrong.
    Lost(String),
}

impl From<Error> for End {
    fn from(error: Error) -> End {
        End::Lost(error.to_string())
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> End {
        End::Lost(error.to_string())
    }
}

struct Work {
    address: SocketAddr,
    store: PathBuf,
    newest: Arc<Mutex<FacePose>>,
    asked: u64,
}

impl Work {
    fn run(mut self) {
        let mut pause = PAUSE;
        loop {
            let began = Instant::now();
            let Err(End::Lost(reason)) = self.session() else { return };
            pause = if began.elapsed() > PAUSE_LONGEST { PAUSE } else { pause };
            let level = if pause == PAUSE { log::Level::Warn } else { log::Level::Debug };
            log::log!(level, "--to vts://{}: {reason}; trying again", self.address);
            let until = Instant::now() + pause;
            while Instant::now() < until {
                if !self.is_wanted() {
                    return;
                }
                thread::sleep(LOOK);
            }
            pause = (2 * pause).min(PAUSE_LONGEST);
        }
    }

    /// Whether somebody still shows faces.
    fn is_wanted(&self) -> bool {
        Arc::strong_count(&self.newest) > 1
    }

    fn session(&mut self) -> Result<(), End> {
        let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let wait = stream.try_clone()?;
        let opened = tungstenite::client(format!("ws://{}/", self.address), stream);
        let (mut socket, _) = opened.map_err(|error| End::Lost(error.to_string()))?;
        wait.set_read_timeout(Some(LOOK))?;
        self.enter(&mut socket)?;
        for parameter in parameters() {
            self.ask(&mut socket, "ParameterCreationRequest", parameter, PATIENCE)?;
        }
        log::info!("--to vts://{}: admitted", self.address);
        loop {
            let pose = *self.newest.lock().unwrap_or_else(PoisonError::into_inner);
            let data = json!({ "faceFound": true, "mode": "set", "parameterValues": values(&pose) });
            self.ask(&mut socket, "InjectParameterDataRequest", data, PATIENCE)?;
            thread::sleep(EVERY);
        }
    }

    /// With the token that is kept; without one, a person is asked in the program.
    fn enter(&mut self, socket: &mut WebSocket<TcpStream>) -> Result<(), End> {
        let us = json!({ "pluginName": PLUGIN, "pluginDeveloper": DEVELOPER });
        let kept = fs::read_to_string(&self.store).ok().map(|token| token.trim().to_owned());
        let token = match kept.filter(|token| !token.is_empty()) {
            Some(token) => token,
            None => {
                log::warn!("--to vts://{}: admit Keyface in VTube Studio, which asks now", self.address);
                let told = self.ask(socket, "AuthenticationTokenRequest", us.clone(), PERSON)?;
                let token = told["authenticationToken"].as_str().unwrap_or_default().to_owned();
                keep(&self.store, &token)?;
                token
            }
        };
        let mut data = us;
        data["authenticationToken"] = token.into();
        let told = self.ask(socket, "AuthenticationRequest", data, PATIENCE)?;
        if told["authenticated"] == true {
            return Ok(());
        }
        // The next session asks the person anew.
        fs::remove_file(&self.store)?;
        Err(End::Lost(format!("not admitted: {}", told["reason"].as_str().unwrap_or("no reason given"))))
    }

    /// Asks, and waits for the answer to this.
    fn ask(
        &mut self,
        socket: &mut WebSocket<TcpStream>,
        kind: &str,
        data: Value,
        patience: Duration,
    ) -> Result<Value, End> {
        self.asked += 1;
        let id = format!("keyface-{}", self.asked);
        let request = json!({
            "apiName": "VTubeStudioPublicAPI", "apiVersion": "1.0", "requestID": id, "messageType": kind, "data": data,
        });
        socket.send(Message::text(request.to_string()))?;
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if !self.is_wanted() {
                _ = socket.close(None);
                return Err(End::Unwanted);
            }
            let text = match socket.read() {
                Ok(Message::Text(text)) => text,
                Ok(_) => continue,
                Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let Ok(answer) = serde_json::from_str::<Value>(&text) else { continue };
            if answer["requestID"] != id.as_str() {
                continue;
            }
            if answer["messageType"] == "APIError" {
                let reason = answer["data"]["message"].as_str().unwrap_or("no reason given");
                return Err(End::Lost(format!("{kind} is refused: {reason}")));
            }
            return Ok(answer["data"].clone());
        }
        Err(End::Lost(format!("{kind} is not answered")))
    }
}

/// The token is nobody else's.
fn keep(store: &Path, token: &str) -> io::Result<()> {
    if let Some(folder) = store.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(store)?;
    file.write_all(token.as_bytes())
}

/// How a parameter of ours is called: its name has 4 to 32 letters.
fn own(name: &str) -> String {
    format!("{PLUGIN}{name}")
}

const ANGLES: [&str; 3] = ["HeadYaw", "HeadPitch", "HeadRoll"];

/// What each parameter of ours is.
fn parameters() -> Vec<Value> {
    let shape = |channel: Channel| {
        json!({
            "parameterName": own(channel.name()), "explanation": "A shape of ARKit", "min": 0, "max": 1, "defaultValue": 0,
        })
    };
    let angle = |name: &str| json!({ "parameterName": own(name), "explanation": "In degrees", "min": -90, "max": 90, "defaultValue": 0 });
    Channel::ALL.into_iter().map(shape).chain(ANGLES.into_iter().map(angle)).collect()
}

/// A face in parameters: those that every model has, and ours.
fn values(pose: &FacePose) -> Vec<Value> {
    let open = ((pose[Channel::JawOpen] - pose[Channel::MouthClose]) / OPEN).clamp(0.0, 1.0);
    let lids = [Channel::EyeBlinkLeft, Channel::EyeBlinkRight].map(|lid| 1.0 - pose[lid]);
    let usual = [("MouthOpen", open), ("EyeOpenLeft", lids[0]), ("EyeOpenRight", lids[1])];
    let usual = usual.map(|(name, value)| (name.to_owned(), value));
    let angles = [pose.head.yaw_rad, pose.head.pitch_rad, pose.head.roll_rad].map(f32::to_degrees);
    let angles = ANGLES.map(own).into_iter().zip(angles);
    let shapes = Channel::ALL.map(|channel| own(channel.name())).into_iter().zip(shapes(pose));
    let all = usual.into_iter().chain(shapes).chain(angles);
    all.map(|(id, value)| json!({ "id": id, "value": value })).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::mpsc::{Receiver as Told, channel};

    use super::*;

    const TOKEN: &str = "adcd-123-ef09-some-token-string-abcd";

    /// VTube Studio as its document describes it, for one connection after another: it knows one token. Tells every
    /// request; what it answers with `None` it does not answer.
    fn studio(listener: TcpListener, answers: fn(&str, &Value) -> Option<(&'static str, Value)>) -> Told<Value> {
        let (requests, told) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(mut socket) = tungstenite::accept(stream) else { continue };
                while let Ok(message) = socket.read() {
                    let Ok(text) = message.into_text() else { break };
                    let Ok(request) = serde_json::from_str::<Value>(&text) else { continue };
                    let kind = request["messageType"].as_str().unwrap().to_owned();
                    if let Some((kind, data)) = answers(&kind, &request["data"]) {
                        let id = &request["requestID"];
                        let answer = json!({
                            "apiName": "VTubeStudioPublicAPI", "apiVersion": "1.0", "timestamp": 1625405710728u64,
                            "messageType": kind, "requestID": id, "data": data,
                        });
                        _ = socket.send(Message::text(answer.to_string()));
                    }
                    if requests.send(request).is_err() {
                        return;
                    }
                }
            }
        });
        told
    }

    fn friendly(kind: &str, data: &Value) -> Option<(&'static str, Value)> {
        Some(match kind {
            "AuthenticationTokenRequest" => ("AuthenticationTokenResponse", json!({ "authenticationToken": TOKEN })),
            "AuthenticationRequest" => {
                let is_known = data["authenticationToken"] == TOKEN;
                ("AuthenticationResponse", json!({ "authenticated": is_known, "reason": "Token invalid" }))
            }
            "ParameterCreationRequest" => {
                ("ParameterCreationResponse", json!({ "parameterName": data["parameterName"] }))
            }
            "InjectParameterDataRequest" => ("InjectParameterDataResponse", json!({})),
            _ => ("APIError", json!({ "errorID": 1, "message": "unknown" })),
        })
    }

    fn silent(_: &str, _: &Value) -> Option<(&'static str, Value)> {
        None
    }

    fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// The next request of a kind, and how many others came before it.
    fn next(told: &Told<Value>, kind: &str) -> (Value, Vec<String>) {
        let mut before = Vec::new();
        loop {
            let request = told.recv_timeout(Duration::from_secs(20)).unwrap();
            let came = request["messageType"].as_str().unwrap().to_owned();
            if came == kind {
                return (request, before);
            }
            before.push(came);
        }
    }

    fn open_mouth() -> FacePose {
        let mut pose = FacePose::REST;
        pose.set(Channel::JawOpen, 0.175);
        pose.head.yaw_rad = 0.5;
        pose
    }

    #[test]
    fn a_plug_in_is_admitted_makes_its_parameters_and_tells_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("new/vts.token");
        let (listener, address) = listener();
        let told = studio(listener, friendly);
        let mut vts = Vts::start(address, store.clone()).unwrap();
        vts.show(&open_mouth(), Moment(0));
        let (request, before) = next(&told, "AuthenticationTokenRequest");
        assert!(before.is_empty());
        let head = ["apiName", "apiVersion"].map(|key| request[key].as_str().unwrap());
        assert_eq!(head, ["VTubeStudioPublicAPI", "1.0"]);
        assert_eq!(request["data"], json!({ "pluginName": "Keyface", "pluginDeveloper": DEVELOPER }));
        let (request, _) = next(&told, "AuthenticationRequest");
        assert_eq!(request["data"]["authenticationToken"], TOKEN);
        let (request, before) = next(&told, "InjectParameterDataRequest");
        assert_eq!(before, vec!["ParameterCreationRequest"; 55]);
        assert_eq!((&request["data"]["mode"], &request["data"]["faceFound"]), (&"set".into(), &true.into()));
        let values = request["data"]["parameterValues"].as_array().unwrap();
        let value = |id: &str| values.iter().find(|value| value["id"] == id).unwrap()["value"].as_f64().unwrap();
        assert!((value("MouthOpen") - 0.5).abs() < 1e-6 && (value("KeyfaceJawOpen") - 0.175).abs() < 1e-6);
        assert!((value("KeyfaceHeadYaw") - 28.65).abs() < 0.01 && value("EyeOpenLeft") == 1.0);
        assert_eq!(values.len(), 3 + 55);
        // It is told again within the second, though nobody shows anything new.
        next(&told, "InjectParameterDataRequest");
        assert_eq!(fs::read_to_string(&store).unwrap(), TOKEN);
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&store).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_token_that_is_kept_is_used_and_one_that_is_refused_is_asked_for_anew() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("vts.token");
        for (kept, is_asked) in [(TOKEN, false), ("of another machine", true)] {
            fs::write(&store, kept).unwrap();
            let (listener, address) = listener();
            let told = studio(listener, friendly);
            let _vts = Vts::start(address, store.clone()).unwrap();
            let (_, before) = next(&told, "InjectParameterDataRequest");
            assert_eq!(before.iter().any(|kind| kind == "AuthenticationTokenRequest"), is_asked, "{kept}");
            assert_eq!(fs::read_to_string(&store).unwrap(), TOKEN);
        }
    }

    #[test]
    fn a_program_that_is_gone_silent_or_comes_late_costs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (quiet, address) = listener();
        let _told = studio(quiet, silent);
        let mut slow = Vts::start(address, folder.path().join("a")).unwrap();
        let (late, address) = listener();
        drop(late);
        let mut gone = Vts::start(address, folder.path().join("b")).unwrap();
        let started = Instant::now();
        for n in 0..6_000 {
            slow.show(&FacePose::REST, Moment(n));
            gone.show(&FacePose::REST, Moment(n));
        }
        assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
        let told = studio(TcpListener::bind(address).unwrap(), friendly);
        next(&told, "InjectParameterDataRequest");
    }

    #[test]
    fn names_of_parameters_are_such_as_the_program_takes() {
        let all = parameters();
        assert!(all.len() <= 100, "a plug-in may have 100");
        for parameter in all {
            let name = parameter["parameterName"].as_str().unwrap();
            assert!((4..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
        }
    }
}
