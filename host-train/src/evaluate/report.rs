//! A model over corpora: its own line, other programs, its baselines, and what it does in noise.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use keyface_core::script::Script;
use keyface_core::{AudioTime, Line, Span, Viseme};
use rayon::prelude::*;
use serde::Serialize;

use super::baseline;
use super::by_speaker::SpeakerRecalls;
use super::clip_curves::ClipCurves;
use super::closure_curve::closure_curve;
use super::confusion::Confusion;
use super::groups::{GroupReport, groups};
use super::hear::{Ears, Heard, Sound, Track, hear_all_by, true_motion};
use super::key_rows::{keys, true_keys};
use super::keys::KeyScore;
use super::metric::frame_time_s;
use super::plan::Plan;
use super::rows::{Judged, Measured, MotionRow, Program, baselines, rows, tracks_of};
use super::rules::{heard_track, told_track};
use super::score::{Events, MouthScore, Scorer, mouth_score};
use super::speakers::read_speakers;
use super::streaming::{StreamingReport, measure_streaming};
use super::surface::{Surface, SurfaceFacts, default_surface, read_head};
use super::surroundings::Surroundings;
use crate::clip::{Clip, Split};
use crate::corpus::{Dropped, Entry, Folder, Kind, check_speakers, read_folder_with, read_recordings, split_name};
use crate::export::Packed;
use crate::prepare::Rooms;
use crate::trained_on::{TrainedOn, warning};

/// How far noise lies below the speech in the rows that say so.
const SNR_DB: f64 = 10.0;
/// Levels of white noise alone, in dBFS.
const NOISE_DBFS: [f64; 3] = [-60.0, -45.0, -35.0];

