//! Captured clips as prepared ones: the motion is what the rig makes of the mesh, as readers of lips see it, so that they
//! learn to read captured faces.

use std::path::Path;

use anyhow::Result;
use burn::tensor::Device;
use keyface_core::{Motion, STEP_HOPS};

use super::lens::Lens;
use super::material::Item;
use super::said::ToRead;
use crate::clip::{Clip, Split};
use crate::corpus::timeline::cover;
use crate::papers::corpus::{Part, Regions};
use crate::prepare::Prepared;
use crate::truth::Style;

/// A clip with the alignment in `FOLDER/CLIP.TextGrid`, or what aligners write instead; as long as sound and frames are.
///
/// # Errors
/// When sound, frames or alignment cannot be read, or the mesh has no pairs across the lips.
pub fn prepared(item: &Item, regions: &Regions, corpus: &str, textgrids: &Path, device: &Device) -> Result<Prepared> {
    let to_read = ToRead::with_words(textgrids, &item.clip.id)?;
    let lens = Lens::new(item, regions, &to_read)?;
    let poses = lens.poses(item, &item.rows()?, device);
    let mut samples = item.clip.sound.samples()?;
    samples.truncate(poses.len() * STEP_HOPS * keyface_core::HOP_SAMPLES);
    let length_s = samples.len() as f64 / f64::from(keyface_core::SAMPLE_RATE_HZ);
    let clip = Clip {
        id: item.clip.id.clone(),
        speaker: item.clip.speaker.clone(),
        split: match item.clip.part {
            Part::Train => Split::Train,
            Part::Valid => Split::Valid,
            Part::TestSeen | Part::TestUnseen => Split::Eval,
        },
        samples,
        phones: cover(to_read.phones, length_s, &item.clip.id)?,
        words: to_read.words,
    };
    let prepared = Prepared::of(&clip, corpus, &Style::NEUTRAL);
    let motion = (0..prepared.motion.len()).map(|hop| at_hop(&poses, hop)).collect();
    Ok(Prepared { motion, ..prepared })
}

/// The pose at the end of a hop: that of a step, or the mean of two.
fn at_hop(poses: &[Motion], hop: usize) -> Motion {
    let step = hop / STEP_HOPS;
    let [before, here] = [if hop % STEP_HOPS == STEP_HOPS - 1 { step } else { step.saturating_sub(1) }, step];
    Motion(std::array::from_fn(|n| 0.5 * (poses[before].0[n] + poses[here].0[n])))
}

#[cfg(test)]
mod tests {
    use super::super::judge::testing::{face, item};
    use super::*;
    use keyface_core::Phone;

    #[test]
    fn a_hop_lies_between_the_steps() {
        let pose = |value: f32| Motion([value; _]);
        let at = |hop| at_hop(&[pose(1.0), pose(3.0)], hop).0[0];
        assert_eq!([at(0), at(1), at(2), at(3)], [1.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn the_motion_is_that_of_the_mesh_and_the_labels_are_those_of_the_alignment() {
        let dir = tempfile::tempdir().unwrap();
        let (rest, regions) = face();
        let item = item(dir.path(), &rest);
        let prepared = prepared(&item, &regions, "made", dir.path(), &Device::flex()).unwrap();
        let moves = |phone: Phone| {
            let rows = prepared.phones.iter().zip(&prepared.motion).filter(|(spoken, _)| **spoken == phone);
            rows.map(|(_, row)| row.0.iter().map(|value| value.abs()).sum::<f32>()).sum::<f32>()
        };
        assert_eq!((prepared.phones.len(), prepared.motion.len(), prepared.split), (200, 200, Split::Train));
        assert!(moves(Phone::AA) > 5.0 * moves(Phone::M), "{} {}", moves(Phone::AA), moves(Phone::M));
        assert_eq!(prepared.words.len(), 5);
    }
}
