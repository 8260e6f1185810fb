//! The networks of an experiment: those that it begins with, and the best of its run.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::module::Module;
use burn::tensor::Device;

use super::checkpoint::RunDir;
use super::experiment::{Experiment, STEP_MS, Told};
use crate::export::{Packed, completion_net, key_motion_net};
use crate::model::{CompletionNet, CompletionNets, KeyMotionNet, TrunkLayer};

/// Name of KeyMotionNet in the run's folder.
pub const KEY_MOTION: &str = "key_motion";
/// Name of the CompletionNets there.
pub const COMPLETION: &str = "completion";

/// The best checkpoint, for inference.
///
/// # Errors
/// When there is none, or one of other sizes.
pub fn best_key_motion(experiment: &Experiment, run: &RunDir, device: &Device) -> Result<KeyMotionNet> {
    run.best(KEY_MOTION, fresh_key_motion(experiment, device))
}

/// The best checkpoint, for inference.
///
/// # Errors
/// As [`best_key_motion`], and when what the experiment stands on is gone: a model's networks have no normalisation, and
/// so have those that begin as it.
pub fn best_completion(experiment: &Experiment, run: &RunDir, device: &Device) -> Result<CompletionNets> {
    run.best(COMPLETION, begun_completion(experiment, device)?)
}

/// New weights, or those that the experiment stands on.
pub(super) fn begun_key_motion(experiment: &Experiment, training: &Device) -> Result<KeyMotionNet> {
    let fresh = fresh_key_motion(experiment, training);
    let Some(folder) = &experiment.key_motion.stands_on else { return Ok(fresh) };
    let below = Below::read(folder, training)?;
    let (place, sizes) = (folder.display(), fresh.num_params());
    let (own_layers, layers_below) = (layers(&fresh), layers(&below.key_motion));
    if own_layers.starts_with(&layers_below) {
        let late: usize = own_layers[layers_below.len()..].iter().map(|(_, late)| late).sum();
        let (expected, came) = (below.look_ahead_ms + STEP_MS * late as u32, experiment.look_ahead_ms);
        ensure!(
            expected == came,
            "{place}: expected look_ahead_ms = {expected} on its {} ms, came {came}",
            below.look_ahead_ms
        );
    }
    let begun = fresh.standing_on(below.key_motion);
    ensure!(begun.num_params() == sizes, "{place}: its KeyMotionNet has other sizes than this experiment's");
    Ok(begun)
}

/// New weights, or those that the experiment stands on.
pub(super) fn begun_completion(experiment: &Experiment, training: &Device) -> Result<CompletionNets> {
    let fresh = fresh_completion(experiment, training);
    let Some(folder) = &experiment.key_motion.stands_on else { return Ok(fresh) };
    let below = Below::read(folder, training)?.completion;
    let same = fresh.each.iter().all(|own| sizes(own) == sizes(&below));
    ensure!(same, "{}: its CompletionNet has other sizes than this experiment's", folder.display());
    Ok(CompletionNets { each: vec![below] })
}

fn fresh_key_motion(experiment: &Experiment, device: &Device) -> KeyMotionNet {
    experiment.key_motion_net.init(experiment.look_aheads_ms.len(), device)
}

/// One that is told of no key has no weights for them: on the device it hears of some.
fn fresh_completion(experiment: &Experiment, device: &Device) -> CompletionNets {
    let Experiment { completion_net, look_aheads_ms, key_motion_net, completion, .. } = experiment;
    let mut nets = completion_net.init_each(look_aheads_ms.len(), key_motion_net.width, device);
    if completion.flow == Told::Nothing {
        nets.each.iter_mut().for_each(CompletionNet::forget_flow);
    }
    nets
}

fn layers(net: &KeyMotionNet) -> Vec<(usize, usize)> {
    net.layers.iter().map(TrunkLayer::describes).collect()
}

/// Inputs and outputs of the layers.
fn sizes(net: &CompletionNet) -> [[usize; 2]; 6] {
    let CompletionNet { flow, audio, weight, decoder, motion } = net;
    [&flow.embed, &audio.embed, &flow.conv.taps, weight, &decoder.taps, motion].map(|layer| layer.weight.dims())
}

