use keyface_core::Phone;

use super::*;
use crate::corpus::{Interval, Tier, write_clip, write_phones};

fn segment(start_s: f64, end_s: f64, phone: Phone) -> Segment {
    Segment { start_s, end_s, phone }
}

fn clip(id: &str) -> Clip {
    let phones = vec![segment(0.0, 0.1, Phone::SIL), segment(0.1, 0.3, Phone::AA), segment(0.3, 0.5, Phone::SIL)];
    let samples = (0..8_000).map(|n| (n as f32 * 0.1).sin() * 0.3).collect();
    let words = vec![Interval { start_s: 0.1, end_s: 0.3, text: "ah".into() }];
    Clip { id: id.into(), speaker: "anna".into(), split: Split::Train, samples, phones, words }
}

#[test]
fn phones_that_were_heard_label_a_sound_and_say_who_heard_them() {
    let (dir, labels) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_clip(dir.path(), &clip("b/a")).unwrap();
    write_phones(labels.path(), "b/a", &clip("b/a").phones, "live 0.5.0").unwrap();
    let sounds = find_sounds(dir.path()).unwrap();
    let [(id, _, Some(beside))] = &sounds[..] else { panic!("{sounds:?}") };
    assert_eq!((id.as_str(), beside), ("b/a", &dir.path().join("b/a.TextGrid")));
    fs::remove_file(beside).unwrap();
    assert_eq!(find_sounds(dir.path()).unwrap()[0].2, None);
    let reading = Reading { labels_dirs: vec![labels.path().into()], ..Reading::default() };
    assert_eq!(read_folder_with(dir.path(), &reading).unwrap().entries[0].load().unwrap().phones, clip("b/a").phones);
    assert!(fs::read_to_string(labels.path().join("b/a.TextGrid")).unwrap().contains("\"live 0.5.0\""));
}

#[test]
fn a_written_clip_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    write_clip(dir.path(), &clip("anna/one")).unwrap();
    let folder = read_folder(dir.path()).unwrap();
    assert_eq!(folder.dropped, []);
    let back = folder.entry("anna/one").unwrap().load().unwrap();
    assert_eq!((back.phones, back.words), (clip("").phones, clip("").words));
    assert_eq!((back.speaker.as_str(), back.samples.len()), ("anna", 8_000));
}

#[test]
fn nothing_unfinished_is_left_behind() {
    let dir = tempfile::tempdir().unwrap();
    write_clip(dir.path(), &clip("one")).unwrap();
    let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["one.TextGrid", "one.wav"]);
}

#[test]
fn every_dropped_clip_has_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["whole", "unlabelled", "foreign", "cut"] {
        write_clip(dir.path(), &clip(id)).unwrap();
    }
    let at = |name: &str| dir.path().join(name);
    fs::remove_file(at("unlabelled.TextGrid")).unwrap();
    let foreign = fs::read_to_string(at("foreign.TextGrid")).unwrap().replace("\"AA\"", "\"qq!\"");
    fs::write(at("foreign.TextGrid"), foreign).unwrap();
    audio::write(&at("cut.wav"), &[0.0; 3_000]).unwrap();
    fs::copy(at("whole.TextGrid"), at("silent.TextGrid")).unwrap();

    let folder = read_folder(dir.path()).unwrap();
    let reasons: BTreeMap<&str, &str> = folder.dropped.iter().map(|d| (d.id.as_str(), d.reason.as_str())).collect();
    assert_eq!(reasons["unlabelled"], "no TextGrid of its name");
    assert_eq!(reasons["silent"], "no wav, flac or ogg");
    assert_eq!(reasons["foreign"], "nothing but speech of unknown phones");
    assert_eq!(folder.unmapped, BTreeMap::from([("qq!".to_owned(), 1)]));
    let loaded: Vec<_> = folder.clips().collect();
    let failed: Vec<_> = loaded.into_iter().filter_map(std::result::Result::err).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].reason.contains("expected labels within the 0.188 s of sound"), "{failed:?}");
}

