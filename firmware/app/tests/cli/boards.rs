//! Boards: what is found, what is refused, what `doctor` says of a machine and `bench` of its budgets.

use std::fs;

use serde_json::Value;

use crate::util::{Desk, Run};
use crate::wav::clip_wav;

/// A board without microphone's or screen's needs but with this machine's processor.
fn board(more: &str) -> String {
    let arch = std::env::consts::ARCH;
    format!(
        "name = \"b\"\ndescription = \"A desk.\"\ntarget = \"{arch}-unknown-linux-gnu\"\nglibc = \"2.17\"\n\
         model = \"live\"\nlook_ahead_ms = 60\nmicrophone = {{ device = \"default\", rate_hz = 48000 }}\n{more}\n"
    )
}

fn desk(more: &str) -> Desk {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    desk.write("b.toml", board(more));
    desk
}

const NO_SCREEN: &str = "display = { kind = \"none\" }";

/// `doctor` on a machine whose sound system has no device.
fn doctor(desk: &Desk, args: &str) -> Run {
    desk.write("asound.conf", "");
    let mut command = desk.command(&format!("doctor {args}"));
    command.env("ALSA_CONFIG_PATH", desk.path("asound.conf")).env_remove("KEYFACE_BOARD").output().unwrap().into()
}

#[test]
fn an_unknown_board_is_told_with_those_that_are_here() {
    let line = Desk::new().refuse("run --board moon --input a.wav");
    assert!(line.starts_with("keyface: board `moon`: expected one of emulated, jetson-agx-orin, "), "{line}");
    assert!(line.ends_with("/etc/keyface/boards, /usr/share/keyface/boards), came none"), "{line}");
}

#[test]
fn a_folder_of_boards_is_searched_first_and_a_parent_beside_its_child() {
    let desk = desk(NO_SCREEN);
    fs::create_dir(desk.path("mine")).unwrap();
    desk.write("mine/emulated.toml", board(NO_SCREEN));
    desk.write("mine/linux-pc.toml", "name = \"linux-pc\"\ninherits = \"emulated\"\nlook_ahead_ms = 20\n");
    let line = desk.refused(|| {
        let mut command = desk.command("run --board linux-pc --input a.wav --to file:a.csv");
        command.env("KEYFACE_BOARDS", desk.path("mine")).output().unwrap().into()
    });
    let expected = "model `live`: expected a look-ahead of 20 ms, which board linux-pc wants, came 60 ms";
    assert_eq!(line, format!("keyface: {expected}"));
}

#[test]
fn a_model_that_was_asked_for_is_taken_whatever_the_board_says() {
    desk(NO_SCREEN).run("run --board b.toml --model instant --input a.wav --fast --to file:a.csv").fine();
}

