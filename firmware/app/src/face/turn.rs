//! A panel that hangs turned: the picture is drawn so that it stands upright for the viewer, at no cost.

use tiny_skia::Transform;

/// How far a panel is turned, clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// As it is made.
    #[default]
    Upright,
    /// Its right edge is below.
    Right,
    /// Its top edge is below.
    Over,
    /// Its left edge is below.
    Left,
}

impl Turn {
    /// From whole quarters of a turn, in degrees.
    pub const fn from_deg(deg: u32) -> Turn {
        match deg % 360 / 90 {
            0 => Turn::Upright,
            1 => Turn::Right,
            2 => Turn::Over,
            _ => Turn::Left,
        }
    }

    /// Width and height that the viewer sees of a panel of `width` x `height`.
    pub const fn viewed(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Turn::Upright | Turn::Over => (width, height),
            Turn::Right | Turn::Left => (height, width),
        }
    }

    /// From the viewer's pixels to those of a panel of `width` x `height`.
    pub(super) fn transform(self, width: u32, height: u32) -> Transform {
        let (width, height) = (width as f32, height as f32);
        match self {
            Turn::Upright => Transform::identity(),
            Turn::Right => Transform::from_row(0.0, -1.0, 1.0, 0.0, 0.0, height),
            Turn::Over => Transform::from_row(-1.0, 0.0, 0.0, -1.0, width, height),
            Turn::Left => Transform::from_row(0.0, 1.0, -1.0, 0.0, width, 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the viewer sees: three by two, each pixel a letter.
    const SEEN: [&str; 2] = ["abc", "def"];

    /// The rows of the panel's memory, so that the viewer of the turned panel sees [`SEEN`].
    fn memory(turn: Turn) -> Vec<String> {
        let (width, height) = turn.viewed(3, 2);
        let mut rows = vec![vec![' '; width as usize]; height as usize];
        for (y, row) in SEEN.iter().enumerate() {
            for (x, letter) in row.chars().enumerate() {
                let mut middle = tiny_skia::Point::from_xy(x as f32 + 0.5, y as f32 + 0.5);
                turn.transform(width, height).map_point(&mut middle);
                rows[middle.y as usize][middle.x as usize] = letter;
            }
        }
        rows.into_iter().map(String::from_iter).collect()
    }

    #[test]
    fn the_viewer_of_a_turned_panel_sees_the_picture_upright() {
        assert_eq!(memory(Turn::from_deg(0)), ["abc", "def"]);
        // Turn the page clockwise by the same angle to read each.
        assert_eq!(memory(Turn::from_deg(90)), ["cf", "be", "ad"]);
        assert_eq!(memory(Turn::from_deg(180)), ["fed", "cba"]);
        assert_eq!(memory(Turn::from_deg(270)), ["da", "eb", "fc"]);
    }
}
