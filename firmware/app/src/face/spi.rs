//! A small panel on the SPI bus: what has changed is sent in bands between two looks at the microphone.
//!
//! A whole picture takes the wire longer than a step takes the line (480 x 320 at 32 MHz: 77 ms), so a call sends
//! [`SLICE`] of it at most, and only the columns and rows that differ from what the panel shows.

use std::path::Path;
use std::time::Duration;

use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::primitives::Rectangle;
use embedded_hal::digital::OutputPin;
use keyface_core::{Moment, Span};
use linux_embedded_hal::gpio_cdev::{self, Chip, LineRequestFlags};
use linux_embedded_hal::spidev::{SpiModeFlags, SpidevOptions};
use linux_embedded_hal::{CdevPin, Delay, SpidevDevice};

use super::{Canvas, FaceError, Ready, Surface};
use crate::board::{Display, Panel};

mod changes;
mod driver;
mod wire;

use changes::Changes;
use driver::{Driver, Settings};
use wire::Wire;

/// The longest that the wire may be busy for one call.
const SLICE: Span = Span::from_ms(5);
/// Between two of these.
const BREATH: Duration = Duration::from_millis(2);
/// Bits of a pixel on the wire, at most.
const PIXEL_BITS: u64 = 24;
const TAKES_PICTURES: &str = "a panel that takes pictures";
/// Who holds the wires, for `gpioinfo`.
const CONSUMER: &str = "keyface";

/// A panel. It is black and dark after it is dropped.
pub struct Spi {
    place: String,
    driver: Box<dyn Driver>,
    backlight: Option<CdevPin>,
    changes: Changes,
    slice_pixels: usize,
}

impl Spi {
    /// Opens bus and wires, resets the panel and lights it: 0.2 to 0.5 s.
    ///
    /// # Errors
    /// [`FaceError::Screen`] when bus or wires cannot be used, [`FaceError::Setting`] when the controller has no such
    /// size.
    pub fn open(display: &Display, panel: &Panel) -> Result<Spi, FaceError> {
        let settings = Settings::of(display, panel);
        let spi = bus(panel)?;
        let dc = wire_of(panel, panel.dc_line, 0)?;
        let reset = panel.reset_line.map(|line| wire_of(panel, line, 1)).transpose()?;
        let backlight = panel.backlight_line.map(|line| wire_of(panel, line, 0)).transpose()?;
        let wire = Wire::new(spi, dc, wire::longest_transfer(Path::new(wire::BUFFER_SIZE)));
        let driver = driver::open(&panel.bus, wire, reset, &settings, &mut Delay)?;
        let mut spi = Spi::new(&panel.bus, driver, &settings, panel.clock_hz);
        spi.backlight = backlight;
        spi.blacken()?;
        spi.light(true)?;
        Ok(spi)
    }

    fn new(place: &str, driver: Box<dyn Driver>, settings: &Settings, clock_hz: u32) -> Spi {
        let (width, height) = settings.size;
        let slice_pixels = u64::from(clock_hz) * SLICE.0 as u64 / 1_000_000 / PIXEL_BITS;
        Spi {
            place: place.to_owned(),
            driver,
            backlight: None,
            changes: Changes::new(width.into(), height.into()),
            slice_pixels: (slice_pixels as usize).max(width.into()),
        }
    }

    /// Sends what has changed, up to `pixels`.
    fn send(&mut self, pixels: usize) -> Result<(), FaceError> {
        let mut left = pixels;
        while let Some(area) = self.changes.next(left) {
            left -= (area.size.width * area.size.height) as usize;
            let sent = self.driver.fill(&area, &mut self.changes.colors(&area));
            sent.map_err(|e| FaceError::screen(&self.place, TAKES_PICTURES, e))?;
            self.changes.done(&area);
        }
        Ok(())
    }

    fn blacken(&mut self) -> Result<(), FaceError> {
        let everything = Rectangle::new(Point::zero(), self.changes.size());
        let black = self.driver.fill(&everything, &mut std::iter::repeat(Rgb888::BLACK));
        black.map_err(|e| FaceError::screen(&self.place, TAKES_PICTURES, e))
    }

    fn light(&mut self, on: bool) -> Result<(), FaceError> {
        let Some(pin) = &mut self.backlight else { return Ok(()) };
        let set = if on { pin.set_high() } else { pin.set_low() };
        set.map_err(|e| FaceError::screen(&self.place, "a backlight that can be switched", e))
    }
}

impl Surface for Spi {
    fn size_px(&self) -> (u32, u32) {
        let size = self.changes.size();
        (size.width, size.height)
    }

