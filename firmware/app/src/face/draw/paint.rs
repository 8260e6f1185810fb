//! Colours in face units in, pixels of a row out: one colour, or a ramp along a line or outwards from a point.

use tiny_skia::Transform;

use super::ink::{Fill, Ink};
use super::scan::FULL;

/// Opacity of an ink that lets nothing through.
const OPAQUE: f32 = FULL as f32;
/// Pixels that are one colour where a ramp is nearly level, and where it is gentle.
const LONG: usize = 32;
const SHORT: usize = 4;
/// Adding it to a small number leaves the nearest whole number in the lowest bits: loops over pixels become vectors.
const TO_WHOLE: f32 = 8_388_608.0;

/// A fill at its place in a picture. A pixel is 0xAARRGGBB, its colours multiplied by its alpha.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    way: Way,
    /// Red, green, blue and opacity where the way begins, and how far they are from there to its end.
    from: [f32; 4],
    by: [f32; 4],
    /// Neighbouring pixels over which it changes by less than a level.
    even: u32,
}

/// How far along a ramp a pixel is.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Nowhere: there is one colour.
    None,
    /// A sum of its place.
    Straight(Sum),
    /// The distance of two sums from (0, 0).
    Round(Sum, Sum),
}

/// `x * by_x + y * by_y + start`.
#[derive(Clone, Copy, Debug)]
struct Sum {
    by_x: f32,
    by_y: f32,
    start: f32,
}

impl Sum {
    /// What it is in a row at column 0, and by how much it grows with each column.
    fn row(&self, y: u32) -> (f32, f32) {
        (y as f32 * self.by_y + self.start, self.by_x)
    }

    fn at(&self, x: f32, y: u32) -> f32 {
        let (start, by) = self.row(y);
        start + x * by
    }

    /// A face coordinate of pixel middles, counted from `zero` in units of `unit`.
    fn of([by_x, by_y, start]: [f32; 3], zero: f32, unit: f32) -> Sum {
        let unit = if unit.abs() > f32::EPSILON { unit } else { f32::EPSILON };
        Sum { by_x: by_x / unit, by_y: by_y / unit, start: (start + 0.5 * (by_x + by_y) - zero) / unit }
    }
}

impl Way {
    /// How far it goes from one column to the next, at most.
    fn by_column(&self) -> f32 {
        match self {
            Way::None => 0.0,
            Way::Straight(sum) => sum.by_x.abs(),
            Way::Round(u, v) => u.by_x.hypot(v.by_x),
        }
    }
}

impl Paint {
    /// Of a fill under `place`, from face units to pixels; `None` where that has no size.
    pub fn of(fill: &Fill, place: Transform) -> Option<Paint> {
        let back = place.invert()?;
        let (x, y) = ([back.sx, back.kx, back.tx], [back.ky, back.sy, back.ty]);
        let (way, a, b) = match *fill {
            Fill::Flat(ink) => (Way::None, ink, ink),
            Fill::Down(top, a, bottom, b) => (Way::Straight(Sum::of(y, top, bottom - top)), a, b),
            Fill::Round(centre, [radius_x, radius_y], a, b) => {
                (Way::Round(Sum::of(x, centre.x, radius_x), Sum::of(y, centre.y, radius_y)), a, b)
            }
        };
        let (from, to) = (parts(a), parts(b));
        let by: [f32; 4] = std::array::from_fn(|i| to[i] - from[i]);
        let levels = way.by_column() * by.iter().fold(0.0, |most: f32, by| most.max(by.abs()));
        let even = [LONG as u32, SHORT as u32].into_iter().find(|even| levels * (*even as f32) < 1.0).unwrap_or(1);
        Some(Paint { way, from, by, even })
    }

    /// Whether nothing is seen through it.
    pub fn is_opaque(&self) -> bool {
        self.from[3] == OPAQUE && self.by[3] == 0.0
    }

    /// Paints pixels of a row, of which the first is at column `x`.
    pub fn run(&self, pixels: &mut [u32], x: u32, y: u32, cover: u32) {
        if let [pixel] = pixels {
            *pixel = self.one(*pixel, x, y, cover);
            return;
        }
        match &self.way {
            Way::None => self.flat(pixels, cover),
            Way::Straight(sum) => {
                let (start, by) = sum.row(y);
                self.ramp(pixels, x, cover, |x| start + x * by);
            }
            Way::Round(u, v) => {
                let ((u, u_by), (v, v_by)) = (u.row(y), v.row(y));
                self.ramp(pixels, x, cover, |x| round(u + x * u_by, v + x * v_by));
            }
        }
    }

