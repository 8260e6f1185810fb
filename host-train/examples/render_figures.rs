//! What the renderer costs and how right its slopes are: frames a second of one core, and the slopes by the channels of
//! motion beside central differences. `cargo run --release -p keyface-train --example render_figures [HEAD.glb]`
#![allow(clippy::print_stdout, reason = "a program reports")]

use std::hint::black_box;
use std::path::Path;

use anyhow::{Context, Result};
use keyface_train::render::{Crop, Frame, Head, V3, View, agreement, mouths_of_speech, posed, render, slope};

/// Times that the mouths of speech are drawn.
const ROUNDS: usize = 60;
/// Step of a weight in the differences.
const STEP: f64 = 0.02;

fn main() -> Result<()> {
    let head = match std::env::args().nth(1) {
        Some(path) => Head::read(Path::new(&path))?,
        None => Head::own(),
    };
    let head = head.around_mouth();
    println!("{} points, {} triangles around the mouth", head.rest.len(), head.mesh.triangles.len());
    for size in [48, 88] {
        let [forward, backward] = seconds(&head, size)?;
        let (a, b, both) = (1.0 / forward, 1.0 / backward, 1.0 / (forward + backward));
        println!("{size} px, frames per CPU-second: forward {a:.0}, backward {b:.0}, both {both:.0}");
        let of = agreement(&head, size, STEP);
        println!("{size} px, slopes beside differences: cosine {:.3}, norm {:.3}", of.cosine, of.norm);
    }
    Ok(())
}

/// CPU-seconds of a frame, forward and backward.
fn seconds(head: &Head, size: usize) -> Result<[f64; 2]> {
    let view = View::plain(head, Crop::Mouth, size);
    let moves = head.motion_moves();
    let points: Vec<Vec<V3>> = mouths_of_speech().iter().map(|weights| posed(&head.rest, &moves, weights)).collect();
    let by_pixel = vec![1.0; size * size];
    let draw = || points.iter().map(|points| render(&head.mesh, points, &view)).collect::<Vec<Frame>>();
    let frames = draw();
    let start = cpu_s()?;
    (0..ROUNDS).for_each(|_| drop(black_box(draw())));
    let between = cpu_s()?;
    for frame in frames.iter().cycle().take(ROUNDS * frames.len()) {
        black_box(slope(&head.mesh, &view, frame, &by_pixel));
    }
    let drawn = (ROUNDS * frames.len()) as f64;
    Ok([(between - start) / drawn, (cpu_s()? - between) / drawn])
}

/// Seconds that this thread has had a core.
fn cpu_s() -> Result<f64> {
    let text =
        std::fs::read_to_string("/proc/thread-self/schedstat").context("expected Linux, which counts CPU time")?;
    let nanoseconds = text.split_whitespace().next().context("expected a number in schedstat")?;
    Ok(nanoseconds.parse::<f64>()? / 1e9)
}
