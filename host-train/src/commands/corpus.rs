//! `keyface-train corpus` makes a corpus of speech; `keyface-train speak` makes one clip.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use keyface_train::clip::{Clip, Split};
use keyface_train::corpus::Speech;
use keyface_train::corpus::{
    Engine, Job, Prosody, Report, Speakers, Text, Voice, default_texts, generate, plain, plan, read_texts, write_clip,
};

/// Options of `corpus`.
#[derive(Args)]
pub struct CorpusArgs {
    /// Folder of the corpus; a run that was interrupted goes on in it
    #[arg(long)]
    out: PathBuf,
    /// Text file, `id<TAB>text` or a sentence a line; may be given several times [default: the shipped sentences]
    #[arg(long)]
    texts: Vec<PathBuf>,
    /// Length of the corpus, roughly [default: every text once]
    #[arg(long)]
    hours: Option<f64>,
    /// Draws texts, voices, rates and pitches
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Engines to use: espeak, flite, festival
    #[arg(long, value_delimiter = ',', default_value = "espeak,flite,festival")]
    engines: Vec<String>,
    /// Voices to use, such as slt, kal_diphone, en-us+f2; rms is held out and goes to `eval` [default: all but rms]
    #[arg(long, value_delimiter = ',')]
    voices: Vec<String>,
    /// Clips made at the same time [default: one for each core]
    #[arg(long)]
    jobs: Option<usize>,
}

/// Options of `speak`.
#[derive(Args)]
pub struct SpeakArgs {
    /// Voice, such as slt, awb, kal16, rms, kal_diphone, en-us+f2
    #[arg(long)]
    voice: String,
    /// What is said
    #[arg(long)]
    text: String,
    /// WAV file to write; a TextGrid of the same name is written beside it
    #[arg(long)]
    out: PathBuf,
    /// Duration relative to the voice's own, 0.7 to 1.5
    #[arg(long, default_value_t = 1.0)]
    stretch: f64,
    /// Semitones above the voice's own height, -6 to 6
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pitch: f64,
}

/// Makes a corpus.
pub fn corpus(args: &CorpusArgs) -> Result<()> {
    if let Some(hours) = args.hours {
        ensure!(hours > 0.0 && hours <= 1000.0, "--hours: expected more than 0 and at most 1000, came {hours}");
    }
    let (speakers, voices) = find_voices(args)?;
    let jobs = plan(&texts(args)?, &voices, args.hours, args.seed);
    let workers = args.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let start = Instant::now();
    let bar = progress_bar(&jobs)?;
    let report = generate(&args.out, &jobs, &speakers, workers, &|seconds| bar.inc(seconds.round() as u64));
    bar.finish_and_clear();
    print_report(&report?, &args.out, start.elapsed().as_secs_f64())
}

fn texts(args: &CorpusArgs) -> Result<Vec<Text>> {
    if args.texts.is_empty() {
        return Ok(default_texts()?);
    }
    let files = args.texts.iter().map(|path| read_texts(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(files.into_iter().flatten().collect())
}

fn find_voices(args: &CorpusArgs) -> Result<(Speakers, Vec<Voice>)> {
    let engines = args.engines.iter().map(|name| engine(name)).collect::<Result<Vec<Engine>>>()?;
    let named = args.voices.iter().map(|name| Voice::from_name(name)).collect::<Result<Vec<_>, _>>()?;
    let wanted = if named.is_empty() { Voice::trained() } else { named };
    let needed: Vec<Engine> = engines.into_iter().filter(|e| wanted.iter().any(|v| v.engine == *e)).collect();
    let (speakers, missing) = Speakers::find(&needed);
    missing.iter().for_each(|error| eprintln!("left out: {error}"));
    let voices: Vec<Voice> = wanted.into_iter().filter(|v| speakers.has(v)).collect();
    ensure!(!voices.is_empty(), "expected at least one engine that has the voices asked for, came none");
    Ok((speakers, voices))
}

fn engine(name: &str) -> Result<Engine> {
    let found = Engine::ALL.into_iter().find(|e| e.name() == name);
    found.with_context(|| format!("--engines: expected espeak, flite or festival, came {name:?}"))
}

fn progress_bar(jobs: &[Job]) -> Result<ProgressBar> {
    let seconds: f64 = jobs.iter().map(|j| j.seconds.round()).sum();
    let style = ProgressStyle::with_template("{bar:40} {percent}% of {msg} h, {elapsed}, {eta} to go")?;
    let hours = format!("{:.2}", seconds / 3600.0);
    Ok(ProgressBar::new(seconds as u64).with_style(style).with_message(hours))
}

fn print_report(report: &Report, out: &Path, elapsed_s: f64) -> Result<()> {
    for dropped in &report.dropped {
        eprintln!("dropped {}: {}", dropped.id, dropped.reason);
    }
    for (name, (clips, seconds)) in &report.voices {
        say!("{name:24} {clips:6} clips {:8.2} min", seconds / 60.0);
    }
    let clips: usize = report.voices.values().map(|(clips, _)| clips).sum();
    let hours: f64 = report.voices.values().map(|(_, seconds)| seconds).sum::<f64>() / 3600.0;
    let (kept, dropped) = (report.kept, report.dropped.len());
    say!("{}: {clips} clips, {hours:.2} h ({kept} were there, {dropped} dropped), in {elapsed_s:.0} s", out.display());
    Ok(())
}

/// Speaks one text.
pub fn speak(args: &SpeakArgs) -> Result<()> {
    ensure!((0.7..=1.5).contains(&args.stretch), "--stretch: expected 0.7 to 1.5, came {}", args.stretch);
    ensure!((-6.0..=6.0).contains(&args.pitch), "--pitch: expected -6 to 6, came {}", args.pitch);
    let text = plain(&args.text);
    ensure!(text.chars().any(char::is_alphanumeric), "--text: expected words, came {:?}", args.text);
    let voice = Voice::from_name(&args.voice)?;
    let (speakers, missing) = Speakers::find(&[voice.engine]);
    if let Some(error) = missing.into_iter().next() {
        return Err(error.into());
    }
    let prosody = Prosody { stretch: args.stretch, pitch_semitones: args.pitch, range: 1.0 };
    let Speech { samples, phones, words } = speakers.speak(&voice, &prosody, &text)?;
    let (dir, id) = folder_and_id(&args.out)?;
    let split = voice.forced_split().unwrap_or(Split::Train);
    write_and_report(&dir, &Clip { id, speaker: voice.name, split, samples, phones, words })
}

fn write_and_report(dir: &Path, clip: &Clip) -> Result<()> {
    write_clip(dir, clip)?;
    let (path, seconds) = (dir.join(&clip.id), clip.seconds());
    say!("{0}.wav and {0}.TextGrid: {seconds:.2} s, {1} phones", path.display(), clip.phones.len());
    Ok(())
}

fn folder_and_id(out: &Path) -> Result<(PathBuf, String)> {
    let is_wav = out.extension().is_some_and(|e| e.eq_ignore_ascii_case("wav"));
    match (out.file_stem(), is_wav) {
        (Some(stem), true) => {
            Ok((out.parent().unwrap_or(Path::new("")).to_path_buf(), stem.to_string_lossy().into_owned()))
        }
        _ => bail!("--out: expected a name that ends in .wav, came {}", out.display()),
    }
}
