//! Clips as a baseline takes them: features at the pace of the frames; vertices are read when they are needed.

use burn::tensor::{Device, Tensor, TensorData};

use crate::corpus::{Error, Result};
use crate::papers::baseline::AudioPace;
use crate::papers::corpus::{Captured, CapturedCorpus, Layout, Part};
use crate::papers::ear::Ear;

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
}

impl Item {
    fn of(layout: Layout, clip: &Captured, ear: &Ear, device: &Device) -> Result<Item> {
        let clip = clip.clone().at_paper_rate(layout.paper_rate_hz());
        let heard = ear.hear(&clip.sound.samples()?, device);
        let pace = AudioPace::of(layout);
        let features = pace.apply(heard.clone(), clip.frames.len());
        let frames = features.dims()[1] / pace.per_frame();
        let speaker = layout.train_speakers().iter().position(|speaker| *speaker == clip.speaker);
        Ok(Item { clip, features, heard, frames, speaker })
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
