//! Sounds and arguments that cannot be used.

use std::fs;

use crate::util::Desk;
use crate::wav::{CLIP_HZ, Form, clip_wav, wav};

#[test]
fn an_empty_file_is_called_empty() {
    let desk = Desk::new();
    desk.write("a.wav", "");
    let line = desk.refuse("animate a.wav --out a.csv");
    assert!(line.starts_with("keyface: a.wav: expected sound (WAV, AIFF, "), "{line}");
    assert!(line.ends_with("), came an empty file"), "{line}");
}

#[test]
fn a_text_that_is_called_a_wav_is_told_by_its_start() {
    let desk = Desk::new();
    desk.write("a.wav", "hello\n");
    assert!(desk.refuse("animate a.wav --out a.csv").ends_with("came a text that starts \"hello\\n\""));
}

#[test]
fn a_missing_file_is_named_once() {
    let line = Desk::new().refuse("animate a.wav --out a.csv");
    assert_eq!(line, "keyface: a.wav: cannot open it: No such file or directory (os error 2)");
}

#[test]
fn a_folder_is_no_sound() {
    let desk = Desk::new();
    fs::create_dir(desk.path("a.wav")).unwrap();
    for command in ["animate a.wav --out a.csv", "run --input a.wav --to file:a.csv"] {
        assert_eq!(desk.refuse(command), "keyface: a.wav: expected a sound file, came a folder");
    }
}

