//! A model folder and some sound in; the same weights in every form that a device can compute in out, for measuring.
//!
//! Ranges of 8-bit products are those that the sound needs: the largest magnitude in front of each layer.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use keyface_core::{ModelCard, Precision};

use crate::corpus::audio;
use crate::export::reference::{completion_forward, features, flow, heads, key_motion_forward};
use crate::export::{Form, Packed, Trained};

/// What is written: the name behind the model's, what is computed in, steps at a run.
const VARIANTS: [(&str, Precision, usize); 7] = [
    ("float", Precision::Float, 1),
    ("int8", Precision::Int8, 1),
    ("int8-compute", Precision::Int8Compute, 1),
    ("float-2", Precision::Float, 2),
    ("float-4", Precision::Float, 4),
    ("int8-compute-2", Precision::Int8Compute, 2),
    ("int8-compute-4", Precision::Int8Compute, 4),
];

/// Writes each variant as a folder `MODEL-VARIANT` in `out`; `sounds` are sound files. Returns the folders.
///
/// # Errors
/// When the model or a sound cannot be read, or a folder cannot be written.
pub fn write_variants(model: &Path, sounds: &[PathBuf], out: &Path) -> Result<Vec<PathBuf>> {
    let packed = Packed::read(model)?;
    let trained = packed.trained()?;
    let mut heard: [Vec<f32>; 2] = [vec![], vec![]];
    for sound in sounds {
        let x = features(&audio::read(sound)?);
        ensure!(!x.is_empty(), "{}: expected a sound of at least one step, came less", sound.display());
        heard.iter_mut().zip(ranges(&packed.card, &trained, &x)).for_each(|(all, new)| widen(all, &new));
    }
    let mut folders = vec![];
    for (variant, precision, steps) in VARIANTS {
        let name = format!("{}-{variant}", packed.card.name);
        let forms = heard.clone().map(|ranges| Form { precision, steps, ranges });
        let folder = out.join(&name);
        packed.lowered_as(&name, forms)?.write(&folder)?;
        folders.push(folder);
    }
    Ok(folders)
}

/// Largest magnitudes in front of the layers of both networks, which hear `x` as the line lets them hear it.
fn ranges(card: &ModelCard, trained: &Trained, x: &[Vec<f32>]) -> [Vec<f32>; 2] {
    let first = key_motion_forward(&trained.key_motion, x);
    let flow = flow(&card.decode, &heads(&first.heads));
    let second = completion_forward(&trained.completion, &flow, &first.trunk);
    [first.ranges, second.ranges]
}

fn widen(all: &mut Vec<f32>, new: &[f32]) {
    all.resize(new.len(), 0.0);
    all.iter_mut().zip(new).for_each(|(all, new)| *all = all.max(*new));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_widest_of_all_sounds() {
        let mut all = vec![];
        widen(&mut all, &[1.0, 5.0]);
        widen(&mut all, &[3.0, 2.0]);
        assert_eq!(all, [3.0, 5.0]);
    }
}