#[test]
fn a_board_whose_parent_is_missing_or_itself_is_refused() {
    let desk = Desk::new();
    for (text, told) in [
        ("inherits = \"moon\"", "board `moon`: expected one of "),
        ("inherits = \"b\"", "b.toml: expected a board that does not inherit from itself, came a circle"),
        ("inherits = 3", "b.toml: expected the name of a board, came inherits = 3"),
        ("inherits = \"../b\"", "b.toml: expected the name of a board, came inherits = \"../b\""),
        ("inherits = \"linux-pc\"", "missing field `name`"),
        ("inherits = \"linux-pc\"\nname = \"b\"\ncpu = { afinity = [1] }", "unknown field `afinity`, expected "),
        ("[[[", "b.toml: line 1: "),
    ] {
        desk.write("b.toml", text);
        let line = desk.refuse("run --board ./b.toml --input a.wav");
        assert!(line.contains(told), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_a_microphone_is_told_by_the_doctor() {
    let run = doctor(&desk(NO_SCREEN), "--board b.toml");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stdout.starts_with("board b, because it was asked for: A desk.\n"), "{run:?}");
    let found = |part: &str| run.stdout.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{run:?}"));
    assert!(found(" microphone ").starts_with("failed "), "{run:?}");
    for part in [" processor ", " C library ", " model ", " line ", " display ", " disk "] {
        assert!(!found(part).starts_with("failed "), "{run:?}");
    }
    let last = "keyface: board b: no face will run here before this is mended: microphone\n";
    assert_eq!(run.stderr, last, "{run:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_board_whose_voice_is_given_needs_no_microphone() {
    let keys = format!("{NO_SCREEN}\nto = [\"vmc://127.0.0.1\"]\nvoice = {{ serve = \"127.0.0.1:0\" }}");
    let run = doctor(&desk(&keys), "--board b.toml");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(!run.stdout.contains(" microphone ") && run.stdout.contains("serve       127.0.0.1:0 is free"), "{run:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_doctors_findings_are_json_too() {
    let run = doctor(&desk("display = { kind = \"window\", width_px = 64, height_px = 64 }"), "--board b.toml --json");
    assert_eq!(run.code, Some(2), "{run:?}");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    let verdict = |part: &str| {
        let findings = json["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["part"] == part).map(|finding| finding["verdict"].as_str().unwrap())
    };
    assert_eq!((verdict("model"), verdict("display")), (Some("ok"), Some("failed")), "{json}");
    assert_eq!((verdict("servos"), &json["board"]), (None, &Value::from("b")), "{json}");
}

#[cfg(target_os = "linux")]
#[test]
fn another_machine_than_the_boards_is_told_with_each_difference() {
    let other = if cfg!(target_arch = "x86_64") { "raspberry-pi-5" } else { "linux-pc" };
    let desk = Desk::new();
    desk.write("b.toml", format!("name = \"b\"\ninherits = \"{other}\"\nglibc = \"2.99\"\nmodel = \"instant\""));
    let run = doctor(&desk, "--board b.toml");
    for told in ["where the board says", "(up to 2.99) may not start", "a look-ahead of 60 ms, which board b wants"] {
        assert!(run.stdout.contains(told), "{told}: {run:?}");
    }
    let last = "no face will run here before this is mended: processor, C library, model, microphone, display\n";
    assert!(run.stderr.ends_with(last), "{run:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn servos_without_a_bus_are_told_with_what_brings_it() {
    let servos = "[servos]\npca9685 = { bus = \"/dev/i2c-4711\", address = 64, rate_hz = 50 }\n[[servos.joint]]\n\
                  name = \"jaw\"\noutput = 0\nfollows = { jawOpen = 1.0 }\nrest_us = 1500\nfull_us = 1700\nmin_us = 1400\n\
                  max_us = 1800\nmax_speed_us_per_s = 1.0\nmax_acceleration_us_per_s2 = 1.0";
    let run = doctor(&desk(&format!("{NO_SCREEN}\n{servos}")), "--board b.toml");
    assert!(run.stdout.contains("servos      /dev/i2c-4711 is not there"), "{run:?}");
    assert!(run.stdout.contains("-> enable I2C"), "{run:?}");
}

#[test]
fn a_budget_that_holds_ends_well_and_one_that_does_not_with_what_to_lower() {
    let budget = "[budget]\nstep_p99_ms = 10000.0\npicture_p95_ms = 0.0001\nrss_mb = 10000.0";
    let desk = desk(&format!("display = {{ kind = \"fbdev\", width_px = 128, height_px = 96 }}\n{budget}"));
    let run = desk.run("bench --board b.toml --seconds 1");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.starts_with("keyface: board b: over its budget: picture_p95_ms "), "{run:?}");
    assert!(run.stdout.contains("picture of 128x96, 95 % within"), "{run:?}");
    assert!(run.stdout.contains("-> picture_p95_ms: 64x48 takes "), "{run:?}");
    desk.write("b.toml", board(NO_SCREEN));
    desk.run("bench --board b.toml --seconds 1").fine();
}

#[test]
fn a_budget_is_json_too() {
    let desk = desk(&format!("{NO_SCREEN}\n[budget]\nstep_p99_ms = 10000.0\nrss_mb = 0.001"));
    let run = desk.run("bench --board b.toml --seconds 1 --json");
    assert_eq!(run.code, Some(2), "{run:?}");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    let rows = json["board"]["rows"].as_array().unwrap();
    let verdict = |key: &str| rows.iter().find(|row| row["key"] == key).map(|row| row["verdict"].as_str().unwrap());
    assert_eq!((verdict("step_p99_ms"), verdict("picture_p95_ms")), (Some("within"), Some("untold")), "{json}");
    if cfg!(target_os = "linux") {
        assert_eq!(verdict("rss_mb"), Some("over"), "{json}");
        assert!(json["board"]["advice"][0].as_str().unwrap().starts_with("rss_mb: "), "{json}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_does_not_fit_on_the_disk_is_an_error_and_a_reader_that_left_is_none() {
    let desk = desk(NO_SCREEN);
    for args in ["bench --seconds 1 --json", "bench --seconds 1", "animate a.wav --out a.csv --json"] {
        let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let run: Run = desk.command(args).stdout(full()).output().unwrap().into();
        assert_eq!(run.code, Some(2), "{args}: {run:?}");
        let expected = "keyface: standard output: cannot write to it: No space left on device (os error 28)\n";
        assert_eq!(run.stderr, expected, "{args}");
    }
    let mut left = std::process::Command::new("true").stdin(std::process::Stdio::piped()).spawn().unwrap();
    let pipe = left.stdin.take().unwrap();
    left.wait().unwrap();
    let mut command = desk.command("bench --seconds 1 --json");
    let run: Run = command.stdout(std::process::Stdio::from(pipe)).output().unwrap().into();
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_live_job_is_of_the_board_that_this_machine_is_said_to_be() {
    let desk = Desk::new();
    desk.write("odd.toml", "inherits = \"linux-pc\"\nname = \"odd\"\nto = [\"none\"]\n");
    let clip = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/live/demo.wav");
    let args = format!("run --input {clip} --fast --seconds 0.5");
    let by_variable =
        |args: &str| -> Run { desk.command(args).env("KEYFACE_BOARD", "odd.toml").output().unwrap().into() };
    let run = by_variable(&args);
    assert!(
        run.code == Some(0) && run.stderr.starts_with("board odd.toml, because KEYFACE_BOARD says so\n"),
        "{run:?}"
    );
    let asked = by_variable(&format!("{args} --board linux-pc --to file:a.csv"));
    assert!(asked.code == Some(0) && !asked.stderr.contains("odd"), "{asked:?}");
}
