//! Folders that real numpy wrote, through everything: readers, official parts, motion space, a baseline, the rig. Without
//! python3 and numpy there is nothing to read, and the tests say so.
#![allow(clippy::print_stderr, reason = "a test says what it could not do")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use keyface_core::MotionChannel;
use keyface_train::expert::guide::Guide;
use keyface_train::expert::net::ExpertConfig;
use keyface_train::expert::{Eyes, Points, UnitChoice};
use keyface_train::judge::Figure;
use keyface_train::papers::corpus::{CapturedCorpus, Layout, Part, find_leaks, read_captured};
use keyface_train::papers::ear::Ear;
use keyface_train::papers::space::{ClipMoves, PcaSpace, RigFit};
use keyface_train::papers::study::{Baseline, Guidance, Item, Material, Plan, Size, Test, learn};
use keyface_train::space::rig14;
use keyface_train::train::{Progress, RunDir};

/// A folder of the generator's; `None` without numpy.
fn generated(corpus: &str) -> Option<(tempfile::TempDir, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = root.ancestors().map(|dir| dir.join("tools/papers_corpus.py")).find(|path| path.is_file())?;
    let python = std::env::var("KEYFACE_NUMPY_PYTHON").unwrap_or_else(|_| "python3".into());
    if !Command::new(&python).args(["-c", "import numpy"]).output().is_ok_and(|done| done.status.success()) {
        eprintln!("{python} has no numpy: nothing was generated (KEYFACE_NUMPY_PYTHON names another python)");
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join(corpus);
    let done = Command::new(&python).arg(script).arg(corpus).arg(&out).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some((dir, out))
}

/// Chance is one for all threads: whoever trains, trains alone.
fn alone() -> MutexGuard<'static, ()> {
    static TRAINING: Mutex<()> = Mutex::new(());
    TRAINING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn counts(corpus: &CapturedCorpus) -> [usize; 4] {
    [Part::Train, Part::Valid, Part::TestSeen, Part::TestUnseen].map(|part| corpus.part(part).count())
}

#[test]
fn vocaset_raw_and_processed_are_the_same_clips() {
    let (Some((_a, raw)), Some((_b, processed))) = (generated("vocaset-raw"), generated("vocaset")) else { return };
    let (raw, processed) = (read_captured(&raw).unwrap(), read_captured(&processed).unwrap());
    assert_eq!((counts(&raw), counts(&processed)), ([4, 4, 0, 4], [4, 4, 0, 4]));
    assert!(raw.dropped.is_empty() && processed.dropped.is_empty());
    assert!(find_leaks(&raw.clips).is_empty());
    for (a, b) in raw.clips.iter().zip(&processed.clips) {
        assert_eq!((&a.id, a.part, a.rate_hz, a.vertices()), (&b.id, b.part, 60.0, 120));
        assert_eq!(a.moves().unwrap(), b.moves().unwrap());
        let (a, b) = (a.sound.samples().unwrap(), b.sound.samples().unwrap());
        assert!(a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-4));
    }
    assert_eq!(raw.regions, processed.regions);
}

#[test]
fn biwi_is_read_with_its_parts_and_regions() {
    let Some((_dir, path)) = generated("biwi") else { return };
    let corpus = read_captured(&path).unwrap();
    assert_eq!((corpus.layout, counts(&corpus)), (Layout::Biwi, [4, 4, 4, 4]));
    assert_eq!(corpus.clips[0].rate_hz, 25.0);
    assert!(corpus.dropped.is_empty() && find_leaks(&corpus.clips).is_empty());
    assert_eq!((corpus.regions.lips.len(), corpus.regions.lip_pairs.len()), (15, 5));
}

fn lve(figures: &[Figure]) -> f64 {
    figures.iter().find(|figure| figure.metric == "LVE").map(|figure| figure.pooled).unwrap()
}

#[test]
fn a_motion_space_of_the_trained_speakers_explains_the_others() {
    let Some((_dir, path)) = generated("vocaset") else { return };
    let (corpus, device) = (read_captured(&path).unwrap(), Device::flex());
    let space = PcaSpace::fit(&ClipMoves::new(corpus.part(Part::Train)), 8, &device).unwrap();
    // Jaw, widening, rounding and brows move the made face; the rest is noise.
    let left = space.unexplained(&ClipMoves::new(corpus.part(Part::TestUnseen)), &device).unwrap();
    assert!(left < 0.02, "{left}");
}

