//! Sounds of every kind that must work, and mean the same as the plain WAV.

use crate::util::{Desk, Run};
use crate::wav::{CLIP_HZ, CLIP_S, Form, at_rate, clip, clip_wav, wav};

/// A quarter second of a tone, in every format.
const TONES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sound/src/sounds");
/// Visemes are compared this often.
const GRID_MS: usize = 10;

/// Runs a sound file and returns its visemes, after what the program said.
fn visemes(desk: &Desk, name: &str, bytes: &[u8]) -> (Run, String) {
    desk.write(name, bytes);
    let run = desk.run(&format!("animate {name} --out a.visemes.tsv"));
    (run, desk.text("a.visemes.tsv"))
}

/// The viseme at each point of the grid.
fn on_grid(visemes: &str) -> Vec<&str> {
    let events: Vec<(f32, &str)> =
        visemes.lines().filter_map(|line| line.split_once('\t')).map(|(at, v)| (at.parse().unwrap(), v)).collect();
    let at = |n: usize| {
        let next = events.partition_point(|(at, _)| *at <= (n * GRID_MS) as f32 / 1_000.0);
        events[next.saturating_sub(1)].1
    };
    (0..CLIP_S * 1_000 / GRID_MS).map(at).collect()
}

/// Share of the time in which two files say the same.
fn agreement(a: &str, b: &str) -> f32 {
    let (a, b) = (on_grid(a), on_grid(b));
    a.iter().zip(&b).filter(|(a, b)| a == b).count() as f32 / a.len() as f32
}

#[track_caller]
fn assert_like_the_plain_wav(rate_hz: u32, channels: u16, form: Form, least: f32) {
    let desk = Desk::new();
    let (run, plain) = visemes(&desk, "plain.wav", &clip_wav());
    run.fine();
    let samples = if rate_hz == CLIP_HZ { clip() } else { at_rate(&clip(), rate_hz) };
    let (run, other) = visemes(&desk, "other.wav", &wav(&samples, rate_hz, channels, form));
    run.fine();
    let share = agreement(&plain, &other);
    assert!(share >= least, "{rate_hz} Hz, {channels} channels, {form:?}: {share:.3} the same");
}

#[test]
fn speech_is_heard_at_all() {
    let (_, plain) = visemes(&Desk::new(), "plain.wav", &clip_wav());
    assert!(plain.lines().count() > 10, "{plain}");
}

#[test]
fn eight_bits_say_nearly_the_same() {
    assert_like_the_plain_wav(CLIP_HZ, 1, Form::Bits8, 0.85);
}

#[test]
fn twenty_four_bits_say_the_same() {
    assert_like_the_plain_wav(CLIP_HZ, 1, Form::Bits24, 1.0);
}

#[test]
fn floats_say_the_same() {
    assert_like_the_plain_wav(CLIP_HZ, 1, Form::Float32, 1.0);
}

#[test]
fn stereo_says_the_same() {
    assert_like_the_plain_wav(CLIP_HZ, 2, Form::Bits16, 1.0);
}

#[test]
fn five_channels_say_the_same() {
    assert_like_the_plain_wav(CLIP_HZ, 5, Form::Bits16, 0.99);
}

#[test]
fn higher_rates_say_nearly_the_same() {
    assert_like_the_plain_wav(44_100, 1, Form::Bits16, 0.95);
    assert_like_the_plain_wav(96_000, 1, Form::Bits16, 0.95);
}

#[test]
fn a_telephones_rate_says_much_the_same() {
    assert_like_the_plain_wav(8_000, 1, Form::Bits16, 0.7);
}