/// Clips of a corpus that are drawn.
const DRAWN: usize = 2;

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct EvaluationReport {
    /// Name of the model.
    pub model: String,
    /// Its look-ahead.
    pub look_ahead_ms: u32,
    /// What the rows named `dB SNR` hear behind the speech.
    pub noise: &'static str,
    /// The face that motion was measured on.
    pub surface: SurfaceFacts,
    /// A part per corpus.
    pub corpora: Vec<CorpusReport>,
    /// A noise without speech, its level in dBFS, and the share of time in which the mouth moves.
    pub noise_active: Vec<(&'static str, f64, f64)>,
    /// Times of the steps, where they were asked for.
    pub streaming: Option<StreamingReport>,
}

/// One corpus.
#[derive(Clone, Debug, Serialize)]
pub struct CorpusReport {
    /// Its folder's name.
    pub corpus: String,
    /// Clips heard.
    pub clips: usize,
    /// Clips that would have been heard, if their sound could be read.
    pub left_out: usize,
    /// Minutes heard.
    pub minutes: f64,
    /// What must be said where the model was trained on these speakers.
    pub trained_on: Option<String>,
    /// Name and mouth score of the model, of the model in noise, and of the baselines.
    pub mouths: Vec<(String, MouthScore)>,
    /// How well the model shows what each speaker says, at the lag that is best for all.
    pub speakers: Vec<SpeakerRecalls>,
    /// Motion against the truth: the model, the model in noise, other programs, the baselines.
    pub motion: Vec<MotionRow>,
    /// Key motions of the model, of the model in noise, and of uniform sampling at the model's rate.
    pub keys: Vec<(String, KeyScore)>,
    /// The model by speaker and by pitch of the voice.
    pub groups: Vec<GroupReport>,
    /// Thresholds of the lips and what is shown with each, where they were asked for.
    pub closure_curve: Vec<(f32, MouthScore)>,
    /// What the model showed when a class was said, at its best lag.
    pub confusion: Confusion,
    /// Some clips as curves.
    #[serde(skip)]
    pub drawn: Vec<ClipCurves>,
}

/// What all corpora are judged with.
struct Judge {
    packed: Packed,
    trained_on: Option<TrainedOn>,
    surface: Surface,
    around: Surroundings,
    curve: bool,
    rules: bool,
    script: bool,
    hearings: bool,
    beside: Option<Packed>,
}

/// Whom any of the models that hear was trained on; `None` where the first does not tell.
fn trained_on(plan: &Plan) -> Result<Option<TrainedOn>> {
    let mut trained = TrainedOn::read(&plan.model)?;
    let other = plan.beside.as_deref().map(TrainedOn::read).transpose()?.flatten();
    if let (Some(trained), Some(other)) = (&mut trained, other) {
        trained.join(other);
    }
    Ok(trained)
}

/// Evaluates a model, with other programs beside it.
///
/// # Errors
/// A model, head or noise that cannot be loaded, a corpus without an eval split, or a program that fails.
pub fn evaluate(plan: &Plan, programs: &[Program]) -> Result<EvaluationReport> {
    let judge = Judge {
        packed: Packed::read(&plan.model)?,
        trained_on: trained_on(plan)?,
        surface: plan.head.as_deref().map_or_else(|| Ok(default_surface()), read_head)?,
        around: plan.noise.as_deref().map_or_else(|| Ok(Surroundings::default()), |dir| read_noise(dir, &plan.only))?,
        curve: plan.curve,
        rules: plan.rules,
        script: plan.script,
        hearings: plan.hearings,
        beside: plan.beside.as_deref().map(Packed::read).transpose()?,
    };
    let read = plan.corpora.iter().map(|folder| Ok((folder, read_folder_with(folder, &plan.reading)?)));
    let read: Vec<(&PathBuf, Folder)> = read.collect::<Result<_>>()?;
    check_speakers(&plan.reading.eval, read.iter().map(|(_, corpus)| corpus))?;
    let chosen = read.iter().map(|(folder, corpus)| choose(folder, corpus, &plan.splits, plan.clips));
    let chosen: Vec<Chosen> = chosen.collect::<Result<_>>()?;
    // Before everything else: nothing shall run beside it.
    let streaming = plan.streaming.then(|| {
        let sound: Vec<f32> =
            chosen.iter().flat_map(|chosen| &chosen.judged).flat_map(|j| &j.clip.samples).copied().collect();
        measure_streaming(&judge.packed, &sound)
    });
    let streaming = streaming.transpose()?;
    Ok(EvaluationReport {
        model: judge.name(),
        look_ahead_ms: judge.packed.card.look_ahead_ms,
        noise: if judge.around.noises.is_empty() { "white noise" } else { "recorded noise" },
        surface: judge.surface.facts(),
        corpora: chosen.iter().map(|chosen| judge.corpus(chosen, programs)).collect::<Result<_>>()?,
        noise_active: noise_active(&judge.packed, &judge.around)?,
        streaming,
    })
}

/// Recordings of noise and of rooms; nobody who asked for them hears white noise instead.
fn read_noise(folder: &Path, only: &[String]) -> Result<Surroundings> {
    let wanted = |name: &str| only.is_empty() || only.iter().any(|wanted| wanted == name);
    let mut noises = read_recordings(folder, Kind::Noise, wanted)?;
    noises.retain(|samples| !samples.is_empty());
    ensure!(!noises.is_empty(), "{}: expected recordings of noise (wav or flac), found none", folder.display());
    Ok(Surroundings { noises, rooms: Rooms::new(&read_recordings(folder, Kind::Room, wanted)?) })
}

/// Nobody is judged on fewer clips without a word.
pub fn warn_of(dropped: &[Dropped]) {
    dropped.iter().for_each(|clip| log::warn!("{} is left out: {}", clip.id, clip.reason));
}

/// Reads clips, in their order. One that cannot be read is told and left out: a night's work does not hang on it.
///
/// # Errors
/// When not one can be read.
pub fn readable(folder: &Path, entries: &[&Entry]) -> Result<Vec<Option<Clip>>> {
    let read: Vec<_> = entries.par_iter().map(|entry| entry.try_load()).collect();
    let bad: Vec<Dropped> = read.iter().filter_map(|clip| clip.as_ref().err().cloned()).collect();
    warn_of(&bad);
    ensure!(
        bad.len() < read.len(),
        "{}: expected clips that can be read, came none of {}",
        folder.display(),
        read.len()
    );
    Ok(read.into_iter().map(std::result::Result::ok).collect())
}

/// What is heard of a corpus.
struct Chosen<'a> {
    folder: &'a Path,
    judged: Vec<Judged>,
    left_out: usize,
}

/// At most `most` clips of the splits, spread evenly over them.
fn choose<'a>(folder: &'a Path, corpus: &Folder, splits: &[Split], most: usize) -> Result<Chosen<'a>> {
    warn_of(&corpus.dropped);
    let eval: Vec<_> = corpus.entries.iter().filter(|e| splits.contains(&e.split)).collect();
    let names = || splits.iter().map(|split| split_name(*split)).collect::<Vec<_>>().join(" or ");
    ensure!(!eval.is_empty(), "{}: expected clips of the split {}, found none", folder.display(), names());
    let every = eval.len().div_ceil(most.max(1));
    let chosen: Vec<&Entry> = eval.into_iter().step_by(every).collect();
    let judged = |clip: Clip| Judged { truth: true_motion(&clip), clip };
    let judged: Vec<Judged> = readable(folder, &chosen)?.into_par_iter().flatten().map(judged).collect();
    Ok(Chosen { folder, left_out: chosen.len() - judged.len(), judged })
}

