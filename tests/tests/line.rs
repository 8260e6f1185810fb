//! The whole line, with every model that ships, keeps the contract of a stage.

use keyface_core::{AudioTime, HOP_SAMPLES, Hops, Line, MOTION_CHANNELS, Motion, STEP_HOPS, Span, Step};
use keyface_tests::counting::{Counting, allocations};
use keyface_tests::models::{line, shipped};
use keyface_tests::signal::golden;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const STEP_SAMPLES: usize = STEP_HOPS * HOP_SAMPLES;
/// Two seconds.
const SAMPLES: usize = 100 * STEP_SAMPLES;
/// tract allocates the output of each node; more than this in one step is a new kind of waste.
const MOST_ALLOCATIONS: u64 = 1000;

#[test]
fn a_model_ships() {
    assert!(!shipped().is_empty(), "expected a folder with card.toml in models/, came none");
}

#[test]
fn any_block_size_gives_the_same_steps_and_motion() {
    for_each_line(|line| {
        let sound = golden(SAMPLES);
        let whole = (steps(line, &sound, SAMPLES), motion(line));
        for block in [1, 37, 160, 1024] {
            line.reset();
            assert_eq!((steps(line, &sound, block), motion(line)), whole, "blocks of {block}");
        }
    });
}

#[test]
fn reset_equals_fresh() {
    for_each_line(|line| {
        let sound = golden(SAMPLES);
        let fresh = (steps(line, &sound, SAMPLES), motion(line));
        // A part of a hop is left inside.
        steps(line, &sound[..SAMPLES / 3 + 7], SAMPLES);
        line.reset();
        assert_eq!((steps(line, &sound, SAMPLES), motion(line)), fresh);
    });
}

#[test]
fn broken_samples_stay_in_the_future_and_never_reach_the_motion() {
    for_each_line(|line| {
        let mut sound = golden(SAMPLES);
        let clean = steps(line, &sound, SAMPLES);
        let half = clean.len() / 2;
        for (at, broken) in [f32::NAN, f32::INFINITY, f32::MAX, f32::MIN].into_iter().enumerate() {
            sound[half * STEP_SAMPLES + at * HOP_SAMPLES..][..HOP_SAMPLES].fill(broken);
        }
        line.reset();
        let poisoned = steps(line, &sound, SAMPLES);
        assert_eq!(poisoned[..half], clean[..half]);
        assert_eq!(poisoned.len(), clean.len());
        let in_range = |step: &Step| step.motion.0.iter().all(|weight| (0.0..=1.0).contains(weight));
        assert!(poisoned.iter().all(in_range));
    });
}

#[test]
fn the_last_sample_that_a_step_hears_lies_the_look_ahead_of_the_card_after_it() {
    for folder in shipped() {
        let look_ahead = Span::from_ms(i64::from(keyface::model::card(&folder).unwrap().look_ahead_ms));
        let line = &mut line(&folder);
        let mut sound = golden(SAMPLES);
        let before = steps(line, &sound, SAMPLES);
        let changed = before.len() / 2;
        sound[changed * STEP_SAMPLES..(changed + 1) * STEP_SAMPLES].reverse();
        line.reset();
        let after = steps(line, &sound, SAMPLES);
        let first = before.iter().zip(&after).position(|(a, b)| a != b).expect("the change shows nowhere");
        assert_eq!(first, changed);
        let heard = Hops(((first + 1) * STEP_HOPS) as u64).time();
        assert_eq!((after[first].heard, after[first].at), (heard, heard - look_ahead));
    }
}

#[test]
fn a_step_allocates_no_more_than_its_networks_do() {
    for_each_line(|line| {
        let sound = golden(SAMPLES);
        let most = sound
            .chunks(STEP_SAMPLES)
            .map(|step| allocations(|| line.push(step).for_each(|step| assert!(step.is_ok(), "the sound is finite"))));
        let most = most.max().expect("there are steps");
        assert!((1..=MOST_ALLOCATIONS).contains(&most), "{most} allocations in a step");
        assert_eq!(allocations(|| line.push(&sound[..HOP_SAMPLES]).for_each(drop)), 0, "in half a step");
    });
}

fn for_each_line(check: impl Fn(&mut Line)) {
    shipped().iter().for_each(|folder| check(&mut line(folder)));
}

fn steps(line: &mut Line, samples: &[f32], block: usize) -> Vec<Step> {
    let mut heard = |block| line.push(block).collect::<Vec<_>>();
    samples.chunks(block).flat_map(&mut heard).map(|step| step.expect("the networks stay finite")).collect()
}

/// What a display at 60 Hz would have pulled over the last half second.
fn motion(line: &Line) -> Vec<[f32; MOTION_CHANNELS]> {
    let end_ms = (SAMPLES / 16) as i64;
    let at = |frame: i64| AudioTime::from_ms(end_ms - 500 + frame * 1000 / 60);
    (0..30).map(|frame| line.motion_at(at(frame))).map(|Motion(weights)| weights).collect()
}
