//! `keyface-train personalize`: a shipped model and captures of one's own face in; how near they are, and the model adapted.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use keyface_core::MotionChannel;
use keyface_train::evaluate::Table;
use keyface_train::evaluate::surface::default_surface;
use keyface_train::export::Packed;
use keyface_train::papers::corpus::find_takes;
use keyface_train::personal::{Adapted, FaceStyle, Score, Session, Way, adapt, gains, nearest, pack, score};
use keyface_train::trained_on::TrainedOn;

use super::prepare::progress;

/// Adapts a shipped model to captures of one's own face; without `--out` it only measures.
#[derive(Args)]
pub struct PersonalizeArgs {
    /// Folder of the model, such as models/live
    model: PathBuf,
    /// Folder with captures, NAME.csv of the Live Link Face app or an animated NAME.glb or .gltf, and their sounds or
    /// films, NAME.wav, .mov ...; every fourth take is held out to judge by, or the last quarter of a single one
    #[arg(long, value_name = "DIR")]
    captures: PathBuf,
    /// Folder for the adapted model
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folder of known styles (NAME.toml, of --keep-style), among which the one nearest to the first take is sought beside
    /// variants of the shipped face
    #[arg(long, value_name = "DIR")]
    styles: Option<PathBuf>,
    /// File for the gains that were found, for others' --styles
    #[arg(long, value_name = "FILE.toml")]
    keep_style: Option<PathBuf>,
    /// Its name; default: that of the model, and `-own`
    #[arg(long)]
    name: Option<String>,
}

/// Runs the command.
pub fn run(args: &PersonalizeArgs) -> Result<()> {
    let packed = Packed::read(&args.model)?;
    let trained = packed.trained()?;
    let takes = find_takes(&args.captures)?;
    let bar = progress("listening", takes.len());
    let hear = |take| {
        bar.inc(1);
        Session::of(take, &packed, &trained)
    };
    let mut sessions = takes.iter().map(hear).collect::<Result<Vec<Session>>>()?;
    bar.finish_and_clear();
    Session::hold_out(&mut sessions);
    tell_clocks(&sessions)?;
    let laws = gains(&sessions.iter().collect::<Vec<_>>());
    tell_gains(&laws)?;
    let name = args.name.clone().unwrap_or_else(|| format!("{}-own", packed.card.name));
    if let Some(path) = &args.keep_style {
        FaceStyle::of(&name, &laws).write(path)?;
    }
    let known = args.styles.as_deref().map_or_else(|| Ok(Vec::new()), FaceStyle::read_all)?;
    let bank = [known, FaceStyle::variants()].concat();
    let first = sessions.iter().find(|session| session.learnt().next().is_some());
    if let Some(style) = first.and_then(|take| nearest(&bank, take)) {
        say!("\nof {} known styles the nearest: {}", bank.len(), style.name);
    }
    let surface = default_surface();
    let mut rows = Vec::new();
    for way in Way::ALL {
        let adapted = pack(&packed, &adapt(&trained, &sessions, way, &bank), &sessions, &name)?;
        rows.push((way, score(&adapted, &sessions, &surface)?, adapted));
    }
    let judged = rows[0].1.steps;
    ensure!(judged > 0, "{}: expected a face in what is held out, came none", args.captures.display());
    say!("\nheld out: {:.0} s in which the camera saw a face\n", judged as f64 * 0.02);
    say!("{}", table(&rows));
    if let Some(out) = &args.out {
        let (way, _, best) = rows.iter().min_by(|a, b| a.1.lve_m2.total_cmp(&b.1.lve_m2)).context("no row")?;
        ensure!(*way != Way::Shipped, "no way of adapting came nearer to what is held out: nothing is written");
        best.write(out)?;
        TrainedOn::read(&args.model)?.unwrap_or_default().write(out)?;
        say!("{}: {way}; `keyface model pack` makes a bundle of it, as of any model", out.display());
    }
    Ok(())
}

fn tell_clocks(sessions: &[Session]) -> Result<()> {
    say!("take\tseconds\toffset ms\tdrift ms a minute\tr\theld out");
    for session in sessions {
        let (clocks, seconds) = (session.clocks, session.samples.len() as f64 / 16_000.0);
        let out = session.held_out.len() as f64 / session.seen.len().max(1) as f64;
        let (offset, drift) = (1e3 * clocks.offset_s, 60e3 * clocks.drift);
        say!("{}\t{seconds:.1}\t{offset:.0}\t{drift:.2}\t{:.2}\t{:.0} %", session.name, clocks.r, 100.0 * out);
    }
    Ok(())
}

fn tell_gains(laws: &[Adapted]) -> Result<()> {
    let rows = laws.iter().map(|law| {
        vec![
            law.channel.name().to_owned(),
            format!("{:.2}", law.gain),
            format!("{:+.3}", law.rest),
            format!("{:.2}", law.r),
        ]
    });
    say!("\n{}", Table::new("channel", &["gain", "rest", "r"], rows.collect()).markdown().trim_end());
    Ok(())
}

fn table(rows: &[(Way, Score, Packed)]) -> String {
    let shipped = &rows[0].1;
    let cells = |(way, score, _): &(Way, Score, Packed)| {
        let nearer = score.by_take.iter().zip(&shipped.by_take).filter(|(ours, theirs)| ours.1 < theirs.1).count();
        let jaw = score.r_of(MotionChannel::JawOpen).unwrap_or(0.0);
        vec![
            way.to_string(),
            format!("{:.2}", 1e6 * score.lve_m2),
            format!("{nearer} of {}", score.by_take.len()),
            format!("{jaw:.2}"),
            format!("{:.2}", score.mean_r()),
            format!("{:.0} %", 100.0 * score.amplitude),
        ]
    };
    let columns = ["LVE 1e-6 m2", "takes nearer", "jaw r", "mean r", "lips' amplitude"];
    Table::new("model", &columns, rows.iter().map(cells).collect()).markdown()
}