impl CorpusReport {
    /// The corpus, and how much of it was heard.
    pub fn heard(&self) -> String {
        let left_out = if self.left_out > 0 { format!(", {} left out", self.left_out) } else { String::new() };
        format!("{} ({} clips, {:.1} min{left_out})", self.corpus, self.clips, self.minutes)
    }
}

impl Judge {
    fn corpus(&self, chosen: &Chosen, programs: &[Program]) -> Result<CorpusReport> {
        let Chosen { folder, judged, left_out } = chosen;
        let name = self.name();
        let corpus = folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let trained_on = self.warned(&corpus, judged);
        let heard = self.hear(judged, |_, clip| clip.samples.clone())?;
        let noisy = self.hear(judged, |n, clip| self.around.noisy(clip, SNR_DB, n as u64))?;
        let mut ours = vec![(name.clone(), heard), (format!("{name}, {SNR_DB} dB SNR"), noisy)];
        if !self.around.rooms.is_empty() {
            let far =
                self.hear(judged, |n, clip| self.around.noisy(&self.around.far(clip, n as u64), SNR_DB, n as u64))?;
            ours.push((format!("{name}, {SNR_DB} dB SNR in a room"), far));
        }
        let measured = self.measured(&ours, judged, programs)?;
        let mut own = Scorer::default();
        judged.iter().zip(&ours[0].1).for_each(|(j, h)| own.add(&j.clip.speaker, &j.clip.phones, &h.events));
        let lag_ms = own.score().map_or(0, |score| score.lag_ms);
        Ok(CorpusReport {
            corpus,
            trained_on,
            clips: judged.len(),
            left_out: *left_out,
            minutes: judged.iter().map(|j| j.clip.seconds()).sum::<f64>() / 60.0,
            mouths: mouths(&ours, judged),
            speakers: own.speakers(lag_ms),
            motion: rows(&measured),
            keys: keys(&ours, judged, &self.surface),
            groups: groups(judged, &read_speakers(folder)?, &ours[0].1, &measured[0], &self.surface),
            closure_curve: if self.curve { closure_curve(&self.packed, judged)? } else { Vec::new() },
            confusion: Confusion::of(&own, lag_ms),
            drawn: judged
                .iter()
                .zip(&ours[0].1)
                .step_by(judged.len().div_ceil(DRAWN))
                .map(|(j, h)| self.curves(j, h))
                .collect(),
        })
    }

    /// Who hears.
    fn name(&self) -> String {
        let beside = self.beside.iter().map(|other| format!(" + {}", other.card.name));
        beside.fold(self.packed.card.name.clone(), |name, other| name + &other)
    }

    /// Tells at once, and in the report, that the model knows these voices.
    fn warned(&self, corpus: &str, judged: &[Judged]) -> Option<String> {
        let clips: Vec<&Clip> = judged.iter().map(|judged| &judged.clip).collect();
        let said = warning(&self.packed.card, self.trained_on.as_ref(), corpus, &clips);
        said.inspect(|said| log::warn!("{corpus}: {said}"))
    }

    fn hear(&self, judged: &[Judged], sound: impl Fn(usize, &Clip) -> Vec<f32> + Sync) -> Result<Vec<Heard>> {
        let script = |clip: &Clip| self.script.then(|| Script::new(clip.phones.iter().copied()));
        let sound = |n, j: &Judged| Sound { samples: sound(n, &j.clip), script: script(&j.clip), ..Sound::of(&j.clip) };
        let ears = if self.hearings { Ears::File(self.beside.as_ref()) } else { Ears::Line };
        hear_all_by(&self.packed, ears, judged, sound)
    }

    fn curves(&self, judged: &Judged, heard: &Heard) -> ClipCurves {
        let look_ahead = Span::from_ms(i64::from(self.packed.card.look_ahead_ms));
        let timed =
            |track: &Track| (0..).map(|n| AudioTime::from_s(frame_time_s(n))).zip(track.iter().copied()).collect();
        ClipCurves {
            id: judged.clip.id.clone(),
            phones: judged.clip.phones.clone(),
            truth: timed(&judged.truth),
            motion: timed(&heard.motion),
            fusion: heard.fusion.clone(),
            shown: heard.events.iter().map(|(at, viseme)| (*at - look_ahead, *viseme)).collect(),
            keys: heard.keys.iter().map(|key| key.at).collect(),
            true_keys: true_keys(&judged.clip),
        }
    }

