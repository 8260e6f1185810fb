//! Captured faces as `evaluate` and `fit-truth` take them: takes with phones and clocks in, tables beside them out.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use keyface_core::{Motion, MotionChannel};
use keyface_train::evaluate::Table;
use keyface_train::papers::corpus::{Recognizer, find_takes};
use keyface_train::personal::{Beside, Score, Watched};

use super::prepare::progress;

/// Seconds of a step.
const STEP_S: f64 = 0.02;

/// Where captures are, and how they are heard.
#[derive(Args)]
pub struct FacesArgs {
    /// Folder with captures, NAME.csv of the Live Link Face app or an animated NAME.glb or .gltf, each with its sound or
    /// film, and NAME.TextGrid where there is one
    #[arg(long, value_name = "DIR")]
    pub captures: Option<PathBuf>,
    /// Capture and sound begin at the same moment of one clock: then the face's lag can be told. Else the clocks are matched
    /// by how far the rules open the mouth
    #[arg(long, requires = "captures")]
    pub one_clock: bool,
    /// Folder of the model that hears the phones of captures without a TextGrid
    #[arg(long, value_name = "DIR", default_value = "models/playback", requires = "captures")]
    pub ear: PathBuf,
}

impl FacesArgs {
    /// Reads all takes, and says how.
    pub fn read(&self, captures: &std::path::Path) -> Result<Vec<Watched>> {
        let (takes, ear) = (find_takes(captures)?, Recognizer::read(&self.ear)?);
        let bar = progress("watching", takes.len());
        let watch = |take| {
            bar.inc(1);
            Watched::of(take, &ear, self.one_clock)
        };
        let watched = takes.iter().map(watch).collect::<Result<Vec<_>>>()?;
        bar.finish_and_clear();
        say!("take\tseconds\toffset ms\tdrift ms a minute\tr\tphones");
        for take in &watched {
            let (clocks, seconds) = (take.clocks, take.clip.seconds());
            let (offset, drift) = (1e3 * clocks.offset_s, 60e3 * clocks.drift);
            say!("{}\t{seconds:.1}\t{offset:.0}\t{drift:.2}\t{:.2}\t{}", take.name, clocks.r, take.told_by);
        }
        Ok(watched)
    }
}

/// What was shown in steps of 20 ms, beside what was seen in those of a range of rows of 10 ms.
pub fn beside<'a>(take: &'a Watched, shown: Vec<Motion>, judged: &Range<usize>) -> Beside<'a> {
    let seen = |step: usize| {
        let row = 2 * step + 1;
        judged.contains(&row).then(|| take.seen_at((step + 1) as f64 * STEP_S)).flatten()
    };
    Beside { name: &take.name, seen: (0..shown.len()).map(seen).collect(), shown, channels: take.channels() }
}

/// Rows of 10 ms as steps of 20 ms.
pub fn steps(rows: Vec<Motion>) -> Vec<Motion> {
    rows.into_iter().skip(1).step_by(2).collect()
}

/// How near each is to the captured faces.
pub fn table(rows: &[(String, Score)]) -> String {
    let cells = |(name, score): &(String, Score)| {
        let r = |r: Option<f64>| r.map_or("-".into(), |r| format!("{r:.2}"));
        vec![
            name.clone(),
            format!("{:.2}", 1e6 * score.lve_m2),
            format!("{:.2}", 1e6 * score.moved_lve_m2),
            if score.r.is_empty() { "-".into() } else { format!("{:+.0}", score.lag_ms) },
            r(score.r_of(MotionChannel::JawOpen)),
            r((!score.r.is_empty()).then(|| score.mean_r())),
            format!("{:.0} %", 100.0 * score.amplitude),
        ]
    };
    let columns = ["LVE 1e-6 m2", "LVE without rests", "lag ms", "jaw r", "mean r", "lips' amplitude"];
    Table::new("face", &columns, rows.iter().map(cells).collect()).markdown()
}

/// Pearson's r of each channel that one of them moves.
pub fn channels_table(rows: &[(String, Score)]) -> String {
    let moves = |channel: &MotionChannel| rows.iter().any(|(_, score)| score.r_of(*channel).is_some());
    let cells = |channel: MotionChannel| {
        let r = |(_, score): &(String, Score)| score.r_of(channel).map_or("-".into(), |r| format!("{r:.2}"));
        [channel.name().to_owned()].into_iter().chain(rows.iter().map(r)).collect()
    };
    let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
    Table::new("r", &names, MotionChannel::ALL.into_iter().filter(moves).map(cells).collect()).markdown()
}
