//! What an experiment may say: every number within its range, before anything is written or trained.

use std::fmt::{Debug, Display};
use std::ops::RangeInclusive;

use anyhow::{Result, ensure};
use keyface_core::MEL_BANDS;

use super::{CompletionPhase, Experiment, KeyMotionPhase, STEP_MS};
use crate::data::AugmentConfig;
use crate::loss::KeyMotionWeights;
use crate::model::kmtalk::Fusion;
use crate::train::kmtalk::KmTalkChoice;

/// The paper's networks have at most 1024 channels.
const WIDTHS: RangeInclusive<usize> = 1..=4096;
/// Blocks reach at most five seconds back with each tap.
const DILATIONS: RangeInclusive<usize> = 1..=256;
const BATCHES: RangeInclusive<usize> = 1..=4096;
/// One second to ten minutes.
const CROP_HOPS: RangeInclusive<usize> = 100..=60_000;
const COUNTS: RangeInclusive<usize> = 1..=1_000_000_000;
const SHARES: RangeInclusive<f64> = 0.0..=1.0;
const WEIGHTS: RangeInclusive<f64> = 0.0..=1e6;
/// A rate above 1 trains nothing.
const RATES: RangeInclusive<f64> = 1e-9..=1.0;
/// Beyond these a voice is none.
const FACTORS: RangeInclusive<f32> = 0.25..=4.0;
const DECIBELS: RangeInclusive<f32> = -200.0..=200.0;

/// Refuses what no training can use, by its key.
pub fn check(experiment: &Experiment) -> Result<()> {
    let name = &experiment.name;
    let is_plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    ensure!(is_plain, "name: expected letters, digits, dashes and underscores, came {name:?}");
    look_aheads(experiment)?;
    ensure!(!experiment.corpora.is_empty(), "corpora must name at least one prepared folder");
    for corpus in &experiment.corpora {
        within(&format!("share of corpus {}", corpus.folder.display()), corpus.share, WEIGHTS)?;
        within(&format!("held_out of corpus {}", corpus.folder.display()), corpus.held_out, 0.0..=0.5)?;
        let least = corpus.referee.as_ref().map_or(0.0, |referee| referee.least);
        within(&format!("referee.least of corpus {}", corpus.folder.display()), least, SHARES)?;
    }
    let shares: f64 = experiment.corpora.iter().map(|corpus| corpus.share).sum();
    ensure!(shares > 0.0 && shares.is_finite(), "corpora: expected a share above 0, came {shares} in all");
    let net = &experiment.key_motion_net;
    within("key_motion_net.width", net.width, WIDTHS)?;
    let pairs = MEL_BANDS.trailing_zeros() as usize;
    ensure!(net.bands.len() <= pairs, "key_motion_net.bands: expected at most {pairs}, came {}", net.bands.len());
    net.bands.iter().try_for_each(|channels| within("key_motion_net.bands", *channels, WIDTHS))?;
    within("key_motion_net.dropout", net.dropout, 0.0..=0.9)?;
    ensure!(!net.dilations.is_empty(), "key_motion_net.dilations must not be empty");
    each_within("key_motion_net.dilations", &net.dilations)?;
    each_within("key_motion_net.centred_dilations", &net.centred_dilations)?;
    let layers = net.dilations.len() + net.centred_dilations.len();
    ensure!(
        net.answers.len() <= layers,
        "key_motion_net.answers: expected at most one for each of {layers} layers, came {}",
        net.answers.len()
    );
    each_within("key_motion_net.teacher_dilations", &net.teacher_dilations)?;
    within("completion_net.width", experiment.completion_net.width, WIDTHS)?;
    key_motion(&experiment.key_motion)?;
    completion(&experiment.completion)?;
    within("completion.hurry", experiment.completion.hurry, 0..=shortest_look_ahead(experiment))?;
    experiment.kmtalk.as_ref().map_or(Ok(()), kmtalk)?;
    weights(&experiment.weights)?;
    augment(&experiment.augment)
}

fn look_aheads(experiment: &Experiment) -> Result<()> {
    let (all, main) = (&experiment.look_aheads_ms, experiment.look_ahead_ms);
    ensure!(
        all.iter().all(|ms| ms.is_multiple_of(STEP_MS) && *ms <= 500) && all.is_sorted_by(|a, b| a < b),
        "look_aheads_ms must be increasing multiples of {STEP_MS} up to 500, are {all:?}"
    );
    let late = experiment.key_motion_net.centred_dilations.iter().sum::<usize>();
    let shortest = shortest_look_ahead(experiment);
    ensure!(
        late <= shortest,
        "key_motion_net.centred_dilations: their answers are {late} steps late, more than the look-ahead of {shortest}"
    );
    ensure!(all.contains(&main), "look_aheads_ms must contain look_ahead_ms = {main}, are {all:?}");
    Ok(())
}

