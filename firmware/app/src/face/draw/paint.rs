//! Colours in face units in, pixels of a row out: one colour, or a ramp along a line or outwards from a point.

use tiny_skia::Transform;

use super::cover::FULL;
use super::ink::{Fill, Ink};
use crate::face::Area;

/// Opacity of an ink that lets nothing through.
const OPAQUE: f32 = 256.0;
/// No ink that fades out lies on what differs from it by more levels.
const CONTRAST: f32 = 128.0;
/// Pixels that are one colour where a ramp is nearly level, and where it is gentle.
const LONG: usize = 32;
const SHORT: usize = 4;
/// Adding it to a small number leaves the nearest whole number in the lowest bits: loops over pixels become vectors.
const TO_WHOLE: f32 = 8_388_608.0;

/// A fill at its place in a picture. A pixel is 0xAARRGGBB, its colours multiplied by its alpha.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paint {
    way: Way,
    /// Red, green, blue and opacity where the way begins, and how far they are from there to its end.
    from: [f32; 4],
    by: [f32; 4],
    /// Neighbouring pixels over which it changes by less than a level.
    even: u32,
}

/// How far along a ramp a pixel is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// Nowhere: there is one colour.
    None,
    /// A sum of its place.
    Straight(Sum),
    /// The distance of two sums from (0, 0).
    Round(Sum, Sum),
}

/// `x * by_x + y * by_y + start`.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// How much farther along one is than the other, at a pixel.
    fn apart(&self, other: &Way, x: f32, y: u32) -> f32 {
        match (self, other) {
            (Way::None, Way::None) => 0.0,
            (Way::Straight(a), Way::Straight(b)) => (a.at(x, y) - b.at(x, y)).abs(),
            (Way::Round(a, b), Way::Round(c, d)) => (a.at(x, y) - c.at(x, y)).hypot(b.at(x, y) - d.at(x, y)),
            _ => f32::INFINITY,
        }
    }

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

    /// By how many levels of 255 another paints pixels of `area` otherwise, at most; infinite where that is not known.
    pub fn levels_apart(&self, other: &Paint, area: Area) -> f32 {
        if (self.from, self.by, self.even) != (other.from, other.by, other.even) {
            return f32::INFINITY;
        }
        let corners =
            [(area.left, area.top), (area.right, area.top), (area.right, area.bottom), (area.left, area.bottom)];
        let apart = corners.map(|(x, y)| self.way.apart(&other.way, x as f32, y)).into_iter().fold(0.0, f32::max);
        apart * self.span()
    }

    /// By how many levels a pixel at its end differs from one at its beginning, at most.
    fn span(&self) -> f32 {
        let [r, g, b, opacity] = self.by.map(f32::abs);
        r.max(g).max(b) + opacity / OPAQUE * CONTRAST
    }

    /// Paints pixels of a row, of which the first is at column `x`.
    pub fn run(&self, pixels: &mut [u32], x: u32, y: u32) {
        match &self.way {
            Way::None => self.flat(pixels),
            Way::Straight(sum) => {
                let (start, by) = sum.row(y);
                self.ramp(pixels, x, |x| start + x * by);
            }
            Way::Round(u, v) => {
                let ((u, u_by), (v, v_by)) = (u.row(y), v.row(y));
                self.ramp(pixels, x, |x| round(u + x * u_by, v + x * v_by));
            }
        }
    }

    /// Paints pixels of a row as far as each is covered, of [`FULL`].
    pub fn edge(&self, pixels: &mut [u32], x: u32, y: u32, covers: &[u8]) {
        match &self.way {
            Way::None => {
                let color = self.color(0.0);
                pixels.iter_mut().zip(covers).for_each(|(pixel, cover)| {
                    *pixel = blend(*pixel, color, whole(self.from[3] * share(*cover)));
                });
            }
            Way::Straight(sum) => {
                let (start, by) = sum.row(y);
                self.blend(pixels, x, covers, |x| start + x * by);
            }
            Way::Round(u, v) => {
                let ((u, u_by), (v, v_by)) = (u.row(y), v.row(y));
                self.blend(pixels, x, covers, |x| round(u + x * u_by, v + x * v_by));
            }
        }
    }

    fn blend(&self, pixels: &mut [u32], x: u32, covers: &[u8], way: impl Fn(f32) -> f32) {
        (x as i32..).zip(pixels).zip(covers).for_each(|((x, pixel), cover)| {
            let at = way(x as f32).clamp(0.0, 1.0);
            *pixel = blend(*pixel, self.color(at), whole((self.from[3] + at * self.by[3]) * share(*cover)));
        });
    }

    fn flat(&self, pixels: &mut [u32]) {
        if self.is_opaque() { pixels.fill(self.color(0.0)) } else { self.ramp(pixels, 0, |_| 0.0) }
    }

    fn ramp(&self, pixels: &mut [u32], x: u32, way: impl Fn(f32) -> f32) {
        let way = |x: f32| way(x).clamp(0.0, 1.0);
        if self.is_opaque() {
            let color = |x: f32| self.color(way(x));
            return match self.even as usize {
                LONG => even::<LONG>(pixels, x, color),
                SHORT => even::<SHORT>(pixels, x, color),
                _ => even::<1>(pixels, x, color),
            };
        }
        (x as i32..).zip(pixels).for_each(|(x, pixel)| *pixel = self.over(*pixel, way(x as f32)));
    }

    /// Its color over a pixel, in numbers of which vectors can be made.
    #[inline]
    fn over(&self, under: u32, at: f32) -> u32 {
        let opacity = (self.from[3] + at * self.by[3]) / OPAQUE;
        let channel = |over: f32, bits: u32| {
            let under = (under >> bits & 0xFF) as i32 as f32;
            (under + (over - under) * opacity + TO_WHOLE).to_bits() & 0xFF
        };
        let [r, g, b] = [0, 1, 2].map(|i| self.from[i] + at * self.by[i]);
        channel(255.0, 24) << 24 | channel(r, 16) << 16 | channel(g, 8) << 8 | channel(b, 0)
    }

    fn color(&self, at: f32) -> u32 {
        let [r, g, b] = std::array::from_fn(|i| whole(self.from[i] + at * self.by[i]));
        0xFF00_0000 | r << 16 | g << 8 | b
    }
}