#[test]
fn splits_and_speakers_come_from_the_table() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["a", "b", "c"] {
        write_clip(dir.path(), &clip(id)).unwrap();
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
    write_clip(dir.path(), &clip(&id)).unwrap();
    write_clip(dir.path(), &clip("other")).unwrap();
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

/// A clip of a second: a phone, speech that nobody knows, another phone.
fn write_unknown(dir: &Path, id: &str) {
    let samples = (0..16_000).map(|n| (n as f32 * 0.1).sin() * 0.3).collect();
    let phones = vec![segment(0.0, 0.4, Phone::AA), segment(0.4, 0.5, Phone::B), segment(0.5, 1.0, Phone::M)];
    write_clip(dir, &Clip { samples, phones, ..clip(id) }).unwrap();
    let path = dir.join(format!("{id}.TextGrid"));
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("\"B\"", "\"spn\"")).unwrap();
}

#[test]
fn unknown_speech_is_cut_out_of_its_clip() {
    let dir = tempfile::tempdir().unwrap();
    write_unknown(dir.path(), "one");
    write_unknown(dir.path(), "two");
    let folder = read_folder(dir.path()).unwrap();
    let ids: Vec<&str> = folder.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["one@1", "one@2", "two@1", "two@2"]);
    let second = folder.entry("one@2").unwrap().load().unwrap();
    assert_eq!((second.samples.len(), second.phones), (8_000, vec![segment(0.0, 0.5, Phone::M)]));
    let whole = audio::read(&dir.path().join("one.wav")).unwrap();
    assert_eq!(second.samples, whole[8_000..]);
    assert!((folder.unknown_s - 0.2).abs() < 1e-6);
    // Both pieces of a clip stand on one side of the wall.
    assert_eq!(folder.entries[0].split, folder.entries[1].split);
}

#[test]
fn text_grids_may_lie_in_a_folder_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let (own, aligned) = (dir.path().join("own"), dir.path().join("aligned"));
    write_clip(&own, &clip("anna/u1")).unwrap();
    fs::create_dir_all(aligned.join("anna")).unwrap();
    let text = fs::read_to_string(own.join("anna/u1.TextGrid")).unwrap();
    fs::write(aligned.join("anna/u1.TextGrid"), text.replace("\"AA\"", "\"ɑː\"")).unwrap();
    let reading = Reading { labels_dirs: vec![aligned], ..Reading::default() };
    fs::remove_file(own.join("anna/u1.TextGrid")).unwrap();
    let folder = read_folder_with(&own, &reading).unwrap();
    assert_eq!(folder.entries[0].load().unwrap().phones, clip("").phones);
}

#[test]
fn an_alignment_beside_a_transcript_goes_first_and_mfas_other_formats_do_too() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for id in ["beside", "json", "csv", "other", "other_aligned"] {
        write_clip(dir.path(), &clip(id)).unwrap();
    }
    let whole = |id: &str| read_folder(dir.path()).unwrap().entry(id).unwrap().load().unwrap().phones;
    let grid = TextGrid::parse(&fs::read(at("json.TextGrid")).unwrap(), "json").unwrap();
    let rows = |form: fn(&Interval) -> String| grid.phones()[0].intervals.iter().map(form).collect::<Vec<_>>();
    let entries = rows(|row| format!("[{}, {}, \"{}\"]", row.start_s, row.end_s, row.text)).join(", ");
    let lines = rows(|row| format!("{},{},{},phones,anna\r\n", row.start_s, row.end_s, row.text)).concat();
    let json =
        format!(r#"{{"start": 0, "end": 1.5, "tiers": {{"phones": {{"type": "interval", "entries": [{entries}]}}}}}}"#);
    fs::write(at("json.json"), json).unwrap();
    fs::write(at("csv.csv"), format!("Begin,End,Label,Type,Speaker\r\n{lines}")).unwrap();
    fs::rename(at("beside.TextGrid"), at("beside_aligned.TextGrid")).unwrap();
    let transcript = TextGrid { end_s: 1.5, tiers: vec![Tier { name: "anna".into(), intervals: Vec::new() }] };
    fs::write(at("beside.TextGrid"), transcript.to_text()).unwrap();
    ["json.TextGrid", "csv.TextGrid"].iter().for_each(|name| fs::remove_file(at(name)).unwrap());
    for id in ["beside", "json", "csv", "other", "other_aligned"] {
        assert_eq!(whole(id), clip("").phones, "{id}");
    }
    assert!(read_folder(dir.path()).unwrap().dropped.is_empty());
}

