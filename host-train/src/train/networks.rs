//! The networks of an experiment: those that it begins with, and the best of its run.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use burn::module::Module;
use burn::tensor::Device;

use super::checkpoint::RunDir;
use super::experiment::{Experiment, STEP_MS, Told};
use crate::export::{KeyMotionWeights, Packed, completion_net, key_motion_net, key_motion_weights};
use crate::model::{Answer, CompletionNet, CompletionNets, KeyMotionNet, TrunkLayer};

/// Name of KeyMotionNet in the run's folder.
pub const KEY_MOTION: &str = "key_motion";
/// Name of the CompletionNets there.
pub const COMPLETION: &str = "completion";

/// The best checkpoint, for inference; of an experiment that teaches it nothing, what that stands on.
///
/// # Errors
/// When there is none, or one of other sizes.
pub fn best_key_motion(experiment: &Experiment, run: &RunDir, device: &Device) -> Result<KeyMotionNet> {
    if experiment.key_motion.steps == 0 {
        return begun_key_motion(experiment, device);
    }
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
    let Some(below) = Below::read(&experiment.key_motion.stands_on, training)? else { return Ok(fresh) };
    let (place, sizes) = (&below.place, fresh.num_params());
    let (own_layers, layers_below) = (layers(&fresh), layers(&below.key_motion));
    if own_layers.starts_with(&layers_below) {
        let late: usize = own_layers[layers_below.len()..].iter().map(|(_, late, _)| late).sum();
        let (late, own) = (STEP_MS * late as u32, &experiment.look_aheads_ms);
        let spare = below.look_aheads_ms.len().saturating_sub(own.len());
        let expected: Vec<u32> = below.look_aheads_ms[spare..].iter().map(|ms| ms + late).collect();
        ensure!(
            expected == *own,
            "{place}: expected look_aheads_ms = {expected:?}, {late} above its own, came {own:?}"
        );
    }
    let begun = fresh.standing_on(below.key_motion);
    ensure!(begun.num_params() == sizes, "{place}: its KeyMotionNet has other sizes than this experiment's");
    Ok(begun)
}

