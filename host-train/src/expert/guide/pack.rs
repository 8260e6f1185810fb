//! A guided student as a model folder: its model, with other weights of CompletionNet.

use std::path::Path;

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use keyface_core::ModelCard;

use super::ablation::KEPT;
use super::animator::{Animator, Student};
use super::choice::{AnimatorChoice, GuideExperiment};
use super::lesson::best;
use crate::data::stacked;
use crate::expert::material::whole_steps;
use crate::expert::{Reader, films};
use crate::export::{Packed, Probe, Trained, completion_weights};
use crate::train::RunDir;
use crate::trained_on::TrainedOn;

/// A model folder in memory.
pub struct GuidedModel {
    /// The files.
    pub packed: Packed,
    /// Whom the model had heard before it was guided.
    pub trained_on: TrainedOn,
}

/// Packs what a variant's folder holds, under a name of its own. A film of the corpus checks the files.
///
/// # Errors
/// A folder of another animator than a model's, one that is not finished, or files that say something else than Burn.
pub fn pack(folder: &Path, name: &str, device: &Device) -> Result<GuidedModel> {
    let run = RunDir::open(folder)?;
    let experiment = GuideExperiment::read(&run.file(KEPT))?;
    let AnimatorChoice::Model(model) = &experiment.animator else {
        bail!(
            "{}: expected a guided model, as `animator = {{ model = DIR }}` makes, came another animator",
            folder.display()
        )
    };
    let base = Packed::read(model)?;
    let joint = experiment.guidance.joint.then(|| Reader::load(&experiment.expert, device)).transpose()?;
    let fresh =
        (Student::of_model(&base, device)?.begin(&device.clone().autodiff()), joint.map(|reader| reader.expert));
    let net = best(fresh, &run)?;
    let trained = Trained { completion: completion_weights(&net), ..base.trained()? };
    let corpus = experiment.corpora.first().context("expected a corpus in the experiment, found none")?;
    let film = films(&corpus.folder, 1)?.swap_remove(0);
    let x = stacked(&[whole_steps(&film.clip)], device);
    let [.., width] = x.dims();
    let x = x.try_into_vec_as::<f32>()?.chunks_exact(width).map(<[f32]>::to_vec).collect();
    let card = ModelCard {
        name: name.to_owned(),
        created_by: format!("keyface-train {}", env!("CARGO_PKG_VERSION")),
        command: format!("keyface-train expert ablate {} (seed {})", experiment.name, experiment.seed),
        ..base.card.clone()
    };
    let probe = Probe::of(&trained, &base.card.decode, x);
    let packed = Packed::new(card, &trained, &probe, base.card.files.key_motion.precision)?;
    Ok(GuidedModel { packed, trained_on: TrainedOn::read(model)?.unwrap_or_default() })
}
