//! Sound on standard input: however it comes, it means the same as the file.

use crate::util::Desk;
use crate::wav::{CLIP_HZ, Form, clip, clip_wav, raw, wav};

const FILES: [&str; 4] = ["a.csv", "a.visemes.tsv", "a.tsv", "a.poses.jsonl"];

/// The files of `args` into a folder of their own, from standard input in chunks.
fn same_from_pipe(args: &str, bytes: &[u8], chunk: usize) {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    let outs: String = FILES.iter().map(|file| format!(" --out x/{file}")).collect();
    // A live job hears once.
    let once = if args.starts_with("run") { " --once" } else { "" };
    desk.run(&format!("animate a.wav --model playback{once}{outs}")).fine();
    let to = if args.starts_with("run") { "--to file:" } else { "--out " };
    let outs: String = FILES.iter().map(|file| format!(" {to}y/{file}")).collect();
    // Unless it is told, a live job has another model than a file.
    desk.pipe(&format!("{args} --model playback{outs}"), bytes, chunk).fine();
    for file in FILES {
        let same = desk.text(&format!("x/{file}")) == desk.text(&format!("y/{file}"));
        assert!(same, "{args} in chunks of {chunk}: {file} differs");
    }
}

#[test]
fn chunks_of_any_size_give_the_files_bytes() {
    [1, 333, 4_099]
        .iter()
        .for_each(|chunk| same_from_pipe("animate - --format s16le --rate 16000", &raw(&clip()), *chunk));
}

#[test]
fn a_live_job_as_fast_as_it_can_gives_the_files_bytes() {
    [1, 333, 4_099]
        .iter()
        .for_each(|chunk| same_from_pipe("run --input - --fast --format s16le --rate 16000", &raw(&clip()), *chunk));
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
        let line = desk.refuse(args);
        assert!(line.starts_with("keyface: standard input: expected sound (WAV, "), "{line}");
        assert!(line.ends_with("), came nothing"), "{line}");
    }
}

#[test]
fn samples_that_end_midway_are_heard_with_a_warning() {
    let desk = Desk::new();
    let mut bytes = raw(&clip());
    bytes.push(7);
    for args in
        ["animate - --once --model playback --out a.csv", "run --input - --fast --model playback --to file:b.csv"]
    {
        let line = desk.pipe(&format!("{args} --format s16le --rate 16000"), &bytes, 1_000).warned();
        assert!(line.ends_with("standard input: it ends within a sample, whose half is left out"), "{line}");
    }
    assert_eq!(desk.text("a.csv"), desk.text("b.csv"));
}

#[test]
fn whatever_a_file_may_be_a_pipe_may_be_too() {
    let stereo = wav(&clip(), CLIP_HZ, 2, Form::Bits16);
    for args in ["animate -", "run --input - --fast"] {
        same_from_pipe(args, &stereo, 4_096);
    }
    let desk = Desk::new();
    for (name, bytes) in [
        ("a.flac", include_bytes!("data/clip.flac").as_slice()),
        ("a.mp3", include_bytes!("data/clip.mp3")),
        ("a.ogg", include_bytes!("data/clip.ogg")),
    ] {
        desk.write(name, bytes);
        desk.run(&format!("animate {name} --once --model playback --out a.csv")).fine();
        desk.pipe("animate - --once --model playback --out b.csv", bytes, 999).fine();
        desk.pipe("run --input - --fast --model playback --to file:c.csv", bytes, 999).fine();
        assert_eq!(desk.text("a.csv"), desk.text("b.csv"), "{name}");
        assert_eq!(desk.text("a.csv"), desk.text("c.csv"), "{name}");
    }
}

#[test]
fn what_is_taken_for_granted_of_a_pipe_is_said_once() {
    let desk = Desk::new();
    let line = desk.pipe("animate - --rate 16000 --out a.csv", &raw(&clip()), 1_000).warned();
    let expected =
        "keyface: standard input: taken for raw samples, s16le:1 at 16000 Hz (--format and --rate say otherwise)";
    assert_eq!(line, expected);
}

#[test]
fn raw_samples_may_be_written_in_any_way() {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    desk.run("animate a.wav --once --model playback --out a.csv").fine();
    let floats: Vec<u8> =
        clip().iter().flat_map(|sample| [0.0f32.to_le_bytes(), sample.to_le_bytes()].concat()).collect();
    desk.write("a.raw", &floats);
    let how = "--format f32le:2 --rate 16000 --channel 1";
    desk.run(&format!("animate a.raw {how} --once --model playback --out b.csv")).fine();
    desk.pipe(&format!("run --input - --fast --model playback {how} --to file:c.csv"), &floats, 777).fine();
    assert_eq!(desk.text("a.csv"), desk.text("b.csv"));
    assert_eq!(desk.text("a.csv"), desk.text("c.csv"));
    assert!(desk.refuse("animate a.raw --out d.csv").contains("--format and --rate say which"));
    assert!(desk.refuse("animate a.raw --format s17 --out d.csv").contains("expected one of s16le, "));
}

/// Frames whose channels are what `each` makes of a sample.
fn frames(each: impl Fn(f32) -> Vec<f32>) -> Vec<u8> {
    let channels = each(0.0).len() as u16;
    let mut file = wav(&clip().into_iter().flat_map(each).collect::<Vec<f32>>(), CLIP_HZ, 1, Form::Bits16);
    file[22..24].copy_from_slice(&channels.to_le_bytes());
    file[32..34].copy_from_slice(&(2 * channels).to_le_bytes());
    file
}

#[test]
fn one_channel_of_several_is_heard_alone() {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    desk.run("animate a.wav --once --model playback --out a.csv").fine();
    let array = frames(|sample| vec![0.3, sample, -0.7, 0.1]);
    desk.write("b.wav", &array);
    desk.run("animate b.wav --channel 1 --once --model playback --out b.csv").fine();
    desk.pipe("run --input - --fast --model playback --channel 1 --to file:c.csv", &array, 777).fine();
    assert_eq!(desk.text("a.csv"), desk.text("b.csv"));
    assert_eq!(desk.text("a.csv"), desk.text("c.csv"));
    let line = desk.refuse("animate b.wav --channel 4 --out d.csv");
    assert_eq!(line, "keyface: b.wav: expected a channel of 0 to 3, counted from 0, came 4");
    desk.write(
        "board.toml",
        "name = \"board\"\ninherits = \"linux-pc\"\ndescription = \"x\"\nmicrophone = { channel = 1 }",
    );
    desk.run("run --board ./board.toml --input b.wav --fast --model playback --to file:d.csv").fine();
    assert_eq!(desk.text("a.csv"), desk.text("d.csv"));
}

#[test]
fn a_side_that_is_inverted_is_noticed_and_the_other_heard() {
    let desk = Desk::new();
    desk.write("b.wav", frames(|sample| vec![sample, -sample]));
    let line = desk.run("animate b.wav --out b.visemes.tsv").warned();
    let expected = "b.wav: its channels cancel each other out, so channel 0 is heard alone (--channel says which)";
    assert_eq!(line, format!("keyface: warning: {expected}"));
    assert!(desk.text("b.visemes.tsv").lines().count() > 10);
}

#[test]
fn a_job_ends_after_the_seconds_that_were_asked_for() {
    let desk = Desk::new();
    let run = desk
        .pipe(
            "run --input - --fast --format s16le --rate 16000 --seconds 1 --to file:a.csv --json",
            &raw(&clip()),
            4_096,
        )
        .fine();
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let audio_s = report["audio_s"].as_f64().unwrap();
    assert_eq!(audio_s, 1.0);
}
