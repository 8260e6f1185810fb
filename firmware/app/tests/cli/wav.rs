//! Samples in, WAV files out; and a clip of speech to put into them.

use std::f64::consts::PI;
use std::fs;

use crate::util::MODELS;

/// Rate of the clip.
pub const CLIP_HZ: u32 = 16_000;
/// Length of the clip.
pub const CLIP_S: usize = 3;
/// Bytes before the samples of the demo's WAV.
const HEADER_BYTES: usize = 44;
/// Lobes of the interpolating sinc on each side.
const LOBES: isize = 24;

/// How a WAV holds its samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Bits8,
    Bits16,
    Bits24,
    Float32,
}

/// The start of the demo's voice.
pub fn clip() -> Vec<f32> {
    let bytes = fs::read(format!("{MODELS}/live/demo.wav")).unwrap();
    let samples = bytes[HEADER_BYTES..].chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0);
    samples.take(CLIP_S * CLIP_HZ as usize).collect()
}

/// The same samples as raw 16-bit bytes.
pub fn raw(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|sample| encode(*sample, Form::Bits16)).collect()
}

/// The clip as a plain WAV.
pub fn clip_wav() -> Vec<u8> {
    wav(&clip(), CLIP_HZ, 1, Form::Bits16)
}

/// A WAV whose channels all hold the same samples.
pub fn wav(mono: &[f32], rate_hz: u32, channels: u16, form: Form) -> Vec<u8> {
    let each = |sample: &f32| encode(*sample, form).repeat(channels.into());
    let data: Vec<u8> = mono.iter().flat_map(each).collect();
    let width = encode(0.0, form).len() as u16;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0");
    bytes.extend((if form == Form::Float32 { 3u16 } else { 1 }).to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate_hz.to_le_bytes());
    bytes.extend((rate_hz * u32::from(channels * width)).to_le_bytes());
    bytes.extend((channels * width).to_le_bytes());
    bytes.extend((8 * width).to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

fn encode(sample: f32, form: Form) -> Vec<u8> {
    match form {
        Form::Bits8 => vec![(sample * 128.0 + 128.0).round().clamp(0.0, 255.0) as u8],
        Form::Bits16 => ((sample * 32_768.0).round() as i16).to_le_bytes().to_vec(),
        Form::Bits24 => ((sample * 8_388_608.0).round() as i32).to_le_bytes()[..3].to_vec(),
        Form::Float32 => sample.to_le_bytes().to_vec(),
    }
}

/// The clip at another rate, through a windowed sinc.
pub fn at_rate(samples: &[f32], rate_hz: u32) -> Vec<f32> {
    let (from, to) = (f64::from(CLIP_HZ), f64::from(rate_hz));
    let cutoff = (to / from).min(1.0);
    let reach = (LOBES as f64 / cutoff) as isize;
    let value = |n: usize| {
        let time = n as f64 * from / to;
        let near = (time as isize - reach).max(0)..=(time as isize + reach).min(samples.len() as isize - 1);
        near.map(|k| f64::from(samples[k as usize]) * kernel(time - k as f64, cutoff, reach as f64)).sum::<f64>() as f32
    };
    (0..(samples.len() as f64 * to / from) as usize).map(value).collect()
}

fn kernel(distance: f64, cutoff: f64, reach: f64) -> f64 {
    let turn = PI * cutoff * distance;
    let sinc = if turn == 0.0 { 1.0 } else { turn.sin() / turn };
    let window = (PI / 2.0 * distance / (reach + 1.0)).cos().powi(2);
    cutoff * sinc * window
}
