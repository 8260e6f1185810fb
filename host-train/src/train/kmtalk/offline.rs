//! A trained offline KMTalk that animates clips: the teacher's rows in the tables.

use anyhow::{Context, Result};
use burn::module::Module;
use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::lesson::Stage;
use super::material::{AudioSource, Material};
use super::score::key_frames;
use crate::clip::Clip;
use crate::data::Utterance;
use crate::evaluate::Track;
use crate::model::kmtalk::{DirectRegression, KmTalk, Localization};
use crate::prepare::Prepared;
use crate::space::rig14::{self, poses};
use crate::train::{Experiment, RunDir};
use crate::truth::Style;

/// The networks of a run that hear whole utterances.
pub struct Offline {
    audio: AudioSource,
    net: KmTalk,
    direct: DirectRegression,
    device: Device,
}

impl Offline {
    /// The best checkpoints of a run.
    ///
    /// # Errors
    /// A run without the section `[kmtalk]`, or one that is not finished.
    pub fn load(run: &RunDir, device: &Device) -> Result<Self> {
        let experiment: Experiment = run.experiment()?;
        let audio = AudioSource::of(&experiment, run, None, device)?;
        let fresh = experiment.kmtalk()?.net.init(audio.width(), rig14::WIDTH, device);
        let direct = DirectRegression::of_size(fresh.num_params(), audio.width(), rig14::WIDTH, device);
        let net = run.best(Stage::Joint.name(), fresh)?;
        Ok(Offline { audio, net, direct: run.best(DIRECT, direct)?, device: device.clone() })
    }

    /// KMTalk's motion.
    ///
    /// # Errors
    /// A clip that is too short for a step.
    pub fn animate(&self, clip: &Clip, localization: Localization) -> Result<Track> {
        let material = self.material(clip)?;
        let heard = self.net.hear(material.features(&self.device));
        let frames = key_frames(&self.net, &heard, &material.keys, localization, &mut ChaCha8Rng::seed_from_u64(1));
        let keys = self.net.key_motions(heard.clone(), &frames);
        Ok(poses(self.net.complete(heard, keys, &frames).0))
    }

    /// The motion of direct regression, which knows no key motions.
    ///
    /// # Errors
    /// As [`Offline::animate`].
    pub fn regress(&self, clip: &Clip) -> Result<Track> {
        Ok(poses(self.direct.forward(self.material(clip)?.features(&self.device))))
    }

    fn material(&self, clip: &Clip) -> Result<Material> {
        let utterance = Utterance::from(Prepared::of(clip, "", &Style::NEUTRAL));
        self.audio.clips(&[utterance], &self.device)?.pop().with_context(|| format!("{}: shorter than a step", clip.id))
    }
}

/// Name of the baseline in the run's folder.
pub(super) const DIRECT: &str = "direct";
