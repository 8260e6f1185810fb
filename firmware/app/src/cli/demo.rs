//! `keyface demo`.

use std::path::{Path, PathBuf};

use clap::Args;
use keyface::app::Parts;
use keyface::body::Body;
use keyface::ears::{Ear, FileEar, Loudspeaker, Mic, Pace, Sound, Wanted, read_sound};
use keyface::face::Look;
use keyface::out::{Recorder, Recording, Target};
use keyface::screen::Screen;
use keyface::store::ModelSummary;
use keyface::stream::out::Outputs;
use keyface_core::{Gains, Hearings, Line, Model, Span};

use super::job::{TITLE, WINDOW_PX, seed, stop_on_ctrl_c};
use super::progress::Progress;
use super::run::{Telling, live};
use super::{FaceArgs, ModelArgs, SAME, note, tell};

/// How far a picture lies behind the sound beyond the look-ahead: a step, the wait for it, and half a picture (measured).
const FACE_BEHIND: Span = Span::from_ms(40);
/// The clip that lies beside a model.
pub(super) const CLIP: &str = "demo.wav";

#[derive(Args)]
#[command(after_help = "Examples:
  keyface demo               a voice speaks, a face moves
  keyface demo --mic         your own voice
  keyface demo --pictures    pictures although there is a display")]
pub struct DemoArgs {
    /// Listen to the microphone instead of the clip.
    #[arg(long)]
    mic: bool,
    /// Write pictures although there is a display.
    #[arg(long, conflicts_with = "mic")]
    pictures: bool,
    /// Show the face without its voice.
    #[arg(long)]
    mute: bool,
    /// Folder for the pictures: demo.gif and demo-contact.png.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    face: FaceArgs,
}

pub fn demo(args: &DemoArgs) -> anyhow::Result<()> {
    let model = args.face.closing(keyface::model::load(args.model.or(keyface::model::LIVE))?)?;
    if args.pictures {
        return pictures(args, model);
    }
    match Screen::window(TITLE, WINDOW_PX.0, WINDOW_PX.1) {
        Ok(screen) => show(args, Line::new(model), screen),
        Err(error) if args.mic => Err(error.into()),
        Err(error) => {
            log::info!("{error}");
            tell("no display was found: the face becomes pictures instead of a window");
            pictures(args, model)
        }
    }
}

fn clip(args: &DemoArgs) -> anyhow::Result<Sound> {
    Ok(read_sound(&keyface::model::find(args.model.or(keyface::model::LIVE))?.join(CLIP))?)
}

fn show(args: &DemoArgs, line: Line, screen: Screen) -> anyhow::Result<()> {
    if args.mic {
        return face(args, line, screen, Box::new(Mic::open(Wanted::default())?));
    }
    let clip = clip(args)?;
    let _voice = (!args.mute).then(|| voice(&clip, line.look_ahead()));
    face(args, line, screen, Box::new(FileEar::new(clip, Pace::RealTime)))
}

/// The clip, out of the loudspeaker where there is one, as late as the face.
fn voice(clip: &Sound, look_ahead: Span) -> Option<Loudspeaker> {
    let voice = Loudspeaker::play(clip.samples.clone(), look_ahead + FACE_BEHIND);
    voice.inspect_err(|error| note(format_args!("{error}; the face speaks without its voice"))).ok()
}

fn face(args: &DemoArgs, line: Line, screen: Screen, ear: Box<dyn Ear>) -> anyhow::Result<()> {
    let gains = args.face.gains(Gains::default());
    let look = Look::new(gains, args.face.life(seed()));
    let body = Body { look, screen: Some(screen), servos: None, outputs: Outputs::default() };
    let parts = Parts { ear, line, body, said: None, recorder: None, pace: Pace::RealTime, limit: None };
    live(parts, Telling::Text)
}

fn pictures(args: &DemoArgs, model: Model) -> anyhow::Result<()> {
    let (named, mut hearings) = (ModelSummary::from(&model.card), Hearings::new(&model, &[])?);
    let sound = clip(args)?;
    let files = [args.out.join("demo.gif"), args.out.join("demo-contact.png")];
    let gains = args.face.gains(Gains::default());
    let recording =
        Recording { gains, life: args.face.life(SAME), sound_name: sound.name.clone(), ..Recording::default() };
    let stop = stop_on_ctrl_c(None)?;
    let targets = [Target::new(&files[0], None)?, Target::new(&files[1], None)?];
    let recorder = Recorder::open(&targets, recording)?;
    let mut progress = Progress::new();
    let mut ear = FileEar::new(sound, Pace::Fast);
    keyface::animate::animate(&mut ear, &mut hearings, recorder, &stop, |done, share| progress.update(done, share))?;
    progress.finish();
    tell(format_args!("the face that speaks     {}", shown(&files[0])));
    tell(format_args!("a picture of each phone  {}", shown(&files[1])));
    tell(format_args!("model {named}"));
    Ok(())
}

/// The whole path, so that it can be opened from anywhere.
fn shown(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf()).display().to_string()
}
