//! The kernel's mode setting (DRM/KMS), without a desktop: two buffers in plain memory that take turns on the screen.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use super::surface::zoom_of;
use super::{Beats, Canvas, Depth, FaceError, Flips, Layout, Pixels, Ready, Rotation, Surface, Turns};
use crate::board::PixelFormat;
use drm::Device as _;
use drm::buffer::{Buffer as _, DrmFourcc};
use drm::control::dumbbuffer::{DumbBuffer, DumbMapping};
use drm::control::{Device, Event, PageFlipFlags, crtc, framebuffer};
use keyface_core::{Moment, Span};

mod connector;
mod graphics;

use connector::Connector;
pub(crate) use connector::panel_orientation;
pub use connector::{Choice, Refusal};
pub(crate) use graphics::GraphicsCard;

/// How often the connector is looked at.
const LOOK: Span = Span::from_ms(1_000);
/// A screen that has not taken a picture for this long never will; the slowest refresh 24 times a second.
const FLIP_PATIENCE: Span = Span::from_ms(1_000);

/// One of the two buffers.
struct Buffer {
    id: framebuffer::Handle,
    memory: DumbMapping<'static>,
}

/// What the screen is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flip {
    /// Nothing has been shown yet: the first picture sets the mode.
    Unset,
    /// The front buffer is on the screen.
    Done,
    /// The front buffer will be, from the next vertical blank on.
    Since(Moment),
}

/// A screen on a graphics card. What it showed before comes back when it is dropped.
pub struct Drm {
    card: GraphicsCard,
    connector: Connector,
    layout: Layout,
    buffers: [Buffer; 2],
    turns: Turns,
    flip: Flip,
    beats: Beats,
    before: Option<crtc::Info>,
    looked: Option<Moment>,
}

impl Drm {
    /// Opens the screen that the board means, on the first graphics card below `dev`/dri that has it.
    ///
    /// # Errors
    /// [`Refusal::NoGraphicsCard`] where no graphics card sets modes, [`Refusal::NoScreen`] when one does and shows nothing now.
    pub fn open(dev: &Path, choice: &Choice) -> Result<Drm, Refusal> {
        let cards = cards(dev, choice.device)?;
        let mut refusal = None;
        for path in &cards {
            match Drm::on(path, choice) {
                Ok(drm) => return Ok(drm),
                // A card with a connector but no screen tells more than one without connectors.
                Err(e @ Refusal::NoScreen(_)) => refusal = Some(e),
                Err(e) => _ = refusal.get_or_insert(e),
            }
        }
        Err(refusal.unwrap_or_else(|| no_card(dev, "none")))
    }

    fn on(path: &Path, choice: &Choice) -> Result<Drm, Refusal> {
        let place = path.display();
        let no_card =
            |e: io::Error| Refusal::NoGraphicsCard(FaceError::screen(&place, "a graphics card that sets modes", e));
        let card = GraphicsCard::open(path).map_err(no_card)?;
        let connector = Connector::find(&card, path, choice, no_card)?;
        let taken =
            |e: io::Error| Refusal::NoScreen(FaceError::screen(&place, "a screen that no other program draws on", e));
        card.acquire_master_lock().map_err(taken)?;
        let (width, height) = connector.mode.size();
        let refused = |e: io::Error| match choice.format {
            PixelFormat::Auto => no_card(e),
            format => Refusal::NoScreen(FaceError::setting(
                "display.format",
                format_args!("one that {place} shows, or `auto`"),
                format_args!("{format:?} ({e})"),
            )),
        };
        let (buffers, layout) = buffers(&card, (width.into(), height.into()), choice.format).map_err(refused)?;
        let before = card.get_crtc(connector.crtc).ok();
        let (turns, beats) = (Turns::default(), Beats::new(connector.period()));
        Ok(Drm { card, connector, layout, buffers, turns, flip: Flip::Unset, beats, before, looked: None })
    }

    /// Takes the news of pictures that are on the screen now.
    fn receive(&mut self, now: Moment) -> Result<(), FaceError> {
        match self.card.receive_events() {
            Ok(events) => {
                for event in events {
                    if let Event::PageFlip(flip) = event {
                        self.flip = Flip::Done;
                        self.beats.flipped(flip.duration, now);
                    }
                }
            }
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(e) => return Err(self.gone(e)),
        }
        Ok(())
    }

    fn gone(&self, came: impl std::fmt::Display) -> FaceError {
        FaceError::screen(&self.connector.place, "a screen that takes pictures", came)
    }

    /// Sets the mode with a first picture. The only call that waits: some refreshes, while screens change their mode.
    fn begin(&mut self, id: framebuffer::Handle) -> io::Result<()> {
        self.card.set_crtc(
            self.connector.crtc,
            Some(id),
            (0, 0),
            &[self.connector.handle],
            Some(self.connector.mode),
        )?;
        // Not all cards have a cursor.
        #[allow(deprecated, reason = "a cursor plane needs atomic mode setting, which not all cards have")]
        let _ = self.card.set_cursor(self.connector.crtc, None::<&DumbBuffer>);
        self.flip = Flip::Done;
        Ok(())
    }
}

