//! A desktop window.

use keyface_core::Moment;
use minifb::{Key, ScaleMode, WindowOptions};

use super::pixels::GAP;
use super::turns::Stale;
use super::{Canvas, FaceError, MAX_SIDE, MIN_SIDE, Mask, Ready, Surface};

/// A window that shows canvases; Escape or its cross closes it.
pub struct Window {
    window: minifb::Window,
    buffer: Buffer,
    stale: Stale,
}

impl Window {
    /// Opens a window of `width` x `height` pixels; the user may resize it.
    ///
    /// # Errors
    /// [`FaceError::NoDisplay`] on a machine without a desktop, [`FaceError::Size`] for an impossible size.
    pub fn open(title: &str, width: u32, height: u32) -> Result<Window, FaceError> {
        let sides = MIN_SIDE..=MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(FaceError::Size { width, height, min: MIN_SIDE, max: MAX_SIDE });
        }
        check_display(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))?;
        let options =
            WindowOptions { resize: true, scale_mode: ScaleMode::AspectRatioStretch, ..WindowOptions::default() };
        let window = minifb::Window::new(title, width as usize, height as usize, options)
            .map_err(|e| FaceError::NoDisplay(format!("the display does not answer ({e})")))?;
        Ok(Window { window, buffer: Buffer::new(width, height), stale: Stale::default() })
    }
}

impl Surface for Window {
    fn size_px(&self) -> (u32, u32) {
        (self.buffer.width, self.buffer.height)
    }

    fn tend(&mut self, _now: Moment) -> Result<Ready, FaceError> {
        let is_open = self.window.is_open() && !self.window.is_key_down(Key::Escape);
        Ok(if is_open { Ready::Now } else { Ready::Closed })
    }

    /// Shows a picture and takes the window's events.
    fn show(&mut self, picture: &Canvas, _now: Moment) -> Result<(), FaceError> {
        let (expected_width, expected_height) = self.size_px();
        let (width, height) = (picture.width(), picture.height());
        if (width, height) != (expected_width, expected_height) {
            return Err(FaceError::FrameSize { expected_width, expected_height, width, height });
        }
        self.stale.note(picture);
        let lacking = self.stale.take();
        if lacking.is_empty() {
            self.window.update();
            return Ok(());
        }
        self.buffer.show(picture, lacking);
        self.window
            .update_with_buffer(&self.buffer.pixels, width as usize, height as usize)
            .map_err(|e| FaceError::Window(e.to_string()))
    }
}

/// The toolkit's own message for a missing display does not say what to do.
fn check_display(is_set: impl Fn(&str) -> bool) -> Result<(), FaceError> {
    let needed = cfg!(all(unix, not(target_os = "macos")));
    if !needed || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        return Ok(());
    }
    let reason = "there is no display here (DISPLAY and WAYLAND_DISPLAY are not set)";
    Err(FaceError::NoDisplay(reason.to_owned()))
}

/// What minifb shows: 0x00RRGGBB, row by row.
struct Buffer {
    width: u32,
    height: u32,
    pixels: Vec<u32>,
}

impl Buffer {
    fn new(width: u32, height: u32) -> Buffer {
        Buffer { width, height, pixels: vec![0; (width * height) as usize] }
    }

    fn show(&mut self, picture: &Canvas, lacking: &Mask) {
        for y in lacking.bands().flatten() {
            for columns in lacking.columns(y, GAP) {
                let start = (y * self.width + columns.start) as usize;
                let from = picture.row(y, columns.start, columns.end);
                self.pixels[start..].iter_mut().zip(from).for_each(|(to, from)| *to = from & 0x00FF_FFFF);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use embedded_graphics::geometry::{Point, Size};
    use embedded_graphics::pixelcolor::Rgb888;
    use embedded_graphics::prelude::DrawTarget;
    use embedded_graphics::primitives::Rectangle;

    use super::*;

    #[test]
    fn no_display_is_an_error_that_says_so() {
        let error = check_display(|_| false).unwrap_err();
        assert!(error.to_string().contains("DISPLAY and WAYLAND_DISPLAY are not set"), "{error}");
        assert!(check_display(|name| name == "WAYLAND_DISPLAY").is_ok());
    }

    #[test]
    fn a_machine_without_a_desktop_gets_an_error_not_a_panic() {
        // Only where no desktop runs: a test must not open windows before a person.
        if check_display(|name| std::env::var_os(name).is_some()).is_err() {
            assert!(matches!(Window::open("test", 64, 64), Err(FaceError::NoDisplay(_))));
        }
    }

    #[test]
    fn the_buffer_takes_an_area_of_a_canvas() {
        let mut canvas = Canvas::new(20, 16).unwrap();
        let Ok(()) = canvas.fill_solid(&Rectangle::new(Point::new(3, 2), Size::new(2, 1)), Rgb888::new(1, 2, 3));
        let mut buffer = Buffer::new(20, 16);
        let mut mask = Mask::none(20, 16);
        (0..3).for_each(|y| mask.add(y, 2..4));
        buffer.show(&canvas, &mask);
        assert_eq!(buffer.pixels[2 * 20 + 3], 0x010203);
        assert_eq!(buffer.pixels.iter().filter(|p| **p != 0).count(), 1);
    }
}
