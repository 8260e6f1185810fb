//! Captures of a face that is known: what the shipped model says, changed by a hidden law.

use std::fs;
use std::path::{Path, PathBuf};

use keyface_core::{Motion, MotionChannel};
use tempfile::TempDir;

use super::*;
use crate::corpus::{audio, read_clips, read_sound};
use crate::evaluate::surface::default_surface;
use crate::export::Packed;
use crate::papers::corpus::gltf_testing::animated;
use crate::papers::corpus::{Agreement, Recognizer, Take, find_takes, write_live_link};
use crate::truth::{self, Effort, Law, Style};

const GAINS: [(MotionChannel, f32); 3] =
    [(MotionChannel::JawOpen, 1.4), (MotionChannel::MouthPucker, 0.6), (MotionChannel::MouthStretch, 1.25)];
const SMILE: f32 = 0.1;
const OFFSET_S: f64 = 0.337;
const DRIFT: f64 = 40e-6;
const CAMERA_HZ: f64 = 60.0;

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/live")
}

/// Between -1 and 1, about even.
fn noise(n: usize) -> f32 {
    let hash = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    (hash as f32 / (1u64 << 23) as f32) - 1.0
}

/// Takes of the demo's sound, each with more silence in front, as the camera would see the face of a stranger.
fn captures(takes: usize, packed: &Packed) -> TempDir {
    let (folder, demo) = (tempfile::tempdir().unwrap(), read_sound(&model().join("demo.wav")).unwrap());
    for take in 0..takes {
        let samples = [vec![0.0; 8_000 + 1_600 * take], demo.clone(), demo.clone()].concat();
        let sound = format!("take{take}.wav");
        audio::write(&folder.path().join(sound), &samples).unwrap();
        let said = said(packed, &samples);
        let seen = |n: usize| stranger(&said, OFFSET_S + (1.0 + DRIFT) * n as f64 / CAMERA_HZ, n + 7919 * take);
        let rows = ((samples.len() as f64 / 16_000.0 - OFFSET_S) * CAMERA_HZ) as usize;
        let seen: Vec<Motion> = (0..rows).map(seen).collect();
        // Whoever captured it: an app, or a program that animates.
        match take % 2 {
            0 => write_live_link(&folder.path().join(format!("take{take}.csv")), CAMERA_HZ, &seen).unwrap(),
            _ => fs::write(folder.path().join(format!("take{take}.glb")), animated(CAMERA_HZ, &seen)).unwrap(),
        }
    }
    folder
}

fn said(packed: &Packed, samples: &[f32]) -> Vec<(f64, Motion)> {
    use keyface_core::Line;
    let steps: Vec<_> = Line::new(packed.model().unwrap()).push(samples).collect::<Result<_, _>>().unwrap();
    steps.iter().map(|step| (step.at.as_s(), step.motion)).collect()
}

fn stranger(said: &[(f64, Motion)], sound_s: f64, n: usize) -> Motion {
    let after = said.partition_point(|(at, _)| *at <= sound_s).clamp(1, said.len() - 1);
    let ((from_s, from), (to_s, to)) = (said[after - 1], said[after]);
    let share = ((sound_s - from_s) / (to_s - from_s)).clamp(0.0, 1.0) as f32;
    let mut motion = from.toward(to, share);
    GAINS.into_iter().for_each(|(channel, gain)| motion[channel] *= gain);
    motion[MotionChannel::MouthSmile] += SMILE;
    for channel in MotionChannel::ALL {
        motion[channel] += 0.01 * noise(n * MotionChannel::ALL.len() + channel as usize);
    }
    motion.bounded()
}

fn sessions(takes: usize) -> (Packed, Vec<Session>) {
    let packed = Packed::read(&model()).unwrap();
    let (folder, trained) = (captures(takes, &packed), packed.trained().unwrap());
    let hear = |take: &Take| Session::of(take, &packed, &trained).unwrap();
    let mut sessions: Vec<Session> = find_takes(folder.path()).unwrap().iter().map(hear).collect();
    Session::hold_out(&mut sessions);
    (packed, sessions)
}

