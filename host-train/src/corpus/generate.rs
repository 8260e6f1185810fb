//! A plan in, a corpus folder out: in parallel, and going on where an interruption left it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::burst::loudest;
use super::error::{Error, Result};
use super::folder::Dropped;
use super::plan::Job;
use super::speakers::Speakers;
use super::speech::{Speech, seconds};
use super::splits::{Journal, SplitRow};
use super::written::write_clip;
use crate::clip::Clip;
use keyface_core::Phone;

/// Quieter than this is no speech.
const SPEECH_LEVEL: f32 = 0.005;
/// A longer phone is a mistake of the engine.
const PHONE_MAX_S: f64 = 0.8;

/// What was made.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Clips that were there already.
    pub kept: usize,
    /// Clips and seconds of each voice, those that were there included.
    pub voices: BTreeMap<String, (usize, f64)>,
    /// What could not be made, with reasons.
    pub dropped: Vec<Dropped>,
}

/// Speaks every job into `dir` with `workers` threads. `on_clip` hears of each clip's planned seconds, kept ones first.
///
/// # Errors
/// When the folder cannot be written. Single clips are only dropped.
pub fn generate(
    dir: &Path,
    jobs: &[Job],
    speakers: &Speakers,
    workers: usize,
    on_clip: &(dyn Fn(f64) + Sync),
) -> Result<Report> {
    fs::create_dir_all(dir).map_err(Error::io(dir))?;
    remove_parts(dir)?;
    let journal = Journal::open(dir)?;
    let is_done = |job: &&Job| journal.rows().contains_key(&job.id) && dir.join(format!("{}.wav", job.id)).exists();
    let (done, open): (Vec<&Job>, Vec<&Job>) = jobs.iter().partition(is_done);
    done.iter().for_each(|job| on_clip(job.seconds));
    let journal = Mutex::new(journal);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build();
    let pool = pool.map_err(|e| Error::unexpected("jobs", "threads", e.to_string()))?;
    let dropped = pool.install(|| {
        let speak = |job: &&Job| {
            let dropped = drop_reason(make(dir, job, speakers, &journal), job);
            on_clip(job.seconds);
            dropped.transpose()
        };
        // One job at a time: a chunk of slow voices would keep one worker busy after all others have ended.
        open.par_iter().with_max_len(1).filter_map(speak).collect::<Result<Vec<Dropped>>>()
    })?;
    let journal = journal.into_inner().unwrap_or_else(PoisonError::into_inner);
    let report = Report { kept: done.len(), voices: by_voice(jobs, journal.rows()), dropped };
    journal.finish()?;
    Ok(report)
}

fn make(dir: &Path, job: &Job, speakers: &Speakers, journal: &Mutex<Journal>) -> Result<()> {
    let speech = speakers.speak(&job.voice, &job.prosody, &job.text)?;
    check(&speech).map_err(|reason| Error::Mute { voice: job.voice.name.clone(), text: job.text.clone(), reason })?;
    let length_s = seconds(&speech.samples);
    let Speech { samples, phones, words } = speech;
    let (id, speaker) = (job.id.clone(), job.voice.name.clone());
    write_clip(dir, &Clip { id: id.clone(), speaker: speaker.clone(), split: job.split, samples, phones, words })?;
    let row = SplitRow { id, split: job.split, seconds: length_s, text: job.text.clone(), speaker: Some(speaker) };
    journal.lock().unwrap_or_else(PoisonError::into_inner).add(row)
}

/// A clip that an engine or a check refused is dropped; a disk that refuses ends the run.
fn drop_reason(made: Result<()>, job: &Job) -> Result<Option<Dropped>> {
    match made {
        Ok(()) => Ok(None),
        Err(Error::Io { path, reason }) => Err(Error::Io { path, reason }),
        Err(error) => Ok(Some(Dropped { id: job.id.clone(), reason: error.to_string() })),
    }
}

