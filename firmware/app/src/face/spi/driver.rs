//! The controllers that panels have, behind one trait: areas of colours in, commands and pixels out.

use std::fmt::Debug;

use embedded_graphics::geometry::Point;
use embedded_graphics::pixelcolor::raw::RawU16;
use embedded_graphics::pixelcolor::{Rgb565, Rgb666, Rgb888};
use embedded_graphics::prelude::{DrawTarget, PointsIter};
use embedded_graphics::primitives::Rectangle;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use mipidsi::interface::InterfacePixelFormat;
use mipidsi::models::{GC9A01, ILI9341Rgb565, ILI9486Rgb666, ILI9488Rgb666, Model, ST7735s, ST7789, ST7796};
use mipidsi::options::{self, ColorInversion, Orientation};
use mipidsi::{Builder, InitError};

use super::wire::{Wire, WireError};
use crate::board::{ColorOrder, Controller, Display, Panel};
use crate::face::{FaceError, dither};

/// A panel that takes colours.
pub(super) trait Driver {
    /// Shows the colours of an area, row by row.
    fn fill(&mut self, area: &Rectangle, colors: &mut dyn Iterator<Item = Rgb888>) -> Result<(), WireError>;
}

/// What a panel is told when it starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub controller: Controller,
    /// Width and height of the panel.
    pub size: (u16, u16),
    /// Columns and rows of memory before the panel's.
    pub offset: (u16, u16),
    pub is_inverted: bool,
    pub is_mirrored: bool,
    pub color_order: ColorOrder,
}

impl Settings {
    /// What a board says; its size is there, as the board's checks want it.
    pub fn of(display: &Display, panel: &Panel) -> Settings {
        let side = |side: Option<u32>| u16::try_from(side.unwrap_or_default()).unwrap_or(u16::MAX);
        Settings {
            controller: panel.controller,
            size: (side(display.width_px), side(display.height_px)),
            offset: (panel.offset_x_px, panel.offset_y_px),
            is_inverted: panel.is_inverted,
            is_mirrored: panel.is_mirrored,
            color_order: panel.color_order,
        }
    }
}

/// Resets and starts a panel at `place`.
///
/// # Errors
/// [`FaceError::Screen`] when a wire fails, [`FaceError::Setting`] when the controller has no such size.
pub(super) fn open<SPI, DC, RST>(
    place: &str,
    wire: Wire<SPI, DC>,
    reset: Option<RST>,
    settings: &Settings,
    delay: &mut impl DelayNs,
) -> Result<Box<dyn Driver>, FaceError>
where
    SPI: SpiDevice + 'static,
    DC: OutputPin + 'static,
    RST: OutputPin + 'static,
{
    match settings.controller {
        Controller::Gc9a01 => start(GC9A01, place, wire, reset, settings, delay),
        Controller::Ili9341 => start(ILI9341Rgb565, place, wire, reset, settings, delay),
        // These two take no 16 bits a pixel on this bus.
        Controller::Ili9486 => start(ILI9486Rgb666, place, wire, reset, settings, delay),
        Controller::Ili9488 => start(ILI9488Rgb666, place, wire, reset, settings, delay),
        Controller::St7735s => start(ST7735s, place, wire, reset, settings, delay),
        Controller::St7789 => start(ST7789, place, wire, reset, settings, delay),
        Controller::St7796 => start(ST7796, place, wire, reset, settings, delay),
    }
}

fn start<M, SPI, DC, RST>(
    model: M,
    place: &str,
    wire: Wire<SPI, DC>,
    reset: Option<RST>,
    settings: &Settings,
    delay: &mut impl DelayNs,
) -> Result<Box<dyn Driver>, FaceError>
where
    M: Model + 'static,
    M::ColorFormat: InterfacePixelFormat<u8> + OnWire + 'static,
    SPI: SpiDevice + 'static,
    DC: OutputPin + 'static,
    RST: OutputPin + 'static,
{
    let inversion = if settings.is_inverted { ColorInversion::Inverted } else { ColorInversion::Normal };
    let upright = Orientation::new();
    let order = match settings.color_order {
        ColorOrder::Rgb => options::ColorOrder::Rgb,
        ColorOrder::Bgr => options::ColorOrder::Bgr,
    };
    let builder = Builder::new(model, wire)
        .display_size(settings.size.0, settings.size.1)
        .display_offset(settings.offset.0, settings.offset.1)
        .invert_colors(inversion)
        .orientation(if settings.is_mirrored { upright.flip_horizontal() } else { upright })
        .color_order(order);
    let driver: Box<dyn Driver> = match reset {
        Some(pin) => Box::new(builder.reset_pin(pin).init(delay).map_err(|e| refused::<M, _>(place, settings, &e))?),
        None => Box::new(builder.init(delay).map_err(|e| refused::<M, _>(place, settings, &e))?),
    };
    Ok(driver)
}

fn refused<M: Model, P: Debug>(place: &str, settings: &Settings, error: &InitError<WireError, P>) -> FaceError {
    let starts = "a panel that starts";
    match error {
        InitError::Interface(e) => FaceError::screen(place, starts, e),
        InitError::ResetPin(e) => FaceError::screen(place, starts, format!("the reset line fails: {e:?}")),
        InitError::InvalidConfiguration(_) => {
            let ((width, height), (x, y)) = (settings.size, settings.offset);
            let ((most_width, most_height), controller) = (M::FRAMEBUFFER_SIZE, settings.controller);
            let expected =
                format!("at most {most_width}x{most_height} pixels of a {controller:?}, before rotation_deg");
            FaceError::setting("display.width_px", expected, format!("{width}x{height} from {x},{y}"))
        }
    }
}

