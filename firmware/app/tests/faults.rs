//! What a user gives wrongly, or a machine lacks: each ends with one clear line and exit code 2, or goes on as stated.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The shipped model.
const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/live");
const FLAC: &[u8] = include_bytes!("../../core/src/decode/sounds/tone.flac");

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A copy of the shipped model, to be damaged.
    fn model(&self) -> PathBuf {
        let folder = self.path("model");
        fs::create_dir(&folder).unwrap();
        for file in ["card.toml", "key_motion.onnx", "completion.onnx"] {
            fs::copy(Path::new(MODEL).join(file), folder.join(file)).unwrap();
        }
        folder
    }

    fn keyface(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyface"));
        command.args(arguments).current_dir(self.folder.path());
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("RUST_LOG").output().unwrap()
    }

    fn animate(&self, sound: &Path, out: &str) -> Output {
        self.keyface(&["animate", sound.to_str().unwrap(), "--model", MODEL, "--out", out])
    }

    fn animate_with(&self, model: &Path) -> Output {
        let sound = self.file("tone.flac", FLAC);
        self.keyface(&["animate", sound.to_str().unwrap(), "--model", model.to_str().unwrap(), "--out", "a.csv"])
    }
}

/// The one line of a refusal.
fn refusal(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("keyface: "), "{text}");
    text
}

#[test]
fn an_empty_file_is_refused() {
    let desk = Desk::new();
    assert!(refusal(&desk.animate(&desk.file("a.wav", ""), "a.csv")).contains("came an empty file"));
}

#[test]
fn a_text_renamed_to_wav_is_refused() {
    let desk = Desk::new();
    let line = refusal(&desk.animate(&desk.file("a.wav", "Hello, I am a letter."), "a.csv"));
    assert!(line.contains("came a text that starts \"Hello, I am a letter"), "{line}");
}

#[test]
fn a_missing_file_is_refused() {
    let desk = Desk::new();
    assert!(refusal(&desk.animate(Path::new("none.wav"), "a.csv")).contains("none.wav: cannot open it: No such file"));
}

#[test]
fn a_truncated_flac_is_animated_with_a_warning() {
    let desk = Desk::new();
    let output = desk.animate(&desk.file("a.flac", &FLAC[..FLAC.len() * 2 / 3]), "a.visemes.tsv");
    let warning = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{warning}");
    assert!(warning.contains("warning: ") && warning.contains("expected 0.25 s as its header says"), "{warning}");
    assert!(desk.path("a.visemes.tsv").exists());
}

#[test]
fn a_network_of_no_bytes_is_refused() {
    let desk = Desk::new();
    let model = desk.model();
    fs::write(model.join("key_motion.onnx"), "").unwrap();
    assert!(refusal(&desk.animate_with(&model)).contains("came 0 bytes"));
}

#[test]
fn a_network_of_garbage_is_refused() {
    let desk = Desk::new();
    let model = desk.model();
    let bytes = fs::metadata(model.join("completion.onnx")).unwrap().len() as usize;
    fs::write(model.join("completion.onnx"), vec![7; bytes]).unwrap();
    assert!(refusal(&desk.animate_with(&model)).contains("completion.onnx: expected sha256"));
}

#[test]
fn a_card_that_lies_about_shapes_is_refused() {
    let desk = Desk::new();
    let model = desk.model();
    let card = fs::read_to_string(model.join("card.toml")).unwrap();
    let lying: Vec<&str> =
        card.lines().map(|line| if line.starts_with("trunk_width") { "trunk_width = 7" } else { line }).collect();
    fs::write(model.join("card.toml"), lying.join("\n")).unwrap();
    let line = refusal(&desk.animate_with(&model));
    assert!(line.contains("trunk"), "{line}");
}

#[test]
fn a_card_that_is_no_card_is_refused() {
    let desk = Desk::new();
    let model = desk.model();
    fs::write(model.join("card.toml"), "[[[").unwrap();
    assert!(refusal(&desk.animate_with(&model)).contains("card.toml"));
}

#[test]
fn a_missing_model_is_refused() {
    let desk = Desk::new();
    assert!(
        refusal(&desk.animate_with(Path::new("no-such-model"))).contains("model `no-such-model`: expected card.toml")
    );
}

#[test]
fn a_folder_that_cannot_be_made_is_refused() {
    let desk = Desk::new();
    desk.file("blocked", "");
    let line = refusal(&desk.animate(&desk.file("a.flac", FLAC), "blocked/a.csv"));
    assert!(line.contains("blocked: cannot make this folder: "), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_refused() {
    let desk = Desk::new();
    let line = refusal(&desk.animate(&desk.file("a.flac", FLAC), "/proc/a.csv"));
    assert!(line.contains("/proc/a.csv: cannot write it: "), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    let sound = desk.file("a.flac", FLAC);
    // A limit on the size of files is a full disk for one process.
    let command = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} animate {} --model {MODEL} --out a.poses.jsonl",
        env!("CARGO_BIN_EXE_keyface"),
        sound.display()
    );
    let output = Command::new("bash").args(["-c", &command]).current_dir(desk.folder.path()).output().unwrap();
    assert!(refusal(&output).contains("a.poses.jsonl: cannot write it: File too large"));
    assert_eq!(fs::read_dir(desk.folder.path()).unwrap().count(), 1);
}

#[test]
fn an_unknown_ending_is_refused() {
    let desk = Desk::new();
    assert!(refusal(&desk.animate(&desk.file("a.flac", FLAC), "a.mov")).contains("expected one of .csv"));
}

#[test]
fn a_window_without_a_display_is_refused() {
    let desk = Desk::new();
    let sound = desk.file("a.flac", FLAC);
    let output = desk.keyface(&["run", "--input", sound.to_str().unwrap(), "--model", MODEL]);
    assert!(refusal(&output).contains("screen: "), "{output:?}");
}

#[test]
fn a_machine_without_a_sound_card_is_told_so() {
    let desk = Desk::new();
    let output = desk.keyface(&["run", "--device", "alsa:no-such-card", "--to", "file:a.csv", "--model", MODEL]);
    assert!(refusal(&output).contains("microphone: expected a device that records, came none"), "{output:?}");
}

#[test]
fn a_fast_run_and_animate_write_the_same_files() {
    let desk = Desk::new();
    let sound = desk.file("a.flac", FLAC);
    desk.animate(&sound, "a.visemes.tsv");
    let to = "file:b.visemes.tsv";
    let output =
        desk.keyface(&["run", "--input", sound.to_str().unwrap(), "--to", to, "--fast", "--model", MODEL, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(fs::read(desk.path("a.visemes.tsv")).unwrap(), fs::read(desk.path("b.visemes.tsv")).unwrap());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["steps"].as_u64().unwrap() > 12, "{report}");
}

#[test]
fn every_file_is_written_and_the_same_each_time() {
    let desk = Desk::new();
    let sound = desk.file("a.flac", FLAC);
    let names = ["a.csv", "a.tsv", "a.json", "a.visemes.tsv", "a.poses.jsonl", "a.gif", "a.png"];
    let write = || {
        let outs: Vec<&str> = names.iter().flat_map(|name| ["--out", name]).collect();
        let arguments = [&["animate", sound.to_str().unwrap(), "--model", MODEL][..], &outs].concat();
        assert_eq!(desk.keyface(&arguments).status.code(), Some(0));
        names.map(|name| fs::read(desk.path(name)).unwrap())
    };
    assert_eq!(write(), write());
    assert_eq!(fs::read_to_string(desk.path("a.csv")).unwrap().lines().count(), 1 + 15);
}
