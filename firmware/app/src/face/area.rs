//! A rectangle of pixels.

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
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn area(left: u32, top: u32, right: u32, bottom: u32) -> Area {
        Area { left, top, right, bottom }
    }

    #[test]
    fn a_box_is_surrounded_within_the_picture() {
        let limits = Area::whole(20, 10);
        assert_eq!(Area::around([3.5, 2.0, 5.25, 30.0], limits), area(2, 1, 7, 10));
        assert!(Area::around([-9.0, 2.0, -5.0, 3.0], limits).is_empty());
        assert!(Area::around([30.0, 2.0, 40.0, 3.0], limits).is_empty());
    }
}
