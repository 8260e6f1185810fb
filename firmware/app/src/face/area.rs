//! A rectangle of pixels, and what of a picture has changed as a few of them.

/// A rectangle of pixels; `right` and `bottom` are the first outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// First column outside.
    pub right: u32,
    /// First row outside.
    pub bottom: u32,
}

impl Area {
    /// A whole picture.
    pub const fn whole(width: u32, height: u32) -> Area {
        Area { left: 0, top: 0, right: width, bottom: height }
    }

    /// The pixels that a box touches, with a pixel around it, inside `limits`.
    pub(super) fn around([left, top, right, bottom]: [f32; 4], limits: Area) -> Area {
        let low = |v: f32, least: u32, most: u32| ((v - 1.0).max(0.0) as u32).clamp(least, most);
        let high = |v: f32, least: u32, most: u32| ((v + 2.0).max(0.0) as u32).clamp(least, most);
        Area {
            left: low(left, limits.left, limits.right),
            top: low(top, limits.top, limits.bottom),
            right: high(right, limits.left, limits.right),
            bottom: high(bottom, limits.top, limits.bottom),
        }
    }

    /// Columns.
    pub const fn width(&self) -> u32 {
        self.right.saturating_sub(self.left)
    }

    /// Rows.
    pub const fn height(&self) -> u32 {
        self.bottom.saturating_sub(self.top)
    }

    /// Whether no pixel lies in it.
    pub const fn is_empty(&self) -> bool {
        self.width() == 0 || self.height() == 0
    }

    /// The same pixels in areas of at most `rows` rows.
    pub(super) fn bands(self, rows: u32) -> impl Iterator<Item = Area> {
        let tops = (self.top..self.bottom).step_by(rows as usize);
        tops.map(move |top| Area { top, bottom: (top + rows).min(self.bottom), ..self })
    }

    const fn pixels(&self) -> u64 {
        self.width() as u64 * self.height() as u64
    }

    /// What lies in both.
    pub(super) fn cut(&self, other: &Area) -> Area {
        Area {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// The smallest that holds both.
    pub(super) fn with(&self, other: &Area) -> Area {
        Area {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// Two areas become one where that does not add more than this share to them.
const SPARE: f32 = 0.25;

/// A few areas; they may overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Areas(Vec<Area>);

impl Areas {
    /// A whole picture.
    pub fn whole(width: u32, height: u32) -> Areas {
        Areas(vec![Area::whole(width, height)])
    }

    /// Adds an area; areas that lie close become one.
    pub fn add(&mut self, mut area: Area) {
        if area.is_empty() {
            return;
        }
        let is_close =
            |a: &Area, b: &Area| a.with(b).pixels() as f32 <= (1.0 + SPARE) * (a.pixels() + b.pixels()) as f32;
        while let Some(met) = self.0.iter().position(|other| is_close(other, &area)) {
            area = area.with(&self.0.swap_remove(met));
        }
        self.0.push(area);
    }

    /// Adds all of another's.
    pub fn add_all(&mut self, other: &Areas) {
        other.0.iter().for_each(|area| self.add(*area));
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Area> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn area(left: u32, top: u32, right: u32, bottom: u32) -> Area {
        Area { left, top, right, bottom }
    }

    #[test]
    fn areas_that_lie_close_become_one_and_others_stay_apart() {
        let mut areas = Areas::default();
        [area(0, 0, 4, 4), area(10, 10, 12, 12), area(4, 0, 5, 4), area(5, 5, 5, 9)].iter().for_each(|a| areas.add(*a));
        assert_eq!(areas.0, [area(10, 10, 12, 12), area(0, 0, 5, 4)]);
        // It holds both.
        areas.add(area(0, 0, 11, 11));
        assert_eq!(areas.0, [area(0, 0, 12, 12)]);
    }

    #[test]
    fn a_box_is_surrounded_within_the_picture() {
        let limits = Area::whole(20, 10);
        assert_eq!(Area::around([3.5, 2.0, 5.25, 30.0], limits), area(2, 1, 7, 10));
        assert!(Area::around([-9.0, 2.0, -5.0, 3.0], limits).is_empty());
        assert!(Area::around([30.0, 2.0, 40.0, 3.0], limits).is_empty());
    }
}
