//! Colours, and how a shape is filled with them.

use crate::face::curve::Point;

/// A colour with its opacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    rgb: u32,
    opacity: f32,
}

impl Ink {
    /// From 0xRRGGBB, opaque.
    pub const fn rgb(rgb: u32) -> Ink {
        Ink { rgb, opacity: 1.0 }
    }

    /// The same colour, `opacity` (0..=1) of it.
    pub const fn at(self, opacity: f32) -> Ink {
        Ink { opacity, ..self }
    }

    /// Red, green and blue.
    pub const fn parts(self) -> [u8; 3] {
        let [_, r, g, b] = self.rgb.to_be_bytes();
        [r, g, b]
    }

    /// Opacity as a byte.
    pub fn alpha(self) -> u8 {
        (self.opacity.clamp(0.0, 1.0) * 255.0) as u8
    }
}

/// How a shape is filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    /// One colour.
    Flat(Ink),
    /// From the first height to the second.
    Down(f32, Ink, f32, Ink),
    /// From a centre outwards to an ellipse of these radii.
    Round(Point, [f32; 2], Ink, Ink),
}

impl Fill {
    /// Whether nothing is left of it at its end: what it fills has no edge that is seen.
    pub fn fades_out(&self) -> bool {
        matches!(self, Fill::Round(_, _, _, end) if end.opacity == 0.0)
    }
}