/// Networks that are there, at one look-ahead.
struct Below {
    key_motion: KeyMotionNet,
    completion: CompletionNet,
    look_ahead_ms: u32,
}

impl Below {
    /// Those of a model, or of a finished run at its longest look-ahead.
    fn read(folder: &Path, device: &Device) -> Result<Below> {
        if Packed::is_at(folder) {
            let model = Packed::read(folder)?;
            let (nets, look_ahead_ms) = (model.trained()?, model.card.look_ahead_ms);
            let (key_motion, completion) =
                (key_motion_net(&nets.key_motion, device), completion_net(&nets.completion, device));
            return Ok(Below { key_motion, completion, look_ahead_ms });
        }
        let run = RunDir::open(folder)?;
        let experiment = run.experiment()?;
        let place = || folder.display().to_string();
        let completion = best_completion(&experiment, &run, device)?.each.pop().with_context(place)?;
        let look_ahead_ms = *experiment.look_aheads_ms.last().with_context(place)?;
        Ok(Below { key_motion: best_key_motion(&experiment, &run, device)?, completion, look_ahead_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Distribution, Tensor};
    use keyface_core::{FEATURES, STEP_HOPS};

    /// `live.toml`, on the shipped model.
    fn experiment() -> Experiment {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut experiment = Experiment::read(&root.join("experiments/live.toml")).unwrap();
        (experiment.look_aheads_ms, experiment.look_ahead_ms) = (vec![60], 60);
        experiment.key_motion.stands_on = Some(root.join("../models/live"));
        experiment
    }

    #[test]
    fn a_training_begins_as_a_shipped_model() {
        let (experiment, device) = (experiment(), Device::flex());
        let begun = begun_key_motion(&experiment, &device).unwrap();
        let model = Packed::read(experiment.key_motion.stands_on.as_deref().unwrap()).unwrap().trained().unwrap();
        let x = Tensor::<3>::random([1, 30, STEP_HOPS * FEATURES], Distribution::Default, &device);
        let heads = |net: &KeyMotionNet| net.heads(0, net.trunk(x.clone()));
        assert_eq!(
            (heads(&begun) - heads(&key_motion_net(&model.key_motion, &device))).abs().max().into_scalar::<f32>(),
            0.0
        );
        let begun = begun_completion(&experiment, &device).unwrap();
        assert_eq!(begun.num_params(), completion_net(&model.completion, &device).num_params());
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path()).unwrap();
        begun.clone().save_file(folder.path().join("completion-best.bpk")).unwrap();
        assert_eq!(best_completion(&experiment, &run, &device).unwrap().num_params(), begun.num_params());
    }

    #[test]
    fn networks_of_other_sizes_or_another_look_ahead_are_refused() {
        let refusal = |change: fn(&mut Experiment)| {
            let mut experiment = experiment();
            change(&mut experiment);
            let device = Device::flex();
            let refused = begun_key_motion(&experiment, &device).err().or(begun_completion(&experiment, &device).err());
            refused.map_or_else(String::new, |error| error.to_string())
        };
        assert_eq!(refusal(|_| ()), "");
        assert!(refusal(|e| e.key_motion_net.width = 128).contains("its KeyMotionNet has other sizes"));
        assert!(refusal(|e| e.completion_net.width = 64).contains("its CompletionNet has other sizes"));
        assert!(refusal(|e| e.key_motion_net.bands = vec![48, 48]).contains("its KeyMotionNet has other sizes"));
        let late = refusal(|e| e.key_motion_net.centred_dilations = vec![1, 2]);
        assert!(late.contains("expected look_ahead_ms = 120 on its 60 ms, came 60"), "{late}");
        assert_eq!(refusal(|e| e.key_motion_net.dilations[7] = 4), "", "its first seven layers");
        assert!(refusal(|e| e.key_motion.stands_on = Some("runs/nothing".into())).contains("runs/nothing"));
    }
}