#[test]
fn a_mesh_drives_the_rigs_lips() {
    let Some((_dir, path)) = generated("vocaset") else { return };
    let corpus = read_captured(&path).unwrap();
    for clip in &corpus.clips {
        let fit = RigFit::new(&clip.template, &corpus.regions).unwrap();
        let moves = clip.moves().unwrap();
        let motions = fit.fit(&moves, clip.vertices());
        let miss_mm = 1e3 * fit.opening_miss_m(&moves, clip.vertices(), &clip.template, &corpus.regions, &motions);
        let widest = motions.iter().map(|motion| motion[MotionChannel::JawOpen]).fold(0.0, f32::max);
        assert!(miss_mm < 1.5 && widest > 0.15, "{}: {miss_mm} mm, jaw {widest}", clip.id);
    }
}

#[test]
fn a_run_that_was_cut_goes_on_to_the_same_end() {
    let _alone = alone();
    let Some((dir, path)) = generated("biwi") else { return };
    let (corpus, device) = (read_captured(&path).unwrap(), Device::flex());
    let hear = || Material::of(&corpus, &[Part::Train], &Ear::Mel, &device, &|| ()).unwrap();
    let keyed = hear().with_keys(&path.join("textgrids")).unwrap();
    for (baseline, trained) in
        [(Baseline::FaceFormer, &hear()), (Baseline::CodeTalker, &hear()), (Baseline::SelfTalk, &keyed)]
    {
        let train = |plan: &Plan, run: &RunDir, (stage, epochs): (&str, usize)| {
            let stop = |now: &str, progress: &Progress| {
                anyhow::ensure!(!now.contains(stage) || progress.step < epochs * trained.items.len(), "cut");
                Ok(())
            };
            learn(plan, trained, &corpus.regions, None, &device, run, &stop)
        };
        let plan = Plan { baseline, size: Size::Tiny, epochs: 4, learning_rate: 3e-3 };
        let folder = |name: &str| RunDir::create(&dir.path().join(format!("{name}-{baseline}"))).unwrap();
        let (whole, cut) = (folder("whole"), folder("cut"));
        let is_cut = |at| train(&plan, &cut, at).err().is_some_and(|error| error.to_string() == "cut");
        let item = &trained.items[0];
        assert!(is_cut(("", 2)) && is_cut(("", 4)));
        assert_eq!(is_cut(("completion", 2)), !item.keys.is_empty());
        let made = [&whole, &cut].map(|run| {
            let model = train(&plan, run, ("", 5)).unwrap();
            model.show(item, 0, &device).into_data()
        });
        assert_eq!(made[0], made[1], "{baseline}");
        let error = train(&Plan { learning_rate: 1e-3, ..plan }, &cut, ("", 5)).err().unwrap().to_string();
        assert!(error.ends_with("tells of another training: remove the folder"), "{error}");
    }
}

#[test]
fn what_a_reader_guides_is_read_better() {
    let _alone = alone();
    let Some((dir, path)) = generated("biwi") else { return };
    let (corpus, device) = (read_captured(&path).unwrap(), Device::flex());
    let trained = Material::of(&corpus, &[Part::Train], &Ear::Mel, &device, &|| ()).unwrap();
    let (training, units) = (device.clone().autodiff(), UnitChoice::Phones.units().unwrap());
    training.seed(2);
    // A reader that has learned nothing has opinions too, weak ones.
    let eye = Points::Lips.eye();
    let expert = ExpertConfig::tiny(eye.numbers()).init(units.count(), rig14::WIDTH, &training).no_grad();
    let guide = Guide { expert, eyes: Eyes::Points(eye), units };
    let grids = path.join("textgrids");
    let guidance = Guidance::new("chance", guide, 1e-2, &trained, &corpus.regions, &grids).unwrap();
    let misread = |guided: Option<&Guidance>, name: &str| {
        let run = RunDir::create(&dir.path().join(name)).unwrap();
        let plan = Plan { baseline: Baseline::FaceFormer, size: Size::Tiny, epochs: 10, learning_rate: 3e-3 };
        let model = learn(&plan, &trained, &corpus.regions, guided, &device, &run, &|_, _| Ok(())).unwrap();
        let of = |item: &Item| {
            let template = item.template(&device);
            let made = model.show(item, item.speaker.unwrap(), &device);
            let moves = (made - template.unsqueeze_dim::<3>(1)).into_data();
            let moves = Tensor::<3>::from_data(moves, &training);
            guidance.misread(&item.clip.id, &moves).unwrap().into_scalar::<f32>()
        };
        trained.items.iter().map(of).sum::<f32>() / trained.items.len() as f32
    };
    let (alone, guided) = (misread(None, "alone"), misread(Some(&guidance), "guided"));
    assert!(guided < 0.99 * alone, "{guided} of {alone}");
}

