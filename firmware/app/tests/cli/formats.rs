//! What is written is what other programs read.

use std::fs::File;
use std::io::BufReader;

use keyface_core::Channel;
use serde_json::Value;

use crate::util::Desk;
use crate::wav::{CLIP_HZ, CLIP_S, Form, clip, clip_wav, wav};

/// The header that Epic's Live Link Face app writes.
const LIVE_LINK_HEADER: &str = "Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,\
    EyeLookUpLeft,EyeSquintLeft,EyeWideLeft,EyeBlinkRight,EyeLookDownRight,EyeLookInRight,EyeLookOutRight,\
    EyeLookUpRight,EyeSquintRight,EyeWideRight,JawForward,JawRight,JawLeft,JawOpen,MouthClose,MouthFunnel,\
    MouthPucker,MouthRight,MouthLeft,MouthSmileLeft,MouthSmileRight,MouthFrownLeft,MouthFrownRight,\
    MouthDimpleLeft,MouthDimpleRight,MouthStretchLeft,MouthStretchRight,MouthRollLower,MouthRollUpper,\
    MouthShrugLower,MouthShrugUpper,MouthPressLeft,MouthPressRight,MouthLowerDownLeft,MouthLowerDownRight,\
    MouthUpperUpLeft,MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,BrowOuterUpLeft,BrowOuterUpRight,\
    CheekPuff,CheekSquintLeft,CheekSquintRight,NoseSneerLeft,NoseSneerRight,TongueOut,HeadYaw,HeadPitch,HeadRoll,\
    LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll";

/// A desk with a sound `a.wav` from which `args` were made.
fn desk(args: &str) -> Desk {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    desk.run(&format!("animate a.wav {args}")).fine();
    desk
}

/// Milliseconds and names of a visemes file.
fn events(text: &str) -> Vec<(i64, String)> {
    let event = |line: &str| {
        let (seconds, viseme) = line.split_once('\t').unwrap();
        ((seconds.parse::<f64>().unwrap() * 1_000.0).round() as i64, viseme.to_owned())
    };
    text.lines().map(event).collect()
}

#[test]
fn curves_have_the_header_of_live_link_face() {
    assert_eq!(desk("--out a.csv").text("a.csv").lines().next(), Some(LIVE_LINK_HEADER));
}

#[test]
fn curves_have_sixty_whole_rows_a_second() {
    let text = desk("--out a.csv").text("a.csv");
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), 60 * CLIP_S);
    for (number, row) in rows.iter().enumerate() {
        assert_eq!((row.len(), row[1]), (63, "61"));
        assert_eq!(row[0], format!("00:00:{:02}:{:02}.000", number / 60, number % 60));
        assert!(row[2..54].iter().all(|weight| (0.0..=1.0).contains(&weight.parse::<f32>().unwrap())), "{row:?}");
    }
}

#[test]
fn another_frame_rate_gives_as_many_rows() {
    let desk = desk("--fps 24 --out a.csv --out a.poses.jsonl");
    assert_eq!(desk.text("a.csv").lines().count(), 1 + 24 * CLIP_S);
    assert_eq!(desk.text("a.poses.jsonl").lines().count(), 24 * CLIP_S);
}

#[test]
fn the_jaw_moves_while_somebody_speaks() {
    let text = desk("--out a.csv").text("a.csv");
    let column = LIVE_LINK_HEADER.split(',').position(|name| name == "JawOpen").unwrap();
    let jaw: Vec<f32> = text.lines().skip(1).map(|row| row.split(',').nth(column).unwrap().parse().unwrap()).collect();
    let widest = jaw.iter().copied().fold(0.0, f32::max);
    let turns = jaw.windows(3).filter(|w| w[1] > w[0] && w[1] > w[2]).count();
    assert!(widest > 0.1 && turns > CLIP_S, "widest {widest}, {turns} openings");
}

