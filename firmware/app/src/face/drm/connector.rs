//! Which connector of a card, which mode of its screen, and whether it is still there.

use std::fmt::Display;
use std::io;
use std::path::Path;

use drm::control::connector::{self, Interface, State};
use drm::control::{Device, Mode, ModeFlags, ModeTypeFlags, ResourceHandles, crtc};
use keyface_core::Span;

use super::graphics::GraphicsCard;
use crate::board::PixelFormat;
use crate::face::{FaceError, Rotation};

/// Pictures a second that are due: a mode's refresh should be near.
const REFRESH_HZ: u32 = 60;
/// How the kernel calls it that a panel is built in turned.
const ORIENTATION: &[u8] = b"panel orientation";

/// What the board says of its screen.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// A graphics card's device file, or `auto`.
    pub device: &'a str,
    /// A connector's name, or `auto`.
    pub connector: &'a str,
    /// Width and height of the mode.
    pub size: Option<(u32, u32)>,
    /// How a pixel lies in memory.
    pub format: PixelFormat,
}

/// Why no screen was opened.
#[derive(Debug)]
pub enum Refusal {
    /// No graphics card that sets modes: there may be a frame buffer instead.
    NoGraphicsCard(FaceError),
    /// A graphics card, but no screen that could be used now.
    NoScreen(FaceError),
}

/// A connector with a screen.
pub(super) struct Connector {
    /// Graphics card and connector, for messages.
    pub place: String,
    pub handle: connector::Handle,
    pub crtc: crtc::Handle,
    pub mode: Mode,
    /// How the panel is built in, as far as the kernel knows.
    pub rotation: Rotation,
}

impl Connector {
    pub fn find(
        card: &GraphicsCard,
        path: &Path,
        choice: &Choice,
        no_card: impl Fn(io::Error) -> Refusal,
    ) -> Result<Connector, Refusal> {
        let resources = card.resource_handles().map_err(&no_card)?;
        let connectors: Vec<connector::Info> =
            resources.connectors().iter().filter_map(|connector| card.get_connector(*connector, true).ok()).collect();
        if connectors.is_empty() {
            return Err(no_card(io::Error::new(io::ErrorKind::NotFound, "one without connectors")));
        }
        let names: Vec<String> = connectors.iter().map(told).collect();
        let no_screen =
            |expected: &str| Refusal::NoScreen(FaceError::screen(path.display(), expected, names.join(", ")));
        let is_meant = |connector: &&connector::Info| match choice.connector {
            "auto" => connector.state() == State::Connected && connector.interface() != Interface::Writeback,
            // Some connectors cannot tell whether a screen is there: who names one, knows.
            name => connector.to_string() == name && connector.state() != State::Disconnected,
        };
        let expected = match choice.connector {
            "auto" => "a connector with a screen".to_owned(),
            name => format!("a screen at {name}"),
        };
        let connector = connectors.iter().find(is_meant).ok_or_else(|| no_screen(&expected))?;
        let place = format!("{} {connector}", path.display());
        let mode = mode_of(&place, connector, choice.size).ok_or_else(|| no_screen("a screen with a mode"))?;
        let crtc = crtc_of(card, &resources, connector).ok_or_else(|| no_screen("a connector that can be driven"))?;
        let rotation =
            panel_orientation(card, connector.handle()).map_or(Rotation::Deg0, Rotation::from_panel_orientation);
        Ok(Connector { place, handle: connector.handle(), crtc, mode, rotation })
    }

    /// From one refresh of the screen to the next.
    pub fn period(&self) -> Span {
        let (mode, flags) = (&self.mode, self.mode.flags());
        let (_, _, width) = mode.hsync();
        let (_, _, height) = mode.vsync();
        // A field of an interlaced picture has every second row; lines may be shown more than once.
        let fields = if flags.contains(ModeFlags::INTERLACE) { 2 } else { 1 };
        let doubled = if flags.contains(ModeFlags::DBLSCAN) { 2 } else { 1 };
        period(mode.clock(), [width.into(), height.into(), doubled * u64::from(mode.vscan().max(1))], fields)
            .unwrap_or(Span(1_000_000 / i64::from(mode.vrefresh().max(1))))
    }

    /// The screen is still there and can still be shown its mode.
    pub fn look(&self, card: &GraphicsCard) -> Result<(), FaceError> {
        let lost = |came: &dyn Display| FaceError::screen(&self.place, "a screen", came);
        let connector = card.get_connector(self.handle, false).map_err(|e| lost(&e))?;
        if connector.state() == State::Disconnected {
            return Err(lost(&"an empty connector"));
        }
        if !connector.modes().contains(&self.mode) {
            return Err(lost(&"one with other modes"));
        }
        Ok(())
    }
}

/// Time for so many dots at a clock of so many kHz; `None` of a mode that has no clock.
fn period(clock_khz: u32, dots: [u64; 3], fields: u64) -> Option<Span> {
    let nanoseconds =
        dots.iter().product::<u64>() * 1_000_000 / fields / u64::from((clock_khz > 0).then_some(clock_khz)?);
    Some(Span((nanoseconds as i64 + 500) / 1_000)).filter(|period| period.0 > 0)
}

