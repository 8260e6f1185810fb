//! Where files go: beside or instead of what is there, into pipes, as many at once; and what a kill leaves.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::util::{Desk, Run};
use crate::wav::{CLIP_HZ, CLIP_S, Form, clip, clip_wav, wav};

/// A desk with a sound `a.wav`.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    desk
}

fn names(desk: &Desk, folder: &str) -> Vec<String> {
    let entries =
        fs::read_dir(desk.path(folder)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[test]
fn no_run_writes_over_the_sound_that_it_hears() {
    let desk = desk();
    fs::create_dir(desk.path("real")).unwrap();
    fs::rename(desk.path("a.wav"), desk.path("real/a.csv")).unwrap();
    symlink("real", desk.path("linked")).unwrap();
    symlink("real/a.csv", desk.path("soft.csv")).unwrap();
    fs::hard_link(desk.path("real/a.csv"), desk.path("hard.csv")).unwrap();
    symlink("real/a.csv", desk.path("f-003.png")).unwrap();
    let line = desk.refuse("animate real/a.csv --out f-###.png --size 64x64 --fps 1");
    assert!(line.starts_with("keyface: ./f-003.png: expected a file other than the input, "), "{line}");
    for out in ["real/a.csv", "./linked/a.csv", "soft.csv", "hard.csv"] {
        for args in [
            format!("animate real/a.csv --out b.json --out {out}"),
            format!("run --input linked/a.csv --to file:{out}"),
        ] {
            let line = desk.refuse(&args);
            assert!(
                line.contains(&format!("{out}: expected a file other than the input, came the sound that is heard (")),
                "{line}"
            );
        }
        let mut piped = desk.command(&format!("animate - --out {out}"));
        let line =
            desk.refused(|| piped.stdin(fs::File::open(desk.path("hard.csv")).unwrap()).output().unwrap().into());
        assert!(line.ends_with("came the sound that is heard (/dev/stdin)"), "{line}");
    }
}

#[test]
fn a_named_pipe_gets_the_files_bytes_and_stays_a_pipe() {
    let desk = desk();
    desk.run("animate a.wav --out a.csv").fine();
    assert!(Command::new("mkfifo").arg(desk.path("p.csv")).status().unwrap().success());
    let reader = Command::new("cat").arg(desk.path("p.csv")).stdout(Stdio::piped()).spawn().unwrap();
    desk.run("animate a.wav --out p.csv").fine();
    assert_eq!(reader.wait_with_output().unwrap().stdout, desk.read("a.csv"));
    assert_eq!(names(&desk, ""), ["a.csv", "a.wav", "p.csv"]);
    assert!(!desk.path("p.csv").metadata().unwrap().is_file());
}

#[test]
fn standard_output_takes_the_format_that_is_named_and_nothing_else() {
    let desk = desk();
    desk.run("animate a.wav --out a.json --out a.csv").fine();
    for format in ["json", "csv"] {
        let run = desk.run(&format!("animate a.wav --out - --as {format}")).fine();
        assert_eq!(run.stdout, desk.text(&format!("a.{format}")));
    }
    let line = desk.refuse("animate a.wav --out -");
    assert!(line.starts_with("keyface: --out -: expected --as with one of csv, tsv, "), "{line}");
}

#[test]
fn a_folder_of_sounds_becomes_a_folder_of_files() {
    let desk = desk();
    fs::create_dir_all(desk.path("takes/day 1")).unwrap();
    for name in ["takes/one.wav", "takes/day 1/two.WAV"] {
        desk.write(name, clip_wav());
    }
    desk.write("takes/notes.txt", "no sound");
    desk.run("animate a.wav --out a.csv --out a.tsv").fine();
    let run = desk.run("animate takes a.wav --out-dir out --as csv,tsv").fine();
    assert_eq!(run.stdout.lines().count(), 6);
    assert_eq!(names(&desk, "out"), ["a.csv", "a.tsv", "day 1", "one.csv", "one.tsv"]);
    assert_eq!(names(&desk, "out/day 1"), ["two.csv", "two.tsv"]);
    for file in ["out/a", "out/one", "out/day 1/two"] {
        for ending in ["csv", "tsv"] {
            assert_eq!(desk.read(&format!("{file}.{ending}")), desk.read(&format!("a.{ending}")), "{file}.{ending}");
        }
    }
}

#[test]
fn one_bad_sound_of_many_costs_no_other() {
    let desk = desk();
    desk.write("b.wav", "no sound");
    let run = desk.run("animate b.wav a.wav --out-dir out --as csv");
    assert_eq!((run.code, names(&desk, "out")), (Some(2), vec!["a.csv".to_owned()]));
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(lines[0].starts_with("keyface: b.wav: ") && lines.len() == 2, "{lines:?}");
    assert_eq!(lines[1], "keyface: animate: 1 of 2 sounds failed");
}

#[test]
fn two_sounds_of_one_name_and_a_folder_of_none_are_refused() {
    let desk = desk();
    fs::create_dir(desk.path("b")).unwrap();
    let line = desk.refuse("animate b --out-dir out --as csv");
    assert_eq!(line, "keyface: b: expected sound files in this folder, came none");
    desk.write("b/a.wav", clip_wav());
    let line = desk.refuse("animate a.wav b --out-dir out --as csv");
    assert_eq!(line, "keyface: out/a.csv: expected different files, came the same file twice");
    let line = desk.refuse("animate a.wav b/a.wav --out a.csv");
    assert_eq!(line, "keyface: --out: expected one sound, came 2 (--out-dir DIR --as csv takes many)");
}

/// A live run of ten minutes into `a.csv`.
fn long_run(desk: &Desk) -> Child {
    let sound: Vec<f32> = clip().into_iter().cycle().take(600 * CLIP_HZ as usize).collect();
    desk.write("long.wav", wav(&sound, CLIP_HZ, 1, Form::Bits16));
    desk.command("run --input long.wav --to file:a.csv").stderr(Stdio::null()).spawn().unwrap()
}

/// Waits until `a.csv` has more than so many bytes.
fn grown(desk: &Desk, bytes: u64) -> u64 {
    let started = Instant::now();
    loop {
        let size = fs::metadata(desk.path("a.csv")).map_or(0, |there| there.len());
        if size > bytes {
            return size;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{size} bytes");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_live_file_is_seen_to_grow_and_a_kill_loses_at_most_the_last_moments() {
    let desk = desk();
    desk.write("a.csv", "old");
    let mut run = long_run(&desk);
    let first = grown(&desk, 1_000);
    let second = grown(&desk, first);
    let line = desk.run("animate a.wav --out a.csv").stderr;
    assert!(
        line.ends_with("a.csv: expected a file that no other run writes, came one that is being written\n"),
        "{line}"
    );
    run.kill().unwrap();
    run.wait().unwrap();
    let left = desk.text("a.csv");
    assert!(left.len() as u64 >= second && left.starts_with("Timecode,"));
    let run = desk.run("animate a.wav --out a.csv").warned();
    assert_eq!(run, "keyface: a.csv: what a run that was killed had written is kept as a.killed-1.csv");
    assert_eq!(desk.text("a.killed-1.csv"), left);
    assert_eq!(desk.text("a.csv").lines().count(), 1 + 60 * CLIP_S);
    assert_eq!(names(&desk, ""), ["a.csv", "a.killed-1.csv", "a.wav", "long.wav"]);
}

#[test]
fn apples_names_and_chosen_shapes_are_written_where_asked() {
    let desk = desk();
    desk.run(
        "animate a.wav --out a.poses.jsonl --out a.tsv --out a.dat --names apple --extended-shapes X --preston-blair",
    )
    .fine();
    let pose: Value = serde_json::from_str(desk.text("a.poses.jsonl").lines().next().unwrap()).unwrap();
    assert!(pose["weights"]["jawOpen"].is_number() && pose["weights"]["JawOpen"].is_null());
    assert!(desk.text("a.tsv").lines().all(|line| "ABCDEFX".contains(line.split('\t').nth(1).unwrap())));
    let dat = desk.text("a.dat");
    let (head, rows) = dat.split_once('\n').unwrap();
    let last: Vec<&str> = rows.lines().last().unwrap().split(' ').collect();
    assert_eq!((head, last), ("MohoSwitch1", vec!["73", "rest"]));
}

#[test]
fn film_rates_do_not_drift() {
    let desk = desk();
    desk.run("animate a.wav --out a.poses.jsonl --out a.csv --fps 23.976").fine();
    let times: Vec<f64> = desk
        .text("a.poses.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["time_s"].as_f64().unwrap())
        .collect();
    assert_eq!((times.len(), desk.text("a.csv").lines().count()), (72, 73));
    assert!(times.iter().enumerate().all(|(n, time)| (time - n as f64 * 1.001 / 24.0).abs() < 1e-3), "{times:?}");
}

#[test]
fn numbered_pictures_are_made_for_each_frame() {
    let desk = desk();
    desk.run("animate a.wav --out p/f-###.png --fps 5 --size 64x64").fine();
    let names = names(&desk, "p");
    assert_eq!((names.len(), names[0].as_str(), names[14].as_str()), (5 * CLIP_S, "f-001.png", "f-015.png"));
}

#[test]
fn a_video_lasts_as_long_as_its_sound_and_needs_ffmpeg() {
    let desk = desk();
    let mut without = desk.command("animate a.wav --out a.mp4");
    let line = desk.refused(|| without.env("PATH", desk.path("")).output().unwrap().into());
    assert_eq!(
        line,
        "keyface: a.mp4: expected the program ffmpeg, which makes videos (`sudo apt install ffmpeg`), came none"
    );
    if Command::new("ffprobe").arg("-version").output().is_err() {
        return;
    }
    desk.run("animate a.wav --out a.mp4 --fps 29.97 --size 160x120").fine();
    assert_eq!(names(&desk, ""), ["a.mp4", "a.wav"]);
    let mut probe = Command::new("ffprobe");
    probe.args(["-v", "error", "-show_entries", "stream=codec_type,r_frame_rate,duration", "-of", "json"]);
    let output = probe.arg(desk.path("a.mp4")).output().unwrap();
    let probed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [video, audio] = probed["streams"].as_array().unwrap().as_slice() else { panic!("{probed}") };
    assert_eq!((&video["codec_type"], &video["r_frame_rate"]), (&"video".into(), &"30000/1001".into()));
    for stream in [video, audio] {
        let length_s: f64 = stream["duration"].as_str().unwrap().parse().unwrap();
        assert!((length_s - CLIP_S as f64).abs() < 0.1, "{probed}");
    }
}

/// The writing end of a pipe that nobody reads.
fn unread() -> Stdio {
    std::io::pipe().unwrap().1.into()
}

#[test]
fn a_reader_that_has_seen_enough_is_told_no_error() {
    let desk = desk();
    desk.run("animate a.wav --out a.csv").fine();
    let quiet = |args: &str| {
        let run: Run = desk.command(args).stdout(unread()).output().unwrap().into();
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{args}");
    };
    for format in ["csv", "tsv", "gif", "png"] {
        quiet(&format!("animate a.wav --out - --size 64x64 --as {format}"));
    }
    for args in ["--help", "--version", "run --help", "model list", "animate a.wav --out b.tsv --json"] {
        quiet(args);
    }
    // What others wanted is written all the same.
    quiet("animate a.wav --as csv --out b.csv --out - --out c.csv");
    assert!(desk.read("b.csv") == desk.read("a.csv") && desk.read("c.csv") == desk.read("a.csv"));
}

#[test]
fn a_live_face_ends_with_its_only_reader_and_goes_on_for_others() {
    let desk = desk();
    let sound: Vec<f32> = clip().into_iter().cycle().take(60 * CLIP_HZ as usize).collect();
    desk.write("long.wav", wav(&sound, CLIP_HZ, 1, Form::Bits16));
    let started = Instant::now();
    let run: Run = desk.command("run --input long.wav --to stdout").stdout(unread()).output().unwrap().into();
    assert!(run.code == Some(0) && !run.stderr.contains("ipe"), "{run:?}");
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    let args = "run --input a.wav --fast --model playback --to stdout,file:b.csv";
    let run: Run = desk.command(args).stdout(unread()).output().unwrap().into();
    assert_eq!((run.code, desk.text("b.csv").lines().count()), (Some(0), 1 + 60 * CLIP_S), "{run:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_live_face_that_does_not_fit_on_the_disk_is_an_error() {
    let desk = desk();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run: Run = desk.command("run --input a.wav --to stdout").stdout(full).output().unwrap().into();
    let last = run.stderr.lines().last().unwrap();
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!(last, "keyface: standard output: cannot write to it: No space left on device (os error 28)");
}

#[test]
fn words_are_inputs_that_no_file_goes_over() {
    let desk = desk();
    desk.write("words.tsv", "oe\tOW\n");
    let grid = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/live/demo.TextGrid");
    fs::copy(grid, desk.path("a.json")).unwrap();
    for (args, out) in [
        ("--textgrid a.json --out b.csv --out a.json", "a.json"),
        ("--textgrid a.json --phones words.tsv --out ./words.tsv", "./words.tsv"),
        ("--text words.tsv --out words.tsv", "words.tsv"),
    ] {
        let line = desk.refuse(&format!("animate a.wav {args}"));
        let expected =
            format!("keyface: {out}: expected a file other than the input, came the words that are followed (");
        assert!(line.starts_with(&expected), "{line}");
    }
}

#[test]
fn pictures_of_frames_need_a_place_for_their_number() {
    let desk = desk();
    for out in ["-", "a.png"] {
        let line = desk.refuse(&format!("animate a.wav --as frames --out {out}"));
        assert_eq!(
            line,
            format!(
                "keyface: {out}: expected a name with # where its number goes, such as face-####.png, came one without"
            )
        );
    }
}
