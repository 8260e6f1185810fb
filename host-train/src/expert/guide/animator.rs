//! What can be guided: sound in, motion out, with slopes. Whatever else makes motion joins by this trait.

use std::path::Path;

use anyhow::Result;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::{DecoderConfig, Span};

use crate::data::{Utterance, labelled, stacked};
use crate::export::{Packed, Trained, completion_net, key_motion_net};
use crate::model::kmtalk::{DirectRegression, KeyFrames, KmTalk, KmTalkConfig};
use crate::model::{CompletionNet, KeyMotionNet};
use crate::ship::hurry;
use crate::space::rig14;
use crate::train::{
    Experiment, FlowMaker, KeySource, LookAhead, PREDICTED, RunDir, Told, best_completion, best_key_motion,
    kmtalk::{AudioSource, Material},
};

/// Sound in, motion out.
pub trait Animator {
    /// What learns.
    type Net: Module;
    /// What it makes of the sound of crops before anything that learns: computed once for all variants.
    type Heard;

    /// The network that training begins with.
    fn begin(&self, training: &Device) -> Self::Net;

    /// Steps of 20 ms by which its answers come late.
    fn late_steps(&self) -> usize;

    /// Hears crops of equal length.
    ///
    /// # Errors
    /// Where a crop cannot be heard.
    fn hear(&self, crops: &[Utterance]) -> Result<Self::Heard>;

    /// # Shapes
    /// -> motion `[batch, steps, rig14::WIDTH]` of 50 steps a second.
    fn animate(&self, net: &Self::Net, heard: &Self::Heard, device: &Device) -> Tensor<3>;
}

/// The shipped line: KeyMotionNet, held still, tells key motions as the device sees them; CompletionNet makes the motion
/// and learns.
pub struct Student {
    key_motion: KeyMotionNet,
    completion: CompletionNet,
    flow: FlowMaker,
    keys: KeySource,
    look_ahead: LookAhead,
    /// By how many steps its motion hurries ahead of the moment that it is for.
    hurry: usize,
}

impl Student {
    /// The best checkpoints of a finished run.
    ///
    /// # Errors
    /// A folder without them.
    pub fn load(folder: &Path, device: &Device) -> Result<Self> {
        let run = RunDir::open(folder)?;
        let experiment: Experiment = run.experiment()?;
        let look_ahead = experiment.main();
        let mut nets = best_completion(&experiment, &run, device)?;
        Ok(Student {
            key_motion: best_key_motion(&experiment, &run, device)?,
            completion: nets.each.swap_remove(look_ahead.which),
            flow: FlowMaker { device: device.clone(), told: experiment.completion.flow },
            keys: PREDICTED,
            look_ahead,
            hurry: experiment.completion.hurry,
        })
    }

    /// A model that ships: what its files hold.
    ///
    /// # Errors
    /// Files that we did not write.
    pub fn of_model(model: &Packed, device: &Device) -> Result<Self> {
        let Trained { key_motion, completion } = model.trained()?;
        let DecoderConfig { key_threshold: threshold, key_refractory_ms, .. } = model.card.decode;
        Ok(Student {
            key_motion: key_motion_net(&key_motion, device),
            completion: completion_net(&completion, device),
            flow: FlowMaker { device: device.clone(), told: Told::All },
            keys: KeySource::Predicted { threshold, refractory: Span::from_ms(key_refractory_ms as i64) },
            look_ahead: LookAhead { which: 0, ms: model.card.look_ahead_ms },
            hurry: hurry(&model.card),
        })
    }
}

impl Animator for Student {
    type Net = CompletionNet;
    /// The motion flow and the trunk.
    type Heard = [TensorData; 2];

    fn begin(&self, _: &Device) -> CompletionNet {
        self.completion.clone().train()
    }

    fn late_steps(&self) -> usize {
        self.look_ahead.steps() - self.hurry
    }

    fn hear(&self, crops: &[Utterance]) -> Result<Self::Heard> {
        let trunk = self.key_motion.trunk(stacked(crops, &self.flow.device));
        let heads = self.key_motion.heads(self.look_ahead.which, trunk.clone());
        let (_, labels) = labelled(crops, self.look_ahead.steps(), &self.flow.device);
        let flow = self.flow.features(heads, &labels, &vec![self.keys; crops.len()]);
        Ok([flow.into_data(), trunk.into_data()])
    }

    fn animate(&self, net: &CompletionNet, [flow, trunk]: &Self::Heard, device: &Device) -> Tensor<3> {
        let tensor = |data: &TensorData| Tensor::<3>::from_data(data.clone(), device);
        net.forward(tensor(flow), tensor(trunk)).0
    }
}

/// Direct regression from log-mel frames, which hears both directions.
pub struct Direct {
    /// Weights, about so many.
    pub parameters: usize,
    /// Where it hears.
    pub device: Device,
}

impl Animator for Direct {
    type Net = DirectRegression;
    type Heard = TensorData;

    fn begin(&self, training: &Device) -> DirectRegression {
        DirectRegression::of_size(self.parameters, AudioSource::Mel.width(), rig14::WIDTH, training)
    }

    fn late_steps(&self) -> usize {
        0
    }

    fn hear(&self, crops: &[Utterance]) -> Result<TensorData> {
        Ok(stacked(crops, &self.device).into_data())
    }

    fn animate(&self, net: &DirectRegression, heard: &TensorData, device: &Device) -> Tensor<3> {
        net.forward(Tensor::from_data(heard.clone(), device))
    }
}

/// The offline KMTalk from log-mel frames, its key frames those of the aligned phones.
pub struct Offline {
    /// Its size.
    pub size: KmTalkConfig,
    /// Where it hears.
    pub device: Device,
}

impl Animator for Offline {
    type Net = KmTalk;
    type Heard = Material;

    fn begin(&self, training: &Device) -> KmTalk {
        self.size.init(AudioSource::Mel.width(), rig14::WIDTH, training)
    }

    fn late_steps(&self) -> usize {
        0
    }

    fn hear(&self, crops: &[Utterance]) -> Result<Material> {
        AudioSource::Mel.material(crops, &self.device)
    }

    fn animate(&self, net: &KmTalk, heard: &Material, device: &Device) -> Tensor<3> {
        let frames: &KeyFrames = &heard.keys;
        let features = net.hear(heard.features(device));
        let keys = net.key_motions(features.clone(), frames);
        net.complete(features, keys, frames).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_hurries_answers_sooner() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/live");
        let student = Student::of_model(&Packed::read(&folder).unwrap(), &Device::flex()).unwrap();
        assert_eq!(student.late_steps(), 2, "60 ms, less the 20 by which it hurries");
    }
}