    /// Every row of the motion tables; the model's own is the first.
    fn measured(
        &self,
        ours: &[(String, Vec<Heard>)],
        judged: &[Judged],
        programs: &[Program],
    ) -> Result<Vec<Measured>> {
        let shown = |heard: &[Heard]| heard.iter().map(|h| h.motion.clone()).collect::<Vec<Track>>();
        let mut rows: Vec<(String, Vec<Track>)> =
            ours.iter().map(|(name, heard)| (name.clone(), shown(heard))).collect();
        for program in programs {
            rows.push((program.name.clone(), tracks_of(program, judged)?));
        }
        if self.rules {
            let ms = self.packed.card.look_ahead_ms;
            let heard = judged.par_iter().zip(&ours[0].1).map(|(j, heard)| heard_track(&j.clip, heard)).collect();
            let told = judged.par_iter().map(|j| told_track(&j.clip, Span::from_ms(i64::from(ms)))).collect();
            rows.push(("rules, phones that it heard".to_owned(), heard));
            rows.push((format!("rules, phones told {ms} ms ahead"), told));
        }
        rows.extend(baselines(judged).into_iter().map(|(name, tracks)| (name.to_owned(), tracks)));
        Ok(rows.iter().map(|(name, tracks)| Measured::new(name, tracks, judged, &self.surface)).collect())
    }
}

fn mouths(ours: &[(String, Vec<Heard>)], judged: &[Judged]) -> Vec<(String, MouthScore)> {
    let shown = |heard: &[Heard]| heard.iter().map(|h| h.events.clone()).collect();
    let rows = ours.iter().map(|(name, heard)| (name.clone(), shown(heard)));
    let score = |(name, shown): (String, Vec<Events>)| {
        let score = mouth_score(judged.iter().zip(&shown).map(|(j, events)| (&j.clip, events)))?;
        Some((name, score))
    };
    rows.chain(baseline::mouths(judged.iter().map(|j| &j.clip))).filter_map(score).collect()
}

/// For each noise and level the share of half a minute in which the mouth shows anything but rest.
fn noise_active(packed: &Packed, around: &Surroundings) -> Result<Vec<(&'static str, f64, f64)>> {
    let noises = around.without_speech(30 * 16_000);
    let rows = noises.iter().flat_map(|(kind, noise)| NOISE_DBFS.map(|db| (*kind, noise, db)));
    rows.map(|(kind, noise, db)| Ok((kind, db, active(packed, noise, db)?))).collect()
}

/// The noise has a mean square of 1.
fn active(packed: &Packed, noise: &[f32], level_dbfs: f64) -> Result<f64> {
    let gain = 10f64.powf(level_dbfs / 20.0) as f32;
    let samples: Vec<f32> = noise.iter().map(|x| gain * x).collect();
    let mut line = Line::new(packed.model()?);
    let (mut active, mut all) = (0usize, 0usize);
    for step in line.push(&samples) {
        active += usize::from(step?.viseme != Viseme::Sil);
        all += 1;
    }
    Ok(active as f64 / all.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::Segment;
    use crate::corpus::{read_folder, write_clip};
    use keyface_core::Phone;

    #[test]
    fn a_folder_without_noise_is_not_white_noise() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_noise(folder.path(), &[]).err().unwrap().to_string();
        assert!(error.ends_with("expected recordings of noise (wav or flac), found none"), "{error}");
    }

    #[test]
    fn a_clip_that_cannot_be_read_costs_no_other_and_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let phones = vec![Segment { start_s: 0.0, end_s: 0.5, phone: Phone::AA }];
        for id in ["a", "b", "c"] {
            let clip = Clip {
                id: id.into(),
                speaker: "s".into(),
                split: Split::Eval,
                samples: vec![0.1; 8_000],
                phones: phones.clone(),
                words: vec![],
            };
            write_clip(folder.path(), &clip).unwrap();
        }
        let chosen = || choose(folder.path(), &read_folder(folder.path()).unwrap(), &[Split::Train, Split::Valid], 9);
        std::fs::write(folder.path().join("b.wav"), "no sound").unwrap();
        let heard = chosen().unwrap();
        let ids: Vec<&str> = heard.judged.iter().map(|judged| judged.clip.id.as_str()).collect();
        assert_eq!((ids, heard.left_out), (vec!["a", "c"], 1));
        ["a", "c"].iter().for_each(|id| std::fs::write(folder.path().join(format!("{id}.wav")), "no sound").unwrap());
        let error = chosen().err().unwrap().to_string();
        assert!(error.ends_with("expected clips that can be read, came none of 3"), "{error}");
    }
}
