//! Pictures of the face: `cargo run --release -p keyface --example mouths -- OUT_DIR`.
//!
//! Writes the contact sheet of the nine mouth shapes (`face.png`), each shape large, looks and sizes, an
//! animation (`alive.gif`), and prints what a frame costs.

#![allow(clippy::print_stdout, reason = "a program that reports")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use keyface::face::{Face, FaceError, GifWriter, Life, Ready, Surface, Window, contact_sheet, nine_shapes};
use keyface_core::{Channel, FacePose, Moment, Prosody};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("expected OUT_DIR, the folder for the pictures")?);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    sheet(&folder)?;
    shapes(&folder)?;
    looks(&folder)?;
    sizes(&folder)?;
    animation(&folder)?;
    costs()?;
    if arguments.next().as_deref() == Some("--window") {
        window()?;
    }
    Ok(())
}

fn sheet(folder: &Path) -> Result<(), FaceError> {
    let shots: Vec<(String, FacePose)> = nine_shapes().map(|s| (s.name.to_owned(), s.pose)).into();
    contact_sheet(&shots)?.write_png(folder.join("face.png"))
}

fn shapes(folder: &Path) -> Result<(), FaceError> {
    let mut face = Face::new(480, 480)?;
    for shape in nine_shapes() {
        let name = format!("shape_{}.png", shape.name.replace(' ', ""));
        face.draw(&shape.pose).write_png(folder.join(name))?;
    }
    Ok(())
}

fn looks(folder: &Path) -> Result<(), FaceError> {
    let with = |weights: &[(Channel, f32)]| {
        let mut pose = FacePose::REST;
        weights.iter().for_each(|(channel, weight)| pose.set(*channel, *weight));
        pose
    };
    use Channel::*;
    let mut aside = FacePose::REST;
    aside.eyes.iter_mut().for_each(|eye| eye.yaw_rad = 0.25);
    aside.head.yaw_rad = 0.18;
    aside.head.roll_rad = 0.06;
    let shots = [
        ("blink", with(&[(EyeBlinkLeft, 1.0), (EyeBlinkRight, 1.0)])),
        ("half blink", with(&[(EyeBlinkLeft, 0.5), (EyeBlinkRight, 0.5)])),
        ("wink", with(&[(EyeBlinkLeft, 1.0), (MouthSmileLeft, 0.6), (MouthSmileRight, 0.3)])),
        ("aside", aside),
        ("surprised", with(&[(EyeWideLeft, 1.0), (EyeWideRight, 1.0), (BrowInnerUp, 0.8), (JawOpen, 0.5)])),
        (
            "smile",
            with(&[(MouthSmileLeft, 0.7), (MouthSmileRight, 0.7), (CheekSquintLeft, 0.4), (CheekSquintRight, 0.4)]),
        ),
        ("frown", with(&[(MouthFrownLeft, 0.5), (MouthFrownRight, 0.5), (BrowDownLeft, 0.6), (BrowDownRight, 0.6)])),
        ("shout", with(&[(JawOpen, 1.0), (MouthLowerDownLeft, 0.6), (MouthLowerDownRight, 0.6)])),
        ("tongue", with(&[(JawOpen, 0.3), (TongueOut, 1.0)])),
        ("puff", with(&[(CheekPuff, 1.0)])),
        (
            "ao",
            with(&[
                (JawOpen, 0.24),
                (MouthFunnel, 0.35),
                (MouthPucker, 0.15),
                (MouthLowerDownLeft, 0.12),
                (MouthLowerDownRight, 0.12),
            ]),
        ),
        (
            "sh",
            with(&[
                (JawOpen, 0.04),
                (MouthFunnel, 0.38),
                (MouthPucker, 0.10),
                (MouthLowerDownLeft, 0.15),
                (MouthLowerDownRight, 0.15),
                (MouthUpperUpLeft, 0.15),
                (MouthUpperUpRight, 0.15),
            ]),
        ),
    ];
    contact_sheet(&shots.map(|(name, pose)| (name.to_owned(), pose)))?.write_png(folder.join("looks.png"))
}

fn sizes(folder: &Path) -> Result<(), FaceError> {
    for (width, height) in [(160, 128), (240, 320), (320, 240), (480, 320), (800, 1280), (1280, 800)] {
        let name = format!("size_{width}x{height}.png");
        Face::new(width, height)?.draw(&nine_shapes()[5].pose).write_png(folder.join(name))?;
    }
    Ok(())
}

/// Six seconds of life, the nine shapes one after another.
fn animation(folder: &Path) -> Result<(), FaceError> {
    let life = Life::new(1);
    let mut face = Face::new(320, 320)?;
    let mut gif = GifWriter::create(folder.join("alive.gif"), 320, 320, 25)?;
    for frame in 0..150 {
        let mut pose = speaking(frame as f32 / 25.0);
        life.apply(Moment::from_ms(40 * frame), &Prosody::REST, &mut pose);
        gif.frame(face.draw(&pose))?;
    }
    gif.finish()
}

/// A mouth that passes from shape to shape, each held for a while.
fn speaking(time_s: f32) -> FacePose {
    let shapes = nine_shapes();
    let place = time_s / 0.22;
    let blend = ((place.fract() - 0.4) / 0.6).clamp(0.0, 1.0);
    let (a, b) = (shapes[place as usize % 9].pose, shapes[(place as usize + 1) % 9].pose);
    let mut pose = FacePose::REST;
    Channel::ALL.iter().for_each(|c| pose.set(*c, a[*c] + blend * (b[*c] - a[*c])));
    pose.tongue_up = a.tongue_up + blend * (b.tongue_up - a.tongue_up);
    pose
}

/// The median of many frames: other work on the machine hardly moves it.
fn costs() -> Result<(), FaceError> {
    for (width, height) in [(320, 240), (480, 320), (1280, 800)] {
        let mut face = Face::new(width, height)?;
        let mut costs_ms: Vec<f64> = (0..201).map(|i| cost_ms(&mut face, &speaking(i as f32 * 0.04))).collect();
        costs_ms.sort_by(f64::total_cmp);
        println!("{width}x{height}: {:.2} ms per frame (median), {:.2} at best", costs_ms[100], costs_ms[0]);
    }
    Ok(())
}

fn cost_ms(face: &mut Face, pose: &FacePose) -> f64 {
    let start = Instant::now();
    face.draw(pose);
    start.elapsed().as_secs_f64() * 1e3
}

fn window() -> Result<(), FaceError> {
    let (life, start) = (Life::new(1), Instant::now());
    let mut face = Face::new(640, 480)?;
    let mut window = Window::open("Keyface", 640, 480)?;
    loop {
        let mut pose = speaking(start.elapsed().as_secs_f32());
        let now = Moment(start.elapsed().as_micros() as i64);
        life.apply(now, &Prosody::REST, &mut pose);
        window.show(face.draw(&pose), now)?;
        if window.tend(now)? == Ready::Closed {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(16));
    }
}
