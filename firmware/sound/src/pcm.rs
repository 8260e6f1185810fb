//! Bytes of plain samples in, numbers of -1..=1 out.

/// How one sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes around 128.
    U8,
    S8,
    /// Signed, of 2, 3 or 4 bytes. Fewer bits lie at the top of theirs.
    Signed {
        bytes: usize,
        is_big: bool,
    },
    Float32 {
        is_big: bool,
    },
    Float64 {
        is_big: bool,
    },
    Mulaw,
    Alaw,
}

impl Encoding {
    /// Bytes of one sample.
    pub fn bytes(self) -> usize {
        match self {
            Encoding::U8 | Encoding::S8 | Encoding::Mulaw | Encoding::Alaw => 1,
            Encoding::Signed { bytes, .. } => bytes,
            Encoding::Float32 { .. } => 4,
            Encoding::Float64 { .. } => 8,
        }
    }

    /// Appends the samples of `bytes`; what is no whole sample at the end is left out.
    pub fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            Encoding::U8 => out.extend(bytes.iter().map(|b| (f32::from(*b) - 128.0) / 128.0)),
            Encoding::S8 => out.extend(bytes.iter().map(|b| f32::from(*b as i8) / 128.0)),
            Encoding::Mulaw => out.extend(bytes.iter().map(|b| mulaw(*b))),
            Encoding::Alaw => out.extend(bytes.iter().map(|b| alaw(*b))),
            Encoding::Signed { bytes: width, is_big } => {
                out.extend(bytes.chunks_exact(width).map(|sample| signed(sample, is_big)));
            }
            Encoding::Float32 { is_big } => out.extend(bytes.as_chunks().0.iter().map(|b| match is_big {
                true => f32::from_be_bytes(*b),
                false => f32::from_le_bytes(*b),
            })),
            Encoding::Float64 { is_big } => out.extend(bytes.as_chunks().0.iter().map(|b| match is_big {
                true => f64::from_be_bytes(*b) as f32,
                false => f64::from_le_bytes(*b) as f32,
            })),
        }
    }
}

/// At most four bytes, brought to the top of 32 bits.
fn signed(sample: &[u8], is_big: bool) -> f32 {
    let mut top = [0; 4];
    let width = sample.len().min(4);
    top[4 - width..].copy_from_slice(&sample[..width]);
    if is_big {
        top[4 - width..].reverse();
    }
    i32::from_le_bytes(top) as f32 / 2_147_483_648.0
}

/// ITU-T G.711.
fn mulaw(byte: u8) -> f32 {
    let bits = !byte;
    let magnitude = (((i32::from(bits & 0x0f) << 3) + 0x84) << (bits >> 4 & 7)) - 0x84;
    (if bits & 0x80 == 0 { magnitude } else { -magnitude }) as f32 / 32_768.0
}

/// ITU-T G.711.
fn alaw(byte: u8) -> f32 {
    let bits = byte ^ 0x55;
    let (step, exponent) = (i32::from(bits & 0x0f) << 4, bits >> 4 & 7);
    let magnitude = if exponent == 0 { step + 8 } else { (step + 0x108) << (exponent - 1) };
    (if bits & 0x80 != 0 { magnitude } else { -magnitude }) as f32 / 32_768.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoding: Encoding, bytes: &[u8]) -> Vec<f32> {
        let mut out = Vec::new();
        encoding.decode(bytes, &mut out);
        out
    }

    #[test]
    fn every_width_and_order_gives_the_same_numbers() {
        let signed = |bytes, is_big| Encoding::Signed { bytes, is_big };
        assert_eq!(decoded(Encoding::U8, &[128, 192, 0]), [0.0, 0.5, -1.0]);
        assert_eq!(decoded(Encoding::S8, &[0, 64, 0x80]), [0.0, 0.5, -1.0]);
        assert_eq!(decoded(signed(2, false), &[0, 0x40, 0, 0x80, 7]), [0.5, -1.0]);
        assert_eq!(decoded(signed(2, true), &[0x40, 0, 0x80, 0]), [0.5, -1.0]);
        assert_eq!(decoded(signed(3, false), &[0, 0, 0x40]), [0.5]);
        assert_eq!(decoded(signed(3, true), &[0xc0, 0, 0]), [-0.5]);
        assert_eq!(decoded(signed(4, true), &[0x40, 0, 0, 0]), [0.5]);
        assert_eq!(decoded(Encoding::Float32 { is_big: true }, &0.25f32.to_be_bytes()), [0.25]);
        assert_eq!(decoded(Encoding::Float64 { is_big: false }, &0.25f64.to_le_bytes()), [0.25]);
    }

    #[test]
    fn the_telephones_laws_give_the_numbers_of_g_711() {
        assert_eq!(
            decoded(Encoding::Mulaw, &[0xff, 0x7f, 0x00, 0x80]),
            [0.0, -0.0, -32_124.0 / 32_768.0, 32_124.0 / 32_768.0]
        );
        assert_eq!(
            decoded(Encoding::Alaw, &[0xd5, 0x55, 0x2a, 0xaa]),
            [8.0 / 32_768.0, -8.0 / 32_768.0, -32_256.0 / 32_768.0, 32_256.0 / 32_768.0]
        );
    }
}