impl Surface for Drm {
    fn size_px(&self) -> (u32, u32) {
        (self.layout.width, self.layout.height)
    }

    fn rotation(&self) -> Rotation {
        self.connector.rotation
    }

    fn zooms(&self) -> bool {
        true
    }

    fn flips(&self) -> Option<Flips> {
        self.beats.flips(matches!(self.flip, Flip::Since(_)))
    }

    fn news(&self) -> Option<BorrowedFd<'_>> {
        matches!(self.flip, Flip::Since(_)).then(|| self.card.as_fd())
    }

    fn tend(&mut self, now: Moment) -> Result<Ready, FaceError> {
        let looked = *self.looked.get_or_insert(now);
        if now - looked >= LOOK {
            self.looked = Some(now);
            self.connector.look(&self.card)?;
        }
        if let Flip::Since(since) = self.flip {
            self.receive(now)?;
            if self.flip != Flip::Done && now - since > FLIP_PATIENCE {
                return Err(self.gone("none in a second"));
            }
        }
        Ok(if matches!(self.flip, Flip::Since(_)) { Ready::Later } else { Ready::Now })
    }

    fn show(&mut self, picture: &Canvas, now: Moment) -> Result<(), FaceError> {
        let zoom = zoom_of(self.size_px(), picture)?;
        let Some((back, lacking)) = self.turns.next(picture) else { return Ok(()) };
        let Buffer { id, memory } = &mut self.buffers[back];
        let id = *id;
        Pixels::new(memory, self.layout, zoom).show(picture, lacking);
        if self.flip == Flip::Unset {
            self.begin(id).map_err(|e| self.gone(e))?;
        } else {
            self.card.page_flip(self.connector.crtc, id, PageFlipFlags::EVENT, None).map_err(|e| self.gone(e))?;
            self.flip = Flip::Since(now);
        }
        Ok(())
    }
}

impl Drop for Drm {
    fn drop(&mut self) {
        let Some(before) = &self.before else { return };
        // The buffers go with the card's file; where nothing was shown before, the kernel brings its console back.
        if let (Some(mode), Some(frame), false) = (before.mode(), before.framebuffer(), self.flip == Flip::Unset) {
            let connectors = [self.connector.handle];
            let back = self.card.set_crtc(before.handle(), Some(frame), before.position(), &connectors, Some(mode));
            back.unwrap_or_else(|e| {
                log::debug!("{}: what it showed before is not shown again: {e}", self.connector.place)
            });
        }
    }
}

/// The device files to try.
fn cards(dev: &Path, device: &str) -> Result<Vec<PathBuf>, Refusal> {
    if device != "auto" {
        return Ok(vec![device.into()]);
    }
    let folder = dev.join("dri");
    let entries = std::fs::read_dir(&folder).map_err(|e| no_card(dev, e))?;
    let is_card = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("card"));
    let mut cards: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_card).collect();
    cards.sort();
    Ok(cards)
}

fn no_card(dev: &Path, came: impl std::fmt::Display) -> Refusal {
    Refusal::NoGraphicsCard(FaceError::screen(dev.join("dri").display(), "a graphics card", came))
}

/// Two buffers of the first of the formats that the card shows.
fn buffers(card: &GraphicsCard, size: (u32, u32), format: PixelFormat) -> io::Result<([Buffer; 2], Layout)> {
    let both = |depth| Ok::<_, io::Error>((buffer(card, size, depth)?, buffer(card, size, depth)?));
    let ((first, layout), (second, _)) = match format {
        PixelFormat::Xrgb8888 => both(Depth::Xrgb8888),
        PixelFormat::Rgb565 => both(Depth::Rgb565),
        PixelFormat::Auto => both(Depth::Xrgb8888).or_else(|_| both(Depth::Rgb565)),
    }?;
    Ok(([first, second], layout))
}

fn buffer(card: &GraphicsCard, size: (u32, u32), depth: Depth) -> io::Result<(Buffer, Layout)> {
    let (fourcc, color_bits, bits) = match depth {
        Depth::Xrgb8888 => (DrmFourcc::Xrgb8888, 24, 32),
        Depth::Rgb565 => (DrmFourcc::Rgb565, 16, 16),
    };
    let buffer = card.create_dumb_buffer(size, fourcc, bits)?;
    let id = card.add_framebuffer(&buffer, color_bits, bits)?;
    let layout = Layout { width: size.0, height: size.1, stride: buffer.pitch() as usize, depth };
    // A mapping borrows its buffer for as long as it lives, and no struct holds both: these 40 bytes are never freed.
    let memory = card.map_dumb_buffer(Box::leak(Box::new(buffer)))?;
    Ok((Buffer { id, memory }, layout))
}
