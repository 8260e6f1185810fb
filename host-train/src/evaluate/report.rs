//! A model over corpora: its own line, its baselines, noise without speech; a table or JSON.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use keyface_core::{Line, Micros, Motion, MotionChannel, Phone, Viseme};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;
use serde::Serialize;

use super::baseline::volume_to_jaw;
use super::keys::KeyScore;
use super::motion::MotionScore;
use super::score::{Events, MouthScore, Scorer};
use crate::clip::{Clip, Split};
use crate::corpus::read_folder;
use crate::export::Packed;
use crate::truth;

/// What to evaluate.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Folder of the model.
    pub model: PathBuf,
    /// Folders of sound and TextGrids.
    pub corpora: Vec<PathBuf>,
    /// At most so many clips of each.
    pub clips: usize,
}

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct EvaluationReport {
    /// Name of the model.
    pub model: String,
    /// Its look-ahead.
    pub look_ahead_ms: u32,
    /// A part per corpus.
    pub corpora: Vec<CorpusReport>,
    /// Level of white noise in dBFS, and the share of time in which the mouth moves.
    pub noise_active: Vec<(f64, f64)>,
}

/// One corpus.
#[derive(Clone, Debug, Serialize)]
pub struct CorpusReport {
    /// Its folder's name.
    pub corpus: String,
    /// Clips heard.
    pub clips: usize,
    /// Minutes heard.
    pub minutes: f64,
    /// Name and mouth score of the model and of the baselines.
    pub mouths: Vec<(String, MouthScore)>,
    /// Distance of the motion from the truth, for the model and for the baselines.
    pub motion: Vec<(String, MotionScore)>,
    /// Key motions within 40 ms, for the model and for uniform sampling at the same rate.
    pub keys: Vec<(String, KeyScore)>,
}

/// What the line said of one clip.
struct Heard {
    clip: Clip,
    events: Events,
    keys: Vec<Micros>,
    motion: Vec<Motion>,
}

/// Evaluates a model.
///
/// # Errors
/// A model that cannot be loaded, or a corpus without an eval split.
pub fn evaluate(plan: &Plan) -> Result<EvaluationReport> {
    let packed = Packed::read(&plan.model)?;
    let corpora = plan.corpora.iter().map(|folder| evaluate_corpus(&packed, folder, plan.clips));
    Ok(EvaluationReport {
        model: packed.card.name.clone(),
        look_ahead_ms: packed.card.look_ahead_ms,
        corpora: corpora.collect::<Result<_>>()?,
        noise_active: [-60.0, -45.0, -35.0]
            .map(|db| Ok((db, noise_active(&packed, db)?)))
            .into_iter()
            .collect::<Result<_>>()?,
    })
}

fn evaluate_corpus(packed: &Packed, folder: &Path, most: usize) -> Result<CorpusReport> {
    let corpus = read_folder(folder)?;
    let eval: Vec<_> = corpus.entries.iter().filter(|e| e.split == Split::Eval).collect();
    ensure!(!eval.is_empty(), "{}: expected an eval split, found none", folder.display());
    let every = eval.len().div_ceil(most.max(1));
    let chosen: Vec<_> = eval.into_iter().step_by(every).collect();
    let heard = chosen.par_iter().map(|e| hear(packed, e.load()?)).collect::<Result<Vec<Heard>>>()?;
    let look_ahead = Micros::from_ms(i64::from(packed.card.look_ahead_ms));
    Ok(CorpusReport {
        corpus: folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        clips: heard.len(),
        minutes: heard.iter().map(|h| h.clip.seconds()).sum::<f64>() / 60.0,
        mouths: mouths(&packed.card.name, &heard),
        motion: motion(&packed.card.name, &heard, look_ahead),
        keys: keys(&packed.card.name, &heard),
    })
}

fn hear(packed: &Packed, clip: Clip) -> Result<Heard> {
    let mut line = Line::new(packed.model()?);
    let (mut events, mut keys, mut motion) = (Events::new(), Vec::new(), Vec::new());
    line.push(&clip.samples, |step| {
        events.push((step.heard, step.viseme));
        keys.extend(step.key.map(|key| key.at));
        motion.push(step.motion);
    })
    .with_context(|| clip.id.clone())?;
    Ok(Heard { clip, events, keys, motion })
}

/// A name, and what it shows of a clip.
type Program<'a> = (&'a str, &'a dyn Fn(&Heard) -> Events);

fn mouths(name: &str, heard: &[Heard]) -> Vec<(String, MouthScore)> {
    let phones_shown =
        |h: &Heard| h.clip.phones.iter().map(|s| (Micros::from_s(s.start_s), s.phone.viseme())).collect();
    let rows: [Program; 4] = [
        (name, &|h| h.events.clone()),
        ("volume-to-jaw", &|h| volume_to_jaw(&h.clip.samples)),
        ("still mouth", &|_| Events::new()),
        ("labels themselves", &phones_shown),
    ];
    let score = |(name, shown): Program| {
        let mut scorer = Scorer::default();
        heard.iter().for_each(|h| scorer.add(&h.clip.phones, &shown(h)));
        scorer.score().map(|score| (name.to_owned(), score))
    };
    rows.into_iter().filter_map(score).collect()
}

