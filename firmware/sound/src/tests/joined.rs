//! Sounds of any kinds one behind another.

use super::*;
use crate::properties::SOUNDS;

/// Where the joint of two of a kind cannot be told: streams of frames without a header.
const HEADLESS: [&str; 3] = ["mp3", "mp2", "aac"];

#[test]
fn sounds_of_any_two_kinds_are_both_heard_from_a_file_and_from_a_pipe() {
    for (first, before) in SOUNDS {
        for (second, behind) in SOUNDS {
            let (one, other) = (samples(before), samples(behind));
            let file = [before, behind].concat();
            let (heard, _, reader) = native(opened(file.clone()));
            let what = format!("{second} behind {first}");
            assert_eq!(reader.notes().sentence(), None, "{what}");
            if first == second && HEADLESS.contains(&first) {
                let lost = heard.len() - one.len() - other.len();
                assert!(lost < 1_200, "{what}: {lost} samples of silence in between");
            } else {
                assert!(heard == [one, other].concat(), "{what}: {} samples", heard.len());
            }
            assert!(piped(file) == heard, "{what}, from a pipe");
        }
    }
}

#[test]
fn what_lies_behind_and_is_not_read_is_said() {
    let honest = wav(PCM, 1, 16_000, 16, &ramp());
    for (behind, what) in [(b"wvpk\x20\0\0\0\x10\x04\0\0".as_slice(), "WavPack"), (b"#!AMR\n\x3c\x11\x17", "AMR")] {
        // FLAC tells no lengths: behind it only what is heard is found.
        let kinds = SOUNDS.into_iter().chain([("wav", honest.as_slice())]).filter(|(kind, _)| *kind != "flac");
        for (name, before) in kinds {
            let (heard, _, reader) = native(opened([before, behind].concat()));
            let said = reader.notes().sentence().unwrap_or_default();
            assert_eq!(said, format!("behind it lies {what}, which is left out"), "{what} behind {name}");
            assert_eq!(heard.len(), samples(before).len(), "{what} behind {name}");
        }
    }
}

#[test]
fn a_damaged_page_does_not_hide_what_lies_behind() {
    let mut damaged = TONE_OGG.repeat(2);
    let middle = damaged.len() - 200;
    damaged[middle..middle + 60].fill(b'x');
    let heard = samples([damaged, wav(PCM, 1, 16_000, 16, &ramp())].concat());
    assert!(heard.ends_with(&samples(wav(PCM, 1, 16_000, 16, &ramp()))));
}

#[test]
fn frames_of_another_rate_are_another_sound() {
    let mut faster = crate::properties::sound("aac").to_vec();
    let mut at = 0;
    // The third byte holds the rate's number: 16 kHz becomes 22.05 kHz.
    while at + 7 < faster.len() {
        faster[at + 2] = faster[at + 2] & 0xc3 | 7 << 2;
        at += crate::sniff::adts_bytes(&faster[at..]).unwrap();
    }
    let (_, last, _) = native(opened([crate::properties::sound("aac"), &faster].concat()));
    assert_eq!(last.rate_hz, 22_050);
}
