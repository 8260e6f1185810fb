//! `keyface-train`: arguments -> library call -> report.
#![recursion_limit = "256"]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program reports")]

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// From a corpus to a shipped model.
#[derive(Parser)]
#[command(name = "keyface-train", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make speech with exact phone times from text, with the engines of the system
    Corpus(commands::corpus::CorpusArgs),
    /// Speak one text into a WAV file and a TextGrid
    Speak(commands::corpus::SpeakArgs),
    /// Train the networks of an experiment
    Train(commands::train::TrainArgs),
    /// Train the rows of a recipe, or the offline KMTalk without each of its parts, and judge them: one table
    Ablate(commands::ablate::AblateArgs),
    /// Time training steps on a device, and compare them with the CPU's
    Throughput(commands::throughput::ThroughputArgs),
    /// Write a model folder from a run
    Export(commands::export::ExportArgs),
    /// Search a model's numbers for mouths and lips as files are heard, at several speeds, and write them into its card
    Tune(commands::tune::TuneArgs),
    /// Load a model folder as a device does
    Check(commands::check::CheckArgs),
    /// Write a model's weights in every form that a device can compute in, for `keyface bench`
    Variants(commands::variants::VariantsArgs),
    /// Score a model on speech that it never heard
    Evaluate(commands::evaluate::EvaluateArgs),
    /// Score other programs' mouth cues beside our models
    Compare(commands::compare::CompareArgs),
    /// Train experts that read lips, see what they read, and let animators learn from them
    Expert(commands::expert::ExpertArgs),
    /// Compute mel powers, phones, ground-truth motion and keys for every clip of a corpus
    Prepare(commands::prepare::PrepareArgs),
    /// Compute what wav2vec 2.0 or Whisper hears in every clip of a corpus
    Features(commands::features::FeaturesArgs),
    /// Fit the rules' main constants to captured faces, and tell how near the rules are before and after
    FitTruth(commands::fit_truth::FitTruthArgs),
    /// Train a listener on what an outside encoder heard, and write its answers for a student
    Listener(commands::listener::ListenerArgs),
    /// Captured corpora (VOCASET, BIWI, Live Link Face) and the papers' baselines and tables
    #[command(subcommand)]
    Paper(commands::paper::PaperCommand),
    /// Adapt a shipped model to captures of one's own face, and tell how near it is
    Personalize(commands::personalize::PersonalizeArgs),
    /// Hear the phones of sounds that nobody has labelled: TextGrids from the sound alone
    Phones(commands::phones::PhonesArgs),
    /// Draw a clip's ground-truth motion over its phones
    Plot(commands::plot::PlotArgs),
    /// Render a clip's true motion and what models make of it: a strip of mouths, or a film
    Render(commands::render::RenderArgs),
}

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    let done = match Cli::parse().command {
        Command::Corpus(args) => commands::corpus::corpus(&args),
        Command::Speak(args) => commands::corpus::speak(&args),
        Command::Train(args) => commands::train::train(&args),
        Command::Ablate(args) => commands::ablate::run(&args),
        Command::Throughput(args) => commands::throughput::run(&args),
        Command::Export(args) => commands::export::export(&args),
        Command::Tune(args) => commands::tune::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Variants(args) => commands::variants::run(&args),
        Command::Evaluate(args) => commands::evaluate::run(&args),
        Command::Compare(args) => commands::compare::run(&args),
        Command::Expert(args) => commands::expert::run(&args),
        Command::Prepare(args) => commands::prepare::run(&args),
        Command::Features(args) => commands::features::run(&args),
        Command::FitTruth(args) => commands::fit_truth::run(&args),
        Command::Listener(args) => commands::listener::run(&args),
        Command::Paper(command) => commands::paper::run(&command),
        Command::Personalize(args) => commands::personalize::run(&args),
        Command::Phones(args) => commands::phones::run(&args),
        Command::Plot(args) => commands::plot::run(&args),
        Command::Render(args) => commands::render::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
