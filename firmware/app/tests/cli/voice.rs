//! A face that is given its voice, and programs that are sent it, as a person starts them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::util::Desk;
use crate::wav::{clip, clip_wav, raw};

fn wait_for(path: &std::path::Path) -> UnixStream {
    let start = Instant::now();
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => return stream,
            Err(e) => assert!(start.elapsed() < Duration::from_secs(20), "{e}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn stopped(mut child: Child) -> Value {
    std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_socket_and_its_control_speak_and_interrupt() {
    let desk = Desk::new();
    let (voice, control) = (desk.path("voice"), desk.path("control"));
    let args = "run --input unix:voice --control unix:control --to none --json";
    let child = desk.command(args).stdout(Stdio::piped()).spawn().unwrap();
    let mut says = wait_for(&control);
    says.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut told = BufReader::new(says.try_clone().unwrap());
    let mut next = || {
        let mut line = String::new();
        told.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    // A turn that is spoken to its end, and one that is interrupted while its voice still sends.
    wait_for(&voice).write_all(&raw(&clip()[..8_000])).unwrap();
    let ended = next();
    assert_eq!((&ended["type"], &ended["turn"], &ended["t_ms"]), (&"ended".into(), &0.into(), &500.0.into()));
    let mut long = wait_for(&voice);
    long.write_all(&raw(&clip())).unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let asked = Instant::now();
    says.write_all(b"{\"type\":\"flush\"}\n").unwrap();
    assert_eq!(next()["type"], "splice");
    let flushed = next();
    assert!(asked.elapsed() < Duration::from_millis(200), "{:?}", asked.elapsed());
    assert_eq!((&flushed["type"], &flushed["turn"]), (&"flushed".into(), &1.into()));
    assert!((100.0..800.0).contains(&flushed["t_ms"].as_f64().unwrap()), "{flushed}");
    drop(long);
    let report = stopped(child);
    assert_eq!((&report["flushed"], &report["line_faults"]), (&1.into(), &0.into()));
    assert!(!voice.exists() && !control.exists(), "the sockets go with the program");
}

#[test]
fn a_live_face_goes_to_several_programs_at_once() {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    let sockets = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    let [live_link, vmc] = sockets.each_ref().map(|socket| socket.local_addr().unwrap());
    let to = format!("livelink://{live_link},vmc://{vmc},stdout,vmc://127.0.0.1:9");
    let run = desk.run(&format!("run --input a.wav --seconds 1 --still --to {to}")).done();
    let frames: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // A second of sound, and the way to rest.
    assert!((55..=120).contains(&frames.len()), "{}", frames.len());
    assert!(frames.iter().any(|frame| frame["weights"]["JawOpen"].as_f64().unwrap() > 0.05));
    assert!(run.stderr.contains("look-ahead"), "the report stands beside: {}", run.stderr);
    for (socket, starts) in sockets.iter().zip([b"\x06\0\0\0\x24".as_slice(), b"#bundle\0"]) {
        socket.set_nonblocking(true).unwrap();
        let mut count = 0;
        let mut bytes = [0; 2_048];
        while let Ok(length) = socket.recv(&mut bytes) {
            assert!(bytes[..length].starts_with(starts));
            count += 1;
        }
        assert!(count >= 55, "{count}");
    }
}

/// A board without a screen, with these keys.
fn board(keys: &str) -> String {
    let pc =
        include_str!("../../../../boards/linux-pc.toml").replace("\"window\"", "\"none\"").replace("linux-pc", "b");
    let lines = pc.lines().filter(|line| !line.contains("_px = ") && !line.starts_with("device_tree"));
    format!("{keys}\n{}\n", lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_board_says_who_gives_the_voice_and_where_the_face_goes() {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    receiver.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let to = format!("to = [\"livelink://{}\"]", receiver.local_addr().unwrap());
    let keys = format!("{to}\nvoice = {{ input = \"unix:voice\", control = \"unix:control\" }}");
    desk.write("b.toml", board(&keys));
    let child = desk.command("run --board b.toml --json").stdout(Stdio::piped()).spawn().unwrap();
    wait_for(&desk.path("control"));
    wait_for(&desk.path("voice")).write_all(&raw(&clip()[..8_000])).unwrap();
    let mut widest = 0.0f32;
    let start = Instant::now();
    while widest < 0.05 && start.elapsed() < Duration::from_secs(20) {
        let mut datagram = [0; 2_048];
        let length = receiver.recv(&mut datagram).unwrap();
        let jaw = length - 4 * 61 + 4 * 17;
        widest = widest.max(f32::from_be_bytes(datagram[jaw..jaw + 4].try_into().unwrap()));
    }
    assert!(widest >= 0.05, "{widest}");
    stopped(child);
    // An input of one's own leaves the board's voice out, and a target of one's own its receivers.
    desk.run("run --board b.toml --input a.wav --fast --to file:a.csv").fine();
    assert!(desk.text("a.csv").lines().count() > 10);
}

#[test]
fn a_units_limits_follow_from_its_board() {
    let desk = Desk::new();
    desk.write("b.toml", board("to = [\"vmc://192.0.2.7\"]\nvoice = { serve = \"127.0.0.1:8765\", clients = 20 }"));
    let told = desk.run("unit --board b.toml").fine().stdout;
    assert!(told.ends_with("[Service]\nTasksMax=76\nMemoryMax=480M\nIPAddressAllow=192.0.2.7/32\n"), "{told}");
}

#[test]
fn what_does_not_go_together_is_told() {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    let cases = [
        (
            "run --play --to none",
            "keyface: --play: expected --input with a file, -, tcp://HOST:PORT or unix:PATH, or --serve, came none",
        ),
        ("run --input mic --play --to none", "keyface: --input mic: expected a voice for the face "),
        ("run --input a.wav --play --to file:a.csv", "keyface: --to file: expected a face that hears, came --play"),
        (
            "run --input a.wav --play --fast --to none",
            "keyface: --fast: expected real time, because the voice is heard, ",
        ),
        ("run --to none,screen", "keyface: --to none: expected nothing beside it, came more"),
        ("run --to ftp://x", "keyface: --to: expected screen, servo, file:FILE, none, livelink://HOST[:11111], "),
        ("run --to vmc://", "keyface: --to vmc://: expected a host, came "),
    ];
    for (args, starts) in cases {
        let line = desk.refuse(args);
        assert!(line.starts_with(starts), "{line}");
    }
}
