//! The 255 colours of a face's GIF: chosen once from telling pictures, so that still pixels stay still.

use keyface_core::{Channel, FacePose};

use super::{Face, FaceError, nine_shapes};

/// Colours beside the transparent one.
const COLOURS: usize = 255;
/// Side of the pictures that the colours are chosen from: enough for every shade, small enough to be quick.
const SAMPLE_SIDE: u16 = 128;
/// NeuQuant's speed, 1 (best) to 30.
const QUANTISER_SPEED: i32 = 3;

/// A palette and its inverse.
pub struct Palette {
    rgb: Vec<u8>,
    nearest: Vec<u8>,
}

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
        let nearest = (0..1u32 << 15).map(|key| nearest(&rgb, unpacked(key))).collect();
        rgb.extend([0, 0, 0]);
        Palette { rgb, nearest }
    }

    /// Red, green and blue of every index, the transparent one last.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The index of the nearest colour.
    pub fn index(&self, [r, g, b]: [u8; 3]) -> u8 {
        self.nearest[usize::from(r >> 3) << 10 | usize::from(g >> 3) << 5 | usize::from(b >> 3)]
    }
}

/// The nine mouths, and a blink: all that a face can show.
fn sample_pictures() -> Result<Vec<u8>, FaceError> {
    let mut face = Face::new(SAMPLE_SIDE.into(), SAMPLE_SIDE.into())?;
    let mut blink = FacePose::REST;
    blink.set(Channel::EyeBlinkLeft, 1.0);
    blink.set(Channel::EyeBlinkRight, 1.0);
    let poses = nine_shapes().into_iter().map(|shape| shape.pose).chain([blink]);
    Ok(poses.flat_map(|pose| face.draw(&pose).rgb().flat_map(|[r, g, b]| [r, g, b, 255]).collect::<Vec<u8>>()).collect())
}

/// The middle of a cell of 5 bits per colour.
fn unpacked(key: u32) -> [u8; 3] {
    [10, 5, 0].map(|shift| ((key >> shift & 31) << 3) as u8 + 4)
}

fn distance(a: &[u8], b: &[u8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| (i32::from(*a) - i32::from(*b)).pow(2)).sum()
}

fn nearest(rgb: &[u8], colour: [u8; 3]) -> u8 {
    let distances = rgb.chunks_exact(3).map(|entry| distance(entry, &colour)).enumerate();
    distances.min_by_key(|(_, distance)| *distance).map_or(0, |(index, _)| index as u8)
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
        let palette = Palette::of_face().unwrap();
        let mut face = Face::new(200, 160).unwrap();
        let errors: Vec<i32> = face
            .draw(&FacePose::REST)
            .rgb()
            .map(|rgb| distance(&palette.rgb()[3 * usize::from(palette.index(rgb))..][..3], &rgb))
            .collect();
        let mean = f64::from(errors.iter().sum::<i32>()) / errors.len() as f64;
        assert!(mean < 60.0, "mean squared error {mean}");
        assert!(errors.iter().filter(|e| **e > 1500).count() < errors.len() / 200);
    }

    #[test]
    fn no_colour_maps_to_the_transparent_index() {
        let palette = Palette::of_face().unwrap();
        assert!(palette.nearest.iter().all(|index| *index != Palette::TRANSPARENT));
        assert_eq!(palette.rgb().len(), 768);
    }
}
