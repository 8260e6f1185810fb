//! Motions in, pictures for the eye out: what each motion looks like, and where it differs from the first.

use embedded_graphics::mono_font::ascii::{FONT_7X13, FONT_7X13_BOLD};
use embedded_graphics::text::Alignment;
use keyface_core::Motion;
use tiny_skia::Pixmap;

use super::body::V3;
use super::head::{Head, posed};
use super::raster::render;
use super::view::View;
use crate::plot::canvas::{Canvas, Rgba};

const PAPER: Rgba = [252, 252, 250, 255];
const TEXT: Rgba = [44, 48, 58, 255];
const LEFT: u32 = 128;
const TOP: u32 = 24;
const GAP: u32 = 4;
/// A smaller picture is shown larger.
const LEAST_SHOWN: usize = 96;
/// A pixel that is off by this share of white has the hottest colour.
const HOTTEST: f64 = 0.5;

/// A head before a camera.
pub struct Screen {
    head: Head,
    moves: Vec<Vec<V3>>,
    view: View,
}

/// A motion under its name: one pose for each column of a strip.
pub struct Row {
    /// Whose motion it is.
    pub name: String,
    /// Its poses.
    pub poses: Vec<Motion>,
}

impl Screen {
    /// Shows a head in a view.
    pub fn new(head: Head, view: View) -> Screen {
        Screen { moves: head.motion_moves(), head, view }
    }

    /// Draws rows of pictures under the columns' labels; below all rows but the first, their difference from it.
    ///
    /// Rows are as long as `labels`. `None` when there is nothing to draw or it is too large for memory.
    pub fn strip(&self, labels: &[String], rows: &[Row]) -> Option<Pixmap> {
        let (first, others) = rows.split_first()?;
        let zoom = LEAST_SHOWN.div_ceil(self.view.size).max(1) as u32;
        let step = self.view.size as u32 * zoom + GAP;
        // Encoders of video want even sides.
        let even = |pixels: u32| pixels.next_multiple_of(2);
        let (width, height) = (LEFT + step * labels.len() as u32, TOP + step * (2 * rows.len() - 1) as u32);
        let mut strip = Strip { canvas: Canvas::new(even(width), even(height), PAPER)?, zoom, step };
        for (column, label) in labels.iter().enumerate() {
            strip.label(column, label);
        }
        let truth = self.row(first);
        strip.row(0, &first.name, truth.iter().map(|picture| self.inks(picture, grey)));
        for (number, row) in others.iter().enumerate() {
            let shown = self.row(row);
            strip.row(2 * number + 1, &row.name, shown.iter().map(|picture| self.inks(picture, grey)));
            let off = truth.iter().zip(&shown).map(|(a, b)| difference(a, b));
            strip.row(2 * number + 2, "difference", off.map(|picture| self.inks(&picture, heat)));
        }
        (!labels.is_empty()).then(|| strip.canvas.finish())
    }

    fn row(&self, row: &Row) -> Vec<Vec<f64>> {
        let picture = |pose: &Motion| {
            let points = posed(&self.head.rest, &self.moves, &pose.0.map(f64::from));
            render(&self.head.mesh, &points, &self.view).image
        };
        row.poses.iter().map(picture).collect()
    }

    fn inks(&self, picture: &[f64], ink: fn(f64) -> [u8; 3]) -> Picture {
        Picture { width: self.view.size, inks: picture.iter().map(|x| ink(*x)).collect() }
    }
}

struct Picture {
    width: usize,
    inks: Vec<[u8; 3]>,
}

/// Rows and columns of pictures on paper.
struct Strip {
    canvas: Canvas,
    zoom: u32,
    step: u32,
}

impl Strip {
    fn label(&mut self, column: usize, label: &str) {
        let x = LEFT as f32 + (column as f32 + 0.5) * self.step as f32;
        self.canvas.text(label, (x, 0.5 * TOP as f32), Alignment::Center, &FONT_7X13_BOLD, TEXT);
    }

    fn row(&mut self, row: usize, name: &str, pictures: impl Iterator<Item = Picture>) {
        let top = TOP + row as u32 * self.step;
        let middle = top as f32 + 0.5 * self.step as f32;
        self.canvas.text(name, (LEFT as f32 - 8.0, middle), Alignment::Right, &FONT_7X13, TEXT);
        for (column, picture) in (0..).zip(pictures) {
            self.canvas.picture((LEFT + column * self.step, top), picture.width, self.zoom, &picture.inks);
        }
    }
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).collect()
}

fn grey(light: f64) -> [u8; 3] {
    [byte(light); 3]
}

/// Black, red, yellow, white.
fn heat(off: f64) -> [u8; 3] {
    [0.0, 1.0, 2.0].map(|cooler| byte(3.0 * off / HOTTEST - cooler))
}

fn byte(share: f64) -> u8 {
    (255.0 * share.clamp(0.0, 1.0)).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Crop;
    use keyface_core::MotionChannel;

    fn row(name: &str, jaw: f32) -> Row {
        let mut pose = Motion::REST;
        pose[MotionChannel::JawOpen] = jaw;
        Row { name: name.to_owned(), poses: vec![pose] }
    }

    /// Pixels of a colour that only heat has.
    fn hot(picture: &Pixmap) -> usize {
        picture.pixels().iter().filter(|p| p.red() > 128 && p.blue() == 0).count()
    }

    #[test]
    fn a_strip_is_hot_where_a_motion_differs_and_nowhere_else() {
        let head = Head::own().around_mouth();
        let view = View::plain(&head, Crop::Mouth, 48);
        let screen = Screen::new(head, view);
        let strip = |jaw| screen.strip(&["AA".into()], &[row("truth", 0.4), row("model", jaw)]).unwrap();
        assert_eq!(hot(&strip(0.4)), 0);
        assert!(hot(&strip(0.1)) > 200, "{}", hot(&strip(0.1)));
        assert_eq!((strip(0.4).width() % 2, strip(0.4).height() % 2), (0, 0));
    }

    #[test]
    fn no_column_makes_no_strip() {
        let head = Head::own().around_mouth();
        let view = View::plain(&head, Crop::Mouth, 48);
        assert!(Screen::new(head, view).strip(&[], &[Row { name: "truth".into(), poses: Vec::new() }]).is_none());
    }
}
