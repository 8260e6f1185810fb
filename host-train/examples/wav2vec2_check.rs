//! How far a wav2vec 2.0 checkpoint of full size lies from `transformers`, and what it costs.
//!
//!     host-train/tools/wav2vec2_golden.py --full DIR
//!     cargo run --release -p keyface-train --example wav2vec2_check -- DIR/base
#![allow(clippy::print_stdout, reason = "a program reports")]

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use burn::tensor::Device;
use keyface_train::model::OutsideEncoder;
use keyface_train::model::wav2vec2::Wav2Vec2;
use safetensors::SafeTensors;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("expected a folder that wav2vec2_golden.py wrote")?;
    let bytes = std::fs::read(Path::new(&folder).join("golden.safetensors"))?;
    let golden = SafeTensors::deserialize(&bytes)?;
    let start = Instant::now();
    let encoder = Wav2Vec2::load(&Path::new(&folder).join("model.safetensors"), &Device::flex())?;
    println!("loaded in {:.2} s", start.elapsed().as_secs_f64());
    let (samples, hidden) = (floats(&golden, "samples")?, floats(&golden, "hidden")?);
    for _ in 0..3 {
        let start = Instant::now();
        let features = encoder.features(&samples);
        let took_s = start.elapsed().as_secs_f64();
        let difference = features.iter().zip(&hidden).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("{:.2} s of sound in {took_s:.2} s; at most {difference:e} away", samples.len() as f64 / 16_000.0);
    }
    Ok(())
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>> {
    let words = tensors.tensor(name)?.data().as_chunks::<4>().0.to_vec();
    Ok(words.into_iter().map(f32::from_le_bytes).collect())
}
