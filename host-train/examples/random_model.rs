//! Writes a model of random weights and its vectors, for comparing readers of ONNX before anything is trained:
//! `random_model FOLDER`, then `host-train/tools/onnx_check.py FOLDER FOLDER/vectors.json`.
#![allow(clippy::print_stdout, reason = "a report")]

use std::path::PathBuf;

use anyhow::Context;
use keyface_core::flow::FLOW;
use keyface_core::heads::HEADS;
use keyface_core::{FEATURES, MOTION_CHANNELS, Precision, STEP_HOPS};
use keyface_train::export::reference::{CompletionAnswer, KeyMotionAnswer, completion_forward, key_motion_forward};
use keyface_train::export::{Packed, Probe, Trained, samples};

const WIDTH: usize = 256;
const STEPS: usize = 20;

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).context("expected a folder")?.into();
    let trained = Trained {
        key_motion: samples::key_motion(&[48, 48, 48], WIDTH, &[1, 2, 4, 8, 1, 2, 4, 8], HEADS, 1),
        completion: samples::completion(FLOW, WIDTH, 96, MOTION_CHANNELS, 2),
    };
    let packed = Packed::new(samples::card("random"), &trained, &probe(&trained), Precision::Int8)?;
    packed.write(&folder)?;
    std::fs::write(folder.join("vectors.json"), serde_json::to_vec(&packed.vectors(STEPS, 5)?)?)?;
    println!("{}: {:?}", folder.display(), packed.card.tolerance);
    Ok(())
}

fn probe(trained: &Trained) -> Probe {
    let (x, flow) = (samples::frames(STEPS, STEP_HOPS * FEATURES, 3), samples::frames(STEPS, FLOW, 4));
    let KeyMotionAnswer { heads, trunk, .. } = key_motion_forward(&trained.key_motion, &x);
    let CompletionAnswer { motion, g, .. } = completion_forward(&trained.completion, &flow, &trunk);
    Probe { x, flow, heads, trunk, motion, g }
}
