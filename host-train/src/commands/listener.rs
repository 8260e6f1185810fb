//! `keyface-train listener`: features of whole clips in, a listener and its answers out.

use std::path::PathBuf;

use anyhow::{Context, Result};
use burn::tensor::Device;
use clap::Args;
use keyface_train::model::Listener;
use keyface_train::train::{
    Agreements, Corpora, DeviceChoice, Hearing, ListenerExperiment, RunDir, agreement, agreement_table,
    best_key_motion, listener_accuracy, mouth_interval, pick_device, train_listener, write_answers,
};

/// Trains a listener, scores it beside a student, and writes what it answers to the training clips.
#[derive(Args)]
pub struct ListenerArgs {
    /// The experiment, such as host-train/experiments/listener.toml
    experiment: PathBuf,
    /// Folder of the run
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// A student's run, scored on the same clips
    #[arg(long, value_name = "RUN")]
    beside: Option<PathBuf>,
    /// Folder for its answers, one .safetensors for each training clip: `heard` of a student's corpora
    #[arg(long, value_name = "DIR")]
    answers: Option<PathBuf>,
    /// Where to write how far the labels of every clip agree with what is heard, the worst first
    #[arg(long, value_name = "FILE.tsv")]
    referee: Option<PathBuf>,
    /// auto, flex (CPU) or cuda[:N]
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
}

/// Runs the command.
pub fn run(args: &ListenerArgs) -> Result<()> {
    let experiment = ListenerExperiment::read(&args.experiment)?;
    let device = pick_device(args.device)?;
    let corpora = Corpora::heard(&experiment.corpora)?;
    let run = RunDir::create(&args.runs.join(&experiment.name))?;
    say!("{}: {:.2} h of speech, {} validation clips", experiment.name, corpora.train_hours(), corpora.valid.len());
    let net = train_listener(&experiment, &corpora, &run, &device)?;
    let student = match &args.beside {
        Some(folder) => {
            let run = RunDir::open(folder)?;
            let experiment = run.experiment()?;
            Some((best_key_motion(&experiment, &run, &device)?, Hearing::Live(experiment.main())))
        }
        None => None,
    };
    say!("mouth classes told apart [95 %], no decoder, speech that neither training nor search heard");
    say!("corpus\tclips\tlistener{}", if student.is_some() { "\tstudent" } else { "" });
    for choice in &experiment.corpora {
        let clips = Corpora::unheard(choice)?;
        let beside = student.as_ref().map(|(net, hearing)| mouth_interval(net, &clips, *hearing, &device));
        let beside = beside.map_or_else(String::new, |accuracy| format!("\t{}", accuracy.text(1.0, 3)));
        let accuracy = listener_accuracy(&net, &clips, &device);
        say!("{}\t{}\t{}{beside}", choice.folder.display(), clips.len(), accuracy.text(1.0, 3));
    }
    if let Some(out) = &args.answers {
        for choice in &experiment.corpora {
            let count = write_answers(&net, &experiment.name, choice, out, &device)?;
            say!("{}: {count} clips answered", choice.folder.display());
        }
    }
    if let Some(out) = &args.referee {
        std::fs::write(out, agreement_table(&referee(&net, &experiment, &device)?))
            .with_context(|| out.display().to_string())?;
    }
    Ok(())
}

/// How far every clip's labels agree with what is heard in it.
fn referee(net: &Listener, experiment: &ListenerExperiment, device: &Device) -> Result<Agreements> {
    let mut agreements = Agreements::new();
    for choice in &experiment.corpora {
        for clip in Corpora::all(choice)? {
            let clip = clip?;
            let who = clip.source.clone().unwrap_or_default();
            agreements.insert(who, agreement(net, &clip, device));
        }
    }
    Ok(agreements)
}
