//! A panel that hangs turned: the picture is drawn so that it stands upright for the viewer, at no cost.

use tiny_skia::Transform;

/// How far a panel is turned, clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    /// It hangs as it is made.
    #[default]
    Deg0,
    /// Its right edge is below.
    Deg90,
    /// Its top edge is below.
    Deg180,
    /// Its left edge is below.
    Deg270,
}

impl Rotation {
    /// From whole quarters of a turn, in degrees.
    pub const fn from_deg(deg: u32) -> Rotation {
        match deg % 360 / 90 {
            0 => Rotation::Deg0,
            1 => Rotation::Deg90,
            2 => Rotation::Deg180,
            _ => Rotation::Deg270,
        }
    }

    /// From the value of the kernel's `panel orientation`: normal, upside down, left side up, right side up.
    pub const fn from_panel_orientation(value: u64) -> Rotation {
        match value {
            1 => Rotation::Deg180,
            2 => Rotation::Deg90,
            3 => Rotation::Deg270,
            _ => Rotation::Deg0,
        }
    }

    /// Clockwise.
    pub const fn deg(self) -> u32 {
        match self {
            Rotation::Deg0 => 0,
            Rotation::Deg90 => 90,
            Rotation::Deg180 => 180,
            Rotation::Deg270 => 270,
        }
    }

    /// Width and height that the viewer sees of a panel of `width` x `height`.
    pub const fn viewed(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Rotation::Deg0 | Rotation::Deg180 => (width, height),
            Rotation::Deg90 | Rotation::Deg270 => (height, width),
        }
    }

    /// From the viewer's pixels to those of a panel of `width` x `height`.
    pub(super) fn transform(self, width: u32, height: u32) -> Transform {
        let (width, height) = (width as f32, height as f32);
        match self {
            Rotation::Deg0 => Transform::identity(),
            Rotation::Deg90 => Transform::from_row(0.0, -1.0, 1.0, 0.0, 0.0, height),
            Rotation::Deg180 => Transform::from_row(-1.0, 0.0, 0.0, -1.0, width, height),
            Rotation::Deg270 => Transform::from_row(0.0, 1.0, -1.0, 0.0, width, 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the viewer sees: three by two, each pixel a letter.
    const SEEN: [&str; 2] = ["abc", "def"];

    /// The rows of the panel's memory, so that the viewer of the turned panel sees [`SEEN`].
    fn memory(rotation: Rotation) -> Vec<String> {
        let (width, height) = rotation.viewed(3, 2);
        let mut rows = vec![vec![' '; width as usize]; height as usize];
        for (y, row) in SEEN.iter().enumerate() {
            for (x, letter) in row.chars().enumerate() {
                let mut middle = tiny_skia::Point::from_xy(x as f32 + 0.5, y as f32 + 0.5);
                rotation.transform(width, height).map_point(&mut middle);
                rows[middle.y as usize][middle.x as usize] = letter;
            }
        }
        rows.into_iter().map(String::from_iter).collect()
    }

    #[test]
    fn the_viewer_of_a_turned_panel_sees_the_picture_upright() {
        assert_eq!(memory(Rotation::from_deg(0)), ["abc", "def"]);
        // Rotation the page clockwise by the same angle to read each.
        assert_eq!(memory(Rotation::from_deg(90)), ["cf", "be", "ad"]);
        assert_eq!(memory(Rotation::from_deg(180)), ["fed", "cba"]);
        assert_eq!(memory(Rotation::from_deg(270)), ["da", "eb", "fc"]);
    }

    #[test]
    fn a_panel_whose_left_side_is_up_is_turned_clockwise() {
        let of_kernel = [0, 1, 2, 3, u64::MAX].map(|value| Rotation::from_panel_orientation(value).deg());
        assert_eq!(of_kernel, [0, 180, 90, 270, 0]);
        assert!([0, 90, 180, 270].iter().all(|deg| Rotation::from_deg(*deg).deg() == *deg));
    }
}