fn check(speech: &Speech) -> std::result::Result<(), String> {
    let level = loudest(&speech.samples);
    if level < SPEECH_LEVEL {
        return Err(format!("expected speech, came a level of {level:.4}"));
    }
    let spoken = speech.phones.iter().filter(|p| p.phone != Phone::SIL);
    let Some(longest) = spoken.max_by(|a, b| (a.end_s - a.start_s).total_cmp(&(b.end_s - b.start_s))) else {
        return Err("expected phones, came silence only".into());
    };
    let longest_s = longest.end_s - longest.start_s;
    if longest_s > PHONE_MAX_S {
        return Err(format!(
            "expected phones below {PHONE_MAX_S} s, came {} of {longest_s:.2} s",
            longest.phone.name()
        ));
    }
    Ok(())
}

fn by_voice(jobs: &[Job], rows: &BTreeMap<String, SplitRow>) -> BTreeMap<String, (usize, f64)> {
    let mut voices: BTreeMap<String, (usize, f64)> = BTreeMap::new();
    for row in jobs.iter().filter_map(|job| rows.get(&job.id)) {
        let voice = voices.entry(row.speaker.clone().unwrap_or_default()).or_default();
        *voice = (voice.0 + 1, voice.1 + row.seconds);
    }
    voices
}

/// An interrupted run leaves unfinished files.
fn remove_parts(dir: &Path) -> Result<()> {
    for file in fs::read_dir(dir).map_err(Error::io(dir))? {
        let path = file.map_err(Error::io(dir))?.path();
        if path.extension().is_some_and(|e| e == "part") {
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::{Segment, Split};
    use crate::corpus::plan::plan;
    use crate::corpus::read_folder;
    use crate::corpus::texts::Text;
    use crate::corpus::voice::{Engine, Voice};

    fn speech(phone: Phone, end_s: f64, level: f32) -> Speech {
        let phones = vec![Segment { start_s: 0.0, end_s, phone }];
        Speech { samples: vec![level; (end_s * 16_000.0) as usize], phones, words: Vec::new() }
    }

    #[test]
    fn silence_and_endless_phones_are_no_speech() {
        assert!(check(&speech(Phone::AA, 0.5, 0.1)).is_ok());
        assert!(check(&speech(Phone::AA, 0.5, 0.0)).unwrap_err().contains("level"));
        assert!(check(&speech(Phone::SIL, 0.5, 0.1)).unwrap_err().contains("silence only"));
        assert!(check(&speech(Phone::AA, 0.9, 0.1)).unwrap_err().contains("AA of 0.90 s"));
    }

    #[test]
    fn a_corpus_goes_on_where_it_was_left() {
        let (speakers, missing) = Speakers::find(&Engine::ALL);
        missing.iter().for_each(crate::corpus::testing::skip);
        let voices: Vec<Voice> = Voice::trained().into_iter().filter(|v| speakers.has(v)).collect();
        if voices.is_empty() {
            return crate::corpus::testing::skip("no engine");
        }
        let texts: Vec<Text> =
            ["Pat packed a map.", "Five vans fell."].map(|t| Text { id: t[..3].trim().into(), text: t.into() }).into();
        let dir = tempfile::tempdir().unwrap();
        let jobs = plan(&texts, &voices, Some(0.01), 1);
        let run = |jobs: &[Job]| generate(dir.path(), jobs, &speakers, 2, &|_| {}).unwrap();
        run(&jobs[..jobs.len() / 2]);
        fs::write(dir.path().join("left.wav.part"), "half").unwrap();
        let report = run(&jobs);
        assert_eq!(report.kept, jobs.len() / 2);
        assert!(report.dropped.is_empty(), "{:?}", report.dropped);
        let folder = read_folder(dir.path()).unwrap();
        assert_eq!((folder.entries.len(), folder.dropped.len()), (jobs.len(), 0));
        assert!(folder.clips().all(|clip| clip.is_ok_and(|c| c.split != Split::Eval)));
    }
}