/// A colour as a controller takes it.
trait OnWire {
    /// The colour of the pixel at a place.
    fn of(color: Rgb888, at: Point) -> Self;
}

impl OnWire for Rgb565 {
    fn of(color: Rgb888, at: Point) -> Rgb565 {
        RawU16::new(dither::rgb565(color, at.x as u32, at.y as u32)).into()
    }
}

impl OnWire for Rgb666 {
    fn of(color: Rgb888, _: Point) -> Rgb666 {
        color.into()
    }
}

impl<SPI, DC, M, RST> Driver for mipidsi::Display<Wire<SPI, DC>, M, RST>
where
    SPI: SpiDevice,
    DC: OutputPin,
    M: Model,
    M::ColorFormat: InterfacePixelFormat<u8> + OnWire,
    RST: OutputPin,
{
    fn fill(&mut self, area: &Rectangle, colors: &mut dyn Iterator<Item = Rgb888>) -> Result<(), WireError> {
        let colors = area.points().zip(colors).map(|(at, color)| M::ColorFormat::of(color, at));
        self.fill_contiguous(area, colors)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use embedded_graphics::geometry::Size;
    use embedded_graphics::pixelcolor::RgbColor;
    use embedded_hal_mock::eh1::delay::NoopDelay;
    use embedded_hal_mock::eh1::digital::{Mock as Pin, State, Transaction as Set};
    use embedded_hal_mock::eh1::spi::{Mock as Bus, Transaction as Sent};

    use super::*;

    pub fn settings(controller: Controller, size: (u16, u16)) -> Settings {
        Settings {
            controller,
            size,
            offset: (0, 0),
            is_inverted: true,
            is_mirrored: true,
            color_order: ColorOrder::Bgr,
        }
    }

    /// A bus that expects commands with their data, and then `pixels`; and its data/command line.
    pub fn expecting(commands: &[(u8, &[u8])], pixels: &[u8]) -> (Bus<u8>, Pin) {
        let write =
            |bytes: &[u8]| [Sent::transaction_start(), Sent::write_vec(bytes.to_vec()), Sent::transaction_end()];
        let mut sent = Vec::new();
        for (command, data) in commands {
            sent.extend(write(&[*command]));
            sent.extend((!data.is_empty()).then(|| write(data)).into_iter().flatten());
        }
        sent.extend((!pixels.is_empty()).then(|| write(pixels)).into_iter().flatten());
        let levels: Vec<Set> = commands.iter().flat_map(|_| [Set::set(State::Low), Set::set(State::High)]).collect();
        (Bus::new(&sent), Pin::new(&levels))
    }

    /// What an ST7789 is told before the first picture.
    pub const ST7789_START: [(u8, &[u8]); 6] =
        [(0x11, &[]), (0x36, &[0x48]), (0x21, &[]), (0x3A, &[0x55]), (0x13, &[]), (0x29, &[])];

    #[test]
    fn a_panel_is_reset_started_and_filled_in_its_own_commands() {
        let fill: [(u8, &[u8]); 3] = [(0x2A, &[0, 5, 0, 6]), (0x2B, &[0, 7, 0, 7]), (0x2C, &[])];
        // Red and blue, with five bits each.
        let (mut bus, mut dc) = expecting(&[ST7789_START.as_slice(), &fill].concat(), &[0xF8, 0, 0, 0x1F]);
        let mut reset = Pin::new(&[Set::set(State::Low), Set::set(State::High)]);
        let wire = Wire::new(bus.clone(), dc.clone(), 64);
        let settings = settings(Controller::St7789, (240, 240));
        let mut driver = open("bus", wire, Some(reset.clone()), &settings, &mut NoopDelay::new()).unwrap();
        let area = Rectangle::new(Point::new(5, 7), Size::new(2, 1));
        driver.fill(&area, &mut [Rgb888::RED, Rgb888::BLUE].into_iter()).unwrap();
        [&mut dc, &mut reset].into_iter().for_each(Pin::done);
        bus.done();
    }

    #[test]
    fn a_panel_without_a_reset_line_is_reset_by_a_command() {
        let reset: [(u8, &[u8]); 1] = [(0x01, &[])];
        let (mut bus, mut dc) = expecting(&[reset.as_slice(), &ST7789_START].concat(), &[]);
        let wire = Wire::new(bus.clone(), dc.clone(), 64);
        let settings = settings(Controller::St7789, (240, 320));
        open("bus", wire, None::<Pin>, &settings, &mut NoopDelay::new()).unwrap();
        bus.done();
        dc.done();
    }

    #[test]
    fn a_size_that_the_controller_lacks_is_wrong_for_good() {
        let (bus, dc) = expecting(&[], &[]);
        let wire = Wire::new(bus.clone(), dc.clone(), 64);
        let settings = settings(Controller::Ili9341, (320, 240));
        let error = open("bus", wire, None::<Pin>, &settings, &mut NoopDelay::new()).err().unwrap();
        let expected = "display.width_px: expected at most 240x320 pixels of a Ili9341, before rotation_deg, came 320x240 \
                        from 0,0";
        assert_eq!(error.to_string(), expected);
        assert!(!error.may_pass());
        [bus].iter_mut().for_each(Bus::done);
        [dc].iter_mut().for_each(Pin::done);
    }
}
