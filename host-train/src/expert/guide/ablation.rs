//! What each part of the guidance is worth: every variant from the same beginning, on the same batches, for as many steps,
//! before the same judge.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::module::Module;
use burn::tensor::Device;

use super::super::eyes::Eyes;
use super::super::films::Film;
use super::super::reader::{Read, Reader};
use super::super::stage_one::untrained;
use super::super::tables::percent;
use super::animator::Animator;
use super::choice::{Coarticulation, Guidance, GuideExperiment, Skill, Targets};
use super::guiding::Guide;
use super::judged::{Bench, Judged};
use super::lesson::{Slope, Teaching};
use super::pool::Pool;
use crate::data::Augmenter;
use crate::evaluate::{Table, Track};
use crate::judge::paired_difference;
use crate::train::{BatchPlan, Corpora, RunDir};

/// Name of the experiment in a variant's folder.
pub(super) const KEPT: &str = "guide.toml";

/// One row.
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// What is different from the experiment's guidance.
    pub change: fn(&mut Guidance),
}

/// The row that the others are held against.
const NOTHING: &str = "no guidance";

/// The experiment's guidance as its file tells it.
pub const AS_TOLD: Variant = Variant { name: "guided", change: |_| {} };

/// Every variant; the first is what the others are held against.
pub const ABLATION: &[Variant] = &[
    Variant { name: NOTHING, change: |g| (g.av, g.rlv) = (0.0, 0.0) },
    Variant { name: "rlv alone", change: |g| g.av = 0.0 },
    Variant { name: "muted, frozen", change: |g| (g.hear, g.joint) = (false, false) },
    Variant { name: "muted, frozen, no rlv", change: |g| (g.hear, g.joint, g.rlv) = (false, false, 0.0) },
    Variant { name: "heard, frozen", change: |g| (g.hear, g.joint) = (true, false) },
    Variant { name: "muted, joint", change: |g| (g.hear, g.joint) = (false, true) },
    Variant { name: "heard, joint", change: |g| (g.hear, g.joint) = (true, true) },
    Variant { name: "coarticulation weight", change: coarticulated },
    Variant { name: "read as the truth", change: |g| g.targets = Targets::Read },
    Variant { name: "shuffled targets", change: |g| g.targets = Targets::Shuffled },
    Variant { name: "untrained expert", change: |g| g.reader = Skill::Untrained },
];

fn coarticulated(guidance: &mut Guidance) {
    (guidance.av, guidance.rlv) = (0.0, 0.0);
    guidance.coarticulation = Some(Coarticulation { window: 5, share: 0.8 });
}

/// What all variants share.
pub struct Ablation<'a, A: Animator> {
    experiment: &'a GuideExperiment,
    animator: &'a A,
    bench: &'a Bench<'a, A>,
    readers: [&'a Reader; 2],
    pool: Pool<A::Heard>,
    device: &'a Device,
}