#[test]
fn every_baseline_learns_what_the_template_does_not_know() {
    let _alone = alone();
    let Some((dir, path)) = generated("biwi") else { return };
    let (corpus, device) = (read_captured(&path).unwrap(), Device::flex());
    let hear = |part| Material::of(&corpus, &[part], &Ear::Mel, &device, &|| ()).unwrap();
    let (trained, tested) = (hear(Part::Train), hear(Part::TestSeen));
    let test = |material| Test { material, regions: &corpus.regions, judges: &[], device: &device };
    let still = test(&trained).floors(&trained).unwrap();
    let [itself, template, _] = [0, 1, 2].map(|n| lve(&still[n].1.figures));
    assert_eq!(itself, 0.0);
    // CodeTalker has two stages to learn, and steps from code to code.
    for (baseline, epochs) in [(Baseline::FaceFormer, 20), (Baseline::CodeTalker, 150), (Baseline::SelfTalk, 20)] {
        let plan = Plan { baseline, size: Size::Tiny, epochs, learning_rate: 3e-3 };
        let run = RunDir::create(&dir.path().join(format!("state-{baseline}"))).unwrap();
        let model = learn(&plan, &trained, &corpus.regions, None, &device, &run, &|_, _| Ok(())).unwrap();
        let made = dir.path().join(baseline.to_string());
        let learnt = lve(&test(&trained).score(&model, &made).unwrap().figures);
        assert!(learnt < 0.8 * template, "{baseline}: {learnt} of {template}");
        test(&tested).score(&model, &made).unwrap();
        assert_eq!(std::fs::read_dir(&made).unwrap().count(), 8, "{baseline}");
    }
}

#[test]
fn with_key_motions_every_baseline_learns_more_than_the_mean_pose_knows() {
    let _alone = alone();
    let Some((dir, path)) = generated("biwi") else { return };
    let (corpus, device, grids) = (read_captured(&path).unwrap(), Device::flex(), path.join("textgrids"));
    let hear = |part| Material::of(&corpus, &[part], &Ear::Mel, &device, &|| ()).unwrap().with_keys(&grids).unwrap();
    let trained = hear(Part::Train);
    for item in &trained.items {
        assert!(item.keys.len() > 10 && item.keys.is_sorted() && *item.keys.last().unwrap() < item.frames);
    }
    let test = Test { material: &trained, regions: &corpus.regions, judges: &[], device: &device };
    let still = test.floors(&trained).unwrap();
    let [template, mean] = [1, 2].map(|n| lve(&still[n].1.figures));
    for (baseline, epochs) in [(Baseline::FaceFormer, 20), (Baseline::CodeTalker, 60), (Baseline::SelfTalk, 20)] {
        let plan = Plan { baseline, size: Size::Tiny, epochs, learning_rate: 3e-3 };
        let run = RunDir::create(&dir.path().join(format!("state-{baseline}"))).unwrap();
        let model = learn(&plan, &trained, &corpus.regions, None, &device, &run, &|_, _| Ok(())).unwrap();
        let learnt = lve(&test.score(&model, &dir.path().join(baseline.to_string())).unwrap().figures);
        assert!(learnt < 0.8 * mean.min(template), "{baseline}: {learnt} of {mean} and {template}");
    }
}

#[test]
fn what_selftalks_lip_reader_spells_has_a_say_in_the_lips() {
    let _alone = alone();
    let Some((dir, path)) = generated("biwi") else { return };
    let (corpus, device) = (read_captured(&path).unwrap(), Device::flex());
    let hear = || Material::of(&corpus, &[Part::Train], &Ear::Mel, &device, &|| ()).unwrap();
    let spelled = hear().with_letters(&path.join("textgrids")).unwrap();
    assert!(spelled.items.iter().all(|item| (10..item.heard.dims()[1] / 2).contains(&item.letters.len())));
    let plan = Plan { baseline: Baseline::SelfTalk, size: Size::Tiny, epochs: 3, learning_rate: 3e-3 };
    let made = [("mute", hear()), ("spelled", spelled)].map(|(name, trained)| {
        let run = RunDir::create(&dir.path().join(name)).unwrap();
        let model = learn(&plan, &trained, &corpus.regions, None, &device, &run, &|_, _| Ok(())).unwrap();
        model.show(&trained.items[0], 0, &device)
    });
    let [mute, spelled] = made;
    assert!((mute - spelled).abs().max().into_scalar::<f32>() > 0.0);
}
