//! Batches for guided training, heard once: what animators and readers make of sound costs more than a step.

use anyhow::Result;
use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::Motion;

use super::super::loss::Said;
use super::super::material::{EXPERT_HOPS, heard, track};
use super::super::reader::true_track;
use super::super::units::Units;
use super::animator::Animator;
use crate::data::{Augmenter, Utterance};
use crate::space::rig14;
use crate::train::{BatchPlan, Corpora, crops};

/// One batch: what the animator hears of whole crops, and what is true of the part that it answers in time.
pub struct Batch<H> {
    /// For the animator.
    pub heard: H,
    /// True motion `[batch, frames, channels]`.
    truth: TensorData,
    /// The reader's sound, `[batch, step, values]`.
    sound: TensorData,
    crops: Vec<Utterance>,
}

impl<H> Batch<H> {
    /// Hears crops of equal length.
    ///
    /// # Errors
    /// Where a crop cannot be heard.
    pub fn new<A: Animator<Heard = H>>(animator: &A, crops: &[Utterance], device: &Device) -> Result<Self> {
        let answered = answered_hops(animator, crops[0].len());
        let heard_by_animator = animator.hear(crops)?;
        // What would be answered after the end of the crop is left out.
        let crops: Vec<Utterance> = crops.iter().map(|crop| crop.crop(0, answered)).collect();
        let tracks: Vec<_> = crops.iter().map(|crop| track(&crop.motion)).collect();
        let truth = rig14::tensor(&tracks, device).into_data();
        Ok(Batch { heard: heard_by_animator, truth, sound: heard(&crops, device).into_data(), crops })
    }

    /// The motion that a network makes, in time with the truth.
    pub fn animate<A: Animator<Heard = H>>(&self, animator: &A, net: &A::Net, device: &Device) -> Tensor<3> {
        let [_, frames, _] = self.truth(device).dims();
        animator.animate(net, &self.heard, device).narrow(1, animator.late_steps(), frames)
    }

    /// `[batch, frames, channels]`.
    pub fn truth(&self, device: &Device) -> Tensor<3> {
        Tensor::from_data(self.truth.clone(), device)
    }

    /// The reader's sound.
    pub fn sound(&self, device: &Device) -> Tensor<3> {
        Tensor::from_data(self.sound.clone(), device)
    }

    /// What is said, or in a control what the next crop says.
    pub fn said(&self, units: &Units, answers: usize, shuffled: bool, device: &Device) -> Said {
        let mut crops = self.crops.clone();
        if shuffled {
            crops.rotate_left(1);
        }
        Said::of(&crops, units, answers, device)
    }

    /// The motion of a batch of one as poses.
    pub fn track<A: Animator<Heard = H>>(&self, animator: &A, net: &A::Net, device: &Device) -> Vec<Motion> {
        rig14::poses(self.animate(animator, net, device))
    }

    /// What is true of the first crop, as poses.
    pub fn true_track(&self) -> Vec<Motion> {
        true_track(&self.crops[0])
    }

    /// The crops, cut to what is answered in time.
    pub fn crops(&self) -> &[Utterance] {
        &self.crops
    }
}

/// Hops of a crop that an animator answers before its end, in whole steps of a reader.
pub fn answered_hops<A: Animator>(animator: &A, hops: usize) -> usize {
    hops.saturating_sub(animator.late_steps() * keyface_core::STEP_HOPS) / EXPERT_HOPS * EXPERT_HOPS
}

/// Batches that come again and again.
pub struct Pool<H> {
    batches: Vec<Batch<H>>,
}

impl<H> Pool<H> {
    /// Draws, spoils and hears so many.
    ///
    /// # Errors
    /// Clips that cannot be read or heard.
    pub fn draw<A: Animator<Heard = H>>(
        count: usize,
        animator: &A,
        corpora: &Corpora,
        augmenter: &Augmenter,
        plan: BatchPlan,
        device: &Device,
    ) -> Result<Self> {
        let batch = |number: usize| {
            let plan = BatchPlan { seed: plan.seed + 30, ..plan };
            Batch::new(animator, &crops(corpora, augmenter, plan, number)?, device)
        };
        Ok(Pool { batches: (0..count).map(batch).collect::<Result<_>>()? })
    }

    /// The batches, that of the first step first.
    pub fn batches(&self) -> &[Batch<H>] {
        &self.batches
    }
}
