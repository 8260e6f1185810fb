//! A trained baseline on clips that it was not trained on, by every metric on vertices.

use std::fs;
use std::path::Path;

use burn::tensor::Device;

use super::material::{Item, Material};
use crate::corpus::{Error, Result};
use crate::evaluate::metric::{Figure, Sample};
use crate::papers::baseline::Animator;
use crate::papers::corpus::{Layout, Regions};
use crate::papers::metric::{VertexClip, figures};
use crate::papers::numpy::write_npy;

/// A speaker that was trained on is animated as such; another one as each of those who were, as the papers do. What was
/// made is left in `made`, under the names that the family of FaceFormer uses.
///
/// # Errors
/// When a clip cannot be read, or what was made cannot be written.
pub fn score(
    animator: &dyn Animator,
    material: &Material,
    regions: &Regions,
    made: &Path,
    device: &Device,
) -> Result<Vec<Figure>> {
    fs::create_dir_all(made).map_err(Error::io(made))?;
    let all: Vec<usize> = (0..material.layout.train_speakers().len()).collect();
    let mut values = Vec::new();
    for item in &material.items {
        let truth = item.rows()?;
        let speakers = item.speaker.map_or(all.clone(), |speaker| vec![speaker]);
        for speaker in speakers {
            let shown = animator.animate(item.features.clone(), item.template(device), speaker);
            let shown: Vec<f32> = shown.into_data().try_into_vec_as().expect("a float tensor holds floats");
            let name = format!("{}_condition_{}.npy", item.clip.id, material.layout.train_speakers()[speaker]);
            write_npy(&made.join(name), item.clip.template.len(), &shown)?;
            values.push(measure(material.layout, item, regions, &shown, &truth)?);
        }
    }
    Ok(figures(&values))
}

/// What every table needs beside it: the truth against itself, the face at rest, and the mean motion of the trained
/// clips.
///
/// # Errors
/// When a clip cannot be read.
pub fn floors(trained: &Material, tested: &Material, regions: &Regions) -> Result<Vec<(&'static str, Vec<Figure>)>> {
    let mean = mean_move(trained)?;
    let rest = |item: &Item, _: &[f32]| item.clip.template.repeat(item.frames);
    let still = |item: &Item, _: &[f32]| {
        let row: Vec<f32> = item.clip.template.iter().zip(&mean).map(|(rest, by)| rest + by).collect();
        row.repeat(item.frames)
    };
    let itself = |_: &Item, truth: &[f32]| truth.to_vec();
    Ok(vec![
        ("the truth itself", shown(tested, regions, itself)?),
        ("template only", shown(tested, regions, rest)?),
        ("mean pose of the trained", shown(tested, regions, still)?),
    ])
}

fn shown(material: &Material, regions: &Regions, of: impl Fn(&Item, &[f32]) -> Vec<f32>) -> Result<Vec<Figure>> {
    let mut values = Vec::new();
    for item in &material.items {
        let truth = item.rows()?;
        values.push(measure(material.layout, item, regions, &of(item, &truth), &truth)?);
    }
    Ok(figures(&values))
}

fn measure(
    layout: Layout,
    item: &Item,
    regions: &Regions,
    shown: &[f32],
    truth: &[f32],
) -> Result<Vec<Option<Sample>>> {
    let clip = VertexClip::new(layout, &item.clip, regions, shown, truth);
    Ok(clip.map_err(|came| Error::unexpected(&item.clip.id, "rows of one mesh", came))?.values())
}

/// Mean over all frames of the moves from the template.
fn mean_move(material: &Material) -> Result<Vec<f32>> {
    let (mut sum, mut frames) = (Vec::<f64>::new(), 0usize);
    for item in &material.items {
        let template = &item.clip.template;
        sum.resize(template.len(), 0.0);
        for row in item.rows()?.chunks_exact(template.len()) {
            frames += 1;
            for ((sum, at), rest) in sum.iter_mut().zip(row).zip(template.iter()) {
                *sum += f64::from(at - rest);
            }
        }
    }
    Ok(sum.into_iter().map(|sum| (sum / frames.max(1) as f64) as f32).collect())
}