    /// A pixel alone, as most are at edges: no loop is prepared for it.
    fn one(&self, pixel: u32, x: u32, y: u32, cover: u32) -> u32 {
        let is_whole = cover == FULL && self.is_opaque();
        let x = if is_whole { middle(x / self.even, self.even) } else { x as f32 };
        let at = match &self.way {
            Way::None => 0.0,
            Way::Straight(sum) => sum.at(x, y),
            Way::Round(u, v) => round(u.at(x, y), v.at(x, y)),
        };
        let at = at.clamp(0.0, 1.0);
        if is_whole {
            return self.color(at);
        }
        let share = cover as f32 / FULL as f32;
        blend(pixel, self.color(at), whole((self.from[3] + at * self.by[3]) * share))
    }

    fn flat(&self, pixels: &mut [u32], cover: u32) {
        let (color, opacity) = (self.color(0.0), whole(self.from[3] * (cover as f32 / FULL as f32)));
        if opacity == FULL {
            pixels.fill(color);
        } else {
            pixels.iter_mut().for_each(|pixel| *pixel = blend(*pixel, color, opacity));
        }
    }

    fn ramp(&self, pixels: &mut [u32], x: u32, cover: u32, way: impl Fn(f32) -> f32) {
        let way = |x: f32| way(x).clamp(0.0, 1.0);
        if self.is_opaque() && cover == FULL {
            let color = |x: f32| self.color(way(x));
            return match self.even as usize {
                LONG => even::<LONG>(pixels, x, color),
                SHORT => even::<SHORT>(pixels, x, color),
                _ => even::<1>(pixels, x, color),
            };
        }
        let share = cover as f32 / FULL as f32;
        (x as i32..).zip(pixels).for_each(|(x, pixel)| {
            let at = way(x as f32);
            *pixel = blend(*pixel, self.color(at), whole((self.from[3] + at * self.by[3]) * share));
        });
    }

    fn color(&self, at: f32) -> u32 {
        let [r, g, b] = std::array::from_fn(|i| whole(self.from[i] + at * self.by[i]));
        0xFF00_0000 | r << 16 | g << 8 | b
    }
}

fn round(u: f32, v: f32) -> f32 {
    (u * u + v * v).sqrt()
}

/// The middle of a block of `even` pixels, as a column.
fn middle(block: u32, even: u32) -> f32 {
    (block * even) as f32 + 0.5 * (even - 1) as f32
}

/// Colours that are made at one go.
const BATCH: usize = 32;

/// Paints `N` pixels after another in the colour of their middle. Blocks begin at columns that are multiples of `N`,
/// wherever the run begins.
fn even<const N: usize>(pixels: &mut [u32], x: u32, color: impl Fn(f32) -> u32) {
    let color = |block: i32| color((block * N as i32) as f32 + 0.5 * (N as f32 - 1.0));
    let (mut block, lead) = (x as i32 / N as i32, (N - x as usize % N) % N);
    let (lead, rest) = pixels.split_at_mut(lead.min(pixels.len()));
    if !lead.is_empty() {
        lead.fill(color(block));
        block += 1;
    }
    for batch in rest.chunks_mut(N * BATCH) {
        let mut colors = [0; BATCH];
        let count = batch.len().div_ceil(N);
        (block..).zip(&mut colors[..count]).for_each(|(block, made)| *made = color(block));
        batch.chunks_mut(N).zip(colors).for_each(|(pixels, color)| pixels.fill(color));
        block += BATCH as i32;
    }
}

fn parts(ink: Ink) -> [f32; 4] {
    let [r, g, b] = ink.parts();
    [r.into(), g.into(), b.into(), (f32::from(ink.alpha()) * OPAQUE / 255.0).round()]
}

/// The nearest whole number of a small positive one.
fn whole(value: f32) -> u32 {
    (value + TO_WHOLE).to_bits() & 0x1FF
}

