//! A reader that guides: a motion in, losses out whose slopes reach the motion, through points or through pictures.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::{log_softmax, softmax};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::super::camera::{Camera, films_of};
use super::super::eyes::Eyes;
use super::super::loss::{Part, ReadingWeights, Said};
use super::super::net::Expert;
use super::super::reader::Reader;
use super::super::units::Units;

/// A reader where slopes pass through it.
#[derive(Clone, Debug)]
pub struct Guide {
    /// Its network, on the device with autodiff.
    pub expert: Expert,
    /// What it sees of a motion.
    pub eyes: Eyes,
    /// What it reads.
    pub units: Units,
}

impl Guide {
    /// A reader as a guide; its weights are held still unless it is to learn on.
    pub fn new(reader: &Reader, learns: bool) -> Self {
        let expert = reader.expert.clone().train();
        let expert = if learns { expert } else { expert.no_grad() };
        Guide { expert, eyes: reader.eyes.clone(), units: reader.units.clone() }
    }

    /// What is not read of what is said, where a motion is shown. Through pictures it is one term, that leaves nothing
    /// for the reader to learn from; `view` seeds where the pictures are taken from.
    pub fn read(
        &self,
        shown: Tensor<3>,
        sound: Option<Tensor<3>>,
        said: &Said,
        weights: &ReadingWeights,
        view: u64,
    ) -> Vec<Part> {
        self.look(shown, view, |seen| said.losses(&self.expert, &self.expert.read(seen, sound, None), weights))
    }

    /// How differently a motion is read than the truth: cross-entropy against what the reader itself makes of the truth
    /// (Hinton et al. 2015, temperature 1), in time and for CTC.
    ///
    /// # Shapes
    /// Both `[batch, frames, channels]`.
    pub fn read_as(&self, shown: Tensor<3>, truth: Tensor<3>, weights: &ReadingWeights, view: u64) -> Vec<Part> {
        let mut rng = ChaCha8Rng::seed_from_u64(view);
        let model = self.expert.read(self.eyes.see_by_chance(truth, &mut rng), None, None);
        let unlike = |read: Tensor<3>, model: &Tensor<3>| {
            -(softmax(model.clone().detach(), 2) * log_softmax(read, 2)).sum_dim(2).mean()
        };
        self.look(shown, view, |seen| {
            let read = self.expert.read(seen, None, None);
            vec![
                ("ctc", unlike(read.ctc, &model.ctc) * weights.ctc),
                ("frames", unlike(read.frames, &model.frames) * weights.frames),
            ]
        })
    }

    fn look(&self, shown: Tensor<3>, view: u64, losses: impl FnOnce(Tensor<4>) -> Vec<Part>) -> Vec<Part> {
        match &self.eyes {
            Eyes::Points(eye) => losses(eye.see(shown)),
            Eyes::Pictures(camera) => through_pictures(camera, shown, view, losses).into_iter().collect(),
        }
    }
}

/// The sum of a reader's losses; its slope at the motion has come through the renderer.
fn through_pictures(
    camera: &Camera,
    shown: Tensor<3>,
    view: u64,
    losses: impl FnOnce(Tensor<4>) -> Vec<Part>,
) -> Option<Part> {
    let [films, ..] = shown.dims();
    let views = camera.by_chance(films, &mut ChaCha8Rng::seed_from_u64(view));
    let shot = camera.shoot(shown, &views);
    let read = losses(films_of(shot.pictures(), films)).into_iter().map(|(_, loss)| loss);
    let loss = read.reduce(|sum, loss| sum + loss)?;
    let value = loss.clone().detach();
    let slopes = shot.term(&loss.backward()).expect("the reader has looked at the pictures");
    Some(("pictures", value + slopes))
}
