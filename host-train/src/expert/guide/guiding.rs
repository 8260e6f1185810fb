//! A reader that guides: a motion in, losses out whose slopes reach the motion, through points or through pictures.

use burn::module::Module;
use burn::tensor::Tensor;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::super::camera::{Camera, films_of};
use super::super::eyes::Eyes;
use super::super::loss::{Part, ReadingWeights, Said};
use super::super::net::Expert;
use super::super::reader::Reader;

/// A reader where slopes pass through it.
#[derive(Clone, Debug)]
pub struct Guide {
    /// Its network, on the device with autodiff.
    pub expert: Expert,
    /// What it sees of a motion.
    pub eyes: Eyes,
    /// The edge of an utterance.
    pub edge: usize,
}

impl Guide {
    /// A reader as a guide; its weights are held still unless it is to learn on.
    pub fn new(reader: &Reader, learns: bool) -> Self {
        let expert = reader.expert.clone().train();
        let expert = if learns { expert } else { expert.no_grad() };
        Guide { expert, eyes: reader.eyes.clone(), edge: reader.units.edge() }
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
        let losses = |seen| said.losses(&self.expert, &self.expert.read(seen, sound, None), weights);
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