#[test]
fn samples_that_are_no_numbers_become_silence_with_a_warning() {
    let desk = Desk::new();
    let mut samples = clip();
    samples[20_000] = f32::NAN;
    samples[20_001] = f32::INFINITY;
    let (run, broken) = visemes(&desk, "a.wav", &wav(&samples, CLIP_HZ, 1, Form::Float32));
    assert_eq!(run.warned(), "keyface: warning: a.wav: 2 samples were no numbers and became silence");
    (samples[20_000], samples[20_001]) = (0.0, 0.0);
    let (run, silent) = visemes(&desk, "b.wav", &wav(&samples, CLIP_HZ, 1, Form::Float32));
    run.fine();
    assert_eq!(broken, silent);
}

#[test]
fn nothing_but_samples_that_are_no_numbers_is_silence() {
    let desk = Desk::new();
    let (run, visemes) = visemes(&desk, "a.wav", &wav(&[f32::NAN; 16_000], CLIP_HZ, 1, Form::Float32));
    assert!(run.warned().contains("16000 samples were no numbers"));
    assert_eq!(visemes, "0.000\tsil\n");
}

#[test]
fn a_wav_that_was_cut_is_heard_up_to_there_with_a_warning() {
    let desk = Desk::new();
    let whole = clip_wav();
    let (run, _) = visemes(&desk, "a.wav", &whole[..whole.len() / 2]);
    let line = run.warned();
    assert!(line.starts_with("keyface: warning: a.wav: expected 3.00 s as its header says, came 1.5"), "{line}");
}

#[test]
fn a_flac_that_was_cut_is_heard_up_to_there_with_a_warning() {
    let desk = Desk::new();
    let flac = include_bytes!("data/clip.flac");
    let (run, whole) = visemes(&desk, "a.flac", flac);
    run.fine();
    let (run, cut) = visemes(&desk, "b.flac", &flac[..flac.len() / 2]);
    let line = run.warned();
    assert!(line.starts_with("keyface: warning: b.flac: expected 1.00 s as its header says, came 0."), "{line}");
    let begun = |text: &str| text.lines().take(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(begun(&cut), begun(&whole));
}

#[test]
fn packed_sound_says_much_the_same_as_what_was_packed() {
    let desk = Desk::new();
    let (_, whole) = visemes(&desk, "a.flac", include_bytes!("data/clip.flac"));
    for (name, bytes) in
        [("a.mp3", include_bytes!("data/clip.mp3").as_slice()), ("a.ogg", include_bytes!("data/clip.ogg"))]
    {
        let (run, packed) = visemes(&desk, name, bytes);
        run.fine();
        let share = agreement(&whole, &packed);
        assert!(share >= 0.9, "{name}: {share:.3} the same");
    }
}

#[test]
fn one_sample_is_a_sound() {
    let desk = Desk::new();
    desk.write("a.wav", wav(&[0.5], CLIP_HZ, 1, Form::Bits16));
    desk.run("animate a.wav --out a.csv --out a.json --out a.gif --out a.png").fine();
    // A head, and half a second of frames: from less Unreal guesses a wrong rate.
    assert_eq!(desk.text("a.csv").lines().count(), 33);
}

#[test]
fn a_file_of_every_format_and_the_same_bytes_on_standard_input_give_the_same_poses() {
    let mut tones: Vec<_> = std::fs::read_dir(TONES).unwrap().map(|entry| entry.unwrap().path()).collect();
    tones.sort();
    let tones: Vec<u8> = tones.iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
    let joined = [clip_wav(), tones, clip_wav()].concat();
    let desk = Desk::new();
    desk.write("a", &joined);
    for command in ["run --fast --to file:a.poses.jsonl --input", "animate --out a.poses.jsonl"] {
        desk.run(&format!("{command} a --model live --still")).fine();
        let of_file = desk.text("a.poses.jsonl");
        desk.pipe(&format!("{command} - --model live --still"), &joined, 1_000).fine();
        assert!(of_file == desk.text("a.poses.jsonl"), "{command}");
        let seconds = of_file.lines().count() / 60;
        assert!(seconds >= 2 * CLIP_S + 3, "{command}: {seconds} s");
    }
}
