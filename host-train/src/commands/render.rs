//! `keyface-train render`: a clip's true motion and what models make of it -> a strip of rendered mouths, or a film.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use keyface_core::{AudioTime, Phone};
use keyface_train::clip::Clip;
use keyface_train::corpus::{read_clips, read_folder_with};
use keyface_train::evaluate::{Sound, Track, hear_all, motion_at, true_motion};
use keyface_train::export::Packed;
use keyface_train::render::{Crop, Head, Row, Screen, View, write_video};
use tiny_skia::Pixmap;

use super::reading::ReadingArgs;

/// Which clip, whose motion, and how it is looked at.
#[derive(Args)]
pub struct RenderArgs {
    /// A sound file with its TextGrid beside it, or a corpus folder as for `prepare`
    clip: PathBuf,
    /// Which clip of the folder
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The sound file's TextGrid, where it does not lie beside it under the same name
    #[arg(long, value_name = "FILE.TextGrid")]
    labels: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Folder of a model, such as models/live: its motion and its difference from the truth get a row each; any number of
    /// times
    #[arg(long, value_name = "DIR")]
    model: Vec<PathBuf>,
    /// A glTF head (GLB with ARKit shapes) in place of our own
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    /// Look as this seed has it (turned, lit and built by chance) instead of plainly from in front
    #[arg(long, value_name = "SEED")]
    view: Option<u64>,
    /// Width and height of a picture in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 88, value_parser = clap::value_parser!(u16).range(8..=1024))]
    size: u16,
    /// What of the head is shown
    #[arg(long, value_enum, default_value_t = CropChoice::Mouth)]
    crop: CropChoice,
    /// Start here, in seconds
    #[arg(long, value_name = "S", default_value_t = 0.0)]
    from: f64,
    /// End here instead of at the clip's end
    #[arg(long, value_name = "S")]
    to: Option<f64>,
    /// At most so many pictures in a row of a strip, at the middles of phones
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=200))]
    columns: u16,
    /// Pictures a second of a film
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=120))]
    fps: u32,
    /// A strip as .png, a film with its sound as .mp4, or a film's pictures as -####.png
    #[arg(long, value_name = "FILE", default_value = "strip.png")]
    out: PathBuf,
}

/// A [`Crop`] as an argument.
#[derive(Clone, Copy, ValueEnum)]
enum CropChoice {
    Mouth,
    Face,
}

/// Runs the command.
pub fn run(args: &RenderArgs) -> Result<()> {
    let clip = clip(args)?;
    let (from, to) = (args.from.max(0.0), args.to.unwrap_or(f64::INFINITY).min(clip.seconds()));
    ensure!(from < to, "expected a part of the clip's {:.2} s, came {from} to {to}", clip.seconds());
    let tracks = tracks(args, &clip)?;
    let screen = screen(args)?;
    let strip = |times: &[f64], labels: &[String]| {
        let at = |s: &f64| AudioTime((s * 1e6).round() as i64);
        let row = |(name, track): &(String, Track)| Row {
            name: name.clone(),
            poses: times.iter().map(|s| motion_at(track, at(s))).collect(),
        };
        let rows: Vec<Row> = tracks.iter().map(row).collect();
        screen.strip(labels, &rows).context("expected room for the pictures, found too little memory")
    };
    let frames = ((to - from) * f64::from(args.fps)).ceil() as u32;
    let film = (0..frames).map(|frame| {
        let time = from + f64::from(frame) / f64::from(args.fps);
        strip(&[time], &[format!("{time:.2} s")])
    });
    match Out::of(&args.out) {
        Out::Film => {
            let at = |s: f64| ((s * f64::from(keyface_core::SAMPLE_RATE_HZ)) as usize).min(clip.samples.len());
            write_video(&args.out, args.fps, &clip.samples[at(from)..at(to)], film)?;
            say!("{}: {frames} pictures of {}", args.out.display(), clip.id);
        }
        Out::Frames(before) => {
            for (number, picture) in (1..).zip(film) {
                save(&picture?, Path::new(&format!("{before}{number:04}.png")))?;
            }
            say!("{before}0001.png to {before}{frames:04}.png: {}", clip.id);
        }
        Out::Strip => {
            let (times, labels) = columns(&clip, from, to, args.columns.into());
            ensure!(!times.is_empty(), "expected phones from {from} to {to} s, found none");
            let picture = strip(&times, &labels)?;
            save(&picture, &args.out)?;
            say!("{} ({} x {} pixels): {}", args.out.display(), picture.width(), picture.height(), clip.id);
        }
    }
    Ok(())
}

/// What the ending of a file asks for.
#[derive(Debug, PartialEq)]
enum Out {
    Strip,
    Film,
    /// What stands before the number.
    Frames(String),
}

