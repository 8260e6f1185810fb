//! Clips as a baseline takes them: features at the pace of the frames; vertices are read when they are needed.

use std::path::Path;

use anyhow::ensure;
use burn::tensor::{Device, Tensor, TensorData};

use super::letters::letters;
use super::said::{said, words};
use crate::corpus::{Error, Result};
use crate::papers::baseline::{AudioPace, FEATURE_HZ};
use crate::papers::corpus::{Captured, CapturedCorpus, Layout, Part};
use crate::papers::ear::Ear;
use crate::truth::key_times;

/// One clip at the papers' rate.
pub struct Item {
    /// The clip.
    pub clip: Captured,
    /// Features at the pace, `[1, frames * per_frame, width]`.
    pub features: Tensor<3>,
    /// The same as they were heard, 50 a second.
    pub heard: Tensor<3>,
    /// Frames that have features.
    pub frames: usize,
    /// Number of the speaker among those who are trained on.
    pub speaker: Option<usize>,
    /// KMTalk's key frames, in order; none before [`Material::with_keys`].
    pub keys: Vec<usize>,
    /// What SelfTalk's lip reader is to spell; nothing before [`Material::with_letters`].
    pub letters: Vec<usize>,
}

/// Clips of one corpus.
pub struct Material {
    /// Which corpus.
    pub layout: Layout,
    /// Its clips.
    pub items: Vec<Item>,
}

impl Material {
    /// Hears every clip of the parts, and tells each.
    ///
    /// # Errors
    /// When a sound cannot be read, or there is no clip.
    pub fn of(
        corpus: &CapturedCorpus,
        parts: &[Part],
        ear: &Ear,
        device: &Device,
        tell: &dyn Fn(),
    ) -> Result<Material> {
        let clips = corpus.clips.iter().filter(|clip| parts.contains(&clip.part));
        let item = |clip: &Captured| {
            let item = Item::of(corpus.layout, clip, ear, device);
            tell();
            item
        };
        let items = clips.map(item).collect::<Result<Vec<Item>>>()?;
        if items.is_empty() {
            let names: Vec<String> = parts.iter().map(Part::to_string).collect();
            return Err(Error::unexpected(corpus.layout.name(), format!("clips of {}", names.join(", ")), "none"));
        }
        Ok(Material { layout: corpus.layout, items })
    }

    /// With key frames where phones begin and end, by the alignment of every clip, `FOLDER/CLIP.TextGrid` or what
    /// aligners write instead.
    ///
    /// # Errors
    /// When an alignment cannot be read, or tells of no phone within the clip.
    pub fn with_keys(mut self, folder: &Path) -> anyhow::Result<Material> {
        for item in &mut self.items {
            let frame = |time_s: f64| (time_s * item.clip.rate_hz).round() as usize;
            let keys = key_times(&said(folder, &item.clip.id)?).into_iter().map(frame);
            item.keys = keys.filter(|key| *key < item.frames).collect();
            item.keys.dedup();
            ensure!(!item.keys.is_empty(), "{}: expected phones within the clip, came none", item.clip.id);
        }
        Ok(self)
    }

    /// With the letters of the words, by the same alignments.
    ///
    /// # Errors
    /// When an alignment cannot be read, or has no words.
    pub fn with_letters(mut self, folder: &Path) -> anyhow::Result<Material> {
        for item in &mut self.items {
            item.letters = letters(&words(folder, &item.clip.id)?);
        }
        Ok(self)
    }

    /// The key frames alone; `None` where there are none.
    pub(super) fn at_keys(&self) -> Option<Material> {
        let items = || self.items.iter().map(Item::at_keys).collect();
        let has_keys = self.items.iter().any(|item| !item.keys.is_empty());
        has_keys.then(|| Material { layout: self.layout, items: items() })
    }
}

impl Item {
    fn of(layout: Layout, clip: &Captured, ear: &Ear, device: &Device) -> Result<Item> {
        let clip = clip.clone().at_paper_rate(layout.paper_rate_hz());
        let heard = ear.hear(&clip.sound.samples()?, device);
        let pace = AudioPace::of(layout);
        let features = pace.apply(heard.clone(), clip.frames.len());
        let frames = features.dims()[1] / pace.per_frame();
        let speaker = layout.train_speakers().iter().position(|speaker| *speaker == clip.speaker);
        Ok(Item { clip, features, heard, frames, speaker, keys: vec![], letters: vec![] })
    }

    /// The clip as if it had its key frames alone, and were heard there alone.
    pub(super) fn at_keys(&self) -> Item {
        let step = |key: &usize| (*key as f64 / self.clip.rate_hz * FEATURE_HZ) as usize;
        let last = self.heard.dims()[1].saturating_sub(1);
        let steps: Vec<usize> = self.keys.iter().map(|key| step(key).min(last)).collect();
        let [_, count, width] = self.features.dims();
        let per_frame = count / self.frames.max(1);
        Item {
            clip: self.clip.at_frames(&self.keys),
            features: rows(&by_frames(&self.features, self.frames), &self.keys).reshape([
                1,
                per_frame * self.keys.len(),
                width,
            ]),
            heard: rows(&self.heard, &steps),
            frames: self.keys.len(),
            speaker: self.speaker,
            keys: vec![],
            letters: vec![],
        }
    }

    /// `[1, values]`.
    pub fn template(&self, device: &Device) -> Tensor<2> {
        let values = self.clip.template.to_vec();
        Tensor::from_data(TensorData::new(values, [1, self.clip.template.len()]), device)
    }

    /// Rows of the true vertices, as many as there are features for.
    ///
    /// # Errors
    /// When a frame cannot be read.
    pub fn rows(&self) -> Result<Vec<f32>> {
        let (mut row, mut rows) = (Vec::new(), Vec::with_capacity(self.frames * self.clip.frames.width()));
        for frame in 0..self.frames {
            self.clip.frames.read(frame, &mut row)?;
            rows.extend_from_slice(&row);
        }
        Ok(rows)
    }

    /// `[1, frames, values]`.
    ///
    /// # Errors
    /// When a frame cannot be read.
    pub fn truth(&self, device: &Device) -> Result<Tensor<3>> {
        Ok(Tensor::from_data(TensorData::new(self.rows()?, [1, self.frames, self.clip.frames.width()]), device))
    }
}

/// Features at the pace with those of a frame in one row, `[1, frames, per_frame * width]`.
pub(super) fn by_frames(features: &Tensor<3>, frames: usize) -> Tensor<3> {
    let [_, count, width] = features.dims();
    features.clone().reshape([1, frames, count * width / frames.max(1)])
}

/// These rows of `[1, time, width]`.
fn rows(x: &Tensor<3>, numbers: &[usize]) -> Tensor<3> {
    let numbers: Vec<i32> = numbers.iter().map(|n| *n as i32).collect();
    x.clone().select(1, Tensor::from_ints(numbers.as_slice(), &x.device()))
}
