//! What every drawing needs: scales, ticks, and paths of SVG. Numbers in, text out.

/// Maps values to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The values at both ends.
    pub values: (f64, f64),
    /// Their pixels.
    pub pixels: (f64, f64),
}

impl Scale {
    /// The pixel of a value; values beyond the ends lie at the ends.
    pub fn at(&self, value: f64) -> f64 {
        let (low, high) = self.values;
        let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }
}

/// A line through points, as the attribute `d` of a path.
pub fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let command = |(n, (x, y))| format!("{}{} {}", if n == 0 { 'M' } else { 'L' }, number(x), number(y));
    points.into_iter().enumerate().map(command).collect()
}

/// The area between points and a base line; empty without points.
pub fn area(points: &[(f64, f64)], base: f64) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let outline = [(first.0, base)].into_iter().chain(points.iter().copied()).chain([(last.0, base)]);
    path(outline) + "Z"
}

/// A pixel, to a tenth.
pub fn number(pixel: f64) -> String {
    let text = format!("{pixel:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// Round values from at most `low` to at least `high`, in about `count` steps of 1, 2 or 5 times a power of ten; two
/// at least.
pub fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let rough = (high - low).max(1e-3) / count as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough * 0.999).unwrap_or(rough);
    let (first, last) = ((low / step + 1e-9).floor() as i64, (high / step - 1e-9).ceil() as i64);
    (first..=last.max(first + 1)).map(|n| n as f64 * step).collect()
}

/// Text that HTML shows as it is.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_may_run_down_and_ends_at_its_ends() {
        let scale = Scale { values: (0.0, 2.0), pixels: (100.0, 0.0) };
        assert_eq!([scale.at(0.5), scale.at(2.0), scale.at(9.0), scale.at(-1.0)], [75.0, 0.0, 0.0, 100.0]);
    }

    #[test]
    fn a_path_moves_once_and_then_draws() {
        assert_eq!(path([(0.0, 10.0), (2.25, 3.0), (4.04, -0.5)]), "M0 10L2.2 3L4 -0.5");
        assert_eq!(path([]), "");
    }

    #[test]
    fn an_area_returns_to_its_base() {
        assert_eq!(area(&[(1.0, 5.0), (2.0, 4.0)], 9.0), "M1 9L1 5L2 4L2 9Z");
        assert_eq!(area(&[], 9.0), "");
    }

    #[test]
    fn ticks_are_round_and_hold_both_ends() {
        let near = |ours: Vec<f64>, all: &[f64]| {
            assert_eq!(ours.len(), all.len(), "{ours:?}");
            assert!(ours.iter().zip(all).all(|(a, b)| (a - b).abs() < 1e-9), "{ours:?}");
        };
        near(ticks(0.0, 120.0, 6), &[0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0]);
        // A step of 0.0275 becomes 0.05.
        near(ticks(0.71, 0.82, 4), &[0.70, 0.75, 0.80, 0.85]);
    }

    #[test]
    fn text_cannot_break_out() {
        assert_eq!(escape("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