impl Out {
    fn of(path: &Path) -> Out {
        let name = path.to_string_lossy();
        match name.strip_suffix("####.png") {
            Some(before) => Out::Frames(before.to_owned()),
            None if name.to_ascii_lowercase().ends_with(".mp4") => Out::Film,
            None => Out::Strip,
        }
    }
}

fn clip(args: &RenderArgs) -> Result<Clip> {
    if args.clip.is_dir() {
        let (reading, _) = args.reading.split(&[], &[])?;
        let folder = read_folder_with(&args.clip, &reading)?;
        let example = folder.entries.first().map_or("", |entry| entry.id.as_str());
        let place = args.clip.display();
        let id = args.id.as_deref().with_context(|| format!("{place}: expected --id, such as --id {example}"))?;
        let entry = folder.entry(id);
        return Ok(entry.with_context(|| format!("{place}: no clip {id}; there is {example}"))?.load()?);
    }
    let beside = args.clip.with_extension("TextGrid");
    let mut pieces = read_clips(&args.clip, args.labels.as_ref().unwrap_or(&beside))?;
    if pieces.len() > 1 {
        say!("{}: the first of {} pieces around speech of unknown phones", args.clip.display(), pieces.len());
    }
    ensure!(!pieces.is_empty(), "{}: expected speech of known phones, found none", args.clip.display());
    Ok(pieces.swap_remove(0))
}

/// The truth, then every model's motion under the model's name and version.
fn tracks(args: &RenderArgs, clip: &Clip) -> Result<Vec<(String, Track)>> {
    let mut tracks = vec![("truth by rule".to_owned(), true_motion(clip))];
    for folder in &args.model {
        let packed = Packed::read(folder).with_context(|| folder.display().to_string())?;
        let heard = hear_all(&packed, &[clip], |_, clip: &&Clip| Sound::of(clip))?
            .pop()
            .context("expected a motion, came none")?;
        tracks.push((format!("{} {}", packed.card.name, packed.card.version), heard.motion));
    }
    Ok(tracks)
}

fn screen(args: &RenderArgs) -> Result<Screen> {
    let head = args.head.as_deref().map_or_else(|| Ok(Head::own()), Head::read)?;
    let (crop, head) = match args.crop {
        CropChoice::Mouth => (Crop::Mouth, head.around_mouth()),
        CropChoice::Face => (Crop::Face, head),
    };
    let size = args.size.into();
    let view = match args.view {
        Some(seed) => View::seeded(&head, crop, size, seed),
        None => View::plain(&head, crop, size),
    };
    Ok(Screen::new(head, view))
}

/// Middles of phones within a span, spread evenly over them, and the phones' names.
fn columns(clip: &Clip, from: f64, to: f64, most: usize) -> (Vec<f64>, Vec<String>) {
    let phones = clip.phones.iter().filter(|segment| segment.phone != Phone::SIL);
    let middles = phones.map(|segment| (0.5 * (segment.start_s + segment.end_s), segment.phone.name().to_owned()));
    let within: Vec<(f64, String)> = middles.filter(|(middle, _)| (from..to).contains(middle)).collect();
    let count = within.len().min(most);
    (0..count).map(|column| within[column * within.len() / count].clone()).unzip()
}

fn save(picture: &Pixmap, path: &Path) -> Result<()> {
    picture.save_png(path).with_context(|| format!("{}: cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyface_train::clip::{Segment, Split};

    #[test]
    fn the_ending_says_what_is_written() {
        assert_eq!(Out::of(Path::new("a.png")), Out::Strip);
        assert_eq!(Out::of(Path::new("a.MP4")), Out::Film);
        assert_eq!(Out::of(Path::new("out/a-####.png")), Out::Frames("out/a-".into()));
    }

    #[test]
    fn columns_are_spread_over_the_phones_and_pauses_have_none() {
        let phones = [Phone::SIL, Phone::M, Phone::AA, Phone::P, Phone::IY];
        let segment = |(n, phone): (usize, &Phone)| Segment {
            start_s: 0.1 * n as f64,
            end_s: 0.1 * (n + 1) as f64,
            phone: *phone,
        };
        let phones = phones.iter().enumerate().map(segment).collect();
        let clip = Clip {
            id: "a".into(),
            speaker: "a".into(),
            split: Split::Eval,
            samples: vec![0.0; 8000],
            phones,
            words: vec![],
        };
        let names = |from, to, most| columns(&clip, from, to, most).1.join(" ");
        let found = [names(0.0, 0.5, 12), names(0.0, 0.5, 2), names(0.2, 0.4, 12)];
        assert_eq!(found, ["M AA P IY", "M P", "AA P"]);
    }
}