#[test]
fn a_corpus_of_nothing_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    write_clip(dir.path(), &clip("one")).unwrap();
    fs::remove_file(dir.path().join("one.TextGrid")).unwrap();
    let error = read_folder(dir.path()).unwrap_err().to_string();
    assert!(
        error.ends_with("expected clips with sound and phones, came none of 1 (one: no TextGrid of its name)"),
        "{error}"
    );
}

#[test]
fn a_speaker_may_be_kept_for_reports_and_one_clip_always_validates() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["anna/1", "bert/1", "bert/2", "bert/3"] {
        write_clip(dir.path(), &clip(id)).unwrap();
    }
    let reading = Reading { eval: BTreeSet::from(["anna".to_owned()]), ..Reading::default() };
    let folder = read_folder_with(dir.path(), &reading).unwrap();
    let count = |split| folder.entries.iter().filter(|entry| entry.split == split).count();
    assert_eq!((count(Split::Eval), count(Split::Valid), count(Split::Train)), (1, 1, 2));
    assert_eq!(folder.entry("anna/1").unwrap().split, Split::Eval);
}

#[test]
fn what_is_no_folder_is_told() {
    let error = |path: &Path| read_folder(path).unwrap_err().to_string();
    assert_eq!(error(Path::new("no-such")), "no-such: expected a folder of recordings, came none");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert_eq!(error(Path::new(file)), format!("{file}: expected a folder of recordings, came a file"));
}

#[test]
fn a_clip_by_itself_is_read_around_unknown_speech_and_never_through_it() {
    let dir = tempfile::tempdir().unwrap();
    let told = [(0.0, 0.5, "AA1"), (0.5, 1.0, "spn"), (1.0, 1.25, "B"), (1.25, 1.5, "")];
    let intervals = told.map(|(start_s, end_s, text)| Interval { start_s, end_s, text: text.into() }).to_vec();
    let grid = TextGrid { end_s: 1.5, tiers: vec![Tier { name: "phones".into(), intervals }] };
    let (sound, labels) = (dir.path().join("a.wav"), dir.path().join("b.TextGrid"));
    audio::write(&sound, &vec![0.1; 24_000]).unwrap();
    fs::write(&labels, grid.to_text()).unwrap();
    let clips = read_clips(&sound, &labels).unwrap();
    let lengths: Vec<_> = clips.iter().map(|clip| (clip.id.as_str(), clip.samples.len())).collect();
    assert_eq!(lengths, [("a@1", 8_000), ("a@2", 8_000)]);
    assert_eq!(clips[1].phones, [segment(0.0, 0.25, Phone::B), segment(0.25, 0.5, Phone::SIL)]);
}

#[test]
fn a_speaker_who_is_kept_for_reports_must_be_there() {
    let dir = tempfile::tempdir().unwrap();
    write_clip(dir.path(), &clip("anna/one")).unwrap();
    let folder = read_folder(dir.path()).unwrap();
    let check = |name: &str| check_speakers(&[name.to_owned()].into(), [&folder].into_iter());
    assert!(check("anna").is_ok());
    assert!(check("bert").unwrap_err().to_string().contains("{\"anna\"}, came \"bert\""));
}
