//! A machine without a sound card or a display, and a person who stops the program.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::util::{Desk, MODELS, Run};
use crate::wav::{CLIP_HZ, Form, clip_wav, wav};

/// Nobody waits longer to hear that there is no microphone.
const PATIENCE: Duration = Duration::from_secs(3);

#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_a_microphone_says_so_at_once() {
    let desk = Desk::new();
    desk.write("asound.conf", "");
    for args in [
        "run --input mic --to file:a.csv",
        "run --input mic --to file:a.csv --device moon",
        "run --input mic --to file:a.csv --device alsa:moon",
        "doctor --latency --board linux-pc --json",
        "doctor --latency --board linux-pc --json --device moon",
    ] {
        let started = Instant::now();
        let mut command = desk.command(args);
        let line = desk.refused(|| command.env("ALSA_CONFIG_PATH", desk.path("asound.conf")).output().unwrap().into());
        assert!(line.starts_with("keyface: microphone: expected a device that records, came "), "{line}");
        assert!(line.contains("`keyface devices` lists what there is"), "{line}");
        assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_board_whose_microphone_is_missing_shows_a_face_at_rest_until_it_comes() {
    let desk = Desk::new();
    desk.write("asound.conf", "");
    let mut command = desk.command("run --board linux-pc --seconds 1 --to file:a.poses.jsonl --still");
    let run: Run = command.env("ALSA_CONFIG_PATH", desk.path("asound.conf")).output().unwrap().into();
    let line = run.warned();
    assert!(line.starts_with("keyface: microphone: ") && line.ends_with("it is tried until it is there"), "{line}");
    assert!(desk.text("a.poses.jsonl").lines().count() > 50);
}

#[cfg(target_os = "linux")]
#[test]
fn a_microphones_name_that_none_can_have_is_refused_at_once_and_one_that_may_come_is_awaited() {
    let desk = Desk::new();
    desk.write("asound.conf", "");
    let board = |device: &str| {
        let text = format!(
            "name = \"b\"\ninherits = \"linux-pc\"\ndescription = \"x\"\nmicrophone = {{ device = {device:?} }}"
        );
        desk.write("b.toml", text);
        let mut command = desk.command("run --board ./b.toml --seconds 1 --to file:a.poses.jsonl --still --json");
        Run::from(command.env("ALSA_CONFIG_PATH", desk.path("asound.conf")).output().unwrap())
    };
    for malformed in ["hw:1.0", "1,0", "plughw:"] {
        let run = board(malformed);
        let is_refused = run.code == Some(2) && !desk.path("a.poses.jsonl").exists();
        assert!(is_refused && run.stderr.contains("names no device: write an id or a name"), "{run:?}");
    }
    for absent in ["hw:7,0", "plughw:CARD=Device,DEV=0", "Inverted stereo mic"] {
        let run = board(absent).done();
        assert!(run.stderr.contains("it is tried until it is there"), "{run:?}");
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["audio_s"].as_f64(), Some(0.0), "silence in place of a microphone is not heard");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_a_display_is_told_to_the_user() {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    for args in ["run --input a.wav", "run --input a.wav --to screen,file:a.csv"] {
        let line = desk.refuse(args);
        assert!(line.starts_with("keyface: screen: ") && line.contains("display"), "{line}");
    }
    let mut command = desk.command("run --input a.wav --to screen");
    let line = desk.refused(|| command.env("DISPLAY", ":4711").output().unwrap().into());
    assert!(line.starts_with("keyface: screen: "), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_demo_makes_pictures_where_there_is_no_display() {
    let desk = Desk::new();
    fs::create_dir(desk.path("m")).unwrap();
    for file in ["card.toml", "key_motion.onnx", "completion.onnx"] {
        fs::copy(format!("{MODELS}/live/{file}"), desk.path("m").join(file)).unwrap();
    }
    desk.write("m/demo.wav", clip_wav());
    let run = desk.run("demo --model ./m").fine();
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("no display was found"), "{run:?}");
    for (line, file) in lines[1..].iter().zip(["out/demo.gif", "out/demo-contact.png"]) {
        let path = fs::canonicalize(desk.path(file)).unwrap();
        assert!(line.ends_with(path.to_str().unwrap()), "{line}");
    }
    desk.write("file", "");
    let line = desk.refuse("demo --model ./m --pictures --out file");
    assert_eq!(line, "keyface: file: cannot make this folder: File exists (os error 17)");
}

#[cfg(unix)]
#[test]
fn a_job_that_is_stopped_leaves_no_half_file() {
    let desk = Desk::new();
    let ten_minutes = vec![0.1; 600 * CLIP_HZ as usize];
    desk.write("a.wav", wav(&ten_minutes, CLIP_HZ, 1, Form::Bits16));
    desk.write("a.gif", "old");
    let run = desk.untouched(|| {
        let mut command = desk.command("animate a.wav --out a.gif");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while fs::read_dir(desk.path("")).unwrap().count() < 3 {
            thread::sleep(Duration::from_millis(10));
        }
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        child.wait_with_output().unwrap().into()
    });
    assert_eq!(run.code, Some(130), "{run:?}");
    assert_eq!(run.line(), "keyface: stopped before the end; what was not finished was not written");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_a_file_as_any_other() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let desk = Desk::new();
    let name = |bytes: &'static [u8]| OsStr::from_bytes(bytes);
    fs::write(desk.path("").join(name(b"\xff.wav")), wav(&[0.1; 16_000], 16_000, 1, Form::Bits16)).unwrap();
    let mut command = desk.command("animate");
    command.args([name(b"\xff.wav"), OsStr::new("--out"), name(b"\xfe.csv"), OsStr::new("--json")]);
    let run: Run = command.output().unwrap().into();
    assert!(run.fine().stdout.contains("\u{fffd}.csv"));
    assert!(desk.path("").join(name(b"\xfe.csv")).is_file());
}
