//! Words that an animator has, as a TextGrid or as a text.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::util::{Desk, Run};
use crate::wav::clip_wav;

/// "ama" in three seconds of which the recording knows nothing.
const AMA: &str = r#"File type = "ooTextFile"
Object class = "TextGrid"

0 3 <exists> 1
"IntervalTier" "phones" 0 3 5
0 1.0 ""
1.0 1.2 "AA1"
1.2 1.3 "M"
1.3 1.5 "AA1"
1.5 3.0 ""
"#;

/// A desk with three seconds of silence and of speech.
fn desk() -> Desk {
    let desk = Desk::new();
    let silence: Vec<u8> = vec![0; 2 * 48_000];
    desk.write("silence.raw", silence);
    desk.write("a.wav", clip_wav());
    desk.write("ama.TextGrid", AMA);
    desk
}

/// A stand-in for espeak-ng that reads everything as "ama".
fn reader(desk: &Desk) {
    fs::create_dir(desk.path("bin")).unwrap();
    desk.write("bin/espeak-ng", "#!/bin/sh\nprintf ' \\311\\221_m_\\311\\221\\n'\n");
    fs::set_permissions(desk.path("bin/espeak-ng"), fs::Permissions::from_mode(0o755)).unwrap();
}

fn with_reader(desk: &Desk, args: &str) -> Run {
    let path = format!("{}:/usr/bin:/bin", desk.path("bin").display());
    desk.command(args).env("PATH", path).output().unwrap().into()
}

