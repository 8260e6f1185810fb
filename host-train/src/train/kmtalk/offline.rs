//! A trained offline KMTalk that animates clips: the teacher's rows in the tables.

use anyhow::{Context, Result};
use burn::module::Module;
use burn::tensor::Device;
use keyface_core::STEP_HOPS;
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
        Ok(self.on_time(poses(self.net.complete(heard, keys, &frames).0)))
    }

    /// The motion of direct regression, which knows no key motions.
    ///
    /// # Errors
    /// As [`Offline::animate`].
    pub fn regress(&self, clip: &Clip) -> Result<Track> {
        Ok(self.on_time(poses(self.direct.forward(self.material(clip)?.features(&self.device)))))
    }

    /// Of a clip, and of as much silence behind it as the answers are late.
    fn material(&self, clip: &Clip) -> Result<Material> {
        let mut utterance = Utterance::from(Prepared::of(clip, "", &Style::NEUTRAL));
        utterance.append(&Utterance::silence(self.audio.look_ahead_steps() * STEP_HOPS));
        self.audio.clips(&[utterance], &self.device)?.pop().with_context(|| format!("{}: shorter than a step", clip.id))
    }

    /// Answers that come late, at the times that they are about.
    fn on_time(&self, mut late: Track) -> Track {
        late.drain(..self.audio.look_ahead_steps());
        late
    }
}

/// Name of the baseline in the run's folder.
pub(super) const DIRECT: &str = "direct";

#[cfg(test)]
mod tests {
    use keyface_core::{HOP_SAMPLES, Phone, SAMPLE_RATE_HZ};

    use super::*;
    use crate::clip::{Segment, Split};
    use crate::model::KeyMotionNetConfig;
    use crate::model::kmtalk::{Fusion, KmTalkConfig};

    /// Half a second of hum and half a second of nothing, and so many steps of nothing besides.
    fn hum(steps: usize) -> Clip {
        const HUM: usize = SAMPLE_RATE_HZ as usize / 2;
        let mut samples: Vec<f32> = (0..HUM).map(|n| 0.2 * (0.3 * n as f32).sin()).collect();
        samples.resize(2 * HUM + steps * STEP_HOPS * HOP_SAMPLES, 0.0);
        let end_s = samples.len() as f64 / f64::from(SAMPLE_RATE_HZ);
        let phones = vec![
            Segment { start_s: 0.0, end_s: 0.5, phone: Phone::M },
            Segment { start_s: 0.5, end_s, phone: Phone::SIL },
        ];
        Clip { id: "hum".into(), speaker: String::new(), split: Split::Eval, samples, phones, words: Vec::new() }
    }

    #[test]
    fn answers_of_a_trunk_that_waits_are_told_at_the_times_that_they_are_about() {
        const LATE: usize = 3;
        let device = Device::flex();
        let trunk = KeyMotionNetConfig {
            bands: vec![],
            width: 8,
            dilations: vec![1],
            centred_dilations: vec![],
            answers: vec![],
            dropout: 0.0,
            teacher_dilations: vec![],
        };
        let size = KmTalkConfig {
            width: 16,
            audio_dilations: vec![1],
            key_decoder: true,
            audio_guidance: true,
            fusion: Fusion::Learned,
        };
        let trunk = Box::new(trunk.init(1, &device));
        let net = size.init(8, rig14::WIDTH, &device);
        let direct = DirectRegression::of_size(2000, 8, rig14::WIDTH, &device);
        let behind = |look_ahead_steps| Offline {
            audio: AudioSource::Trunk { net: trunk.clone(), width: 8, look_ahead_steps },
            net: net.clone(),
            direct: direct.clone(),
            device: device.clone(),
        };
        let (late, early) = (behind(LATE), behind(0));
        assert_eq!(late.regress(&hum(0)).unwrap(), early.regress(&hum(LATE)).unwrap()[LATE..]);
        let keys = Localization::Recognized;
        assert_eq!(late.animate(&hum(0), keys).unwrap(), early.animate(&hum(LATE), keys).unwrap()[LATE..]);
        assert_eq!(late.animate(&hum(0), keys).unwrap().len(), 50);
    }
}
