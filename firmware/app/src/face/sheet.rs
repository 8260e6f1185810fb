//! A contact sheet: one labelled picture per pose, in a grid.

use embedded_graphics::Drawable;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_9X15_BOLD;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::DrawTarget;
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::{Alignment, Baseline, Text};
use keyface_core::FacePose;

use super::{Canvas, Face, FaceError};

/// Side of a picture on a sheet of few, and on a sheet of many.
const LARGE: u32 = 232;
const SMALL: u32 = 168;
/// From this many pictures on they are small.
const MANY: usize = 13;
/// Height of a label's strip and width of the gaps.
const LABEL: u32 = 24;
const GAP: u32 = 8;

const PAPER: Rgb888 = Rgb888::new(0xFF, 0xFB, 0xF5);
const TEXT: Rgb888 = Rgb888::new(0x35, 0x21, 0x4D);

/// Draws every pose with its label under it.
///
/// # Errors
/// [`FaceError::Size`] without any shots or with thousands: then no such picture can be made.
pub fn contact_sheet(shots: &[(String, FacePose)]) -> Result<Canvas, FaceError> {
    let side = if shots.len() < MANY { LARGE } else { SMALL };
    let columns = (shots.len() as f64).sqrt().ceil() as u32;
    let rows = (shots.len() as u32).div_ceil(columns.max(1));
    let cell = Size::new(side + GAP, side + LABEL);
    let mut sheet = Canvas::new(columns * cell.width + GAP, rows * cell.height + GAP)?;
    let Ok(()) = sheet.fill_solid(&Rectangle::new(Point::zero(), sheet.size()), PAPER);
    let mut face = Face::new(side, side)?;
    for (index, (label, pose)) in shots.iter().enumerate() {
        let (column, row) = (index as u32 % columns, index as u32 / columns);
        let (left, top) = (GAP + column * cell.width, GAP + row * cell.height);
        sheet.paste(face.draw(pose), left, top);
        write(&mut sheet, label, Point::new((left + side / 2) as i32, (top + side + LABEL / 2 - 1) as i32));
    }
    Ok(sheet)
}

fn write(sheet: &mut Canvas, label: &str, middle: Point) {
    let style = MonoTextStyle::new(&FONT_9X15_BOLD, TEXT);
    let text_style = embedded_graphics::text::TextStyleBuilder::new()
        .alignment(Alignment::Center)
        .baseline(Baseline::Middle)
        .build();
    let Ok(_) = Text::with_text_style(label, middle, style, text_style).draw(sheet);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_holds_every_shot() {
        let shots = vec![("rest".to_owned(), FacePose::REST); 10];
        let sheet = contact_sheet(&shots).unwrap();
        assert_eq!((sheet.width(), sheet.height()), (4 * 240 + 8, 3 * 256 + 8));
    }

    #[test]
    fn no_shots_make_no_sheet() {
        assert!(contact_sheet(&[]).is_err());
    }
}
