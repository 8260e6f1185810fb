//! Variants of a model beside it: their time in turns, so that a busy machine treats all alike, and how far they differ.

use std::time::Instant;

use keyface_core::flow::{FLOW, KeyTracker};
use keyface_core::heads::HEADS;
use keyface_core::{
    AudioTime, FEATURES, HOP_SAMPLES, Heads, Hops, LogMel, MOTION_CHANNELS, ModelCard, Mouth, MouthDecoder, Net,
    Precision, STEP_HOPS, Span, Stage, StepNet,
};
use serde::Serialize;

use super::clock::{StepTimes, ms};
use super::floor::Floor;
use super::machine::Peaks;
use crate::AppError;
use crate::model::Files;

const ROUNDS: usize = 20;
/// Runs of each network in a round.
const RUNS: usize = 100;
/// Span of a step.
const STEP: Span = Hops(STEP_HOPS as u64).span();
/// Features of a step.
const STEP_FEATURES: usize = FEATURES * STEP_HOPS;

/// One variant, measured.
#[derive(Clone, Debug, Serialize)]
pub struct VariantReport {
    /// Name in its card.
    pub name: String,
    /// What it computes in.
    pub precision: Precision,
    /// Steps at a run: with more than one, a step comes out up to so many steps later.
    pub steps: usize,
    /// KeyMotionNet, a step.
    pub key_motion: StepTimes,
    /// CompletionNet, a step.
    pub completion: StepTimes,
    /// KeyMotionNet's floor.
    pub key_motion_floor: Floor,
    /// CompletionNet's floor.
    pub completion_floor: Floor,
    /// Shortest steps of both networks in units of the first variant's.
    pub time_ratio: f64,
    /// How far it is from the first on the same sound; `None` without a sound.
    pub difference: Option<Difference>,
}

/// How far two variants are from each other.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Difference {
    /// Steps that were compared.
    pub steps: usize,
    /// Largest difference of a raw head.
    pub heads_max: f64,
    /// Root of the mean square difference of the raw heads.
    pub heads_rms: f64,
    /// Largest difference of a motion channel, out of CompletionNet.
    pub motion_max: f64,
    /// Root of the mean square difference of the motion channels.
    pub motion_rms: f64,
    /// Steps whose mouth class is another one, in percent.
    pub mouths_changed_percent: f64,
}

/// Loads each folder, times them in turns and runs `sound` through each; the first is what the others are held against.
///
/// # Errors
/// When a folder cannot be loaded or a network fails.
pub(super) fn beside(folders: &[&str], sound: Option<&[f32]>, peaks: Peaks) -> Result<Vec<VariantReport>, AppError> {
    let mut variants = folders.iter().map(|folder| Variant::load(folder)).collect::<Result<Vec<_>, _>>()?;
    for _ in 0..ROUNDS {
        variants.iter_mut().try_for_each(Variant::time)?;
    }
    let steps = sound.map(features);
    let mut heard: Vec<Answers> = vec![];
    for variant in &mut variants {
        variant.key_motion.reset();
        variant.completion.reset();
        heard.extend(steps.as_deref().map(|steps| variant.hear(steps)).transpose()?);
    }
    let mut reports: Vec<VariantReport> = variants.into_iter().map(|variant| variant.report(peaks)).collect();
    let first_ms = reports.first().map_or(0.0, VariantReport::both_ms);
    for (at, report) in reports.iter_mut().enumerate() {
        report.time_ratio = report.both_ms() / first_ms;
        report.difference = heard.get(at).map(|answers| answers.difference(&heard[0]));
    }
    Ok(reports)
}

impl VariantReport {
    fn both_ms(&self) -> f64 {
        self.key_motion.min_ms + self.completion.min_ms
    }
}

/// Both networks of a folder, one step at a run or several.
struct Variant {
    card: ModelCard,
    key_motion: StepNet,
    completion: StepNet,
    /// Times of a step.
    times_ms: [Vec<f64>; 2],
}

impl Variant {
    fn load(folder: &str) -> Result<Variant, AppError> {
        let files = Files::read(folder)?;
        let (card, key_motion, completion) = files.nets()?;
        Ok(Variant { card, key_motion, completion, times_ms: [vec![], vec![]] })
    }

    fn time(&mut self) -> Result<(), AppError> {
        let steps = self.key_motion.steps();
        let (x, flow) = (vec![0.1; steps * STEP_FEATURES], vec![0.1; steps * FLOW]);
        let (mut heads, mut trunk) = (vec![0.0; steps * HEADS], vec![0.0; steps * self.card.trunk_width]);
        let (mut motion, mut g) = (vec![0.0; steps * MOTION_CHANNELS], vec![0.0; steps]);
        for _ in 0..RUNS {
            let start = Instant::now();
            self.key_motion.run(&[&x], &mut [&mut heads, &mut trunk])?;
            self.times_ms[0].push(ms(start) / steps as f64);
        }
        for _ in 0..RUNS {
            let start = Instant::now();
            self.completion.run(&[&flow, &trunk], &mut [&mut motion, &mut g])?;
            self.times_ms[1].push(ms(start) / steps as f64);
        }
        Ok(())
    }

