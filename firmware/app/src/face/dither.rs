//! From 24 bits of colour to 16: an ordered pattern (Bayer 1973) keeps soft shades soft, and stands still.

use embedded_graphics::pixelcolor::{Rgb888, RgbColor};

/// Which of sixteen thresholds a pixel of a 4 x 4 tile has.
const BAYER: [[u8; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];

/// The level of a channel's value under each threshold.
type Levels = [[u8; 256]; 16];

static FIVE_BITS: Levels = levels(31);
static SIX_BITS: Levels = levels(63);

/// Levels 0..=`most`: over a tile they average to the value, black and white stay as they are.
const fn levels(most: u32) -> Levels {
    let mut levels = [[0; 256]; 16];
    let mut at = 0;
    while at < 16 * 256 {
        let (threshold, value) = ((at / 256) as u32, (at % 256) as u32);
        levels[at / 256][at % 256] = ((value * most * 32 + (2 * threshold + 1) * 255) / (255 * 32)) as u8;
        at += 1;
    }
    levels
}

fn threshold(x: u32, y: u32) -> usize {
    BAYER[y as usize % 4][x as usize % 4] as usize
}

/// Five bits of red, six of green, five of blue, for a pixel at (`x`, `y`).
pub(super) fn rgb565(color: Rgb888, x: u32, y: u32) -> u16 {
    let (five, six) = (&FIVE_BITS[threshold(x, y)], &SIX_BITS[threshold(x, y)]);
    let [r, g, b] = [five[color.r() as usize], six[color.g() as usize], five[color.b() as usize]].map(u16::from);
    r << 11 | g << 5 | b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_averages_to_its_colour() {
        for value in 0..=255u8 {
            let tile: u32 = (0..16).map(|i| u32::from(rgb565(Rgb888::new(value, 0, 0), i % 4, i / 4) >> 11)).sum();
            let shown = f64::from(tile) / 16.0 * 255.0 / 31.0;
            assert!((shown - f64::from(value)).abs() <= 0.3, "{value} is shown as {shown}");
        }
    }

    #[test]
    fn black_and_white_have_no_pattern() {
        for i in 0..16 {
            assert_eq!(rgb565(Rgb888::BLACK, i % 4, i / 4), 0);
            assert_eq!(rgb565(Rgb888::WHITE, i % 4, i / 4), 0xFFFF);
        }
    }

    #[test]
    fn a_shade_between_two_levels_is_a_pattern_of_both() {
        let rows: Vec<String> = (0..4)
            .map(|y| (0..4).map(|x| if rgb565(Rgb888::new(0, 0, 12), x, y) == 2 { '#' } else { '.' }).collect())
            .collect();
        assert_eq!(rows, ["...#", "#.#.", ".#.#", "#.#."]);
    }
}
