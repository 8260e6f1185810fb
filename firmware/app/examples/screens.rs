//! What a picture costs on a screen: `cargo run --release -p keyface --example screens`.
//!
//! Draws a living, speaking face for each size and puts it into a screen's memory, turned and not, in both depths.

#![allow(clippy::print_stdout, reason = "a program that reports")]

use std::time::Instant;

use anyhow::Result;
use keyface::face::{Canvas, Depth, Face, Layout, Life, Pixels, Turn, nine_shapes};
use keyface_core::{FacePose, Micros};

const PICTURES: usize = 200;

fn main() -> Result<()> {
    println!("median ms        draw  turned  to 32 bits  to 16 bits  half size to 32 bits");
    for (width, height) in [(240, 320), (480, 320), (800, 480), (1280, 800), (1920, 1080)] {
        let upright = drawn(width, height, Turn::Upright)?;
        let turned = drawn(width, height, Turn::Right)?;
        let picture = Face::new(width, height)?.draw(&FacePose::REST).clone();
        let small = Face::new(width.div_ceil(2), height.div_ceil(2))?.draw(&FacePose::REST).clone();
        let (wide, narrow) =
            (copied(&picture, (width, height), Depth::Xrgb8888), copied(&picture, (width, height), Depth::Rgb565));
        let zoomed = copied(&small, (width, height), Depth::Xrgb8888);
        println!("{width:>4} x {height:<4}   {upright:>8.2}{turned:>8.2}{wide:>12.2}{narrow:>12.2}{zoomed:>22.2}");
    }
    Ok(())
}

/// Drawing alone.
fn drawn(width: u32, height: u32, turn: Turn) -> Result<f64> {
    let (mut face, life, shapes) = (Face::turned(width, height, turn)?, Life::new(1), nine_shapes());
    Ok(median_ms(|picture| {
        let mut pose = shapes[picture % shapes.len()].pose;
        life.apply(Micros::from_ms(16 * picture as i64), &mut pose);
        std::hint::black_box(face.draw(&pose));
    }))
}

/// From the drawn picture to a screen's memory.
fn copied(picture: &Canvas, (width, height): (u32, u32), depth: Depth) -> f64 {
    let layout = Layout { width, height, stride: width as usize * depth.bytes(), depth };
    let (mut memory, zoom) = (vec![0; layout.bytes()], width.div_ceil(picture.width()));
    median_ms(|_| {
        let Ok(()) = picture.show_on(&mut Pixels::new(&mut memory, layout, zoom));
        std::hint::black_box(&memory);
    })
}

fn median_ms(mut run: impl FnMut(usize)) -> f64 {
    let mut times: Vec<f64> = (0..PICTURES)
        .map(|picture| {
            let start = Instant::now();
            run(picture);
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[PICTURES / 2]
}
