//! Folders of cues on a clip whose phones are known.

use std::fs;
use std::path::Path;

use keyface_core::Phone;

use super::*;
use crate::clip::Segment;
use crate::corpus::write_clip;

/// Phones and their ends in milliseconds.
const SAID: &str = "SIL 237 DH 356 AH 463 B 568 OY 681 F 804 AW 876 N 947 D 1060 HH 1168 IH 1296 Z 1422 SH 1493 \
    UW 1553 SIL 1790 M 1876 EY 1942 B 2001 IY 2117 V 2246 EH 2299 R 2423 IY 2521 F 2626 AA 2757 R 2883 AH 3014 W 3082 \
    EY 3209 SIL 3390 P 3505 UH 3561 T 3616 B 3668 OW 3740 TH 3818 AO 3942 F 3993 SIL 4272";

/// Visemes about 80 ms late, a quarter of them wrong: milliseconds and names.
const OCULUS: &str = "0 sil 308 TH 455 aa 522 PP 656 oh 766 FF 868 aa 955 nn 1038 DD 1123 kk 1233 ih 1373 SS 1482 CH \
    1552 ou 1642 sil 1894 PP 1939 E 2013 PP 2077 ih 2195 FF 2331 E 2365 RR 2482 PP 2591 ih 2697 aa 2828 RR 2950 aa \
    3097 ou 3154 E 3269 RR 3487 E 3570 ou 3633 FF 3675 PP 3748 oh 3823 TH 3890 PP 4016 FF 4075 aa 4272 sil";

/// Rhubarb's shapes, in time, a third of them wrong: hundredths of a second and names.
const RHUBARB: &str = "0 X 27 B 34 D 46 A 58 E 68 G 80 D 87 H 97 B 104 B 115 B 130 F 143 C 153 F 153 G 177 B 185 B \
    197 C 200 X 210 F 228 G 234 E 241 B 250 G 264 D 273 E 292 A 303 E 306 A 323 X 338 A 352 F 359 B 364 A 364 E 371 B \
    384 E 392 G 398 X 427 X";

fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.chunks(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>().into_iter()
}

fn said() -> Vec<Segment> {
    let mut start_s = 0.0;
    let segment = |(phone, end): (&str, &str)| {
        let end_s = end.parse::<f64>().unwrap() / 1000.0;
        let segment = Segment { start_s, end_s, phone: Phone::from_name(phone).unwrap() };
        start_s = end_s;
        segment
    };
    words(SAID).map(segment).collect()
}

/// Lines of a TSV; `per_s` of the numbers in `text` are a second.
fn tsv(text: &str, per_s: f64) -> String {
    words(text).map(|(at, shape)| format!("{:.3}\t{shape}\n", at.parse::<f64>().unwrap() / per_s)).collect()
}

/// The labels as visemes: what a perfect program writes.
fn right() -> String {
    said().iter().map(|s| format!("{:.3}\t{}\n", s.start_s, s.phone.viseme().name())).collect()
}

/// The same times, the shapes in another order.
fn shuffled() -> String {
    let said = said();
    let shape = |n: usize| said[(7 * n + 3) % said.len()].phone.viseme().name();
    said.iter().enumerate().map(|(n, s)| format!("{:.3}\t{}\n", s.start_s, shape(n))).collect()
}

/// A folder with the clips `a` and `b`, both said alike, and a folder for cues beside it.
fn desk() -> tempfile::TempDir {
    let desk = tempfile::tempdir().unwrap();
    for id in ["a", "b"] {
        let (samples, speaker) = (vec![0.0; 68_352], "nobody".to_owned());
        let clip = Clip { id: id.into(), speaker, split: Split::Train, samples, phones: said(), words: vec![] };
        write_clip(&desk.path().join("corpus"), &clip).unwrap();
    }
    desk
}

fn write_cues(desk: &Path, file: &str, text: &str) {
    let path = desk.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn contest(desk: &Path, programs: &[&str]) -> Contest {
    let folder = |name: &&str| CueFolder { program: (*name).into(), folder: desk.join(name) };
    let cues = programs.iter().map(folder).collect();
    let reading = Default::default();
    Contest { corpus: desk.join("corpus"), reading, clips: 10, cues, models: Vec::new() }
}

fn score_of<'a>(comparison: &'a Comparison, name: &str) -> &'a MouthScore {
    &comparison.programs.iter().find(|(program, _)| program == name).unwrap().1
}