#[test]
fn mouth_shapes_are_rhubarbs() {
    let desk = desk("--out a.json --out a.tsv");
    let json: Value = serde_json::from_str(&desk.text("a.json")).unwrap();
    assert_eq!(
        (&json["metadata"]["soundFile"], &json["metadata"]["duration"]),
        (&"a.wav".into(), &(CLIP_S as f64).into())
    );
    let cues = json["mouthCues"].as_array().unwrap();
    assert!(cues.len() > 10);
    assert_eq!((&cues[0]["start"], &cues[cues.len() - 1]["end"]), (&0.0.into(), &(CLIP_S as f64).into()));
    for pair in cues.windows(2) {
        assert!(pair[0]["end"] == pair[1]["start"] && pair[0]["value"] != pair[1]["value"], "{pair:?}");
    }
    assert!(cues.iter().all(|cue| "ABCDEFGHX".contains(cue["value"].as_str().unwrap())));
    let shapes: Vec<String> = cues
        .iter()
        .map(|cue| format!("{:.2}\t{}", cue["start"].as_f64().unwrap(), cue["value"].as_str().unwrap()))
        .collect();
    let tsv = desk.text("a.tsv");
    assert_eq!(tsv.lines().take(shapes.len()).collect::<Vec<_>>(), shapes);
    assert_eq!(tsv.lines().last(), Some("3.00\tX"));
}

#[test]
fn poses_name_every_channel_within_its_range() {
    let text = desk("--out a.poses.jsonl").text("a.poses.jsonl");
    assert_eq!(text.lines().count(), 60 * CLIP_S);
    for line in text.lines() {
        let pose: Value = serde_json::from_str(line).unwrap();
        for channel in Channel::ALL {
            let weight = pose["weights"][channel.name()].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&weight), "{} = {weight}", channel.name());
        }
    }
}

#[test]
fn an_animation_lasts_as_long_as_its_sound() {
    let desk = desk("--out a.gif");
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(BufReader::new(File::open(desk.path("a.gif")).unwrap())).unwrap();
    let mut hundredths = 0;
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        hundredths += usize::from(frame.delay);
    }
    assert_eq!(hundredths, 100 * CLIP_S);
}

#[test]
fn a_contact_sheet_is_a_png() {
    let desk = desk("--out a.png");
    let file = BufReader::new(File::open(desk.path("a.png")).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let picture = reader.next_frame(&mut pixels).unwrap();
    assert!(picture.width > 100 && picture.height > 100);
    assert!(pixels.iter().any(|value| *value != pixels[0]));
}

#[test]
fn what_can_be_shown_lies_behind_the_sound_by_the_look_ahead() {
    let desk = desk("--model live --once --out audio.visemes.tsv");
    let json = desk.run("animate a.wav --stamp shown --out shown.visemes.tsv --json").fine().stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let look_ahead_ms = json["look_ahead_ms"].as_f64().unwrap() as i64;
    let (audio, shown) = (events(&desk.text("audio.visemes.tsv")), events(&desk.text("shown.visemes.tsv")));
    assert_eq!(audio.len(), shown.len());
    // Both begin at rest, before anything was heard.
    for ((at, viseme), (shown_at, shown_viseme)) in audio.iter().zip(&shown).skip(1) {
        assert_eq!((at + look_ahead_ms, viseme), (*shown_at, shown_viseme));
    }
}

#[test]
fn a_file_is_heard_by_the_models_for_files_at_six_speeds_and_live_times_are_the_live_ones() {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    let model = |args: &str| {
        let told = desk.run(&format!("animate a.wav --out a.csv --json {args}")).fine().stdout;
        let told: Value = serde_json::from_str(&told).unwrap();
        let number = |key: &str| told[key].as_f64().unwrap() as i64;
        assert_eq!(told["beside"].as_str(), (number("hearings") == 12).then_some("playback"));
        (told["model"].as_str().unwrap().to_owned(), number("look_ahead_ms"), number("hearings"))
    };
    assert_eq!(model(""), ("studio".to_owned(), 420, 12));
    assert_eq!(model("--model playback"), ("playback".to_owned(), 120, 6));
    assert_eq!(model("--once"), ("studio".to_owned(), 420, 1));
    assert_eq!(model("--stamp shown"), ("live".to_owned(), 60, 1));
    assert_eq!(model("--stamp shown --model instant"), ("instant".to_owned(), 20, 1));
}

#[test]
fn times_do_not_depend_on_the_sample_rate() {
    let desk = Desk::new();
    desk.write("a.wav", wav(&crate::wav::at_rate(&clip(), 48_000), 48_000, 1, Form::Bits16));
    desk.run("animate a.wav --out a.csv").fine();
    assert_eq!(desk.text("a.csv").lines().count(), 1 + 60 * CLIP_S);
    assert_ne!(48_000, CLIP_HZ);
}