#[test]
fn a_hidden_law_is_found_and_the_adapted_face_is_nearer() {
    let (packed, mut sessions) = sessions(2);
    for session in &sessions {
        let late_ms = 1e3 * (session.clocks.sound_s(8.0) - (OFFSET_S + (1.0 + DRIFT) * 8.0));
        assert!(late_ms.abs() < 10.0, "{late_ms} ms, {:?}", session.clocks);
    }
    let laws = gains(&sessions.iter().collect::<Vec<_>>());
    for (channel, gain) in GAINS {
        let law = laws.iter().find(|law| law.channel == channel).unwrap();
        assert!((law.gain / f64::from(gain) - 1.0).abs() < 0.05, "{channel:?}: {gain}, {law:?}");
    }
    let trained = packed.trained().unwrap();
    let stranger = FaceStyle::of("stranger", &laws);
    let bank = [FaceStyle::variants(), vec![stranger.clone()]].concat();
    assert_eq!(nearest(&bank, &sessions[0]), Some(&stranger));
    assert!(nearest(&[], &sessions[0]).is_none());
    let bank = FaceStyle::variants();
    let missed = Way::ALL.map(|way| {
        let adapted = pack(&packed, &adapt(&trained, &sessions, way, &bank), &sessions, "own").unwrap();
        score(&adapted, &sessions, &default_surface()).unwrap().lve_m2
    });
    let [shipped, nearest, one_take, gains, last_layer] = missed;
    assert!(
        nearest < 0.7 * shipped && one_take < 0.5 * shipped && gains < 0.5 * shipped && last_layer < 0.5 * shipped,
        "{missed:?}"
    );

    // Of a single take the end is held out.
    Session::hold_out(&mut sessions[..1]);
    let (held_out, steps) = (sessions[0].held_out.clone(), sessions[0].seen.len());
    assert!(held_out.start > steps / 2 && held_out.end == steps);
    assert!(sessions[0].learnt().all(|(n, _)| n < held_out.start));
}

#[test]
fn phones_are_the_textgrids_or_else_heard() {
    let (folder, ear) = (tempfile::tempdir().unwrap(), Recognizer::read(&model()).unwrap());
    let beside = |ending: &str| folder.path().join(format!("a.{ending}"));
    for ending in ["wav", "TextGrid"] {
        fs::copy(model().join(format!("demo.{ending}")), beside(ending)).unwrap();
    }
    let clip = &read_clips(&beside("wav"), &beside("TextGrid")).unwrap()[0];
    let made = truth::motion(&clip.phones, &Effort::heard(&clip.samples, &clip.phones), &Style::NEUTRAL);
    // A row describes the end of its 10 ms.
    write_live_link(&beside("csv"), 100.0, &[&[Motion::REST], &made[..]].concat()).unwrap();
    let watch = |is_one_clock: bool| {
        let take = &find_takes(folder.path()).unwrap()[0];
        Watched::of(take, &ear, is_one_clock).unwrap()
    };
    let labelled = watch(true);
    assert_eq!((labelled.told_by.as_str(), labelled.rows()), ("a.TextGrid", made.len()));
    for (row, made) in labelled.made(&Law::RULES).iter().enumerate().take(made.len() - 1) {
        let seen = labelled.seen_at(truth::row_time_s(row)).unwrap();
        assert!((seen[MotionChannel::JawOpen] - made[MotionChannel::JawOpen]).abs() < 0.01, "row {row}");
    }
    fs::remove_file(beside("TextGrid")).unwrap();
    let heard = watch(false);
    assert_eq!(heard.told_by, format!("heard by {}", ear.name));
    let (first, last) = (heard.clip.phones[0], *heard.clip.phones.last().unwrap());
    assert!(first.start_s == 0.0 && (last.end_s - heard.clip.seconds()).abs() < 1e-6);
    assert!(heard.clocks.offset_s.abs() < 0.04 && heard.clocks.r > 0.6, "{:?}", heard.clocks);
    let agreement = Agreement::of(&clip.phones, &heard.clip.phones);
    assert!(2 * agreement.same_phone > agreement.hops, "{agreement:?}");
}
