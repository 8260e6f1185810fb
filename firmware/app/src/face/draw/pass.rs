//! One painting of an area: shapes from the foremost to the rearmost in, pixels out. What is hidden is not painted.

use super::paint::Paint;
use super::scan::{FULL, Run, Scan};
use super::shape::Laid;
use crate::face::{Area, Canvas};

/// Shorter runs hide too little to be remembered.
const HIDING: u32 = 16;

/// A painting of an area.
#[derive(Default)]
pub struct Pass {
    area: Area,
    scan: Scan,
    /// What is seen of each shape; a shape's runs end where its paint says.
    runs: Vec<Run>,
    paints: Vec<(Paint, usize)>,
    /// Of each row, columns that a shape before hides.
    hidden: Vec<(u32, u32)>,
}

impl Pass {
    /// Begins the painting of an area.
    pub fn begin(&mut self, area: Area) {
        self.area = area;
        self.runs.clear();
        self.paints.clear();
        self.hidden.clear();
        self.hidden.resize(area.height() as usize, (area.left, area.left));
    }

    /// Adds a shape behind all that were added before.
    pub fn add(&mut self, shape: &Laid) {
        let clip = shape.area.cut(&self.area);
        let Some(paint) = shape.paint.filter(|_| !clip.is_empty()) else { return };
        let (top, hides) = (self.area.top, paint.is_opaque());
        let Pass { scan, runs, hidden, .. } = self;
        shape.scan(scan, clip, |run| {
            let hidden = &mut hidden[(run.y - top) as usize];
            let (left, right) = *hidden;
            let parts = [(run.left, run.right.min(left)), (run.left.max(right), run.right)];
            let seen = parts.into_iter().filter(|(left, right)| left < right);
            runs.extend(seen.map(|(left, right)| Run { left, right, ..run }));
            if hides && run.cover == FULL && run.right - run.left >= HIDING {
                *hidden = joined((left, right), (run.left, run.right));
            }
        });
        self.paints.push((paint, self.runs.len()));
    }

    /// Copies the backdrop to where it is seen.
    pub fn restore(&self, canvas: &mut Canvas, backdrop: &Canvas) {
        for (y, (left, right)) in (self.area.top..).zip(&self.hidden) {
            for (left, right) in [(self.area.left, *left), (*right, self.area.right)] {
                canvas.run_mut(y, left..right).copy_from_slice(backdrop.row(y, left, right));
            }
        }
    }

    /// Paints the shapes, from the rearmost to the foremost.
    pub fn paint(&self, canvas: &mut Canvas) {
        let starts = [0].into_iter().chain(self.paints.iter().map(|(_, end)| *end));
        let shapes: Vec<_> = starts.zip(&self.paints).collect();
        for (start, (paint, end)) in shapes.into_iter().rev() {
            for Run { y, left, right, cover } in &self.runs[start..*end] {
                paint.run(canvas.run_mut(*y, *left..*right), *left, *y, *cover);
            }
        }
    }
}

/// Both where they meet, else the longer.
fn joined(a: (u32, u32), b: (u32, u32)) -> (u32, u32) {
    if a.0 <= b.1 && b.0 <= a.1 && a.0 < a.1 {
        return (a.0.min(b.0), a.1.max(b.1));
    }
    if b.1 - b.0 > a.1 - a.0 { b } else { a }
}

#[cfg(test)]
mod tests {
    use tiny_skia::Transform;

    use super::super::brush::{Brush, polygon};
    use super::super::ink::{Fill, Ink};
    use super::*;
    use crate::face::curve::at;

    fn square(left: f32, right: f32, rgb: u32) -> Laid {
        let corners = [at(left, 0.0), at(right, 0.0), at(right, 20.0), at(left, 20.0)];
        Brush::shapes(1.0, |brush| brush.fill(polygon(corners), Fill::Flat(Ink::rgb(rgb))))[0]
            .laid(Transform::identity(), Area::whole(100, 20))
    }

    #[test]
    fn what_is_hidden_is_not_painted_and_what_is_seen_is() {
        let mut pass = Pass::default();
        let mut canvas = Canvas::new(100, 20).unwrap();
        pass.begin(Area::whole(100, 20));
        for (left, right, rgb) in [(20.0, 60.0, 0xFF0000), (40.5, 80.0, 0x00FF00), (10.0, 90.0, 0x0000FF)] {
            pass.add(&square(left, right, rgb));
        }
        let seen: u32 = pass.runs.iter().map(|run| run.right - run.left).sum();
        assert_eq!(seen, 20 * 80);
        pass.restore(&mut canvas, &Canvas::clear(100, 20).unwrap());
        pass.paint(&mut canvas);
        let colors = [5, 15, 30, 50, 70, 85].map(|x| canvas.row(7, x, x + 1)[0]);
        assert_eq!(colors, [0, 0xFF00_00FF, 0xFFFF_0000, 0xFFFF_0000, 0xFF00_FF00, 0xFF00_00FF]);
    }

    #[test]
    fn columns_apart_are_not_joined() {
        assert_eq!(joined((10, 20), (20, 30)), (10, 30));
        assert_eq!(joined((10, 20), (25, 30)), (10, 20));
        assert_eq!(joined((0, 0), (0, 30)), (0, 30));
    }
}