impl<'a, A: Animator> Ablation<'a, A> {
    /// Draws and hears the batches of an experiment; `readers` are the guide and the judge.
    ///
    /// # Errors
    /// Clips that cannot be read or heard.
    pub fn new(
        experiment: &'a GuideExperiment,
        animator: &'a A,
        bench: &'a Bench<'a, A>,
        readers: [&'a Reader; 2],
        corpora: &Corpora,
        augmenter: &Augmenter,
        device: &'a Device,
    ) -> Result<Self> {
        let plan = BatchPlan { seed: experiment.seed, batch: experiment.batch, crop_hops: experiment.crop_hops };
        let pool = Pool::draw(experiment.batches, animator, corpora, augmenter, plan, device)?;
        Ok(Ablation { experiment, animator, bench, readers, pool, device })
    }

    /// The truth, a mouth that stays still, and the animator before it is taught.
    pub fn before(&self) -> Vec<Judged> {
        let truth = self.bench.truth();
        let still: Vec<Track> = truth.iter().map(|track| vec![keyface_core::Motion::REST; track.len()]).collect();
        // What every variant begins with.
        self.device.seed(self.experiment.seed);
        let begun = self.animator.begin(&self.device.clone().autodiff()).valid();
        let tracks = [("truth", truth), ("no motion", still), ("before", self.bench.tracks(&begun))];
        tracks.iter().map(|(name, tracks)| self.judge(name, tracks)).collect()
    }

    /// Teaches an animator by one variant, or what is trained already in its folder, and judges it.
    ///
    /// # Errors
    /// Unreadable checkpoints, a full disk, or a loss that is not a number.
    pub fn row(&self, variant: &Variant, runs: &Path) -> Result<(Judged, Vec<Slope>)> {
        let mut guidance = self.experiment.guidance.clone();
        (variant.change)(&mut guidance);
        let [guide, _] = self.readers;
        let guide = match guidance.reader {
            Skill::Trained => guide.clone(),
            Skill::Untrained => untrained(&self.experiment.expert, self.device)?,
        };
        ensure!(guide.expert.hears() || !guidance.hear, "{}: {} cannot hear", variant.name, guide.name);
        let sees_pictures = matches!(guide.eyes, Eyes::Pictures(_));
        ensure!(
            !(sees_pictures && guidance.joint),
            "{}: {} sees pictures, through which only the animator learns",
            variant.name,
            guide.name
        );
        let guide = (guidance.av > 0.0).then(|| Guide::new(&guide, guidance.joint));
        let teaching = Teaching {
            animator: self.animator,
            pool: &self.pool,
            choosing: self.bench.batches(),
            steps: self.experiment.steps,
            learning_rate: self.experiment.learning_rate,
            device: self.device,
        };
        let name = variant.name.replace([',', ' '], "-");
        let run = RunDir::create(&runs.join(format!("{}-{}", self.experiment.seed, name)))?;
        run.keep(KEPT, &GuideExperiment { guidance: guidance.clone(), ..self.experiment.clone() })?;
        self.device.seed(self.experiment.seed);
        let trained = teaching.train(&guidance, guide.as_ref(), &run).context(variant.name)?;
        Ok((self.judge(variant.name, &self.bench.tracks(&trained.net)), trained.slopes))
    }

    fn judge(&self, name: &str, tracks: &[Track]) -> Judged {
        let [guide, judge] = self.readers;
        let judged = self.bench.judge(name, tracks, judge, guide);
        log::info!("{name}: judge {:.4}, LVE-mm {:.3}", judged.rate(), judged.figures[0]);
        judged
    }
}

/// A row for each, with the difference of the judge's VER (or CER) from "no guidance", paired, by speaker.
pub fn judged_table(title: &str, rows: &[Judged], films: &[Film]) -> Table {
    let speakers: Vec<&str> = films.iter().map(|film| &film.speaker[..]).collect();
    let plain = rows.iter().find(|row| row.name == NOTHING).map(Judged::chief);
    let gained = |row: &Judged| match &plain {
        Some(plain) if row.name != NOTHING => paired_difference(&speakers, &row.chief(), plain).signed_text(100.0, 1),
        _ => String::new(),
    };
    let (judged, guided) = rows.first().map_or((&[][..], &[][..]), |row| (&row.judge[..], &row.guide[..]));
    let rates = Read::rates(judged);
    let row = |row: &Judged| {
        let [lve, closure, false_closure, jerk, rms] = row.figures;
        let read = rates.iter().map(|(_, of)| percent(&row.judge, *of));
        let beside = [
            gained(row),
            percent(&row.guide, Read::chief),
            format!("{lve:.3}"),
            format!("{:.1}", 100.0 * closure),
            format!("{:.2}", 100.0 * false_closure),
            format!("{jerk:.3}"),
            format!("{rms:.4}"),
        ];
        [row.name.clone()].into_iter().chain(read).chain(beside).collect()
    };
    let mut columns: Vec<String> = rates.iter().map(|(name, _)| format!("{name}, %")).collect();
    columns.push(format!("{} against no guidance", Read::chief_name(judged)));
    columns.push(format!("{} of the guide, %", Read::chief_name(guided)));
    columns.extend(["LVE, mm", "closures, %", "false closures, %", "jerk", "RMS"].map(str::to_owned));
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    Table::new(title, &columns, rows.iter().map(row).collect())
}
