//! The arguments of `keyface animate`.

use std::path::PathBuf;

use clap::Args;
use keyface::ears::Input;
use keyface::out::{ENDINGS, FORMATS, Format};

use super::super::style::StyleArgs;
use super::super::{FaceArgs, ModelArgs, SoundArgs, input};

#[derive(Args)]
#[command(after_help = "Examples:
  keyface animate talk.wav --out talk.csv --out talk.mp4    curves, and a video with sound to check them
  keyface animate talk.wav --out talk.dat --fps 24 --preston-blair
  keyface animate takes --out-dir curves --as csv,tsv       every sound of a folder
  keyface animate talk.flac --out talk.visemes.tsv --stamp shown
  keyface animate talk.wav --textgrid talk.TextGrid --out talk.csv
                                      lips by the phones that are known
  keyface animate takes --text words --out-dir curves --as csv
                                      takes/one.wav says what words/one.txt has
  keyface animate call.wav --channel 1 --out caller.csv     the party on the right
  espeak-ng --stdout hello | keyface animate - --out - --as json
  arecord -t raw -f S16_LE -c 2 -r 48000 -d 5 | keyface animate - --format s16le:2 --rate 48000 --out me.gif")]
pub struct AnimateArgs {
    /// Sound file (WAV, AIFF, FLAC, MP3, AAC, Ogg, Opus, WebM and more), or - for standard input; with --out-dir also
    /// several, and folders.
    #[arg(value_name = "IN", required = true, value_parser = input())]
    pub(super) inputs: Vec<Input>,
    #[arg(long, required_unless_present = "out_dir", value_name = "FILE", help = format!("File to write, any number of times: {ENDINGS}; - is standard output, with --as"))]
    pub(super) out: Vec<PathBuf>,
    /// Folder for the files of every sound, named after it, in the formats of --as.
    #[arg(long, value_name = "DIR", conflicts_with = "out", requires = "formats")]
    pub(super) out_dir: Option<PathBuf>,
    #[arg(long = "as", value_name = "FORMAT", value_delimiter = ',', help = format!("Formats for --out-dir, with commas between; or the one of --out, whatever its ending: {FORMATS}"))]
    pub(super) formats: Vec<Format>,
    /// TextGrid of what is said (Praat's or MFA's; MFA's JSON and CSV too): its phones are believed over the ear; or a folder
    /// with one of each sound's name, in folders as the sounds are or in none.
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) textgrid: Option<PathBuf>,
    /// Text of what is said, in the order in which it is said: its words are found in the sound (needs espeak-ng, and a file,
    /// which is heard twice); or a folder with one NAME.txt or NAME.lab for each sound, likewise.
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "textgrid")]
    pub(super) text: Option<PathBuf>,
    /// Language of the text, as espeak-ng names its voices.
    #[arg(long, value_name = "VOICE", default_value = "en-us", requires = "text")]
    pub(super) language: String,
    /// Names of phones in the TextGrid that are not known: lines of label, tab and ARPAbet phones.
    #[arg(long, value_name = "FILE.tsv", requires = "textgrid")]
    pub(super) phones: Option<PathBuf>,
    #[command(flatten)]
    pub(super) model: ModelArgs,
    #[command(flatten)]
    pub(super) face: FaceArgs,
    #[command(flatten)]
    pub(super) sound: SoundArgs,
    #[command(flatten)]
    pub(super) style: StyleArgs,
    /// Hear each sound once, as a live face does. Otherwise it is heard at six speeds, whose mean is nearer to people who speak
    /// unlike most, and by `playback` too unless --model names a model: twelve times the work.
    #[arg(long)]
    pub(super) once: bool,
    /// Write what was done as JSON.
    #[arg(long)]
    pub(super) json: bool,
}