fn motion(name: &str, heard: &[Heard], look_ahead: Micros) -> Vec<(String, MotionScore)> {
    let truths: Vec<Vec<Motion>> = heard.iter().map(|h| true_motion(&h.clip, look_ahead)).collect();
    let mean = MotionScore::mean_of(&truths);
    let pairs = || heard.iter().zip(&truths);
    let constant =
        |value: Motion| pairs().map(|(_, truth)| (vec![value; truth.len()], truth.clone())).collect::<Vec<_>>();
    let volume =
        pairs().map(|(h, truth)| (jaw_of(&volume_to_jaw(&h.clip.samples), truth.len()), truth.clone())).collect();
    [
        (name, pairs().map(|(h, truth)| (h.motion.clone(), truth.clone())).collect()),
        ("volume-to-jaw", volume),
        ("mean motion", constant(mean)),
        ("no motion", constant(Motion::REST)),
    ]
    .into_iter()
    .filter_map(|(name, pairs)| Some((name.to_owned(), MotionScore::of(&pairs)?)))
    .collect()
}

/// The truth at the times that the line's steps describe.
fn true_motion(clip: &Clip, look_ahead: Micros) -> Vec<Motion> {
    let rows = truth::motion(&clip.phones, &truth::Effort::heard(&clip.samples, &clip.phones), &truth::Style::NEUTRAL);
    let back = look_ahead.0 / 10_000;
    let steps = clip.samples.len() / 320;
    let row = |step: usize| usize::try_from(2 * (step as i64 + 1) - back - 1).ok().and_then(|row| rows.get(row));
    (0..steps).map(|step| row(step).copied().unwrap_or(Motion::REST)).collect()
}

/// A puppet's jaw, late by nothing: it is given the lag of the model for free.
fn jaw_of(events: &Events, steps: usize) -> Vec<Motion> {
    let opening = |viseme: Viseme| match viseme {
        Viseme::Aa => 0.25,
        Viseme::Ih => 0.1,
        _ => 0.0,
    };
    let pose = |(_, viseme): &(Micros, Viseme)| {
        let mut motion = Motion::REST;
        motion[MotionChannel::JawOpen] = opening(*viseme);
        motion
    };
    events.iter().map(pose).chain(std::iter::repeat(Motion::REST)).take(steps).collect()
}

fn keys(name: &str, heard: &[Heard]) -> Vec<(String, KeyScore)> {
    let (mut ours, mut uniform) = (KeyScore::default(), KeyScore::default());
    for h in heard {
        let truth: Vec<Micros> = truth::key_times(&h.clip.phones).into_iter().map(Micros::from_s).collect();
        ours.add(&truth, &h.keys);
        let speech_s: f64 = h.clip.phones.iter().filter(|s| s.phone != Phone::SIL).map(|s| s.end_s - s.start_s).sum();
        uniform.add(&truth, &uniform_keys(&h.clip, h.keys.len() as f64 / speech_s.max(0.1)));
    }
    vec![(name.to_owned(), ours), ("uniform, same rate, in speech".to_owned(), uniform)]
}

/// As many keys a second, evenly spread over the speech.
fn uniform_keys(clip: &Clip, per_s: f64) -> Vec<Micros> {
    let spoken = |t: f64| clip.phones.iter().any(|s| s.phone != Phone::SIL && (s.start_s..s.end_s).contains(&t));
    let count = (clip.seconds() * per_s) as usize;
    (0..count).map(|n| n as f64 / per_s).filter(|t| spoken(*t)).map(Micros::from_s).collect()
}

/// Share of half a minute of white noise in which the mouth shows anything but rest.
fn noise_active(packed: &Packed, level_dbfs: f64) -> Result<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let peak = (3.0f64.sqrt() * 10f64.powf(level_dbfs / 20.0)) as f32;
    let samples: Vec<f32> = (0..30 * 16_000).map(|_| rng.random_range(-peak..peak)).collect();
    let mut line = Line::new(packed.model()?);
    let (mut active, mut all) = (0usize, 0usize);
    line.push(&samples, |step| {
        active += usize::from(step.viseme != Viseme::Sil);
        all += 1;
    })?;
    Ok(active as f64 / all.max(1) as f64)
}

/// The report as a table of Markdown.
pub fn table(report: &EvaluationReport) -> String {
    let mut out = format!("model {}, look-ahead {} ms\n", report.model, report.look_ahead_ms);
    for part in &report.corpora {
        out += &format!("\n{} ({} clips, {:.1} min)\n\n", part.corpus, part.clips, part.minutes);
        out += "| mouth | balanced | lag | closures | false/min | f v recall | false f v/min | open in pause | changes/s |\n|---|---|---|---|---|---|---|---|---|\n";
        for (name, s) in &part.mouths {
            out += &format!(
                "| {name} | {:.3} | {} ms | {:.0} % of {} | {:.1} | {:.2} | {:.1} | {:.1} % | {:.1} |\n",
                s.balanced,
                s.lag_ms,
                100.0 * s.closures,
                s.closures_of,
                s.false_closures_per_min,
                s.recall[2].unwrap_or(f64::NAN),
                s.false_lip_teeth_per_min,
                100.0 * s.open_in_pause,
                s.changes_per_s
            );
        }
        out += "\n| motion | RMS error | worst lip channel, mean |\n|---|---|---|\n";
        part.motion.iter().for_each(|(name, m)| out += &format!("| {name} | {:.4} | {:.4} |\n", m.rms, m.worst_lip));
        out += "\n| key motions | precision | recall | F1 within 40 ms |\n|---|---|---|---|\n";
        for (name, k) in &part.keys {
            out += &format!("| {name} | {:.3} | {:.3} | {:.3} |\n", k.precision(), k.recall(), k.f1());
        }
    }
    out += "\nnoise alone, mouth active:";
    report.noise_active.iter().for_each(|(db, share)| out += &format!("  {db} dBFS {:.1} %", 100.0 * share));
    out + "\n"
}
