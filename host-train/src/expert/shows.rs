//! What a reader learns from: the motion of clips, pictures of them, or films of real mouths.

use anyhow::{Context, Result, ensure};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::avsr::{AvsrClip, find_avsr};
use super::experiment::ExpertExperiment;
use super::films::sentences;
use super::material::EXPERT_HOPS;
use super::reader::{Read, Reader};
use super::reel::{Reel, reels};
use super::search::Search;
use crate::clip::Split;
use crate::data::{Augmenter, Utterance};
use crate::prepare::Prepared;
use crate::train::{BatchPlan, Corpora, crops};

/// Clips that choose the checkpoint, at most, spread evenly.
const CHOOSING: usize = 48;
/// Films that are drawn anew where one is too long for a crop, or cannot be read, at most.
const DRAWS: usize = 20;

/// Where what is seen comes from, and what chooses the checkpoint.
pub enum Shows<'a> {
    /// The true motion of clips.
    Motion { choosing: Vec<&'a Utterance> },
    /// Pictures that another program made of them.
    Reels { learned: Vec<Reel>, choosing: Vec<Reel> },
    /// Films of real mouths, decoded when they are drawn.
    Films { learned: Vec<AvsrClip>, choosing: Vec<Reel> },
}

impl<'a> Shows<'a> {
    /// As the experiment chooses.
    ///
    /// # Errors
    /// Pictures or films that are not there, or do not go with the experiment.
    pub fn of(experiment: &ExpertExperiment, corpora: &'a Corpora) -> Result<Self> {
        let Some(folder) = &experiment.reels else {
            let every = corpora.valid.len().div_ceil(CHOOSING).max(1);
            return Ok(Shows::Motion { choosing: corpora.valid.iter().step_by(every).collect() });
        };
        if let Some(clips) = find_avsr(folder)? {
            return Shows::of_films(experiment, clips).with_context(|| folder.display().to_string());
        }
        let of = |split: Split| {
            let is_wanted =
                |clip: &Prepared| clip.split == split && (split == Split::Valid || experiment.half.has(&clip.speaker));
            let films = experiment.corpora.iter().map(|corpus| sentences(&corpus.folder, is_wanted));
            reels(folder, films.collect::<Result<Vec<_>>>()?.concat(), experiment.side())
        };
        let (learned, valid) = (of(Split::Train)?, of(Split::Valid)?);
        let hours = learned.iter().map(|reel| reel.clip.len()).sum::<usize>() as f64 / 360_000.0;
        log::info!("{} reels, {hours:.2} h; {} choose the checkpoint", learned.len(), valid.len());
        let every = valid.len().div_ceil(CHOOSING).max(1);
        Ok(Shows::Reels { learned, choosing: valid.into_iter().step_by(every).collect() })
    }

    fn of_films(experiment: &ExpertExperiment, clips: Vec<AvsrClip>) -> Result<Self> {
        let weights = experiment.weights;
        ensure!(experiment.units.units()?.spell(), "units: expected letters or pieces, for films come with texts");
        ensure!(
            weights.frames == 0.0 && weights.motion == 0.0,
            "weights: expected frames and motion of 0, for texts tell no times"
        );
        ensure!(
            experiment.net().listening.is_none(),
            "listening: expected none, for of films only the pictures are read"
        );
        let (valid, learned): (Vec<AvsrClip>, Vec<_>) =
            clips.into_iter().filter(|clip| clip.split != Split::Eval).partition(|clip| clip.split == Split::Valid);
        let learned: Vec<_> = learned.into_iter().filter(|clip| experiment.half.has(&clip.speaker)).collect();
        ensure!(
            !learned.is_empty() && !valid.is_empty(),
            "expected films to learn from and films that choose, came none"
        );
        let fits = |clip: &AvsrClip| Ok(clip.reel(experiment.side())?.steps() <= experiment.crop_hops / EXPERT_HOPS);
        let first = learned.iter().take(DRAWS).map(fits).collect::<Result<Vec<_>>>()?;
        ensure!(
            first.contains(&true),
            "crop_hops: expected films that fit into a crop, came none of the first {DRAWS}"
        );
        log::info!("{} films; {} choose the checkpoint", learned.len(), valid.len().min(CHOOSING));
        let every = valid.len().div_ceil(CHOOSING).max(1);
        let choosing = valid.iter().step_by(every).map(|clip| clip.reel(experiment.side()));
        Ok(Shows::Films { learned, choosing: choosing.collect::<Result<_>>()? })
    }

    /// The batch of a step.
    ///
    /// # Errors
    /// A clip that cannot be read.
    pub fn draw(
        &self,
        experiment: &ExpertExperiment,
        corpora: &Corpora,
        augmenter: &Augmenter,
        number: usize,
    ) -> Result<Drawn> {
        let ExpertExperiment { seed, batch, crop_hops, .. } = *experiment;
        let mut rng = ChaCha8Rng::seed_from_u64(seed + 20);
        rng.set_stream(number as u64);
        let steps = crop_hops / EXPERT_HOPS;
        let reel = |rng: &mut ChaCha8Rng| match self {
            Shows::Motion { .. } => None,
            Shows::Reels { learned, .. } => Some(learned[rng.random_range(0..learned.len())].crop(steps, rng)),
            Shows::Films { learned, .. } => Some(film(learned, experiment.side(), steps, rng).crop(steps, rng)),
        };
        let reels: Vec<_> = (0..batch).filter_map(|_| reel(&mut rng)).collect();
        if reels.is_empty() {
            let crops = crops(corpora, augmenter, BatchPlan { seed, batch, crop_hops }, number)?;
            return Ok(Drawn { crops, pictures: None, rng });
        }
        let (crops, pictures) = reels.into_iter().unzip();
        Ok(Drawn { crops, pictures: Some(pictures), rng })
    }

    /// What a reader makes of what chooses the checkpoint.
    pub fn read_by(&self, reader: &Reader) -> Vec<Read> {
        match self {
            Shows::Motion { choosing } => choosing.iter().map(|clip| reader.score_truth(clip)).collect(),
            Shows::Reels { choosing, .. } | Shows::Films { choosing, .. } => {
                choosing.iter().map(|reel| reader.score_reel(reel, Search::Greedy)).collect()
            }
        }
    }
}

/// What a batch shows.
pub struct Drawn {
    /// What is said, and how the face moves.
    pub crops: Vec<Utterance>,
    /// Grey pictures of each crop, where they come from elsewhere than its motion.
    pub pictures: Option<Vec<Vec<u8>>>,
    /// For all further chance of the step.
    pub rng: ChaCha8Rng,
}

/// A whole film of at most so many steps: of a part nobody tells what is said.
fn film(learned: &[AvsrClip], side: usize, steps: usize, rng: &mut ChaCha8Rng) -> Reel {
    for _ in 0..DRAWS {
        let clip = &learned[rng.random_range(0..learned.len())];
        match clip.reel(side) {
            Ok(reel) if reel.steps() <= steps => return reel,
            Ok(_) => {}
            Err(error) => log::warn!("{error:#}"),
        }
    }
    // Nothing is said where nothing is seen.
    let id = String::new();
    Reel { id: id.clone(), speaker: id, clip: Utterance::silence(EXPERT_HOPS), pictures: vec![0; side * side], side }
}