    /// What the line would say of these steps, before contacts and caps; steps that fill no run are left out.
    fn hear(&mut self, x: &[[f32; STEP_FEATURES]]) -> Result<Answers, AppError> {
        let (decode, steps) = (self.card.decode, self.key_motion.steps());
        let mut keys = KeyTracker::new(decode.key_threshold, Span((decode.key_refractory_ms * 1_000.0) as i64));
        let mut mouth = MouthDecoder::new(decode, STEP.as_ms());
        let mut answers = Answers::default();
        let (mut raw, mut trunk) = (vec![0.0; steps * HEADS], vec![0.0; steps * self.card.trunk_width]);
        let (mut motion, mut g) = (vec![0.0; steps * MOTION_CHANNELS], vec![0.0; steps]);
        for run in x.chunks_exact(steps) {
            self.key_motion.run(&[run.as_flattened()], &mut [&mut raw, &mut trunk])?;
            let mut flow = vec![];
            for raw in raw.as_chunks::<HEADS>().0 {
                let heads = Heads::from_raw(raw);
                answers.mouths.push(mouth.push(&heads).mouth);
                let now = AudioTime(STEP.0 * answers.mouths.len() as i64);
                flow.extend(keys.push(now, STEP, &heads).0);
            }
            self.completion.run(&[&flow, &trunk], &mut [&mut motion, &mut g])?;
            answers.heads.extend(&raw);
            answers.motion.extend(&motion);
        }
        Ok(answers)
    }

    fn report(self, peaks: Peaks) -> VariantReport {
        let [first, second] = self.times_ms.map(StepTimes::of);
        let precision = self.card.files.key_motion.precision;
        let floor = |net: &StepNet, times| Floor::of(net.cost(), net.steps(), precision, peaks, times);
        VariantReport {
            name: self.card.name,
            precision,
            steps: self.key_motion.steps(),
            key_motion: first,
            completion: second,
            key_motion_floor: floor(&self.key_motion, &first),
            completion_floor: floor(&self.completion, &second),
            time_ratio: 1.0,
            difference: None,
        }
    }
}

/// What a variant says of a sound.
#[derive(Default)]
struct Answers {
    heads: Vec<f32>,
    motion: Vec<f32>,
    mouths: Vec<Mouth>,
}

impl Answers {
    fn difference(&self, from: &Answers) -> Difference {
        let (heads_max, heads_rms) = distance(&self.heads, &from.heads);
        let (motion_max, motion_rms) = distance(&self.motion, &from.motion);
        let changed = self.mouths.iter().zip(&from.mouths).filter(|(a, b)| a != b).count();
        let steps = self.mouths.len().min(from.mouths.len());
        let mouths_changed_percent = 100.0 * changed as f64 / steps.max(1) as f64;
        Difference { steps, heads_max, heads_rms, motion_max, motion_rms, mouths_changed_percent }
    }
}

/// Largest difference, and root of the mean square difference.
fn distance(a: &[f32], b: &[f32]) -> (f64, f64) {
    let squares = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2));
    let (count, sum, top) = squares.fold((0.0, 0.0, 0.0_f64), |(n, sum, top), d| (n + 1.0, sum + d, top.max(d)));
    (top.sqrt(), (sum / f64::max(count, 1.0)).sqrt())
}

fn features(sound: &[f32]) -> Vec<[f32; STEP_FEATURES]> {
    let mut mel = LogMel::new();
    let hops = sound.as_chunks::<HOP_SAMPLES>().0.iter().filter_map(|hop| mel.push(hop));
    let values: Vec<f32> = hops.flat_map(|frame| frame.0).collect();
    values.as_chunks().0.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_3_and_4_are_at_most_4_and_5_over_the_root_of_2_in_the_mean() {
        let (largest, mean) = distance(&[1.0, 2.0], &[4.0, -2.0]);
        assert!((largest - 4.0).abs() < 1e-9 && (mean - 5.0 / 2.0_f64.sqrt()).abs() < 1e-9, "{largest} {mean}");
    }

    #[test]
    fn a_mouth_in_four_that_changed_is_a_quarter() {
        let mouths = |list: [usize; 4]| Answers { mouths: list.map(|m| Mouth::ALL[m]).to_vec(), ..Answers::default() };
        let difference = mouths([0, 1, 2, 3]).difference(&mouths([0, 1, 3, 3]));
        assert_eq!((difference.steps, difference.mouths_changed_percent), (4, 25.0));
    }
}