/// `opacity` (0 to [`FULL`]) of an opaque colour over a pixel: two channels at a time.
fn blend(under: u32, over: u32, opacity: u32) -> u32 {
    const EVEN: u32 = 0x00FF_00FF;
    let rest = FULL - opacity;
    let even = (over & EVEN) * opacity + (under & EVEN) * rest + 0x0080_0080;
    let odd = (over >> 8 & EVEN) * opacity + (under >> 8 & EVEN) * rest + 0x0080_0080;
    (even >> 8 & EVEN) | (odd & !EVEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::curve::at;

    const RED: Ink = Ink::rgb(0xFF0000);
    const BLUE: Ink = Ink::rgb(0x0000FF);

    fn row(fill: Fill, y: u32, cover: u32) -> Vec<u32> {
        let mut pixels = vec![0xFFFF_FFFF; 5];
        Paint::of(&fill, Transform::identity()).unwrap().run(&mut pixels, 0, y, cover);
        pixels
    }

    #[test]
    fn a_colour_covers_what_it_is_told_to() {
        assert_eq!(row(Fill::Flat(RED), 0, FULL), [0xFFFF_0000; 5]);
        assert_eq!(row(Fill::Flat(RED), 0, 128), [0xFFFF_8080; 5]);
        assert_eq!(row(Fill::Flat(RED.at(0.5)), 0, 128), [0xFFFF_BFBF; 5]);
    }

    #[test]
    fn a_ramp_is_taken_in_the_middle_of_a_pixel_and_ends_at_its_ends() {
        let down = |y: u32| row(Fill::Down(1.0, RED, 3.0, BLUE), y, FULL)[0];
        assert_eq!([0, 1, 2, 3].map(down), [0xFFFF_0000, 0xFFBF_0040, 0xFF40_00BF, 0xFF00_00FF]);
        let round = row(Fill::Round(at(0.5, 0.5), [4.0, 4.0], RED, BLUE), 0, FULL);
        assert_eq!(round, [0xFFFF_0000, 0xFFBF_0040, 0xFF80_0080, 0xFF40_00BF, 0xFF00_00FF]);
    }

    #[test]
    fn an_ellipse_fades_out_over_what_is_there() {
        let glow = Fill::Round(at(0.5, 0.5), [4.0, 2.0], BLUE, BLUE.at(0.0));
        assert_eq!(row(glow, 0, FULL), [0xFF00_00FF, 0xFF40_40FF, 0xFF80_80FF, 0xFFBF_BFFF, 0xFFFF_FFFF]);
        assert_eq!(row(glow, 2, FULL)[0], 0xFFFF_FFFF);
    }

    #[test]
    fn on_nothing_a_half_covered_pixel_is_half_there() {
        let mut pixels = [0];
        Paint::of(&Fill::Flat(RED), Transform::identity()).unwrap().run(&mut pixels, 0, 0, 128);
        assert_eq!(pixels, [0x8080_0000]);
    }

    #[test]
    fn a_pixel_does_not_depend_on_where_its_run_begins() {
        for fill in [Fill::Round(at(3.3, 9.1), [41.7, 39.3], RED, BLUE.at(0.4)), Fill::Down(0.3, BLUE, 17.7, RED)] {
            let paint = Paint::of(&fill, Transform::from_row(1.1, 0.03, -0.03, 1.1, 0.7, 0.2)).unwrap();
            let (mut whole, mut parts) = (vec![0xFF12_3456; 40], vec![0xFF12_3456; 40]);
            paint.run(&mut whole, 100, 7, 200);
            let (left, right) = parts.split_at_mut(13);
            paint.run(left, 100, 7, 200);
            paint.run(right, 113, 7, 200);
            assert_eq!(whole, parts);
        }
    }

    #[test]
    fn a_pixel_alone_is_painted_as_in_a_run() {
        for (fill, cover) in [
            (Fill::Round(at(3.3, 9.1), [3000.0, 2000.0], RED, BLUE), FULL),
            (Fill::Down(0.3, BLUE, 17.7, RED.at(0.3)), 77),
        ] {
            let paint = Paint::of(&fill, Transform::from_row(1.1, 0.03, -0.03, 1.1, 0.7, 0.2)).unwrap();
            let (mut run, mut alone) = (vec![0xFF12_3456; 70], vec![0xFF12_3456; 70]);
            paint.run(&mut run, 5, 7, cover);
            (5..).zip(alone.chunks_mut(1)).for_each(|(x, pixel)| paint.run(pixel, x, 7, cover));
            assert_eq!(run, alone);
        }
    }

    #[test]
    fn a_ramp_without_a_length_shows_its_end() {
        assert_eq!(row(Fill::Down(1.0, RED, 1.0, BLUE), 2, FULL)[0], 0xFF00_00FF);
    }
}
