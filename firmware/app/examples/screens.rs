//! What a picture costs on a screen: `cargo run --release -p keyface --example screens`.
//!
//! Draws a living, speaking face for each size and puts it into a screen's memory, turned and not, in both depths.

#![allow(clippy::print_stdout, reason = "a program that reports")]

use std::time::Instant;

use anyhow::Result;
use keyface::face::{Canvas, Depth, Face, Layout, Life, Mask, Pixels, Rotation, nine_shapes};
use keyface_core::{FacePose, Moment, Prosody};

const PICTURES: usize = 200;

fn main() -> Result<()> {
    println!("ms at best       draw  turned  to 32 bits  to 16 bits  half size to 32 bits");
    for (width, height) in [(240, 320), (480, 320), (800, 480), (1280, 800), (1920, 1080)] {
        let upright = drawn(width, height, Rotation::Deg0)?;
        let turned = drawn(width, height, Rotation::Deg90)?;
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
fn drawn(width: u32, height: u32, rotation: Rotation) -> Result<f64> {
    let (mut face, life, shapes) = (Face::turned(width, height, rotation)?, Life::new(1), nine_shapes());
    Ok(quickest_ms(|picture| {
        let mut pose = shapes[picture % shapes.len()].pose;
        life.apply(Moment::from_ms(16 * picture as i64), &Prosody::REST, &mut pose);
        std::hint::black_box(face.draw(&pose));
    }))
}

/// From the drawn picture to a screen's memory.
fn copied(picture: &Canvas, (width, height): (u32, u32), depth: Depth) -> f64 {
    let layout = Layout { width, height, stride: width as usize * depth.bytes(), depth };
    let (mut memory, zoom) = (vec![0; layout.bytes()], width.div_ceil(picture.width()));
    let whole = Mask::whole(picture.width(), picture.height());
    quickest_ms(|_| {
        Pixels::new(&mut memory, layout, zoom).show(picture, &whole);
        std::hint::black_box(&memory);
    })
}

/// The quickest of many: other work on the machine hardly moves it.
fn quickest_ms(mut run: impl FnMut(usize)) -> f64 {
    let time = |picture| {
        let start = Instant::now();
        run(picture);
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..PICTURES).map(time).fold(f64::INFINITY, f64::min)
}
