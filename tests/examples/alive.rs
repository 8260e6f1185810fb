//! How a face moves with a voice: `cargo run --release -p keyface-tests --example alive -- OUT [SOUND...]` tells figures
//! of each sound and of all, the cost of prosody, and draws contact sheets: one picture every 300 ms, the moods, the states.
#![allow(clippy::print_stdout, reason = "it reports")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keyface::ears::read_sound;
use keyface::face::{Life, Look, contact_sheet};
use keyface::stream::message::Ask;
use keyface_core::{FacePose, Gains, HOP_SAMPLES, ProsodyFollower, Spoken, Stage};
use keyface_tests::alive::{Figures, Moment, speak};
use keyface_tests::models;

/// Pictures on a sheet of speech, and pictures of the face between two of them: 300 ms.
const SHOTS: usize = 25;
const BETWEEN: usize = 18;
const SEED: u64 = 1;
/// Silence between two sounds: 0.7 s, as between sentences.
const PAUSE: usize = 11_200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let out = PathBuf::from(args.next().ok_or("expected a folder for the pictures")?);
    let mut sounds: Vec<PathBuf> = args.map(PathBuf::from).collect();
    if sounds.is_empty() {
        sounds.push(models::folder("playback").join("demo.wav"));
    }
    std::fs::create_dir_all(&out)?;
    let mut line = models::line(&models::folder("playback"));
    let (mut all, pause) = (Vec::new(), vec![0.0; PAUSE]);
    println!("{HEAD}");
    for sound in &sounds {
        let samples = read_sound(sound)?.samples;
        line.reset();
        let moments = speak(&mut line, &samples, Life::new(SEED));
        row(&name(sound), &Figures::of(&moments));
        all.extend([samples, pause.clone()].concat());
    }
    line.reset();
    let moments = speak(&mut line, &all, Life::new(SEED));
    row("all, with pauses", &Figures::of(&moments));
    println!("prosody: {:.5} CPU-s per second of sound", cost(&all).as_secs_f64() * 16_000.0 / all.len() as f64);
    sheet(&out.join("speech.png"), &speech(&moments))?;
    sheet(&out.join("looks.png"), &looks())
}

const HEAD: &str = "sound | spread of yaw, pitch, roll (deg) | nods (deg) | speed: mean, highest (deg/s) | \
                    acceleration (deg/s2) | brow: mean, highest | head speed with level | brow with pitch | pitch from head";

fn row(name: &str, figures: &Figures) {
    let Figures { spread_deg: [yaw, pitch, roll], nod_deg, speed_deg_s: [speed, top], .. } = figures;
    let Figures {
        acceleration_deg_s2, brow: [brow, raised], head_with_level, brow_with_pitch, pitch_from_head, ..
    } = figures;
    println!(
        "{name} | {yaw:.2} {pitch:.2} {roll:.2} | {nod_deg:.1} | {speed:.1} {top:.1} | {acceleration_deg_s2:.0} | \
         {brow:.2} {raised:.2} | {head_with_level:.2} | {brow_with_pitch:.2} | {pitch_from_head:.2}"
    );
}

fn name(sound: &Path) -> String {
    sound.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn cost(samples: &[f32]) -> Duration {
    let mut follower = ProsodyFollower::new();
    let start = Instant::now();
    for hop in samples.as_chunks::<HOP_SAMPLES>().0 {
        std::hint::black_box(follower.push(hop));
    }
    start.elapsed()
}

/// A picture every 300 ms of speech, labelled with time and what was heard.
fn speech(moments: &[Moment]) -> Vec<(String, FacePose)> {
    let shot = |(at, moment): (usize, &Moment)| {
        let prosody = moment.spoken.prosody;
        let label =
            format!("{:.1} L{:.1} A{:.1} E{:.1}", at as f32 / 60.0, prosody.loudness, prosody.accent, prosody.ending);
        (label, moment.pose)
    };
    moments.iter().enumerate().step_by(BETWEEN).take(SHOTS).map(shot).collect()
}

/// Moods and states, half a second after they were asked for.
fn looks() -> Vec<(String, FacePose)> {
    let moods = ["neutral", "happy", "sad", "angry", "surprised"].map(|name| ("mood", name));
    let states = ["listening", "thinking", "speaking", "interrupted", "error"].map(|name| ("state", name));
    let look = |(kind, name): (&str, &str)| {
        let mut look = Look::new(Gains::default(), None);
        if let Ok(ask) = Ask::parse(&format!(r#"{{"type":"{kind}","name":"{name}"}}"#)) {
            look.take(&ask, keyface_core::Moment::START);
        }
        (name.to_owned(), look.face(&Spoken::REST, keyface_core::Moment::from_ms(500)))
    };
    moods.into_iter().chain(states).map(look).collect()
}

fn sheet(path: &Path, shots: &[(String, FacePose)]) -> Result<(), Box<dyn std::error::Error>> {
    contact_sheet(shots)?.write_png(path)?;
    println!("{}", path.display());
    Ok(())
}