fn round(u: f32, v: f32) -> f32 {
    (u * u + v * v).sqrt()
}

fn share(cover: u8) -> f32 {
    f32::from(cover) / f32::from(FULL)
}

/// Blocks whose colours are made at one go.
const BATCH: usize = 16;

/// Paints `N` pixels after another in the colour of their middle. Blocks begin at columns that are multiples of `N`,
/// wherever the run begins.
fn even<const N: usize>(pixels: &mut [u32], x: u32, color: impl Fn(f32) -> u32) {
    let color = |block: i32| color((block * N as i32) as f32 + 0.5 * (N as f32 - 1.0));
    let (mut block, lead) = (x as i32 / N as i32, (N - x as usize % N) % N);
    let (lead, rest) = pixels.split_at_mut(lead.min(pixels.len()));
    if !lead.is_empty() {
        paint_all(lead, color(block));
        block += 1;
    }
    let batched = if N < LONG { rest.len() - rest.len() % (N * BATCH) } else { 0 };
    let (batches, rest) = rest.split_at_mut(batched);
    for batch in batches.chunks_exact_mut(N * BATCH) {
        let mut colors = [0; BATCH];
        (block..).zip(&mut colors).for_each(|(block, made)| *made = color(block));
        let (blocks, _) = batch.as_chunks_mut::<N>();
        blocks.iter_mut().zip(colors).for_each(|(pixels, color)| *pixels = [color; N]);
        block += BATCH as i32;
    }
    // Of few blocks each is made by itself.
    (block..).zip(rest.chunks_mut(N)).for_each(|(block, pixels)| paint_all(pixels, color(block)));
}

#[inline]
fn paint_all(pixels: &mut [u32], color: u32) {
    pixels.iter_mut().for_each(|pixel| *pixel = color);
}

fn parts(ink: Ink) -> [f32; 4] {
    let [r, g, b] = ink.parts();
    [r.into(), g.into(), b.into(), (f32::from(ink.alpha()) * OPAQUE / 255.0).round()]
}

/// The nearest whole number of a small positive one.
fn whole(value: f32) -> u32 {
    (value + TO_WHOLE).to_bits() & 0x1FF
}

/// `opacity` (0 to [`OPAQUE`]) of an opaque colour over a pixel: two channels at a time.
fn blend(under: u32, over: u32, opacity: u32) -> u32 {
    const EVEN: u32 = 0x00FF_00FF;
    let rest = OPAQUE as u32 - opacity;
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

    fn row(fill: Fill, y: u32, cover: u8) -> Vec<u32> {
        let mut pixels = vec![0xFFFF_FFFF; 5];
        painted(&Paint::of(&fill, Transform::identity()).unwrap(), &mut pixels, 0, y, cover);
        pixels
    }

    fn painted(paint: &Paint, pixels: &mut [u32], x: u32, y: u32, cover: u8) {
        match cover {
            FULL => paint.run(pixels, x, y),
            _ => paint.edge(pixels, x, y, &vec![cover; pixels.len()]),
        }
    }

    #[test]
    fn a_colour_covers_what_it_is_told_to() {
        assert_eq!(row(Fill::Flat(RED), 0, FULL), [0xFFFF_0000; 5]);
        assert_eq!(row(Fill::Flat(RED), 0, 128), [0xFFFF_7F7F; 5]);
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
        Paint::of(&Fill::Flat(RED), Transform::identity()).unwrap().edge(&mut pixels, 0, 0, &[128]);
        assert_eq!(pixels, [0x8080_0000]);
    }

    #[test]
    fn a_pixel_does_not_depend_on_where_its_run_begins() {
        for fill in [Fill::Round(at(3.3, 9.1), [41.7, 39.3], RED, BLUE.at(0.4)), Fill::Down(0.3, BLUE, 17.7, RED)] {
            let paint = Paint::of(&fill, Transform::from_row(1.1, 0.03, -0.03, 1.1, 0.7, 0.2)).unwrap();
            for cover in [200, FULL] {
                let (mut whole, mut parts) = (vec![0xFF12_3456; 40], vec![0xFF12_3456; 40]);
                painted(&paint, &mut whole, 100, 7, cover);
                let (left, right) = parts.split_at_mut(13);
                painted(&paint, left, 100, 7, cover);
                painted(&paint, right, 113, 7, cover);
                assert_eq!(whole, parts);
            }
        }
    }

    #[test]
    fn a_ramp_without_a_length_shows_its_end() {
        assert_eq!(row(Fill::Down(1.0, RED, 1.0, BLUE), 2, FULL)[0], 0xFF00_00FF);
    }
}
