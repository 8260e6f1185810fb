//! Sound files of any rate in, 16 kHz mono out; 16 kHz mono 16-bit WAV written.

use std::fs::File;
use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};
use keyface_core::{Resampler, SAMPLE_RATE_HZ};
use keyface_sound::decode_audio;

use super::error::{Error, Result};

/// Reads a whole sound file as 16 kHz mono samples in -1..=1.
///
/// # Errors
/// When the file cannot be read, is no sound, or ends before its header says: a clip cut short has wrong labels.
pub fn read(path: &Path) -> Result<Vec<f32>> {
    let file = File::open(path).map_err(Error::io(path))?;
    let name = path.display().to_string();
    let audio = decode_audio(file, &name)?;
    match audio.truncated {
        Some(fault) => Err(Error::unexpected(name, "a whole sound", fault)),
        None => Ok(audio.samples),
    }
}

/// Brings mono samples to 16 kHz; times stay.
///
/// # Errors
/// When the rate is outside what core resamples.
pub fn to_16_khz(samples: Vec<f32>, rate_hz: u32) -> Result<Vec<f32>> {
    if rate_hz == SAMPLE_RATE_HZ {
        return Ok(samples);
    }
    let mut resampler = Resampler::new(rate_hz)?;
    let mut out = Vec::with_capacity(samples.len());
    resampler.push(&samples, &mut out);
    resampler.flush(&mut out);
    Ok(out)
}

/// Writes 16 kHz mono samples as 16-bit WAV; what is beyond full scale is clipped.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, samples: &[f32]) -> Result<()> {
    let spec =
        WavSpec { channels: 1, sample_rate: SAMPLE_RATE_HZ, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let written = WavWriter::create(path, spec).and_then(|mut file| {
        samples.iter().try_for_each(|s| file.write_sample(to_i16(*s)))?;
        file.finalize()
    });
    written.map_err(|e| match e {
        hound::Error::IoError(source) => Error::io(path)(source),
        other => Error::unexpected(path.display().to_string(), "a WAV file", other.to_string()),
    })
}

fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        let samples: Vec<f32> = (0..1_600).map(|n| (n as f32 * 0.05).sin() * 0.5).collect();
        write(&path, &samples).unwrap();
        let back = read(&path).unwrap();
        assert_eq!(back.len(), samples.len());
        assert!(back.iter().zip(&samples).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn resampling_keeps_times() {
        let mut samples = vec![0.0; 22_050];
        samples[11_025] = 1.0;
        let out = to_16_khz(samples, 22_050).unwrap();
        let peak = (0..out.len()).max_by(|a, b| out[*a].abs().total_cmp(&out[*b].abs())).unwrap();
        assert_eq!(out.len(), 16_000);
        assert!(peak.abs_diff(8_000) <= 1, "{peak}");
    }

    #[test]
    fn a_cut_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        write(&path, &vec![0.1; 16_000]).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("expected a whole sound"));
    }
}
