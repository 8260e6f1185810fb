//! Bytes of samples in, 16 kHz mono out: any rate, three formats, several channels, cut anywhere.

use keyface_core::Resampler;

use super::message::{Format, Hello};
use crate::AppError;

/// Reads a stream of samples.
pub struct Pcm {
    format: Format,
    channels: usize,
    /// Bytes of a frame that has not come in whole.
    rest: Vec<u8>,
    mono: Vec<f32>,
    resampler: Resampler,
}

impl Format {
    fn bytes(self) -> usize {
        match self {
            Format::S16le => 2,
            Format::F32le => 4,
            Format::Mulaw => 1,
        }
    }

    fn sample(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Format::S16le, [a, b]) => f32::from(i16::from_le_bytes([*a, *b])) / 32_768.0,
            (Format::F32le, [a, b, c, d]) => f32::from_le_bytes([*a, *b, *c, *d]),
            (Format::Mulaw, [byte]) => mulaw(*byte),
            _ => 0.0,
        }
    }
}

impl Pcm {
    /// For the sound that a hello announces.
    ///
    /// # Errors
    /// When the rate is out of range.
    pub fn new(hello: &Hello) -> Result<Pcm, AppError> {
        let resampler = Resampler::new(hello.rate)?;
        let channels = usize::from(hello.channels.max(1));
        Ok(Pcm { format: hello.format, channels, rest: Vec::new(), mono: Vec::new(), resampler })
    }

    /// Bytes of a second of sound.
    pub fn bytes_a_second(&self) -> usize {
        self.format.bytes() * self.channels * self.resampler.rate_hz() as usize
    }

    /// Takes bytes, any number of them, and appends what they sound like at 16 kHz.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<f32>) {
        let frame = self.format.bytes() * self.channels;
        let whole: Vec<u8> = if self.rest.is_empty() {
            bytes.to_vec()
        } else {
            self.rest.drain(..).chain(bytes.iter().copied()).collect()
        };
        let frames = whole.chunks_exact(frame);
        self.rest.extend_from_slice(frames.remainder());
        let (format, channels) = (self.format, self.channels as f32);
        self.mono.clear();
        self.mono.extend(
            frames.map(|f| f.chunks_exact(format.bytes()).map(|bytes| format.sample(bytes)).sum::<f32>() / channels),
        );
        self.resampler.push(&self.mono, out);
    }

    /// The turn has ended: appends what the filter still holds, and begins anew.
    pub fn end(&mut self, out: &mut Vec<f32>) {
        self.rest.clear();
        self.resampler.flush(out);
    }

    /// Forgets everything that came in.
    pub fn forget(&mut self) {
        self.rest.clear();
        self.resampler.reset();
    }
}

/// G.711: sign, exponent and mantissa, all bits inverted, on a bias of 33 (here scaled to 16 bits: 132).
fn mulaw(byte: u8) -> f32 {
    let bits = !byte;
    let (exponent, mantissa) = ((bits >> 4) & 7, i32::from(bits & 15));
    let size = (((mantissa << 3) + 132) << exponent) - 132;
    (if bits & 0x80 != 0 { -size } else { size }) as f32 / 32_768.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::message::Ask;

    fn pcm(rest: &str) -> Pcm {
        let Ok(Ask::Hello(hello)) = Ask::parse(&format!(r#"{{"type":"hello",{rest}}}"#)) else { panic!("{rest}") };
        Pcm::new(&hello).unwrap()
    }

    fn all(mut pcm: Pcm, bytes: &[u8], block: usize) -> Vec<f32> {
        let mut out = Vec::new();
        bytes.chunks(block).for_each(|piece| pcm.push(piece, &mut out));
        pcm.end(&mut out);
        out
    }

    #[test]
    fn each_format_says_the_same_level() {
        let s16: Vec<u8> = [8_192i16; 100].iter().flat_map(|s| s.to_le_bytes()).collect();
        let f32s: Vec<u8> = [0.25f32; 100].iter().flat_map(|s| s.to_le_bytes()).collect();
        assert_eq!(all(pcm(r#""rate":16000"#), &s16, 7), [0.25; 100]);
        assert_eq!(all(pcm(r#""rate":16000,"format":"f32le""#), &f32s, 3), [0.25; 100]);
        let law = all(pcm(r#""rate":16000,"format":"mulaw""#), &[0xff, 0x7f, 0x80, 0x00, 0x9f], 2);
        // ITU-T G.711, table 2a: zero, minus zero, the largest and the smallest, and a quarter.
        let table = [0.0, 0.0, 32_124.0, -32_124.0, 8_316.0].map(|v: f32| v / 32_768.0);
        assert_eq!(law, table);
    }

    #[test]
    fn channels_are_averaged_and_bytes_may_be_cut_anywhere() {
        let stereo: Vec<u8> =
            [(1_000i16, 3_000i16); 50].iter().flat_map(|(l, r)| [l.to_le_bytes(), r.to_le_bytes()].concat()).collect();
        for block in [1, 3, 200] {
            assert_eq!(all(pcm(r#""rate":16000,"channels":2"#), &stereo, block), [2_000.0 / 32_768.0; 50]);
        }
    }

    #[test]
    fn a_second_stays_a_second_at_any_rate() {
        for rate in [8_000, 22_050, 24_000, 44_100, 48_000] {
            let bytes = vec![0; rate * 2];
            assert_eq!(all(pcm(&format!(r#""rate":{rate}"#)), &bytes, 1_000).len(), 16_000);
        }
    }

    #[test]
    fn what_is_not_finite_becomes_silence() {
        let bytes: Vec<u8> = [f32::NAN, f32::INFINITY, 0.5].iter().flat_map(|s| s.to_le_bytes()).collect();
        assert_eq!(all(pcm(r#""rate":16000,"format":"f32le""#), &bytes, 4), [0.0, 0.0, 0.5]);
    }
}
