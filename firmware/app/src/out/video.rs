//! A video with its sound, so that sync can be seen: ffmpeg encodes, we give it pictures and samples.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use keyface_core::{AudioTime, FacePose, SAMPLE_RATE_HZ};

use super::{AtomicFile, FrameRate, Writer};
use crate::AppError;
use crate::face::Face;

/// Frames a second where none are asked for, and the pictures' size.
const FPS: u32 = 30;
const SIZE_PX: (u32, u32) = (640, 480);

/// Writes a `.mp4`. Pictures are encoded as they come; the samples wait in a file beside them, and join at the end.
pub(super) struct Video {
    file: AtomicFile,
    face: Face,
    rate: FrameRate,
    encoder: Child,
    pictures: Scratch,
    sound: BufWriter<File>,
    samples: Scratch,
    rgb: Vec<u8>,
}

impl Video {
    pub fn new(file: AtomicFile, rate: Option<FrameRate>, size: Option<(u32, u32)>) -> Result<Video, AppError> {
        if !file.is_beside() {
            return Err(AppError::unexpected(file.path().display().to_string(), "a file", "a pipe or a device"));
        }
        let (width, height) = size.unwrap_or(SIZE_PX);
        if width % 2 + height % 2 > 0 {
            return Err(AppError::unexpected("--size", "even numbers for a video", format!("{width}x{height}")));
        }
        let face = Face::new(width, height).map_err(|e| AppError::picture(file.path(), e))?;
        let rate = rate.unwrap_or(FrameRate::whole(FPS));
        let (pictures, samples) = (Scratch::beside(&file, "mkv"), Scratch::beside(&file, "s16"));
        let sound = File::create(&samples.0).map_err(AppError::file(&samples.0, "write it"))?;
        let encoder = encoder(&pictures.0, rate, (width, height)).map_err(|e| missing(file.path(), e))?;
        Ok(Video { file, face, rate, encoder, pictures, sound: BufWriter::new(sound), samples, rgb: Vec::new() })
    }

    /// What ffmpeg said, as one line.
    fn failed(file: &AtomicFile, said: &[u8]) -> AppError {
        let said = String::from_utf8_lossy(said);
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it failed without a word");
        AppError::unexpected(file.path().display().to_string(), "ffmpeg to make a video", last)
    }
}

impl Writer for Video {
    fn rate(&self) -> Option<FrameRate> {
        Some(self.rate)
    }

    fn frame(&mut self, _at: AudioTime, pose: &FacePose) -> Result<(), AppError> {
        self.rgb.clear();
        self.rgb.extend(self.face.draw(pose).rgb().flatten());
        let Some(pipe) = &mut self.encoder.stdin else { return Ok(()) };
        if pipe.write_all(&self.rgb).is_ok() {
            return Ok(());
        }
        self.encoder.stdin = None;
        let mut said = Vec::new();
        if let Some(mut stderr) = self.encoder.stderr.take() {
            _ = io::Read::read_to_end(&mut stderr, &mut said);
        }
        Err(Video::failed(&self.file, &said))
    }

    fn sound(&mut self, samples: &[f32]) -> Result<(), AppError> {
        let quantized = |sample: &f32| ((sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes();
        let bytes: Vec<u8> = samples.iter().flat_map(quantized).collect();
        self.sound.write_all(&bytes).map_err(AppError::file(&self.samples.0, "write it"))
    }

    fn finish(mut self: Box<Self>, _end: AudioTime) -> Result<(), AppError> {
        self.sound.flush().map_err(AppError::file(&self.samples.0, "write it"))?;
        drop(self.encoder.stdin.take());
        let Video { file, encoder, pictures, samples, .. } = *self;
        let run = |child: io::Result<Child>| {
            let output = child.and_then(Child::wait_with_output).map_err(|e| missing(file.path(), e))?;
            if output.status.success() { Ok(()) } else { Err(Video::failed(&file, &output.stderr)) }
        };
        run(Ok(encoder))?;
        run(joiner(&pictures.0, &samples.0, file.temporary()))?;
        file.commit()
    }
}

/// A file that goes with its owner.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(file: &AtomicFile, ending: &str) -> Scratch {
        let mut name = file.temporary().as_os_str().to_owned();
        name.push(format!(".{ending}"));
        Scratch(name.into())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.0);
    }
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    // A full disk is an error at once, and not a film that nobody can open later.
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-xerror"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    // Ctrl-C ends the run, which then ends its video.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Raw pictures on its standard input to an encoded stream.
fn encoder(to: &Path, rate: FrameRate, (width, height): (u32, u32)) -> io::Result<Child> {
    let (size, rate) = (format!("{width}x{height}"), rate.to_string());
    let mut command = ffmpeg();
    command.args([
        "-f",
        "rawvideo",
        "-pixel_format",
        "rgb24",
        "-video_size",
        &size,
        "-framerate",
        &rate,
        "-i",
        "pipe:0",
    ]);
    command.args(["-c:v", "h264", "-pix_fmt", "yuv420p", "-f", "matroska"]).arg(to);
    command.stdin(Stdio::piped()).spawn()
}

/// An encoded stream and raw samples to a video.
fn joiner(pictures: &Path, samples: &Path, to: &Path) -> io::Result<Child> {
    let mut command = ffmpeg();
    command.arg("-i").arg(pictures);
    command.args(["-f", "s16le", "-ar", &SAMPLE_RATE_HZ.to_string(), "-ac", "1", "-i"]).arg(samples);
    command.args(["-c:v", "copy", "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", "-f", "mp4"]).arg(to);
    command.stdin(Stdio::null()).spawn()
}

fn missing(path: &Path, error: io::Error) -> AppError {
    if error.kind() == ErrorKind::NotFound {
        let expected = "the program ffmpeg, which makes videos (`sudo apt install ffmpeg`)";
        return AppError::unexpected(path.display().to_string(), expected, "none");
    }
    AppError::File { path: "ffmpeg".into(), action: "run it", reason: error }
}
