//! A face is alive from its voice: head and brows go with it, little and smoothly, and nothing else moves them.

use keyface::ears::read_sound;
use keyface::face::Life;
use keyface_core::{Channel, Line};
use keyface_tests::alive::{Figures, Moment, speak};
use keyface_tests::models::{folder, line};
use keyface_tests::signal::noise;

fn playback() -> Line {
    line(&folder("playback"))
}

fn clip() -> Vec<f32> {
    read_sound(&folder("playback").join("demo.wav")).unwrap().samples
}

fn faces(moments: &[Moment]) -> Vec<[f32; 4]> {
    let face = |m: &Moment| [m.pose.head.yaw_rad, m.pose.head.pitch_rad, m.pose.head.roll_rad, brow(m)];
    moments.iter().map(face).collect()
}

fn brow(moment: &Moment) -> f32 {
    moment.pose[Channel::BrowOuterUpLeft]
}

/// The clip twice, with a pause: what is said once more is said by a voice that is known.
fn speech() -> Vec<f32> {
    [clip(), vec![0.0; 11_200], clip()].concat()
}

#[test]
fn head_and_brows_go_with_the_voice() {
    let figures = Figures::of(&speak(&mut playback(), &speech(), Life::new(1)));
    assert!((0.2..0.7).contains(&figures.head_with_level), "{figures:?}");
    assert!((0.3..0.95).contains(&figures.brow_with_pitch), "{figures:?}");
}

#[test]
fn they_move_little_and_smoothly() {
    let figures = Figures::of(&speak(&mut playback(), &speech(), Life::new(1)));
    assert!(figures.spread_deg.iter().all(|spread| (0.3..2.5).contains(spread)), "{figures:?}");
    assert!((2.0..9.0).contains(&figures.nod_deg), "no nodding doll: {figures:?}");
    assert!((3.0..15.0).contains(&figures.speed_deg_s[0]) && figures.speed_deg_s[1] < 45.0, "{figures:?}");
    assert!(figures.acceleration_deg_s2 < 1_500.0, "{figures:?}");
    assert!((0.15..0.7).contains(&figures.brow[1]), "{figures:?}");
}

#[test]
fn the_same_seed_moves_the_same_way_and_another_one_otherwise() {
    let said = |seed: u64| faces(&speak(&mut playback(), &clip()[..48_000], Life::new(seed)));
    assert_eq!(said(1), said(1));
    assert_ne!(said(1), said(2));
}

#[test]
fn noise_moves_neither_head_nor_brows() {
    // -35 dBFS.
    let hiss: Vec<f32> = noise().take(80_000).map(|sample| (0.0616 * sample) as f32).collect();
    let moments = speak(&mut playback(), &hiss, Life::new(1));
    let figures = Figures::of(&moments);
    assert!(figures.spread_deg.iter().all(|spread| *spread < 0.1), "{figures:?}");
    assert!(figures.brow[1] < 0.12, "the drift of the brows alone: {figures:?}");
}