#[test]
fn right_cues_are_perfect_and_shuffled_ones_are_not() {
    let desk = desk();
    for id in ["a", "b"] {
        write_cues(desk.path(), &format!("right/{id}.visemes.tsv"), &right());
        write_cues(desk.path(), &format!("shuffled/{id}.visemes.tsv"), &shuffled());
    }
    let found = compare(&contest(desk.path(), &["right", "shuffled"])).unwrap();
    let right = score_of(&found, "right");
    assert_eq!((right.balanced, right.lag_ms, right.closures, right.false_closures_per_min), (1.0, 0, 1.0, 0.0));
    assert!(score_of(&found, "shuffled").balanced < 0.5);
    assert_eq!((found.clips, found.missing.len()), (2, 0));
    assert_eq!(found.table().rows.len(), 2 + 3);
}

#[test]
fn scores_are_those_of_the_reference_scorer() {
    let desk = desk();
    write_cues(desk.path(), "late/a.visemes.tsv", &tsv(OCULUS, 1000.0));
    write_cues(desk.path(), "rhubarb/a.tsv", &tsv(RHUBARB, 100.0));
    let found = compare(&contest(desk.path(), &["late", "rhubarb"])).unwrap();
    // What mouth_score.py prints for the same phones and cues: balanced, lag_ms, closures, false_closures, open_in_pause,
    // changes_per_s; recall of sil, PP, FV, round, open, other.
    let late = (0.690, 70, 4.0 / 5.0, 28.1, 0.471, 7.7, [0.53, 0.64, 0.66, 0.61, 0.90, 0.81]);
    let rhubarb = (0.585, 0, 2.0 / 5.0, 28.1, 0.255, 7.5, [0.71, 0.52, 0.66, 0.50, 0.53, 0.58]);
    for (name, (balanced, lag_ms, closures, wrong, open_in_pause, changes, recall)) in
        [("late", late), ("rhubarb", rhubarb)]
    {
        let ours = score_of(&found, name);
        let near = |ours: f64, printed: f64, digits: i32| {
            assert!((ours - printed).abs() <= 0.5001 * 10f64.powi(-digits), "{name}: {ours} is not {printed}");
        };
        assert_eq!((ours.lag_ms, ours.closures, ours.closures_of), (lag_ms, closures, 5), "{name}");
        near(ours.balanced, balanced, 3);
        near(ours.false_closures_per_min, wrong, 1);
        near(ours.open_in_pause, open_in_pause, 3);
        near(ours.changes_per_s, changes, 1);
        ours.recall.iter().zip(recall).for_each(|(ours, printed)| near(ours.unwrap(), printed, 2));
    }
}

#[test]
fn a_clip_that_a_program_lacks_is_named_and_scored_for_nobody() {
    let desk = desk();
    write_cues(desk.path(), "all/a.visemes.tsv", &right());
    write_cues(desk.path(), "all/b.visemes.tsv", &right());
    write_cues(desk.path(), "half/b.visemes.tsv", &right());
    let found = compare(&contest(desk.path(), &["all", "half"])).unwrap();
    assert_eq!((found.clips, found.missing), (1, vec![("half".to_owned(), vec!["a".to_owned()])]));
}

#[test]
fn no_common_clip_is_an_error_that_names_who_lacks_what() {
    let desk = desk();
    write_cues(desk.path(), "half/b.visemes.tsv", &right());
    fs::create_dir(desk.path().join("none")).unwrap();
    let error = compare(&contest(desk.path(), &["half", "none"])).unwrap_err().to_string();
    assert!(error.ends_with("half lacks 1 of 2, first a; none lacks 2 of 2, first a"), "{error}");
}

#[test]
fn a_folder_of_cues_that_is_not_there_is_an_error() {
    let desk = desk();
    let error = compare(&contest(desk.path(), &["nowhere"])).unwrap_err().to_string();
    assert!(error.ends_with("nowhere: expected a folder of mouth cues, found none"), "{error}");
}

#[test]
fn the_shipped_model_stands_beside_the_others() {
    let desk = desk();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/live");
    let found = compare(&Contest { models: vec![model], ..contest(desk.path(), &[]) }).unwrap();
    // The sound is silent: whatever the model shows must be at rest.
    assert_eq!(score_of(&found, "live").active, 0.0);
}