/// When the viseme of closed lips begins, in seconds.
fn closures(desk: &Desk, file: &str) -> Vec<f64> {
    let lines = desk.text(file);
    let closed = lines.lines().filter(|line| line.ends_with("\tPP"));
    closed.map(|line| line.split('\t').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn lips_follow_a_text_grid_where_nothing_is_heard() {
    let desk = desk();
    let raw = "animate silence.raw --format s16le --rate 16000 --out";
    desk.run(&format!("{raw} alone.visemes.tsv")).done();
    desk.run(&format!("{raw} told.visemes.tsv --textgrid ama.TextGrid")).done();
    assert!(closures(&desk, "alone.visemes.tsv").is_empty());
    let told = closures(&desk, "told.visemes.tsv");
    assert!(told.len() == 1 && (told[0] - 1.2).abs() < 0.07, "{told:?}");
}

#[test]
fn a_label_that_names_nothing_is_told() {
    let desk = desk();
    desk.write("odd.TextGrid", AMA.replace("\"M\"", "\"qq!\""));
    let line = desk.run("animate a.wav --out a.tsv --textgrid odd.TextGrid").warned();
    let expected =
        "keyface: odd.TextGrid: [\"qq!\"] name no phone, and are heard instead (--phones says what they mean)";
    assert_eq!(line, expected);
}

#[test]
fn each_sound_of_a_folder_follows_the_grid_of_its_name() {
    let desk = desk();
    fs::create_dir(desk.path("grids")).unwrap();
    desk.write("grids/a.TextGrid", AMA);
    desk.run("animate a.wav --out-dir out --as visemes.tsv --textgrid grids").done();
    let told = closures(&desk, "out/a.visemes.tsv");
    assert!(told.len() == 1 && (told[0] - 1.2).abs() < 0.07, "{told:?}");
}

#[test]
fn what_mfa_writes_beside_a_transcript_or_instead_of_a_grid_is_followed() {
    let desk = desk();
    let json = r#"{"start": 0, "end": 3.0, "tiers": {"phones": {"type": "interval", "entries": [[1.15, 1.25, "m"]]}}}"#;
    let csv = "Begin,End,Label,Type,Speaker\r\n1.1,1.3,\"a, b\",words,anna\r\n1.15,1.25,m,phones,anna\r\n2.9,3.0,sil,phones,anna\r\n";
    for (name, text) in [("a.TextGrid", AMA.replace("phones", "anna")), ("a.json", json.into()), ("a.csv", csv.into())]
    {
        desk.write(name, text);
    }
    desk.write("a_aligned.TextGrid", AMA);
    desk.run("animate a.wav --out-dir out --as visemes.tsv --textgrid .").done();
    desk.run("animate a.wav --out b.visemes.tsv --textgrid a.json").done();
    desk.run("animate a.wav --out c.visemes.tsv --textgrid a.csv").done();
    for out in ["out/a.visemes.tsv", "b.visemes.tsv", "c.visemes.tsv"] {
        let told = closures(&desk, out);
        assert!(told.len() == 1 && (told[0] - 1.2).abs() < 0.07, "{out}: {told:?}");
    }
}

#[test]
fn the_grid_of_a_sound_in_a_folder_lies_in_a_folder_too() {
    let desk = desk();
    for folder in ["takes/anna", "takes/bob", "grids/anna", "grids/bob"] {
        fs::create_dir_all(desk.path(folder)).unwrap();
    }
    for speaker in ["anna", "bob"] {
        fs::copy(desk.path("a.wav"), desk.path(&format!("takes/{speaker}/u1.wav"))).unwrap();
    }
    desk.write("grids/anna/u1.TextGrid", AMA);
    desk.write("grids/bob/u1.TextGrid", AMA.replace("\"M\"", "\"AH0\""));
    desk.run("animate takes --out-dir out --as visemes.tsv --textgrid grids").done();
    assert_eq!(closures(&desk, "out/anna/u1.visemes.tsv").len(), 1);
    assert_eq!(closures(&desk, "out/bob/u1.visemes.tsv").len(), 0);
}

#[test]
fn what_is_no_script_is_refused_by_name() {
    let desk = desk();
    desk.write("words.TextGrid", AMA.replace("phones", "words"));
    let said = desk.refuse("animate a.wav --out a.csv --textgrid words.TextGrid");
    assert!(said.contains("words.TextGrid: expected a tier `phones`, came the tiers [\"words\"]"), "{said}");
    let said = desk.refuse("animate a.wav --out a.csv --textgrid missing.TextGrid");
    assert!(said.contains("missing.TextGrid"), "{said}");
    let said = desk.refuse("animate a.wav --out a.csv --textgrid a.wav");
    assert!(said.contains("a.wav: expected a TextGrid"), "{said}");
}

#[test]
fn words_are_found_in_the_sound_and_doubted_where_they_are_not_heard() {
    let desk = desk();
    reader(&desk);
    desk.write("ama.txt", "Ama.");
    let run =
        with_reader(&desk, "animate silence.raw --format s16le --rate 16000 --out told.visemes.tsv --text ama.txt");
    let said = run.warned();
    assert!(said.contains("ama.txt: is this what is said?"), "{said}");
    assert_eq!(closures(&desk, "told.visemes.tsv").len(), 1);
}

#[test]
fn without_espeak_ng_the_error_says_how_to_get_it() {
    let desk = desk();
    desk.write("ama.txt", "Ama.");
    let run =
        || desk.command("animate a.wav --out a.csv --text ama.txt").env("PATH", "/nowhere").output().unwrap().into();
    let said = desk.refused(run);
    assert!(said.contains("expected espeak-ng") && said.contains("apt-get install espeak-ng"), "{said}");
}

#[test]
fn a_text_needs_a_file_and_words() {
    let desk = desk();
    reader(&desk);
    desk.write("ama.txt", "Ama.");
    let said = desk.refuse("animate a.wav --out a.csv --text Ama.");
    assert!(said.contains("--text: expected a file in which the words stand, came Ama., which is not there"), "{said}");
    let said = desk.refuse("animate - --out a.csv --text ama.txt");
    assert!(said.contains("--text: expected a sound file"), "{said}");
    desk.write("short.raw", vec![0; 2 * 640]);
    let run = || with_reader(&desk, "animate short.raw --format s16le --rate 16000 --out a.csv --text ama.txt");
    let said = desk.refused(run);
    assert!(said.contains("expected words that fit into the recording"), "{said}");
}
