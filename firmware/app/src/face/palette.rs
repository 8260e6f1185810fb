//! The 255 colours of a face's GIF: chosen once from telling pictures, so that still pixels stay still.

use keyface_core::{Channel, FacePose};

use super::{Canvas, Face, FaceError, nine_shapes};

/// Colours beside the transparent one.
const COLOURS: usize = 255;
/// Side of the pictures that the colours are chosen from: enough for every shade, small enough to be quick.
const SAMPLE_SIDE: u16 = 128;
/// Side of the pictures whose mouths are cut out.
const NEAR_SIDE: u32 = 400;
/// NeuQuant's speed, 1 (best) to 30.
const QUANTISER_SPEED: i32 = 3;

/// A palette and its inverse.
pub struct Palette {
    rgb: Vec<u8>,
    /// Index of the nearest colour per cell of 6 bits per colour, or [`UNKNOWN`] until it is asked for.
    nearest: Vec<u16>,
}

const UNKNOWN: u16 = u16::MAX;

impl Palette {
    /// The index that no colour uses.
    pub const TRANSPARENT: u8 = COLOURS as u8;

    /// Of the drawn character.
    pub fn of_face() -> Result<Palette, FaceError> {
        let mut pixels = sample_pictures()?;
        let rows = (pixels.len() / (4 * usize::from(SAMPLE_SIDE))) as u16;
        let quantised = gif::Frame::from_rgba_speed(SAMPLE_SIDE, rows, &mut pixels, QUANTISER_SPEED);
        Ok(Palette::new(quantised.palette.unwrap_or_default()))
    }

    fn new(mut rgb: Vec<u8>) -> Palette {
        while rgb.len() > 3 * COLOURS {
            drop_one_of_the_nearest_two(&mut rgb);
        }
        rgb.resize(3 * COLOURS, 0);
        rgb.extend([0, 0, 0]);
        Palette { rgb, nearest: vec![UNKNOWN; 1 << 18] }
    }

    /// Red, green and blue of every index, the transparent one last.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The index of the nearest colour.
    pub fn index(&mut self, [r, g, b]: [u8; 3]) -> u8 {
        let cell = &mut self.nearest[usize::from(r >> 2) << 12 | usize::from(g >> 2) << 6 | usize::from(b >> 2)];
        if *cell == UNKNOWN {
            *cell = nearest(&self.rgb[..3 * COLOURS], [r, g, b].map(|c| c & !3 | 2));
        }
        *cell as u8
    }
}

/// The nine mouths, whole and near, and a blink: all that a face can show.
fn sample_pictures() -> Result<Vec<u8>, FaceError> {
    let side = u32::from(SAMPLE_SIDE);
    let (mut whole, mut near) = (Face::new(side, side)?, Face::new(NEAR_SIDE, NEAR_SIDE)?);
    let mut blink = FacePose::REST;
    blink.set(Channel::EyeBlinkLeft, 1.0);
    blink.set(Channel::EyeBlinkRight, 1.0);
    let mut pixels = rgba(whole.draw(&blink).rgb());
    for pose in nine_shapes().map(|shape| shape.pose) {
        pixels.extend(rgba(whole.draw(&pose).rgb()));
        pixels.extend(rgba(mouth_of(near.draw(&pose))));
    }
    Ok(pixels)
}

fn rgba(rgb: impl Iterator<Item = [u8; 3]>) -> Vec<u8> {
    rgb.flat_map(|[r, g, b]| [r, g, b, 255]).collect()
}

/// The square of [`SAMPLE_SIDE`] around the mouth in a picture of [`NEAR_SIDE`]: few pixels of a face are lips and
/// tongue, but they are looked at most.
fn mouth_of(canvas: &Canvas) -> impl Iterator<Item = [u8; 3]> + '_ {
    let (left, top, side) = (NEAR_SIDE / 2 - 64, NEAR_SIDE * 3 / 5, u32::from(SAMPLE_SIDE));
    let inside =
        move |i: u32| (left..left + side).contains(&(i % NEAR_SIDE)) && (top..top + side).contains(&(i / NEAR_SIDE));
    canvas.rgb().zip(0..).filter(move |(_, i)| inside(*i)).map(|(rgb, _)| rgb)
}

fn distance(a: &[u8], b: &[u8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| (i32::from(*a) - i32::from(*b)).pow(2)).sum()
}

fn nearest(rgb: &[u8], colour: [u8; 3]) -> u16 {
    let distances = rgb.chunks_exact(3).map(|entry| distance(entry, &colour)).enumerate();
    distances.min_by_key(|(_, distance)| *distance).map_or(0, |(index, _)| index as u16)
}

fn drop_one_of_the_nearest_two(rgb: &mut Vec<u8>) {
    let entry = |i: usize| &rgb[3 * i..3 * i + 3];
    let pairs = (0..rgb.len() / 3).flat_map(|i| (0..i).map(move |j| (i, j)));
    if let Some((i, _)) = pairs.min_by_key(|(i, j)| distance(entry(*i), entry(*j))) {
        rgb.drain(3 * i..3 * i + 3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_of_a_face_has_a_near_one() {
        let mut palette = Palette::of_face().unwrap();
        let mut face = Face::new(200, 160).unwrap();
        let errors: Vec<i32> = face
            .draw(&FacePose::REST)
            .rgb()
            .map(|rgb| {
                let index = usize::from(palette.index(rgb));
                distance(&palette.rgb()[3 * index..3 * index + 3], &rgb)
            })
            .collect();
        let mean = f64::from(errors.iter().sum::<i32>()) / errors.len() as f64;
        assert!(mean < 60.0, "mean squared error {mean}");
        assert!(errors.iter().filter(|e| **e > 1500).count() < errors.len() / 200);
    }

    #[test]
    fn no_colour_maps_to_the_transparent_index() {
        let mut palette = Palette::of_face().unwrap();
        let grey = |level: u8| palette.index([level; 3]);
        assert!((0..=255).map(grey).all(|index| index != Palette::TRANSPARENT));
        assert_eq!(palette.rgb().len(), 768);
    }
}