/// New weights, or those that the experiment stands on.
pub(super) fn begun_completion(experiment: &Experiment, training: &Device) -> Result<CompletionNets> {
    let fresh = fresh_completion(experiment, training);
    let Some(below) = Below::read(&experiment.key_motion.stands_on, training)? else { return Ok(fresh) };
    let spare = below.completion.len().saturating_sub(fresh.each.len());
    let begun = CompletionNets { each: below.completion.into_iter().skip(spare).collect() };
    let all_sizes = |nets: &CompletionNets| nets.each.iter().map(sizes).collect::<Vec<_>>();
    let same = all_sizes(&begun) == all_sizes(&fresh);
    ensure!(same, "{}: its CompletionNets are others in size or number than this experiment's", below.place);
    Ok(begun)
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

fn layers(net: &KeyMotionNet) -> Vec<(usize, usize, Answer)> {
    net.layers.iter().map(TrunkLayer::describes).collect()
}

/// Whether two networks differ in their first heads at most.
fn have_one_trunk(one: &KeyMotionNet, other: &KeyMotionNet) -> bool {
    let one = key_motion_weights(one, 0);
    KeyMotionWeights { heads: one.heads.clone(), ..key_motion_weights(other, 0) } == one
}

/// Inputs and outputs of the layers.
fn sizes(net: &CompletionNet) -> [[usize; 2]; 6] {
    let CompletionNet { flow, audio, weight, decoder, motion } = net;
    [&flow.embed, &audio.embed, &flow.conv.taps, weight, &decoder.taps, motion].map(|layer| layer.weight.dims())
}

/// Networks that are there: one trunk, and a head and a CompletionNet for each look-ahead.
struct Below {
    place: String,
    key_motion: KeyMotionNet,
    completion: Vec<CompletionNet>,
    look_aheads_ms: Vec<u32>,
}

impl Below {
    /// Those of a model, of a finished run, or of models of one trunk; none of no folder.
    fn read(folders: &[PathBuf], device: &Device) -> Result<Option<Below>> {
        let Some((first, others)) = folders.split_first() else { return Ok(None) };
        let mut all = Below::at(first, device)?;
        for folder in others {
            let Below { place, key_motion, completion, look_aheads_ms } = Below::at(folder, device)?;
            let same = have_one_trunk(&all.key_motion, &key_motion);
            ensure!(same, "{place}: its trunk is another than that of {}", all.place);
            all.key_motion.heads.extend(key_motion.heads);
            all.completion.extend(completion);
            all.look_aheads_ms.extend(look_aheads_ms);
        }
        Ok(Some(all))
    }

    fn at(folder: &Path, device: &Device) -> Result<Below> {
        let place = folder.display().to_string();
        if Packed::is_at(folder) {
            let model = Packed::read(folder)?;
            let (nets, look_aheads_ms) = (model.trained()?, vec![model.card.look_ahead_ms]);
            let key_motion = key_motion_net(&nets.key_motion, device);
            return Ok(Below {
                place,
                key_motion,
                completion: vec![completion_net(&nets.completion, device)],
                look_aheads_ms,
            });
        }
        let run = RunDir::open(folder)?;
        let experiment = run.experiment()?;
        let completion = best_completion(&experiment, &run, device)?.each;
        let key_motion = best_key_motion(&experiment, &run, device)?;
        Ok(Below { place, key_motion, completion, look_aheads_ms: experiment.look_aheads_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Distribution, Tensor};
    use keyface_core::{FEATURES, STEP_HOPS};

    fn models() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
    }

    /// `live.toml`, on the shipped model.
    fn experiment() -> Experiment {
        let mut experiment = Experiment::read(&models().join("../host-train/experiments/live.toml")).unwrap();
        (experiment.look_aheads_ms, experiment.look_ahead_ms) = (vec![60], 60);
        experiment.key_motion.stands_on = vec![models().join("live")];
        experiment
    }

    #[test]
    fn a_training_begins_as_a_shipped_model() {
        let (experiment, device) = (experiment(), Device::flex());
        let begun = begun_key_motion(&experiment, &device).unwrap();
        let model = Packed::read(&experiment.key_motion.stands_on[0]).unwrap().trained().unwrap();
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
    fn a_network_that_is_taught_nothing_stays_what_it_stands_on() {
        let (mut experiment, device) = (experiment(), Device::flex());
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path()).unwrap();
        assert!(best_key_motion(&experiment, &run, &device).is_err(), "no checkpoint");
        experiment.key_motion.steps = 0;
        let kept = best_key_motion(&experiment, &run, &device).unwrap();
        let model = Packed::read(&experiment.key_motion.stands_on[0]).unwrap().trained().unwrap();
        assert_eq!(key_motion_weights(&kept, 0), model.key_motion);
        assert_eq!(run.seconds().unwrap(), 0.0);
    }

    #[test]
    fn a_training_begins_as_three_models_of_one_trunk() {
        let experiment = Experiment::read(&models().join("../host-train/experiments/live.toml")).unwrap();
        let folders = ["instant", "live", "playback"].map(|name| models().join(name));
        let with = |folders: &[PathBuf]| {
            let mut experiment = experiment.clone();
            experiment.key_motion.stands_on = folders.to_vec();
            experiment
        };
        let device = Device::flex();
        let begun = begun_key_motion(&with(&folders), &device).unwrap();
        for (which, folder) in folders.iter().enumerate() {
            let model = Packed::read(folder).unwrap().trained().unwrap();
            assert_eq!(key_motion_weights(&begun, which), model.key_motion);
        }
        assert_eq!(begun_completion(&with(&folders), &device).unwrap().each.len(), 3);
        let two = begun_key_motion(&with(&folders[..2]), &device).unwrap_err().to_string();
        assert!(two.contains("expected look_aheads_ms = [20, 60], 0 above its own, came [20, 60, 120]"), "{two}");
        assert!(begun_completion(&with(&folders[..2]), &device).is_err());
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
        assert!(refusal(|e| e.completion_net.width = 64).contains("its CompletionNets are others in size"));
        assert!(refusal(|e| e.key_motion_net.bands = vec![48, 48]).contains("its KeyMotionNet has other sizes"));
        let late = refusal(|e| e.key_motion_net.centred_dilations = vec![1, 2]);
        assert!(late.contains("expected look_aheads_ms = [120], 60 above its own, came [60]"), "{late}");
        assert_eq!(refusal(|e| e.key_motion_net.dilations[7] = 4), "", "its first seven layers");
        assert!(refusal(|e| e.key_motion.stands_on = vec!["runs/nothing".into()]).contains("runs/nothing"));
        let others = refusal(|e| e.key_motion.stands_on.push(models().join("studio")));
        assert!(others.contains("studio: its trunk is another than that of"), "{others}");
        let twice = refusal(|e| e.key_motion.stands_on.push(models().join("live")));
        assert_eq!(twice, "", "the last of two");
    }
}
