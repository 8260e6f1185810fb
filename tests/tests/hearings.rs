//! A sound that is heard at several speeds.

use keyface_core::{HOP_SAMPLES, Heads, Hearings, PHONES, SPEEDS, STEP_HOPS, Step};
use keyface_tests::models::{folder, line, model};
use keyface_tests::signal::golden;

/// Two seconds.
const SAMPLES: usize = 100 * STEP_HOPS * HOP_SAMPLES;

fn hearings(speeds: &[f32]) -> Hearings {
    Hearings::new(&model(&folder("playback")), speeds).unwrap()
}

/// What is believed of each phone, of sealed lips and of lip on teeth.
type Believed = [f32; PHONES + 2];

/// Checks that steps believe as much of what one line hears as of what another does, from some step on.
fn assert_both_count(steps: &[(Step, Believed)], one: &[(Step, Believed)], other: &[(Step, Believed)]) {
    for (step, believed) in steps {
        let of = |all: &[(Step, Believed)]| all.iter().find(|(own, _)| own.at == step.at).unwrap().1;
        let mean = |n: usize| 0.5 * (of(one)[n] + of(other)[n]);
        assert!((0..PHONES + 2).all(|n| (believed[n] - mean(n)).abs() < 1e-5));
    }
}

/// Steps, and what is believed at each.
fn heard(hearings: &mut Hearings, sound: &[f32]) -> Vec<(Step, Believed)> {
    let believed = |heads: &Heads| {
        let contacts = [heads.closure, heads.lip_teeth];
        std::array::from_fn(|n| heads.phones.iter().chain(&contacts).nth(n).copied().unwrap())
    };
    let step = |hop| hearings.push(hop).unwrap().map(|step| (step, believed(hearings.line().heads())));
    sound.chunks(HOP_SAMPLES).filter_map(step).collect()
}

#[test]
fn a_sound_that_is_heard_once_is_heard_by_the_line_alone() {
    let sound = golden(SAMPLES);
    let mut alone = hearings(&[]);
    let steps: Vec<Step> = heard(&mut alone, &sound).into_iter().map(|(step, _)| step).collect();
    let line: Vec<Step> = line(&folder("playback")).push(&sound).map(Result::unwrap).collect();
    assert!(alone.delay() == 0 && alone.count() == 1 && steps == line);
}

#[test]
fn a_second_ear_at_the_same_speed_says_nothing_new() {
    let sound = golden(SAMPLES);
    let mut twice = hearings(&[1.0]);
    let delay = twice.delay();
    let two = heard(&mut twice, &[sound.clone(), vec![0.0; delay]].concat());
    let one = heard(&mut hearings(&[]), &sound);
    assert_eq!(two, one);
}

#[test]
fn several_ears_describe_the_same_moments_with_probabilities_of_their_own() {
    let sound = golden(SAMPLES);
    let mut several = hearings(&SPEEDS);
    let delay = several.delay();
    assert!(several.count() == 6 && (1..=10 * HOP_SAMPLES).contains(&delay), "{delay}");
    let steps = heard(&mut several, &[sound.clone(), vec![0.0; delay]].concat());
    let once = heard(&mut hearings(&[]), &sound);
    assert!(steps.iter().map(|(step, _)| step.at).eq(once.iter().map(|(step, _)| step.at)));
    assert!(steps.iter().all(|(_, phones)| (phones[..PHONES].iter().sum::<f32>() - 1.0).abs() < 1e-4));
    assert!(steps.iter().all(|(step, _)| step.motion.0.iter().all(|weight| (0.0..=1.0).contains(weight))));
    assert!(steps.iter().zip(&once).any(|((_, mean), (_, own))| mean != own));
}

#[test]
fn a_model_that_waits_longer_hears_beside_the_line_and_changes_no_moment() {
    let sound = golden(SAMPLES);
    let studio = model(&folder("studio"));
    let mut both = hearings(&[]).beside(&studio, &[1.0]).unwrap();
    let delay = both.delay();
    // 300 ms more than the line's own, and a step.
    assert!(both.count() == 2 && (30 * HOP_SAMPLES..40 * HOP_SAMPLES).contains(&delay), "{delay}");
    let steps = heard(&mut both, &[sound.clone(), vec![0.0; delay]].concat());
    let once = heard(&mut hearings(&[]), &sound);
    let other = heard(&mut Hearings::new(&studio, &[]).unwrap(), &[sound, vec![0.0; delay]].concat());
    assert!(steps.iter().map(|(step, _)| step.at).eq(once.iter().map(|(step, _)| step.at)));
    // Once the other has spoken, both count alike.
    assert_both_count(&steps[30..], &once, &other);
}

#[test]
fn a_model_that_waits_less_hears_beside_the_line_and_delays_nothing() {
    let sound = golden(SAMPLES);
    let studio = model(&folder("studio"));
    let mut both = Hearings::new(&studio, &[]).unwrap().beside(&model(&folder("playback")), &[1.0]).unwrap();
    assert_eq!((both.count(), both.delay()), (2, 0));
    let steps = heard(&mut both, &sound);
    let alone = heard(&mut Hearings::new(&studio, &[]).unwrap(), &sound);
    assert_eq!(steps.len(), alone.len());
    assert_both_count(&steps[30..], &alone, &heard(&mut hearings(&[]), &sound));
}

#[test]
fn reset_hearings_are_as_fresh() {
    let sound = golden(SAMPLES);
    let mut several = hearings(&SPEEDS);
    let fresh = heard(&mut several, &sound);
    several.reset();
    heard(&mut several, &sound[..SAMPLES / 3 + 7]);
    several.reset();
    assert_eq!(heard(&mut several, &sound), fresh);
}

#[test]
fn a_speed_that_no_ear_follows_is_refused() {
    let model = model(&folder("playback"));
    assert!(Hearings::new(&model, &[0.01]).is_err());
}