    /// The rest of a picture leaves as soon as sound has been looked after.
    fn tend_in(&self) -> Option<Duration> {
        (!self.changes.is_done()).then_some(BREATH)
    }

    fn tend(&mut self, _now: Moment) -> Result<Ready, FaceError> {
        self.send(self.slice_pixels)?;
        Ok(if self.changes.is_done() { Ready::Now } else { Ready::Later })
    }

    fn show(&mut self, picture: &Canvas, _now: Moment) -> Result<(), FaceError> {
        self.changes.take(picture)?;
        self.send(self.slice_pixels)
    }
}

impl Drop for Spi {
    fn drop(&mut self) {
        // Nothing is left to be done for a panel that is gone.
        _ = self.light(false);
        _ = self.blacken();
    }
}

fn bus(panel: &Panel) -> Result<SpidevDevice, FaceError> {
    let refused = |e: &dyn std::fmt::Display| FaceError::screen(&panel.bus, "an SPI bus that may be written", e);
    let mut spi = SpidevDevice::open(&panel.bus).map_err(|e| refused(&e))?;
    let options = SpidevOptions { max_speed_hz: Some(panel.clock_hz), ..SpidevOptions::default() };
    let options = SpidevOptions { bits_per_word: Some(8), spi_mode: Some(SpiModeFlags::SPI_MODE_0), ..options };
    spi.configure(&options).map_err(|e| refused(&e))?;
    Ok(spi)
}

fn wire_of(panel: &Panel, line: u32, level: u8) -> Result<CdevPin, FaceError> {
    let open = || {
        let line = Chip::new(&panel.gpio_chip)?.get_line(line)?;
        CdevPin::new(line.request(LineRequestFlags::OUTPUT, level, CONSUMER)?)
    };
    let place = format!("{} line {line}", panel.gpio_chip);
    open().map_err(|e: gpio_cdev::Error| FaceError::screen(place, "a free GPIO line", e))
}

#[cfg(test)]
mod tests {
    use crate::board::Controller;

    use super::driver::tests::settings;
    use super::*;
    use crate::face::Face;

    /// A panel that takes everything and counts its pixels.
    struct Sink(std::rc::Rc<std::cell::Cell<usize>>);

    impl Driver for Sink {
        fn fill(&mut self, area: &Rectangle, colors: &mut dyn Iterator<Item = Rgb888>) -> Result<(), wire::WireError> {
            let pixels = (area.size.width * area.size.height) as usize;
            assert_eq!(colors.take(pixels).count(), pixels);
            self.0.set(self.0.get() + pixels);
            Ok(())
        }
    }

    fn picture() -> Canvas {
        Face::new(240, 320).unwrap().draw(&keyface_core::FacePose::REST).clone()
    }

    #[test]
    fn a_picture_goes_in_slices_between_which_the_microphone_is_heard() {
        let sent = std::rc::Rc::default();
        let driver = Box::new(Sink(std::rc::Rc::clone(&sent)));
        let mut spi = Spi::new("bus", driver, &settings(Controller::St7789, (240, 320)), 24_000_000);
        spi.show(&picture(), Moment(0)).unwrap();
        let (mut calls, mut before) = (1, sent.get());
        while spi.tend(Moment(0)).unwrap() == Ready::Later {
            // 5 ms at 24 MHz.
            assert!(sent.get() - before <= 5_000);
            (calls, before) = (calls + 1, sent.get());
        }
        assert_eq!(sent.get(), 240 * 320);
        assert!(calls >= 15, "{calls}");
        spi.show(&picture(), Moment(0)).unwrap();
        assert_eq!((spi.tend(Moment(0)).unwrap(), sent.get()), (Ready::Now, 240 * 320));
    }

    #[test]
    fn a_missing_bus_is_told_with_its_file() {
        let text = r#"
            name = "a"
            description = "A panel."
            target = "aarch64-unknown-linux-gnu"
            glibc = "2.34"
            model = "live"
            microphone = { device = "default", rate_hz = 48000 }
            [display]
            kind = "spi"
            width_px = 240
            height_px = 320
            panel = { controller = "st7789", bus = "/dev/spidev99.0", clock_hz = 1000000, gpio_chip = "/dev/x", dc_line = 1 }
        "#;
        let board = crate::board::Board::from_toml("a.toml", text).unwrap();
        let panel = board.display.panel.clone().unwrap();
        let error = Spi::open(&board.display, &panel).err().unwrap();
        let start = "/dev/spidev99.0: expected an SPI bus that may be written, came No such file";
        assert!(error.to_string().starts_with(start), "{error}");
        assert!(error.may_pass());
    }
}