#[test]
fn garbage_that_begins_like_a_sound_is_refused() {
    let garbage: Vec<u8> = (0..20_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let starts =
        [(b"RIFF".as_slice(), "wav"), (b"fLaC", "flac"), (b"OggS", "ogg"), (b"ID3", "mp3"), (b"\xff\xfb\x90\0", "mp3")];
    for (start, ending) in starts {
        let desk = Desk::new();
        desk.write(&format!("a.{ending}"), [start, &garbage].concat());
        let line = desk.refuse(&format!("animate a.{ending} --out a.csv"));
        assert!(line.starts_with(&format!("keyface: a.{ending}: expected sound ")), "{line}");
    }
}

#[test]
fn a_wav_that_ends_within_its_header_is_refused() {
    let desk = Desk::new();
    desk.write("a.wav", &clip_wav()[..30]);
    assert!(desk.refuse("animate a.wav --out a.csv").starts_with("keyface: a.wav: expected sound "));
}

#[test]
fn a_wav_without_a_sample_is_refused() {
    let desk = Desk::new();
    desk.write("a.wav", wav(&[], CLIP_HZ, 1, Form::Bits16));
    assert!(desk.refuse("animate a.wav --out a.csv").contains("a.wav: expected sound "));
}

#[test]
fn a_sample_rate_out_of_range_is_told_with_its_file() {
    let desk = Desk::new();
    desk.write("a.wav", wav(&[0.0; 4_000], 4_000, 1, Form::Bits16));
    let line = desk.refuse("animate a.wav --out a.csv");
    assert_eq!(line, "keyface: a.wav: expected a sample rate of 8000 to 192000 Hz, came 4000 Hz");
}

#[test]
fn a_number_out_of_range_is_told_with_its_range() {
    let desk = Desk::new();
    let cases = [
        ("--fps 0", "'0' for '--fps <RATE>': expected frames a second from 1 to 1000, such as 24, 29.97 or 30000/1001"),
        ("--rate 100", "'100' for '--rate <HZ>': expected a whole number from 8000 to 192000"),
        ("--rate fast", "'fast' for '--rate <HZ>': expected a whole number from 8000 to 192000"),
        ("--rate -16000", "'-16000' for '--rate <HZ>': expected a whole number from 8000 to 192000"),
        ("--jaw -3", "'-3' for '--jaw <GAIN>': expected a number from 0.5 to 2.5"),
        ("--lips nan", "'nan' for '--lips <GAIN>': expected a number from 0.5 to 2.5"),
    ];
    for (args, expected) in cases {
        let line = desk.refuse(&format!("animate a.wav --out a.csv {args}"));
        assert_eq!(line, format!("keyface: invalid value {expected} (--help tells more)"));
    }
    let line = desk.refuse("run --input a.wav --to file:a.csv --seconds -5");
    assert!(line.contains("'--seconds <SECONDS>': expected a number of seconds above 0"), "{line}");
}

#[test]
fn an_unknown_command_or_argument_is_named() {
    let desk = Desk::new();
    for (args, word) in
        [("animte a.wav", "'animte'"), ("animate a.wav --uot a.csv", "'--uot'"), ("run --to moon", "moon")]
    {
        let line = desk.refuse(args);
        assert!(line.contains(word), "{line}");
    }
}

#[test]
fn animate_without_a_file_to_write_says_so() {
    let line = Desk::new().refuse("animate a.wav");
    assert!(line.contains("required arguments were not provided: --out <FILE>"), "{line}");
}

#[test]
fn a_name_of_nothing_and_a_channel_below_0_are_told_with_their_option() {
    let desk = Desk::new();
    for args in [&["animate", "", "--out", "a.csv"][..], &["run", "--input", "", "--to", "none"]] {
        let line = desk.refused(|| desk.command("").args(args).output().unwrap().into());
        assert!(line.contains("expected the name of a sound, or -"), "{line}");
    }
    let line = desk.refuse("animate a.wav --channel -1 --out a.csv");
    assert!(line.contains("'-1' for '--channel <N[,N]|mix>': expected `mix`, or the number of a channel"), "{line}");
}

#[test]
fn an_unknown_board_is_told_with_the_places_that_were_searched() {
    let line = Desk::new().refuse("run --board moon");
    assert!(line.starts_with("keyface: board `moon`: expected one of ") && line.ends_with("came none"), "{line}");
}

#[test]
fn a_board_with_an_unknown_key_is_told_with_its_line() {
    let desk = Desk::new();
    desk.write("a.toml", "name = \"a\"\ncolour = 3\n");
    let line = desk.refuse("run --board a.toml --to file:a.csv");
    assert!(line.starts_with("keyface: a.toml: line 2: unknown field `colour`, expected "), "{line}");
}

#[test]
fn a_known_format_that_is_not_read_is_never_taken_for_samples() {
    let desk = Desk::new();
    let wma = [b"\x30\x26\xb2\x75\x8e\x66\xcf\x11".as_slice(), &[7; 9_000]].concat();
    desk.write("a.wma", &wma);
    let line = desk.refuse("animate a.wma --out a.csv");
    assert!(line.ends_with("came Windows Media (ASF, WMA): convert it with `ffmpeg -i a.wma a.wma.wav`"), "{line}");
    for args in ["animate - --out a.csv", "run --input - --fast --to file:a.csv"] {
        let line = desk.refused(|| desk.pipe(args, &wma, 4_096));
        assert!(line.contains("Windows Media (ASF, WMA): convert it on the way, with `ffmpeg "), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_has_no_end_ends_with_an_error() {
    let desk = Desk::new();
    for name in ["board.toml", "a.wav"] {
        std::os::unix::fs::symlink("/dev/zero", desk.path(name)).unwrap();
    }
    let board = desk.run("run --board ./board.toml --to file:a.csv");
    assert!(board.code == Some(2) && board.stderr.ends_with("came a device or a pipe\n"), "{board:?}");
    let sound = desk.run("animate a.wav --out a.csv");
    let expected = "came a file that starts with the bytes 00 00 00 00";
    assert!(sound.code == Some(2) && sound.stderr.contains(expected), "{sound:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_named_pipe_is_heard_once_somebody_writes_and_given_up_if_nobody_does() {
    let desk = Desk::new();
    assert!(std::process::Command::new("mkfifo").arg(desk.path("p")).status().unwrap().success());
    let path = desk.path("p");
    let writer = std::thread::spawn(move || fs::write(path, clip_wav()).unwrap());
    desk.run("animate p --out a.csv").fine();
    writer.join().unwrap();
    fs::remove_file(desk.path("a.csv")).unwrap();
    let run = desk.run("run --input p --to file:a.csv");
    let expected = "keyface: p: expected somebody who writes into this pipe within 10 s, came nobody\n";
    assert_eq!((run.code, run.stderr.as_str()), (Some(2), expected));
    assert!(!desk.path("a.csv").exists());
}
