//! `keyface-train fit-truth`: captured faces -> the rules' main constants, and how near the rules are before and after.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use keyface_train::evaluate::Table;
use keyface_train::evaluate::surface::default_surface;
use keyface_train::papers::corpus::CURVE_HZ;
use keyface_train::personal::{Score, Watched, held_out};
use keyface_train::truth::table::Articulator;
use keyface_train::truth::{Law, fit};

use super::faces::{FacesArgs, beside, channels_table, steps, table};

/// Fits gains, reaches of coarticulation and lateness of the rules to captures; without `--out` it only measures.
#[derive(Args)]
#[command(mut_arg("captures", |captures| captures.required(true)))]
pub struct FitTruthArgs {
    #[command(flatten)]
    faces: FacesArgs,
    /// File for the constants, which `prepare --truth` takes
    #[arg(long, value_name = "FILE.toml")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &FitTruthArgs) -> Result<()> {
    let captures = args.faces.captures.as_ref().context("expected --captures DIR, came none")?;
    let takes = args.faces.read(captures)?;
    let judged = held_out(&takes.iter().map(Watched::rows).collect::<Vec<_>>());
    let lessons: Vec<_> = takes.iter().zip(&judged).map(|(take, judged)| take.lesson(judged)).collect();
    let mut channels = takes[0].channels().to_vec();
    channels.retain(|channel| takes.iter().all(|take| take.channels().contains(channel)));
    let law = fit(&lessons, &channels, args.faces.one_clock);
    let surface = default_surface();
    let score = |law: &Law| {
        let shown = takes.iter().zip(&judged);
        Score::of(
            &shown.map(|(take, judged)| beside(take, steps(take.made(law)), judged)).collect::<Vec<_>>(),
            &surface,
        )
    };
    let rows = [("rules".to_owned(), score(&Law::RULES)), ("rules, fitted".to_owned(), score(&law))];
    let learnt_s = lessons.iter().flat_map(|lesson| &lesson.seen).flatten().count() as f64 / CURVE_HZ;
    let judged_s = rows[0].1.steps as f64 * 0.02;
    ensure!(learnt_s > 0.0 && judged_s > 0.0, "{}: expected faces in all takes, came none", captures.display());
    tell(&law)?;
    say!("\nlearnt from {learnt_s:.0} s; held out: {judged_s:.0} s\n\n{}", table(&rows));
    say!("{}", channels_table(&rows));
    match &args.out {
        Some(out) => write(out, &law, &takes, learnt_s, &rows),
        None => Ok(()),
    }
}

/// The constants, and above them what they were learnt from and how well they do.
fn write(out: &Path, law: &Law, takes: &[Watched], learnt_s: f64, rows: &[(String, Score); 2]) -> Result<()> {
    let heard = takes.iter().filter(|take| take.told_by.starts_with("heard")).count();
    let [before, after] = [&rows[0].1, &rows[1].1].map(Score::mean_r);
    let told = format!(
        "keyface-train fit-truth, {} takes ({heard} without TextGrids), {learnt_s:.0} s\nheld out: mean r {after:.3}, with \
         the rules' own constants {before:.3}",
        takes.len(),
    );
    law.write(out, &told)?;
    say!("{}: for `prepare --truth`", out.display());
    Ok(())
}

fn tell(law: &Law) -> Result<()> {
    let gains =
        Law::channels().map(|channel| vec![channel.name().to_owned(), format!("{:.2}", law.gains[channel as usize])]);
    say!("\n{}", Table::new("channel", &["gain"], gains.collect()).markdown().trim_end());
    let reach = |a: Articulator| vec![a.name().to_owned(), format!("{:.2}", law.reaches[a as usize])];
    let reaches = Articulator::ALL.into_iter().map(reach).collect();
    say!("\n{}", Table::new("articulator", &["reach"], reaches).markdown().trim_end());
    say!("\nlate by {:.0} ms", 1e3 * law.late_s);
    Ok(())
}
