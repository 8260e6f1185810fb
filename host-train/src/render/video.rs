//! Pictures and their sound in, an `.mp4` out: ffmpeg encodes.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use keyface_core::SAMPLE_RATE_HZ;
use tiny_skia::Pixmap;

/// Writes a film of pictures of one size, `fps` of them to a second of the samples.
///
/// # Errors
/// No ffmpeg, or one that cannot write the file; pictures of other sizes.
pub fn write_video(
    path: &Path,
    fps: u32,
    samples: &[f32],
    mut pictures: impl Iterator<Item = Result<Pixmap>>,
) -> Result<()> {
    let place = || path.display().to_string();
    let first = pictures.next().context("expected pictures, came none")??;
    let size = (first.width(), first.height());
    let sound = Scratch::beside(path);
    let quantized = |sample: &f32| ((sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes();
    std::fs::write(&sound.0, samples.iter().flat_map(quantized).collect::<Vec<u8>>()).with_context(place)?;
    let mut encoder = encoder(path, fps, size, &sound.0)?;
    let mut pipe = encoder.stdin.take().context("expected a pipe to ffmpeg")?;
    for picture in std::iter::once(Ok(first)).chain(pictures) {
        let picture = picture?;
        ensure!((picture.width(), picture.height()) == size, "expected pictures of one size");
        // What it says when it stops early comes below.
        if pipe.write_all(picture.data()).is_err() {
            break;
        }
    }
    drop(pipe);
    let done = encoder.wait_with_output().context("ffmpeg cannot be waited for")?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{}: expected ffmpeg to make a video: {}", path.display(), said.trim());
    Ok(())
}

fn encoder(to: &Path, fps: u32, (width, height): (u32, u32), sound: &Path) -> Result<Child> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-f", "rawvideo", "-pixel_format", "rgba"]);
    command.args(["-video_size", &format!("{width}x{height}"), "-framerate", &fps.to_string(), "-i", "pipe:0"]);
    command.args(["-f", "s16le", "-ar", &SAMPLE_RATE_HZ.to_string(), "-ac", "1", "-i"]).arg(sound);
    command.args(["-c:v", "h264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-f", "mp4"]).arg(to);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    child.map_err(not_run)
}

/// Why ffmpeg was not run.
pub fn not_run(error: std::io::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::NotFound => {
            anyhow::anyhow!(
                "expected the program ffmpeg, which makes and reads videos (`sudo apt install ffmpeg`), found none"
            )
        }
        _ => anyhow::Error::new(error).context("ffmpeg cannot be run"),
    }
}

/// A file that goes with its owner.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(path: &Path) -> Scratch {
        let mut name = path.as_os_str().to_owned();
        name.push(".s16");
        Scratch(name.into())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_without_pictures_is_refused() {
        let error = write_video(Path::new("no.mp4"), 25, &[], std::iter::empty()).unwrap_err();
        assert!(error.to_string().contains("came none"), "{error}");
    }

    #[test]
    fn a_film_is_written_where_ffmpeg_is_and_asked_for_where_it_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mp4");
        let pictures = (0..5).map(|_| Ok(Pixmap::new(32, 32).unwrap()));
        match write_video(&path, 25, &[0.0; 3200], pictures) {
            Ok(()) => assert_eq!(&std::fs::read(&path).unwrap()[4..8], b"ftyp"),
            Err(error) => assert!(error.to_string().contains("install ffmpeg"), "{error}"),
        }
        // The sound beside it is gone.
        assert!(std::fs::read_dir(dir.path()).unwrap().count() <= 1);
    }
}
