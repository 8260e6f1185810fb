//! Curves of a figure over another, a line for each corpus or model, as SVG.

use super::chart::{Scale, escape, number, path, ticks};

/// A figure over another.
pub struct Curves {
    /// What is measured.
    pub title: String,
    /// Digits that its values are told with.
    pub digits: usize,
    /// What it is over, such as `look-ahead, ms`.
    pub over: &'static str,
    /// Name of each line, and its points: place and value.
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
}

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 36.0;

/// Draws the curves; empty without a point.
pub fn draw(curves: &Curves) -> String {
    let points = || curves.lines.iter().flat_map(|(_, points)| points);
    let (Some(x), Some(y)) = (span(points().map(|p| p.0)), span(points().map(|p| p.1))) else { return String::new() };
    let told_apart = y.0 + 4.0 * 10f64.powi(-(curves.digits as i32));
    let (x_ticks, y_ticks) = (ticks(x.0, x.1, 6), ticks(y.0, y.1.max(told_apart), 4));
    let scale_x = Scale { values: ends(&x_ticks), pixels: (LEFT, WIDTH - RIGHT) };
    let scale_y = Scale { values: ends(&y_ticks), pixels: (HEIGHT - BOTTOM, TOP) };
    let mut svg = String::new();
    for tick in y_ticks {
        let at = number(scale_y.at(tick));
        svg += &format!("<path class=\"grid\" d=\"M{LEFT} {at}H{}\"/>", WIDTH - RIGHT);
        svg += &format!("<text class=\"tick end\" x=\"{}\" y=\"{at}\" dy=\".32em\">", LEFT - 8.0);
        svg += &format!("{tick:.*}</text>\n", curves.digits);
    }
    for tick in x_ticks {
        let (at, y) = (number(scale_x.at(tick)), HEIGHT - BOTTOM + 16.0);
        svg += &format!("<text class=\"tick middle\" x=\"{at}\" y=\"{y}\">{tick:.0}</text>");
    }
    let middle = 0.5 * (LEFT + WIDTH - RIGHT);
    svg += &format!("<text class=\"tick middle\" x=\"{middle}\" y=\"{}\">{}</text>\n", HEIGHT - 4.0, curves.over);
    for (n, (name, points)) in curves.lines.iter().enumerate() {
        svg += &line(n, name, points, (scale_x, scale_y), curves.digits);
    }
    format!(
        "<figure class=\"curve\"><figcaption>{}</figcaption>\n<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n{svg}</svg></figure>\n",
        escape(&curves.title)
    )
}

fn line(n: usize, name: &str, points: &[(f64, f64)], (x, y): (Scale, Scale), digits: usize) -> String {
    let place = |(over, value): &(f64, f64)| (x.at(*over), y.at(*value));
    let dot = |point: &(f64, f64)| {
        let (at_x, at_y) = place(point);
        let told = format!("{}, {:.0}: {:.digits$}", escape(name), point.0, point.1);
        format!("<circle cx=\"{}\" cy=\"{}\" r=\"4\"><title>{told}</title></circle>", number(at_x), number(at_y))
    };
    let dots: String = points.iter().map(dot).collect();
    format!("<g class=\"series s{n}\"><path d=\"{}\"/>{dots}</g>\n", path(points.iter().map(place)))
}

/// The names of the lines with their colours, once for all charts.
pub fn legend(names: &[String]) -> String {
    let entry = |(n, name): (usize, &String)| format!("<span class=\"s{n}\"><i></i>{}</span>", escape(name));
    format!("<p class=\"legend\">{}</p>\n", names.iter().enumerate().map(entry).collect::<String>())
}

/// Smallest and largest; `None` without values that are numbers.
fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|v| v.is_finite()).fold(None, |span, v| {
        let (low, high) = span.unwrap_or((v, v));
        Some((v.min(low), v.max(high)))
    })
}

/// Of ticks, of which there is always one.
fn ends(ticks: &[f64]) -> (f64, f64) {
    (ticks[0], ticks[ticks.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_through_its_points() {
        let points = vec![(0.0, 0.7), (60.0, 0.8), (120.0, 0.75)];
        let svg =
            draw(&Curves { title: "balanced".into(), digits: 2, over: "ms", lines: vec![("rms".into(), points)] });
        // 0..120 ms over pixels 46..346; 0.70..0.80 (steps of 0.05) over pixels 204..14.
        assert!(svg.contains("<path d=\"M46 204L196 14L346 109\"/>"), "{svg}");
        assert!(svg.contains("<title>rms, 60: 0.80</title>"), "{svg}");
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(
            draw(&Curves { title: "a".into(), digits: 1, over: "ms", lines: vec![("b".into(), Vec::new())] }),
            ""
        );
    }
}
