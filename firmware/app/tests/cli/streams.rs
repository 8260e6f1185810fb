//! Sound on standard input: however it comes, it means the same as the file.

use crate::util::Desk;
use crate::wav::{CLIP_HZ, Form, clip, clip_wav, raw, wav};

const FILES: [&str; 4] = ["a.csv", "a.visemes.tsv", "a.tsv", "a.poses.jsonl"];

/// The files of `args` into a folder of their own, from standard input in chunks.
fn same_from_pipe(args: &str, bytes: &[u8], chunk: usize) {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    let outs: String = FILES.iter().map(|file| format!(" --out x/{file}")).collect();
    desk.run(&format!("animate a.wav{outs}")).fine();
    let to = if args.starts_with("run") { "--to file:" } else { "--out " };
    let outs: String = FILES.iter().map(|file| format!(" {to}y/{file}")).collect();
    desk.pipe(&format!("{args}{outs}"), bytes, chunk).fine();
    for file in FILES {
        let same = desk.text(&format!("x/{file}")) == desk.text(&format!("y/{file}"));
        assert!(same, "{args} in chunks of {chunk}: {file} differs");
    }
}

#[test]
fn chunks_of_any_size_give_the_files_bytes() {
    [1, 333, 4_099].iter().for_each(|chunk| same_from_pipe("animate -", &raw(&clip()), *chunk));
}

#[test]
fn a_live_job_as_fast_as_it_can_gives_the_files_bytes() {
    [1, 333, 4_099].iter().for_each(|chunk| same_from_pipe("run --input - --fast", &raw(&clip()), *chunk));
}

#[test]
fn a_wav_on_a_pipe_gives_the_files_bytes() {
    for args in ["animate -", "run --input - --fast"] {
        same_from_pipe(args, &clip_wav(), 7);
    }
}

#[test]
fn a_pipe_that_is_closed_at_once_is_refused() {
    let desk = Desk::new();
    for args in ["animate - --out a.csv", "run --input - --to file:a.csv"] {
        assert_eq!(desk.refuse(args), "keyface: standard input: expected sound, came nothing");
    }
}

#[test]
fn samples_that_end_midway_are_heard_with_a_warning() {
    let desk = Desk::new();
    let mut bytes = raw(&clip());
    bytes.push(7);
    for args in ["animate - --out a.csv", "run --input - --fast --to file:b.csv"] {
        let line = desk.pipe(args, &bytes, 1_000).warned();
        assert!(line.ends_with("standard input: it ends within a sample, whose half is left out"), "{line}");
    }
    assert_eq!(desk.text("a.csv"), desk.text("b.csv"));
}

#[test]
fn a_live_job_refuses_what_it_would_hear_as_noise() {
    let desk = Desk::new();
    let stereo = wav(&clip(), CLIP_HZ, 2, Form::Bits16);
    let cases = [(stereo.as_slice(), "2 channels"), (include_bytes!("data/clip.flac"), "a packed sound file")];
    for (bytes, came) in cases {
        let line = desk.refused(|| desk.pipe("run --input - --to file:a.csv", bytes, 4_096));
        assert!(
            line.starts_with("keyface: standard input: expected 16-bit mono samples, raw or as WAV, came "),
            "{line}"
        );
        assert!(line.contains(came), "{line}");
    }
}

#[test]
fn a_job_ends_after_the_seconds_that_were_asked_for() {
    let desk = Desk::new();
    let run = desk.pipe("run --input - --fast --seconds 1 --to file:a.csv --json", &raw(&clip()), 4_096).fine();
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let audio_s = report["audio_s"].as_f64().unwrap();
    assert_eq!(audio_s, 1.0);
}