/// The value of a connector's `panel orientation`; `None` where the kernel knows none.
pub(crate) fn panel_orientation(card: &impl Device, connector: connector::Handle) -> Option<u64> {
    let properties = card.get_properties(connector).ok()?;
    let is_meant = |handle| card.get_property(handle).is_ok_and(|info| info.name().to_bytes() == ORIENTATION);
    properties.iter().find(|(handle, _)| is_meant(**handle)).map(|(_, value)| *value)
}

fn told(connector: &connector::Info) -> String {
    let state = match connector.state() {
        State::Connected => "a screen",
        State::Disconnected => "empty",
        State::Unknown => "unknown",
    };
    format!("{connector} ({state})")
}

fn mode_of(place: &str, connector: &connector::Info, wanted: Option<(u32, u32)>) -> Option<Mode> {
    let modes: Vec<Mode> = connector.modes().to_vec();
    let offers: Vec<Offer> = modes.iter().map(Offer::of).collect();
    let index = best(&offers, wanted)?;
    let size = offers[index].size;
    if let Some((width, height)) = wanted.filter(|wanted| *wanted != size) {
        log::warn!("screen: {place}: expected a mode of {width}x{height}, came none: {}x{} is used", size.0, size.1);
    }
    Some(modes[index])
}

/// What counts of a mode.
#[derive(Clone, Copy, Debug)]
struct Offer {
    size: (u32, u32),
    refresh_hz: u32,
    is_preferred: bool,
    is_interlaced: bool,
}

impl Offer {
    fn of(mode: &Mode) -> Offer {
        let (width, height) = mode.size();
        Offer {
            size: (width.into(), height.into()),
            refresh_hz: mode.vrefresh(),
            is_preferred: mode.mode_type().contains(ModeTypeFlags::PREFERRED),
            is_interlaced: mode.flags().contains(ModeFlags::INTERLACE),
        }
    }
}

/// The board's size at nearly [`REFRESH_HZ`], else the screen's preference, else its first mode.
fn best(offers: &[Offer], wanted: Option<(u32, u32)>) -> Option<usize> {
    let fits = |offer: &Offer| wanted == Some(offer.size);
    let rank = |offer: &Offer| {
        let off_hz = if fits(offer) { offer.refresh_hz.abs_diff(REFRESH_HZ) } else { 0 };
        (!fits(offer), offer.is_interlaced, off_hz, !offer.is_preferred)
    };
    offers.iter().enumerate().min_by_key(|(_, offer)| rank(offer)).map(|(index, _)| index)
}

/// The scanner that drives the connector now, else the first that could.
fn crtc_of(card: &GraphicsCard, resources: &ResourceHandles, connector: &connector::Info) -> Option<crtc::Handle> {
    let now = connector.current_encoder().and_then(|encoder| card.get_encoder(encoder).ok()?.crtc());
    let encoders = || connector.encoders().iter().filter_map(|encoder| card.get_encoder(*encoder).ok());
    now.or_else(|| encoders().find_map(|e| resources.filter_crtcs(e.possible_crtcs()).first().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(width: u32, height: u32, refresh_hz: u32) -> Offer {
        Offer { size: (width, height), refresh_hz, is_preferred: false, is_interlaced: false }
    }

    #[test]
    fn the_boards_size_is_taken_at_nearly_sixty_pictures_a_second() {
        let preferred = Offer { is_preferred: true, ..offer(1920, 1080, 60) };
        let interlaced = Offer { is_interlaced: true, ..offer(1280, 720, 60) };
        let offers = [preferred, offer(1280, 720, 50), interlaced, offer(1280, 720, 59), offer(1280, 720, 120)];
        assert_eq!(best(&offers, Some((1280, 720))), Some(3));
    }

    #[test]
    fn a_modes_clock_says_how_long_a_picture_stands() {
        // 1080p at 59.94 Hz, the same interlaced, 720p at 50 Hz, a panel at 90 Hz.
        assert_eq!(period(148_352, [2_200, 1_125, 1], 1), Some(Span(16_683)));
        assert_eq!(period(74_176, [2_200, 1_125, 1], 2), Some(Span(16_683)));
        assert_eq!(period(74_250, [1_980, 750, 1], 1), Some(Span(20_000)));
        assert_eq!(period(132_480, [1_280, 1_150, 1], 1), Some(Span(11_111)));
        assert_eq!(period(0, [1_280, 1_150, 1], 1), None);
    }

    #[test]
    fn a_screen_that_lacks_the_boards_size_shows_what_it_prefers() {
        let offers = [offer(640, 480, 60), Offer { is_preferred: true, ..offer(1920, 1080, 60) }];
        assert_eq!(best(&offers, Some((1024, 600))), Some(1));
        assert_eq!(best(&offers, None), Some(1));
        assert_eq!(best(&offers[..1], None), Some(0));
        assert_eq!(best(&[], None), None);
    }
}
