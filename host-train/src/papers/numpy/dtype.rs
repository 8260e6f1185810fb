//! What one element of an array is: kind, width and order of its bytes.

use burn::tensor::f16;

/// A number of numpy's: `b1`, `i1` to `i8`, `u1` to `u8`, `f2`, `f4`, `f8`, of either byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtype {
    kind: Kind,
    width: usize,
    is_big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
}

impl Dtype {
    /// From numpy's name, such as `<f4`, `>i2`, `|u1` or `f8`; `None` for what is no number.
    pub fn parse(name: &str) -> Option<Dtype> {
        let (order, code) = match name.as_bytes().first()? {
            b'<' | b'>' | b'|' | b'=' => name.split_at(1),
            _ => ("=", name),
        };
        let (kind, width) = match code {
            "b1" | "?" => (Kind::Bool, 1),
            "i1" | "i2" | "i4" | "i8" => (Kind::Signed, code[1..].parse().ok()?),
            "u1" | "u2" | "u4" | "u8" => (Kind::Unsigned, code[1..].parse().ok()?),
            "f2" | "f4" | "f8" => (Kind::Float, code[1..].parse().ok()?),
            _ => return None,
        };
        Some(Dtype { kind, width, is_big_endian: order == ">" })
    }

    /// The same number with its bytes in the order that numpy calls `<`, `>`, `=` or `|`.
    pub fn ordered(self, order: &str) -> Dtype {
        Dtype { is_big_endian: order == ">", ..self }
    }

    /// Bytes of an element.
    pub fn width(self) -> usize {
        self.width
    }

    /// An element; whole numbers beyond 2^53 are rounded.
    ///
    /// `bytes` are as many as [`Dtype::width`] says; of fewer, the missing are 0.
    pub fn value(self, bytes: &[u8]) -> f64 {
        let mut wide = [0; 8];
        let count = bytes.len().min(self.width);
        wide[..count].copy_from_slice(&bytes[..count]);
        if self.is_big_endian {
            wide[..self.width].reverse();
        }
        let bits = u64::from_le_bytes(wide);
        match self.kind {
            Kind::Bool => f64::from(u8::from(bits != 0)),
            Kind::Unsigned => bits as f64,
            Kind::Signed => {
                let unused = 64 - 8 * self.width as u32;
                ((bits << unused) as i64 >> unused) as f64
            }
            Kind::Float => match self.width {
                2 => f64::from(f16::from_bits(bits as u16).to_f32()),
                4 => f64::from(f32::from_bits(bits as u32)),
                _ => f64::from_bits(bits),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, bytes: &[u8]) -> f64 {
        Dtype::parse(name).unwrap().value(bytes)
    }

    #[test]
    fn every_number_is_read_in_both_orders() {
        assert_eq!(value("<i2", &[0xfe, 0xff]), -2.0);
        assert_eq!(value(">i2", &[0xff, 0xfe]), -2.0);
        assert_eq!(value("|i1", &[0x80]), -128.0);
        assert_eq!(value("<u4", &[0, 0, 0, 0x80]), 2_147_483_648.0);
        assert_eq!(value(">u8", &[0, 0, 0, 0, 0, 0, 1, 0]), 256.0);
        assert_eq!(value("<f2", &[0x00, 0xc0]), -2.0);
        assert_eq!(value(">f4", &1.5f32.to_be_bytes()), 1.5);
        assert_eq!(value("<f8", &(-0.1f64).to_le_bytes()), -0.1);
        assert_eq!(value("|b1", &[1]), 1.0);
    }

    #[test]
    fn what_is_no_number_has_no_dtype() {
        for name in ["|O", "<U5", "<c8", "V4", "f16", "", "<", "i3"] {
            assert!(Dtype::parse(name).is_none(), "{name}");
        }
    }
}
