//! Files that cannot be written, and files that are written whole.

use std::fs;
use std::process::Command;

use crate::util::{Desk, KEYFACE, MODELS, Run};
use crate::wav::clip_wav;

const ENDINGS: [&str; 11] =
    ["csv", "tsv", "json", "xml", "dat", "visemes.tsv", "poses.jsonl", "glb", "vrma", "gif", "png"];

/// A desk with a sound `a.wav`.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    desk
}

/// Runs with a disk that takes files of so many blocks; works for root too.
fn on_full_disk(desk: &Desk, blocks: u32, args: &str) -> Run {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {KEYFACE} {args}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(desk.path("")).env("KEYFACE_MODELS", MODELS).env_remove("RUST_LOG");
    shell.output().unwrap().into()
}

#[test]
fn an_unknown_ending_is_told_with_those_that_are_known() {
    for args in ["animate a.wav --out a.mov", "animate a.wav --out ok.csv --out a.mov", "animate a.wav --out /dev/full"]
    {
        let line = desk().refuse(args);
        assert!(line.contains(": expected one of .csv (Live Link Face), "), "{line}");
        assert!(line.ends_with("came another ending"), "{line}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let desk = desk();
    desk.write("file", "");
    let line = desk.refuse("animate a.wav --out file/a.csv");
    assert_eq!(line, "keyface: file: cannot make this folder: File exists (os error 17)");
    let line = desk.refuse("animate a.wav --out file/deep/a.csv");
    assert_eq!(line, "keyface: file/deep: cannot make this folder: Not a directory (os error 20)");
    if cfg!(target_os = "linux") {
        let line = desk.refuse("animate a.wav --out /proc/a.csv");
        assert!(line.starts_with("keyface: /proc/a.csv: cannot write it: "), "{line}");
    }
}

#[test]
fn a_folder_in_the_files_place_is_refused_before_anything_is_written() {
    let desk = desk();
    fs::create_dir(desk.path("b.csv")).unwrap();
    desk.write("a.csv", "old");
    let line = desk.refuse("animate a.wav --out a.csv --out b.csv");
    assert_eq!(line, "keyface: b.csv: expected a file to write, came a folder");
}

#[test]
fn one_file_named_twice_is_refused() {
    let line = desk().refuse("animate a.wav --out a.csv --out ./a.csv");
    assert_eq!(line, "keyface: ./a.csv: expected different files, came the same file twice");
}

#[test]
fn a_full_disk_leaves_every_old_file_as_it_was() {
    let desk = desk();
    for ending in ENDINGS {
        desk.write(&format!("a.{ending}"), "old");
        let line = desk.refused(|| on_full_disk(&desk, 0, &format!("animate a.wav --out a.{ending}")));
        assert!(line.starts_with(&format!("keyface: a.{ending}: ")), "{line}");
        assert!(line.ends_with("File too large (os error 27)"), "{line}");
    }
}

#[test]
fn a_disk_that_is_full_midway_leaves_the_old_file_as_it_was() {
    let desk = desk();
    desk.write("a.csv", "old");
    for args in ["animate a.wav --out a.csv", "run --input a.wav --fast --to file:a.csv"] {
        let line = desk.refused(|| on_full_disk(&desk, 16, args));
        assert_eq!(line, "keyface: a.csv: cannot write it: File too large (os error 27)");
    }
}

#[test]
fn the_same_sound_gives_the_same_bytes_in_every_format() {
    let desk = desk();
    for folder in ["x", "y"] {
        let outs: String = ENDINGS.iter().map(|ending| format!(" --out {folder}/a.{ending}")).collect();
        desk.run(&format!("animate a.wav{outs}")).fine();
    }
    for ending in ENDINGS {
        let same = desk.read(&format!("x/a.{ending}")) == desk.read(&format!("y/a.{ending}"));
        assert!(same, ".{ending} differs");
    }
    assert_eq!(fs::read_dir(desk.path("x")).unwrap().count(), ENDINGS.len());
}

#[test]
fn the_files_that_were_written_are_told() {
    let run = desk().run("animate a.wav --out a.csv --out b/a.json").fine();
    assert_eq!(run.stdout, "a.csv\nb/a.json\n");
}

#[test]
fn heads_and_brows_of_files_follow_the_voice_when_they_are_asked_for() {
    let desk = desk();
    // Columns of a Live Link CSV: outer brow, and the head's pitch; the frames in which it speaks.
    let moved = |args: &str| {
        desk.run(&format!("animate a.wav --out a.csv --fps 30 --without blinks,glances,breath {args}"));
        let text = fs::read_to_string(desk.path("a.csv")).unwrap();
        let names: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let at = |name: &str| names.iter().position(|n| *n == name).unwrap();
        let row = |name: &str| {
            text.lines().skip(1).map(|line| line.split(',').nth(at(name)).unwrap().to_owned()).collect::<Vec<_>>()
        };
        let moves = |row: Vec<String>| row.iter().any(|value| *value != row[0]);
        (moves(row("BrowOuterUpLeft")), moves(row("HeadPitch")))
    };
    assert_eq!(moved(""), (false, false));
    assert_eq!(moved("--alive"), (true, true));
    assert_eq!(moved("--alive --without nods"), (true, false));
    assert_eq!(moved("--alive --without brows"), (false, true));
}
