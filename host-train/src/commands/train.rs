//! `keyface-train train`: an experiment file in, checkpoints out.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use keyface_train::train::{
    Corpora, DeviceChoice, Experiment, RunDir, pick_devices, train_completion, train_key_motion, train_kmtalk,
};

/// Trains the networks of an experiment; an interrupted run goes on where it stood.
#[derive(Args)]
pub struct TrainArgs {
    /// The experiment, such as host-train/experiments/live.toml
    experiment: PathBuf,
    /// Folder of the run
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// auto, flex (CPU) or cuda[:N]; several, separated by commas, share each batch of KeyMotionNet: cuda:0,cuda:1 or
    /// flex,flex (each has its part of the cores)
    #[arg(long, default_value = "auto", value_delimiter = ',')]
    device: Vec<DeviceChoice>,
}

/// Runs the command.
pub fn train(args: &TrainArgs) -> Result<()> {
    let experiment = Experiment::read(&args.experiment)?;
    let devices = pick_devices(&args.device)?;
    let device = &devices[0];
    let corpora = Corpora::read(&experiment)?;
    let run = RunDir::create(&args.runs.join(&experiment.name))?;
    run.keep_experiment(&experiment)?;
    say!("{}: {:.2} h of speech, {} validation clips", experiment.name, corpora.train_hours(), corpora.valid.len());
    let key_motion = train_key_motion(&experiment, &corpora, &run, &devices).context("phase 1, KeyMotionNet")?;
    train_completion(&experiment, &corpora, &key_motion, &run, device).context("phase 2, CompletionNet")?;
    if experiment.kmtalk.is_some() {
        train_kmtalk(&experiment, &corpora, &run, device).context("the offline KMTalk")?;
    }
    say!("done; ship it with: keyface-train export {}", run.file("").display());
    Ok(())
}
