//! A board's display in, the way to open it out.

use std::path::PathBuf;

use super::Open;
use crate::board::{Display, DisplayKind};
use crate::face::{FaceError, Surface};

/// Where device files and what the kernel tells of them lie.
#[derive(Clone, Debug)]
pub struct Roots {
    /// Device files.
    pub dev: PathBuf,
    /// Frame buffers' size, depth and stride.
    pub graphics: PathBuf,
}

impl Default for Roots {
    fn default() -> Roots {
        Roots { dev: "/dev".into(), graphics: "/sys/class/graphics".into() }
    }
}

/// What opens a display, as often as needed.
pub(super) fn opener(title: &str, display: &Display, roots: Roots) -> Open {
    let (title, display) = (title.to_owned(), display.clone());
    Box::new(move || match display.kind {
        DisplayKind::Window => window(&title, &display),
        DisplayKind::Drm | DisplayKind::Fbdev | DisplayKind::Spi => device::open(&display, &roots),
        DisplayKind::Pictures | DisplayKind::None => {
            Err(no_screen("a display that shows a face while it speaks", "one that does not"))
        }
    })
}

#[cfg(feature = "window")]
fn window(title: &str, display: &Display) -> Result<Box<dyn Surface>, FaceError> {
    let size = display.width_px.zip(display.height_px);
    let (width, height) = size.ok_or_else(|| no_screen("a window's width and height", "none"))?;
    Ok(Box::new(crate::face::Window::open(title, width, height)?))
}

#[cfg(not(feature = "window"))]
fn window(_: &str, _: &Display) -> Result<Box<dyn Surface>, FaceError> {
    Err(no_screen("a program that was built with the feature `window`", "one without it"))
}

fn no_screen(expected: &str, came: &str) -> FaceError {
    FaceError::Setting { key: "display", expected: expected.into(), came: came.into() }
}

#[cfg(not(target_os = "linux"))]
mod device {
    use super::*;

    pub fn open(_: &Display, _: &Roots) -> Result<Box<dyn Surface>, FaceError> {
        Err(no_screen("`window` on a machine that does not run Linux", "another kind"))
    }
}

#[cfg(target_os = "linux")]
mod device {
    use super::*;
    use crate::board::Panel;
    use crate::face::{Choice, Drm, Fbdev, Refusal};

    pub fn open(display: &Display, roots: &Roots) -> Result<Box<dyn Surface>, FaceError> {
        match (display.kind, &display.panel) {
            (DisplayKind::Spi, Some(panel)) => spi(display, panel),
            (DisplayKind::Spi, None) => Err(no_screen("the panel of kind `spi`", "none")),
            (DisplayKind::Fbdev, _) => fbdev(display, roots),
            _ => drm(display, roots),
        }
    }

    #[cfg(feature = "panel")]
    fn spi(display: &Display, panel: &Panel) -> Result<Box<dyn Surface>, FaceError> {
        Ok(Box::new(crate::face::Spi::open(display, panel)?))
    }

    #[cfg(not(feature = "panel"))]
    fn spi(_: &Display, _: &Panel) -> Result<Box<dyn Surface>, FaceError> {
        Err(no_screen("a program that was built with the feature `panel`", "one without it"))
    }

    /// The frame buffer only where no graphics card sets modes: behind a card that does, it may be seen by nobody.
    fn drm(display: &Display, roots: &Roots) -> Result<Box<dyn Surface>, FaceError> {
        let Display { device, connector, format, .. } = display;
        let choice = Choice { device, connector, size: display.width_px.zip(display.height_px), format: *format };
        match Drm::open(&roots.dev, &choice) {
            Ok(drm) => Ok(Box::new(drm)),
            Err(Refusal::NoScreen(e)) => Err(e),
            Err(Refusal::NoGraphicsCard(e)) if device != "auto" => Err(e),
            // Of the two refusals, the card's tells more.
            Err(Refusal::NoGraphicsCard(e)) => {
                fbdev(display, roots).map_err(|second| if second.may_pass() { e } else { second })
            }
        }
    }

    fn fbdev(display: &Display, roots: &Roots) -> Result<Box<dyn Surface>, FaceError> {
        let device = if display.device == "auto" { roots.dev.join("fb0") } else { display.device.clone().into() };
        Ok(Box::new(Fbdev::open(&device, &roots.graphics, display.format)?))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    use crate::board::Board;

    use super::*;

    fn display(keys: &str) -> Display {
        let text = format!(
            "name = \"a\"\ndescription = \"A kiosk.\"\ntarget = \"x86_64-unknown-linux-gnu\"\nglibc = \"2.34\"\n\
             model = \"live\"\nmicrophone = {{ device = \"default\", rate_hz = 48000 }}\n[display]\n{keys}"
        );
        Board::from_toml("a.toml", &text).unwrap().display
    }

    /// A machine with a frame buffer and no graphics card.
    fn machine() -> (tempfile::TempDir, Roots) {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots { dev: folder.path().join("dev"), graphics: folder.path().join("graphics") };
        fs::create_dir_all(roots.graphics.join("fb0")).unwrap();
        fs::create_dir_all(&roots.dev).unwrap();
        for (name, text) in [("virtual_size", "64,48"), ("bits_per_pixel", "32"), ("stride", "256")] {
            fs::write(roots.graphics.join("fb0").join(name), text).unwrap();
        }
        fs::write(roots.dev.join("fb0"), vec![0; 256 * 48]).unwrap();
        (folder, roots)
    }

    #[test]
    fn without_a_card_the_frame_buffer_is_taken() {
        let (_folder, roots) = machine();
        for kind in ["drm", "fbdev"] {
            let surface = opener("", &display(&format!("kind = \"{kind}\"")), roots.clone())().unwrap();
            assert_eq!(surface.size_px(), (64, 48));
        }
    }

    #[test]
    fn a_card_that_is_no_card_is_passed_over() {
        let (_folder, roots) = machine();
        fs::create_dir(roots.dev.join("dri")).unwrap();
        fs::write(roots.dev.join("dri/card0"), "").unwrap();
        assert!(opener("", &display("kind = \"drm\""), roots)().is_ok());
    }

    #[test]
    fn a_card_that_the_board_names_must_be_there() {
        let (_folder, roots) = machine();
        let error = opener("", &display("kind = \"drm\"\ndevice = \"/dev/dri/card99\""), roots)().err().unwrap();
        let start = "/dev/dri/card99: expected a graphics card that sets modes, came No such file";
        assert!(error.to_string().starts_with(start), "{error}");
    }

    #[test]
    fn a_machine_without_any_screen_is_told_about_the_card() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots { dev: folder.path().join("dev"), graphics: folder.path().join("graphics") };
        let error = opener("", &display("kind = \"drm\""), roots)().err().unwrap();
        assert!(error.to_string().contains("dev/dri: expected a graphics card, came No such file"), "{error}");
        assert!(error.may_pass());
    }

    #[test]
    fn a_depth_that_the_frame_buffer_lacks_is_told_for_good() {
        let (_folder, roots) = machine();
        let error = opener("", &display("kind = \"drm\"\nformat = \"rgb565\""), roots)().err().unwrap();
        assert!(!error.may_pass(), "{error}");
    }
}