/// In steps.
fn shortest_look_ahead(experiment: &Experiment) -> usize {
    experiment.look_aheads_ms.first().map_or(0, |ms| (ms / STEP_MS) as usize)
}

fn key_motion(phase: &KeyMotionPhase) -> Result<()> {
    // What stands on another may stay as it is.
    let least = usize::from(phase.stands_on.is_empty());
    within("key_motion.steps", phase.steps, least..=*COUNTS.end())?;
    within("key_motion.batch", phase.batch, BATCHES)?;
    within("key_motion.crop_hops", phase.crop_hops, CROP_HOPS)?;
    ensure!(phase.crop_hops.is_multiple_of(2), "key_motion.crop_hops must be even, is {}", phase.crop_hops);
    within("key_motion.learning_rate", phase.learning_rate, RATES)?;
    within("key_motion.validate_every", phase.validate_every, COUNTS)
}

fn completion(phase: &CompletionPhase) -> Result<()> {
    within("completion.steps", phase.steps, COUNTS)?;
    within("completion.learning_rate", phase.learning_rate, RATES)?;
    both_within("completion.true_keys", phase.true_keys, SHARES)?;
    within("completion.velocity", phase.velocity, WEIGHTS)?;
    within("completion.lips", phase.lips, WEIGHTS)?;
    within("completion.validate_every", phase.validate_every, COUNTS)
}

fn kmtalk(choice: &KmTalkChoice) -> Result<()> {
    within("kmtalk.batches", choice.batches, COUNTS)?;
    within("kmtalk.learning_rate", choice.learning_rate, RATES)?;
    both_within("kmtalk.true_keys", choice.true_keys, SHARES)?;
    within("kmtalk.velocity", choice.velocity, WEIGHTS)?;
    within("kmtalk.validate_every", choice.validate_every, COUNTS)?;
    let (steps, net) = (&choice.steps, &choice.net);
    for (key, steps) in [("keys", steps.keys), ("completion", steps.completion), ("joint", steps.joint)] {
        within(&format!("kmtalk.steps.{key}"), steps, COUNTS)?;
    }
    within("kmtalk.net.width", net.width, WIDTHS)?;
    ensure!(net.width.is_multiple_of(4), "kmtalk.net.width must be a multiple of 4, is {}", net.width);
    each_within("kmtalk.net.audio_dilations", &net.audio_dilations)?;
    match net.fusion {
        Fusion::Fixed(g) => within("kmtalk.net.fusion.fixed", g, 0.0..=1.0),
        Fusion::Learned | Fusion::Triangular => Ok(()),
    }
}

fn weights(weights: &KeyMotionWeights) -> Result<()> {
    let KeyMotionWeights { phones, mouths, boundary, closure, lip_teeth, voice, .. } = *weights;
    let KeyMotionWeights { pose, next_pose, next_time, offset, teacher, distillation, heard, .. } = *weights;
    let first = [("phones", phones), ("mouths", mouths), ("boundary", boundary)];
    let contacts = [("closure", closure), ("lip_teeth", lip_teeth)];
    let second = [("voice", voice), ("pose", pose), ("next_pose", next_pose), ("next_time", next_time)];
    let third = [("offset", offset), ("teacher", teacher), ("distillation", distillation), ("heard", heard)];
    let all = first.into_iter().chain(contacts).chain(second).chain(third);
    all.into_iter().try_for_each(|(key, weight)| within(&format!("weights.{key}"), weight, WEIGHTS))
}

fn augment(config: &AugmentConfig) -> Result<()> {
    let AugmentConfig { noise_only, pause, reverb, band_limit, babble, quiet, motors, .. } = *config;
    let first = [("noise_only", noise_only), ("pause", pause), ("reverb", reverb), ("band_limit", band_limit)];
    let second = [("babble", babble), ("quiet", quiet), ("motors", motors), ("settled", config.settled)];
    let third = [("mask", config.mask), ("spoken", config.spoken)];
    for (key, share) in first.into_iter().chain(second).chain(third) {
        within(&format!("augment.{key}"), share, SHARES)?;
    }
    within("augment.mask_bands", config.mask_bands, 1..=MEL_BANDS)?;
    within("augment.pause_hops", config.pause_hops, 1..=*CROP_HOPS.end())?;
    for (key, range, allowed) in [
        ("augment.speed", config.speed, FACTORS),
        ("augment.warp", config.warp, FACTORS),
        ("augment.snr_db", config.snr_db, DECIBELS),
    ] {
        both_within(key, range, allowed)?;
        ensure!(range.0 < range.1, "{key}: expected the smaller number first, came {range:?}");
    }
    within("augment.gain_db", config.gain_db, 1e-3..=*DECIBELS.end())
}

