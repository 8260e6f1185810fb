//! The service as a program meets it: over real sockets, with a client that others wrote.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message, WebSocket};

use crate::util::Desk;
use crate::wav::{clip, raw};

/// A service that runs until it is dropped.
struct Service {
    child: Child,
    address: SocketAddr,
    _desk: Desk,
}

impl Service {
    fn start(args: &str) -> Service {
        let desk = Desk::new();
        let mut command = desk.command(&format!("run --serve 127.0.0.1:0 --to none --still {args}"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut line).unwrap();
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        let address = line.strip_prefix("serving ws://").and_then(|rest| rest.split_once("/v1, and a page at http://"));
        let (address, page) = address.unwrap_or_else(|| panic!("{line}"));
        assert_eq!(page.trim_end(), format!("{address}/"));
        let address = address.parse().unwrap();
        Service { child, address, _desk: desk }
    }

    fn client(&self, hello: &str) -> Client {
        let mut client = Client::connect(self.address, &[]).unwrap();
        client.say(hello);
        assert_eq!(client.hear()["type"], "ready");
        client
    }

    /// The answer to a request of these lines.
    fn http(&self, path: &str, lines: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn health(&self) -> Value {
        let answer = self.http("/healthz", "");
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

struct Client(WebSocket<TcpStream>);

impl Client {
    fn connect(address: SocketAddr, lines: &[(&'static str, &str)]) -> Result<Client, String> {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut request = format!("ws://{address}/v1").into_client_request().unwrap();
        for (name, value) in lines {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        tungstenite::client(request, stream).map(|(socket, _)| Client(socket)).map_err(|e| e.to_string())
    }

    fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    fn sound(&mut self, samples: &[f32]) {
        self.0.send(Message::binary(raw(samples))).unwrap();
    }

    fn hear(&mut self) -> Value {
        loop {
            match self.0.read().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Everything up to a message of a kind.
    fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            all.push(self.hear());
            if all.last().unwrap()["type"] == kind {
                return all;
            }
        }
    }

    /// The reason with which the server ends the session.
    fn end(&mut self) -> String {
        let mut reason = String::new();
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => {
                    let told: Value = serde_json::from_str(&text).unwrap();
                    reason = told["reason"].as_str().unwrap_or(&reason).to_owned();
                }
                Ok(_) => {}
                Err(Error::ConnectionClosed) => return reason,
                // What the server did not read any more resets the connection behind its last word.
                Err(Error::Io(_)) if !reason.is_empty() => return reason,
                Err(e) => panic!("{e} after {reason:?}"),
            }
        }
    }
}

const HELLO: &str = r#"{"type":"hello","rate":16000,"visemes":"oculus"}"#;

#[test]
fn a_turn_over_the_socket_says_what_a_file_says() {
    let service = Service::start("");
    let mut client = service.client(HELLO);
    clip().chunks(1_111).for_each(|piece| client.sound(piece));
    client.say(r#"{"type":"end"}"#);
    let told = client.until("ended");
    let desk = Desk::new();
    desk.write("a.wav", crate::wav::clip_wav());
    desk.run("animate a.wav --model playback --once --still --out a.poses.jsonl --out a.visemes.tsv").fine();
    let file: Vec<Value> = desk.text("a.poses.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let frames: Vec<&Value> = told.iter().filter(|told| told["type"] == "frame").collect();
    assert!(frames.len() >= file.len(), "{} and {}", frames.len(), file.len());
    for (frame, line) in frames.iter().zip(&file) {
        assert_eq!(frame["shapes"][17], line["weights"]["JawOpen"], "{}", frame["t_ms"]);
        assert_eq!(frame["shapes"][18], line["weights"]["MouthClose"], "{}", frame["t_ms"]);
    }
    let visemes: Vec<&str> =
        told.iter().filter(|told| told["type"] == "viseme").map(|told| told["name"].as_str().unwrap()).collect();
    let text = desk.text("a.visemes.tsv");
    let of_file: Vec<&str> = text.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert_eq!(visemes[..], of_file[..visemes.len()]);
    assert!(of_file.len() - visemes.len() <= 1, "a file ends with a rest of its own");
}

#[test]
fn several_clients_have_lines_of_their_own_and_one_too_many_is_told_so() {
    let service = Service::start("--clients 3");
    let mut clients: Vec<Client> = (0..3).map(|_| service.client(HELLO)).collect();
    let error = Client::connect(service.address, &[]).err().unwrap();
    assert!(error.contains("503"), "{error}");
    assert!(service.http("/v1", UPGRADE).contains("expected at most 3 clients, came one more"));
    for (n, client) in clients.iter_mut().enumerate() {
        client.sound(&clip()[..8_000 * (n + 1)]);
        client.say(r#"{"type":"end"}"#);
    }
    for (n, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.until("ended").last().unwrap()["t_ms"], 500.0 * (n + 1) as f64);
    }
    let health = service.health();
    assert_eq!((&health["status"], &health["clients"], &health["turns"]), (&"ok".into(), &3.into(), &3.into()));
    drop(clients);
    let start = Instant::now();
    while service.health()["clients"] != 0 {
        assert!(start.elapsed() < Duration::from_secs(5), "a client that is gone makes room");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

#[test]
fn pages_of_others_and_other_names_are_kept_out() {
    let service = Service::start("--allow-origin https://app.example");
    let try_with = |lines: &[(&'static str, &str)]| Client::connect(service.address, lines).err().unwrap_or_default();
    assert!(try_with(&[("Origin", "https://evil.example")]).contains("403"));
    assert!(try_with(&[("Origin", "null")]).contains("403"));
    assert_eq!(try_with(&[("Origin", "https://app.example")]), "");
    // DNS rebinding: a page whose own name points to this machine now.
    let rebound = [("Host", "evil.example"), ("Origin", "http://evil.example")];
    assert!(try_with(&rebound).contains("403"));
    assert!(service.http("/healthz", "Origin: https://evil.example\r\n").starts_with("HTTP/1.1 403 "));
    assert_eq!(service.health()["refused"], 4);
}

#[test]
fn the_page_comes_with_its_types_and_may_load_nothing_from_elsewhere() {
    let service = Service::start("");
    let ask = |line: &str| {
        let mut stream = TcpStream::connect(service.address).unwrap();
        write!(stream, "{line} HTTP/1.1\r\nHost: {}\r\n\r\n", service.address).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
        let body = answer.split_off(end);
        (String::from_utf8(answer).unwrap(), body)
    };
    let files: [(&str, &str, &[u8]); 5] = [
        ("/", "text/html; charset=utf-8", b"<!do"),
        ("/page.css", "text/css; charset=utf-8", b":roo"),
        ("/page.js", "text/javascript; charset=utf-8", b"// W"),
        ("/three.js", "text/javascript; charset=utf-8", b"\x1f\x8b"),
        ("/head.glb", "model/gltf-binary", b"glTF"),
    ];
    for (path, kind, start) in files {
        let (head, body) = ask(&format!("GET {path}"));
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && body.starts_with(start), "{path}: {head}");
        for line in [
            format!("Content-Type: {kind}"),
            format!("Content-Length: {}", body.len()),
            "X-Content-Type-Options: nosniff".into(),
        ] {
            assert!(head.contains(&format!("\r\n{line}\r\n")), "{path}: {line}: {head}");
        }
        assert!(head.contains("\r\nContent-Security-Policy: default-src 'self'; "), "{path}: {head}");
        assert_eq!(head.contains("\r\nContent-Encoding: gzip\r\n"), path == "/three.js", "{head}");
        assert_eq!(ask(&format!("HEAD {path}")), (head, Vec::new()), "{path}");
    }
    for path in ["/page", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/page.js/..", "//page.js"] {
        assert!(ask(&format!("GET {path}")).0.starts_with("HTTP/1.1 404 "), "{path}");
        assert_eq!(ask(&format!("HEAD {path}")).1, b"", "{path}");
    }
    assert!(ask("POST /").0.starts_with("HTTP/1.1 405 "));
    assert!(service.http("/", "Origin: https://evil.example\r\n").starts_with("HTTP/1.1 403 "));
}

#[test]
fn an_address_that_others_reach_needs_a_token() {
    let desk = Desk::new();
    let line = desk.refuse("run --serve 0.0.0.0:0 --to none");
    let expected =
        "keyface: --serve 0.0.0.0:0: expected --token-file, because others than this machine can reach it, came none";
    assert_eq!(line, expected);
    desk.write("short", "secret\n");
    let line = desk.refuse("run --serve 0.0.0.0:0 --to none --token-file short");
    assert!(line.starts_with("keyface: short: expected a token of 16 or more letters, digits, or "), "{line}");
}

#[test]
fn a_token_lets_in_who_knows_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "0123456789abcdef\n").unwrap();
    let service = Service::start(&format!("--token-file {}", path.display()));
    assert!(service.http("/healthz", "").starts_with("HTTP/1.1 401 "));
    assert!(service.http("/healthz?token=0123456789abcdef", "").starts_with("HTTP/1.1 200 "));
    assert!(Client::connect(service.address, &[]).is_err_and(|e| e.contains("401")));
    assert!(Client::connect(service.address, &[("Authorization", "Bearer 0123456789abcdef")]).is_ok());
}

#[test]
fn garbage_is_refused_with_a_reason_and_costs_nobody_else_anything() {
    let service = Service::start("");
    let mut other = service.client(HELLO);
    let reason = |send: &dyn Fn(&mut Client)| {
        let mut client = Client::connect(service.address, &[]).unwrap();
        send(&mut client);
        client.end()
    };
    assert!(reason(&|c| c.say("hello")).starts_with("expected a message of the protocol, "));
    assert_eq!(reason(&|c| c.sound(&[0.0; 9])), "expected a hello first, came sound");
    let long = reason(&|c| {
        c.say(HELLO);
        // The server may close before all of it is sent.
        _ = c.0.send(Message::binary(vec![0; 2 << 20]));
    });
    assert!(long.starts_with("expected a shorter message"), "{long}");
    for bytes in [b"\x16\x03\x01\x02\x00\x01".as_slice(), b"GET / HTTP/1.1\r\n\r\n", b"\0\r\n\r\n"] {
        let mut stream = TcpStream::connect(service.address).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        _ = stream.read_to_string(&mut String::new());
    }
    other.sound(&clip()[..8_000]);
    other.say(r#"{"type":"end"}"#);
    assert_eq!(other.until("ended").last().unwrap()["turn"], 0);
}

#[test]
fn who_sends_everything_before_he_reads_gets_every_frame() {
    let service = Service::start("");
    let mut client = service.client(HELLO);
    let clip = clip();
    let count = 20;
    (0..count).for_each(|_| client.sound(&clip));
    client.say(r#"{"type":"end"}"#);
    let told = client.until("ended");
    let frames = told.iter().filter(|told| told["type"] == "frame").count();
    // Each second of sound, and 0.4 s in which the face settles.
    assert_eq!(frames, 60 * clip.len() * count / 16_000 + 24);
}

#[test]
fn who_does_not_read_misses_frames_and_is_let_go() {
    let service = Service::start("");
    // Frames of 60 a second fill what two kernels hold only after minutes: many a second do it at once.
    let mut deaf = service.client(r#"{"type":"hello","rate":8000,"format":"mulaw","fps":120}"#);
    deaf.0.get_ref().set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    let start = Instant::now();
    let block = vec![0xffu8; 160_000];
    while service.health()["dropped"] == 0 {
        assert!(start.elapsed() < Duration::from_secs(120), "{}", service.health());
        _ = deaf.0.send(Message::binary(block.clone()));
    }
    let mut other = service.client(HELLO);
    other.say(r#"{"type":"end"}"#);
    assert_eq!(other.until("ended").last().unwrap()["turn"], 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_service_that_is_told_to_end_tells_its_clients() {
    let mut service = Service::start("");
    let mut client = service.client(HELLO);
    std::process::Command::new("kill").args(["-TERM", &service.child.id().to_string()]).status().unwrap();
    assert_eq!(client.end(), "the service ends");
    assert!(service.child.wait().unwrap().success());
}

#[test]
fn watching_and_playing_need_a_face() {
    let service = Service::start("");
    let mut client = Client::connect(service.address, &[]).unwrap();
    client.say(r#"{"type":"hello","rate":16000,"play":true}"#);
    assert_eq!(client.end(), "expected a service with a face of its own (--to screen), came one without");
}
