use keyface_core::Phone;

use super::*;

fn segment(start_s: f64, end_s: f64, phone: Phone) -> Segment {
    Segment { start_s, end_s, phone }
}

fn clip(id: &str) -> Clip {
    let phones = vec![segment(0.0, 0.1, Phone::SIL), segment(0.1, 0.3, Phone::AA), segment(0.3, 0.5, Phone::SIL)];
    let samples = (0..8_000).map(|n| (n as f32 * 0.1).sin() * 0.3).collect();
    Clip { id: id.into(), speaker: "anna".into(), split: Split::Train, samples, phones }
}

fn word() -> Word {
    Word { start_s: 0.1, end_s: 0.3, text: "ah".into() }
}

#[test]
fn a_written_clip_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    write_clip(dir.path(), &clip("anna/one"), &[word()]).unwrap();
    let folder = read_folder(dir.path()).unwrap();
    assert_eq!(folder.dropped, []);
    let back = folder.entry("anna/one").unwrap().load().unwrap();
    assert_eq!(back.phones, clip("").phones);
    assert_eq!((back.speaker.as_str(), back.samples.len()), ("anna", 8_000));
}

#[test]
fn nothing_unfinished_is_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    write_clip(dir.path(), &clip("one"), &[word()]).unwrap();
    let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["one.TextGrid", "one.wav"]);
}

#[test]
fn the_words_cover_the_clip() {
    let intervals = word_intervals(&[word()], 0.5);
    let texts: Vec<&str> = intervals.iter().map(|i| i.text.as_str()).collect();
    assert_eq!(texts, ["", "ah", ""]);
    assert_eq!(intervals[2].end_s, 0.5);
}

#[test]
fn every_dropped_clip_has_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["whole", "unlabelled", "foreign", "cut"] {
        write_clip(dir.path(), &clip(id), &[]).unwrap();
    }
    let at = |name: &str| dir.path().join(name);
    fs::remove_file(at("unlabelled.TextGrid")).unwrap();
    let foreign = fs::read_to_string(at("foreign.TextGrid")).unwrap().replace("\"AA\"", "\"ɑː\"");
    fs::write(at("foreign.TextGrid"), foreign).unwrap();
    audio::write(&at("cut.wav"), &[0.0; 3_000]).unwrap();
    fs::copy(at("whole.TextGrid"), at("silent.TextGrid")).unwrap();

    let folder = read_folder(dir.path()).unwrap();
    let reasons: BTreeMap<&str, &str> = folder.dropped.iter().map(|d| (d.id.as_str(), d.reason.as_str())).collect();
    assert_eq!(reasons["unlabelled"], "no TextGrid beside the sound");
    assert_eq!(reasons["silent"], "no wav, flac or ogg");
    assert!(reasons["foreign"].ends_with("expected ARPAbet phones, came \"ɑː\" at 0.100 s"));
    let loaded: Vec<_> = folder.clips().collect();
    let failed: Vec<_> = loaded.into_iter().filter_map(std::result::Result::err).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].reason.contains("expected labels within the 0.188 s of sound"), "{failed:?}");
}

#[test]
fn splits_and_speakers_come_from_the_table() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["a", "b", "c"] {
        write_clip(dir.path(), &clip(id), &[]).unwrap();
    }
    let table = "id\tsplit\tseconds\ttext\tspeaker\na\teval\t0.5\tah\tbert\nb\tvalid\t0.5\tah\n";
    fs::write(dir.path().join("splits.tsv"), table).unwrap();
    let folder = read_folder(dir.path()).unwrap();
    let of = |id: &str| folder.entry(id).unwrap();
    assert_eq!((of("a").split, of("a").speaker.as_str()), (Split::Eval, "bert"));
    assert_eq!(of("b").split, Split::Valid);
    assert_eq!(folder.dropped, [Dropped { id: "c".into(), reason: "no line in splits.tsv".into() }]);
}

#[test]
fn valid_clips_are_carved_out_of_train_only_where_there_are_none() {
    let id = (0..).map(|n| format!("clip{n}")).find(|id| carve_valid(id) == Split::Valid).unwrap();
    let dir = tempfile::tempdir().unwrap();
    write_clip(dir.path(), &clip(&id), &[]).unwrap();
    write_clip(dir.path(), &clip("other"), &[]).unwrap();
    let split = || read_folder(dir.path()).unwrap().entry(&id).unwrap().split;
    assert_eq!(split(), Split::Valid);
    let table = |other: &str| format!("id\tsplit\tseconds\ttext\n{id}\ttrain\t0.5\tah\nother\t{other}\t0.5\tah\n");
    fs::write(dir.path().join("splits.tsv"), table("eval")).unwrap();
    assert_eq!(split(), Split::Valid);
    fs::write(dir.path().join("splits.tsv"), table("valid")).unwrap();
    assert_eq!(split(), Split::Train);
}

#[test]
fn a_folder_without_sound_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let error = read_folder(dir.path()).unwrap_err().to_string();
    assert!(error.ends_with("expected wav, flac or ogg files with TextGrids, came none"), "{error}");
}