fn within<T: PartialOrd + Display + Debug>(key: &str, value: T, range: RangeInclusive<T>) -> Result<()> {
    ensure!(range.contains(&value), "{key}: expected {:?} to {:?}, came {value}", range.start(), range.end());
    Ok(())
}

fn both_within<T: PartialOrd + Display + Debug + Copy>(
    key: &str,
    values: (T, T),
    range: RangeInclusive<T>,
) -> Result<()> {
    within(key, values.0, range.clone())?;
    within(key, values.1, range)
}

fn each_within(key: &str, dilations: &[usize]) -> Result<()> {
    dilations.iter().try_for_each(|dilation| within(key, *dilation, DILATIONS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Answer;
    use std::path::Path;

    /// What the check says of the tiny experiment after a change.
    fn refusal(change: fn(&mut Experiment)) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml");
        let mut experiment = Experiment::read(&path).unwrap();
        change(&mut experiment);
        check(&experiment).err().map_or_else(|| "accepted".to_owned(), |error| error.to_string())
    }

    fn kmtalk(experiment: &mut Experiment) -> &mut KmTalkChoice {
        experiment.kmtalk.as_mut().unwrap()
    }

    /// Each of these made a training panic, or learn nothing without a word.
    #[test]
    fn a_number_that_no_training_can_use_is_refused_by_its_key() {
        type Change = fn(&mut Experiment);
        let cases: [(&str, Change); 32] = [
            ("name", |e| e.name = "../x".into()),
            ("look_aheads_ms", |e| e.look_aheads_ms = vec![60, 0]),
            ("look_aheads_ms", |e| e.look_aheads_ms = vec![60, 520]),
            ("look_aheads_ms", |e| e.look_ahead_ms = 40),
            ("share of corpus", |e| e.corpora[0].share = -1.0),
            ("share of corpus", |e| e.corpora[0].share = f64::NAN),
            ("corpora", |e| e.corpora[0].share = 0.0),
            ("key_motion_net.width", |e| e.key_motion_net.width = 0),
            ("key_motion_net.dilations", |e| e.key_motion_net.dilations = vec![0, 1]),
            ("key_motion_net.teacher_dilations", |e| e.key_motion_net.teacher_dilations = vec![100_000]),
            ("key_motion_net.answers", |e| e.key_motion_net.answers = vec![Answer::Gated; 40]),
            ("key_motion_net.centred_dilations", |e| e.key_motion_net.centred_dilations = vec![1, 200]),
            ("completion_net.width", |e| e.completion_net.width = 0),
            ("key_motion.steps", |e| e.key_motion.steps = 0),
            ("key_motion.batch", |e| e.key_motion.batch = 0),
            ("key_motion.crop_hops", |e| e.key_motion.crop_hops = 257),
            ("key_motion.learning_rate", |e| e.key_motion.learning_rate = -1.0),
            ("completion.true_keys", |e| e.completion.true_keys = (2.0, 0.0)),
            ("completion.velocity", |e| e.completion.velocity = f64::NAN),
            ("completion.lips", |e| e.completion.lips = -1.0),
            ("completion.hurry", |e| e.completion.hurry = 2),
            ("completion.validate_every", |e| e.completion.validate_every = 0),
            ("kmtalk.batches", |e| kmtalk(e).batches = 0),
            ("kmtalk.steps.joint", |e| kmtalk(e).steps.joint = 0),
            ("kmtalk.net.width", |e| kmtalk(e).net.width = 22),
            ("kmtalk.net.fusion", |e| kmtalk(e).net.fusion = Fusion::Fixed(f32::NAN)),
            ("weights.teacher", |e| e.weights.teacher = -1.0),
            ("augment.noise_only", |e| e.augment.noise_only = 2.0),
            ("augment.motors", |e| e.augment.motors = -0.1),
            ("augment.pause_hops", |e| e.augment.pause_hops = 0),
            ("augment.speed", |e| e.augment.speed = (1.0, 1.0)),
            ("augment.gain_db", |e| e.augment.gain_db = 0.0),
        ];
        for (key, change) in cases {
            let said = refusal(change);
            assert!(said.starts_with(key), "{key}: {said}");
        }
    }

    #[test]
    fn a_refusal_tells_what_was_expected_and_what_came() {
        assert_eq!(refusal(|e| e.key_motion.batch = 0), "key_motion.batch: expected 1 to 4096, came 0");
        let width = refusal(|e| kmtalk(e).net.width = 22);
        assert_eq!(width, "kmtalk.net.width must be a multiple of 4, is 22");
    }
}
