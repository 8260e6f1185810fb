//! The program as systemd sees it: a stand-in for its socket hears when the service is ready, beats and stops.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::util::{Desk, Run};
use crate::wav::{CLIP_HZ, Form, clip, raw, wav};

/// A service that does not beat for this long is dead.
const WATCHDOG: Duration = Duration::from_secs(2);
/// Nothing that is waited for takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A service that does not outlive its test.
struct Service(Option<Child>);

impl Service {
    fn child(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }

    fn signal(&mut self, name: &str) {
        let id = self.child().id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Waits for its end.
    fn run(mut self) -> Run {
        self.0.take().unwrap().wait_with_output().unwrap().into()
    }

    fn end(mut self) -> Run {
        self.signal("-TERM");
        self.run()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            _ = child.kill();
            _ = child.wait();
        }
    }
}

/// The service manager's end.
struct Manager {
    socket: UnixDatagram,
    desk: Desk,
}

impl Manager {
    fn new() -> Manager {
        let desk = Desk::new();
        let socket = UnixDatagram::bind(desk.path("notify")).unwrap();
        socket.set_read_timeout(Some(WATCHDOG)).unwrap();
        Manager { socket, desk }
    }

    fn start(&self, args: &str) -> Service {
        let mut command = self.desk.command(args);
        command.env("NOTIFY_SOCKET", self.desk.path("notify")).env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string());
        command.env_remove("WATCHDOG_PID");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Service(Some(command.spawn().unwrap()))
    }

    /// What the service says next; `None` when the watchdog's time passes first.
    fn hear(&self) -> Option<String> {
        let mut bytes = [0; 1_024];
        let length = self.socket.recv(&mut bytes).ok()?;
        Some(String::from_utf8(bytes[..length].to_vec()).unwrap())
    }

    /// Waits for a message with this line.
    fn wait_for(&self, line: &str) -> String {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(message) = self.hear().filter(|message| message.lines().any(|l| l == line)) {
                return message;
            }
        }
        panic!("{line} was never said");
    }
}

/// A recording of ten minutes on the desk.
fn long_sound(manager: &Manager) {
    let sound: Vec<f32> = clip().into_iter().cycle().take(600 * CLIP_HZ as usize).collect();
    manager.desk.write("long.wav", wav(&sound, CLIP_HZ, 1, Form::Bits16));
}

#[test]
fn a_service_is_ready_with_its_first_motion_then_beats_and_ends_in_order() {
    let manager = Manager::new();
    long_sound(&manager);
    let mut service = manager.start("run --input long.wav --to file:a.csv");
    assert_eq!(manager.hear_first(), "READY=1\n");
    for _ in 0..5 {
        let beat = manager.hear().expect("a beat within the watchdog's time");
        assert!(beat.starts_with("WATCHDOG=1\nSTATUS=hears long.wav "), "{beat}");
    }
    service.signal("-TERM");
    manager.wait_for("STOPPING=1");
    let run = service.run().done();
    assert!(run.stderr.is_empty() && manager.desk.text("a.csv").lines().count() > 10, "{run:?}");
}

#[test]
fn a_service_that_hangs_stops_to_beat() {
    let manager = Manager::new();
    long_sound(&manager);
    let mut service = manager.start("run --input long.wav --to file:a.csv");
    manager.wait_for("WATCHDOG=1");
    service.signal("-STOP");
    while manager.hear().is_some() {}
    service.signal("-CONT");
    manager.wait_for("WATCHDOG=1");
    service.end().done();
}

#[test]
fn a_pipe_that_says_nothing_is_no_hang() {
    let manager = Manager::new();
    let mut service = manager.start("run --input - --to file:a.csv");
    let mut pipe = service.child().stdin.take().unwrap();
    pipe.write_all(&raw(&clip()[..8_000])).unwrap();
    manager.wait_for("READY=1");
    thread::sleep(2 * WATCHDOG);
    for _ in 0..8 {
        manager.hear().expect("a beat within the watchdog's time");
    }
    service.end().done();
}

#[test]
fn a_program_that_nobody_watches_tells_nobody() {
    let manager = Manager::new();
    let run = manager
        .desk
        .pipe("run --input - --fast --format s16le --rate 16000 --to file:a.csv", &raw(&clip()), 4_096)
        .fine();
    assert!(run.stdout.contains("heard "), "{run:?}");
    assert_eq!(manager.hear(), None);
}

#[test]
fn what_a_board_asks_of_the_processors_and_does_not_get_is_a_warning() {
    let desk = Desk::new();
    let board = include_str!("../../../../boards/linux-pc.toml");
    desk.write("b.toml", format!("{board}\n[cpu]\naffinity = [1000]\n"));
    let line = desk
        .pipe("run --board b.toml --input - --fast --format s16le --rate 16000 --to file:a.csv", &raw(&clip()), 4_096)
        .warned();
    assert!(line.starts_with("keyface: warning: the board's cpu.affinity [1000] is refused ("), "{line}");
    assert!(desk.text("a.csv").lines().count() > 10);
}

impl Manager {
    /// The first message, however long the model takes to load.
    fn hear_first(&self) -> String {
        let start = Instant::now();
        loop {
            match self.hear() {
                Some(message) => return message,
                None => assert!(start.elapsed() < PATIENCE, "nothing was said"),
            }
        }
    }
}
