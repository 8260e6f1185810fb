//! The screen that the board states.

use std::os::unix::net::UnixStream;

use super::access::hindrance;
use super::finding::Finding;
use super::machine::Machine;
use crate::board::{Board, Display, DisplayKind, Panel};

mod kms;

pub(super) const PART: &str = "display";
const GRAPHICS: &str = "/sys/class/graphics";
const FRAME_BUFFER: &str = "/dev/fb0";
const AUTO: &str = "auto";
const NO_FRAME_BUFFER: &str = "plug a screen in and start the machine again; see `ls /dev/dri /dev/fb*`";
const NO_SPI: &str = "enable SPI (Raspberry Pi: dtparam=spi=on in /boot/firmware/config.txt; Jetson: jetson-io.py), \
                      `sudo modprobe spidev`, and see what `ls /dev/spidev*` shows";
const NO_GPIO: &str = "set display.panel.gpio_chip to one of `ls /dev/gpiochip*`";

pub(super) fn check(board: &Board, machine: &Machine) -> Vec<Finding> {
    let display = &board.display;
    match display.kind {
        DisplayKind::Window => vec![window(machine)],
        DisplayKind::Drm => vec![kms::check(display, machine).unwrap_or_else(|| without_card(machine))],
        DisplayKind::Fbdev => vec![frame_buffer(&display.device, machine)],
        DisplayKind::Spi => display.panel.iter().flat_map(|panel| spi(panel, machine)).collect(),
        DisplayKind::Pictures => vec![Finding::ok(PART, "pictures are written; no screen is needed")],
        DisplayKind::None => vec![Finding::ok(PART, "none")],
    }
}

/// A desktop that answers.
fn window(machine: &Machine) -> Finding {
    let advice = "start it from a desktop, or take a board whose display.kind is `drm` (linux-kiosk)";
    let Some((name, socket)) = desktop(machine) else {
        return Finding::failed(PART, "no desktop: DISPLAY and WAYLAND_DISPLAY are not set", advice);
    };
    let Some(socket) = socket else { return Finding::ok(PART, format!("a window on {name}, on another machine")) };
    match UnixStream::connect(machine.path(&socket)) {
        Ok(_) => Finding::ok(PART, format!("a window on {name}")),
        Err(error) => Finding::failed(PART, format!("no desktop answers at {socket} ({name}): {error}"), advice),
    }
}

/// The variable that names a desktop, and its socket when it is on this machine.
fn desktop(machine: &Machine) -> Option<(String, Option<String>)> {
    let of_wayland = || {
        let (name, runtime) = (machine.variable("WAYLAND_DISPLAY")?, machine.variable("XDG_RUNTIME_DIR"));
        let socket = if name.starts_with('/') { name.to_owned() } else { format!("{}/{name}", runtime?) };
        Some((format!("WAYLAND_DISPLAY={name}"), Some(socket)))
    };
    let of_x11 = || {
        let name = machine.variable("DISPLAY")?;
        let number = name.strip_prefix(':').map(|rest| rest.split('.').next().unwrap_or_default());
        Some((format!("DISPLAY={name}"), number.map(|number| format!("/tmp/.X11-unix/X{number}"))))
    };
    of_wayland().or_else(of_x11)
}

/// A kernel without mode setting may still have a frame buffer.
fn without_card(machine: &Machine) -> Finding {
    let found = frame_buffer(AUTO, machine);
    let is_there = machine.path(FRAME_BUFFER).exists();
    if is_there { found } else { Finding { found: format!("neither /dev/dri nor {FRAME_BUFFER} is there"), ..found } }
}

fn frame_buffer(device: &str, machine: &Machine) -> Finding {
    let device = if device == AUTO { FRAME_BUFFER } else { device };
    if let Some((what, advice)) = hindrance(machine, device, NO_FRAME_BUFFER) {
        return Finding::failed(PART, what, advice);
    }
    let name = device.rsplit('/').next().unwrap_or_default();
    let value = |key: &str| machine.text(&format!("{GRAPHICS}/{name}/{key}")).unwrap_or_else(|| "unknown".into());
    let (size, bits) = (value("virtual_size").replace(',', "x"), value("bits_per_pixel"));
    Finding::ok(PART, format!("{device}, {size} with {bits} bits a pixel, without page flips"))
}

fn spi(panel: &Panel, machine: &Machine) -> Vec<Finding> {
    let hindered: Vec<Finding> = [(&panel.bus, NO_SPI), (&panel.gpio_chip, NO_GPIO)]
        .into_iter()
        .filter_map(|(file, absent)| hindrance(machine, file, absent))
        .map(|(what, advice)| Finding::failed(PART, what, advice))
        .collect();
    let found = || format!("{} and {} can be used, for a panel {:?}", panel.bus, panel.gpio_chip, panel.controller);
    if hindered.is_empty() { vec![Finding::ok(PART, found())] } else { hindered }
}

/// The size that a board asks for, when it asks.
fn wanted_size(display: &Display) -> Option<String> {
    let (width, height) = display.width_px.zip(display.height_px)?;
    Some(format!("{width}x{height}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use crate::doctor::machine::tests::{board, machine};

    #[test]
    fn a_desktop_that_does_not_answer_is_refused() {
        let (_folder, mut machine) = machine(&[]);
        let failed = |machine: &Machine| {
            let finding = window(machine);
            assert_eq!(finding.verdict, Verdict::Failed);
            finding.found
        };
        assert!(failed(&machine).contains("are not set"));
        machine.variables.insert("DISPLAY".into(), ":7.0".into());
        assert!(failed(&machine).starts_with("no desktop answers at /tmp/.X11-unix/X7 (DISPLAY=:7.0): "));
    }

    #[test]
    fn a_desktop_that_answers_is_fine() {
        let (_folder, mut machine) = machine(&[("/run/keep", "")]);
        let _socket = std::os::unix::net::UnixListener::bind(machine.path("/run/wayland-0")).unwrap();
        machine.variables.insert("WAYLAND_DISPLAY".into(), "wayland-0".into());
        machine.variables.insert("XDG_RUNTIME_DIR".into(), "/run".into());
        assert_eq!(window(&machine).verdict, Verdict::Ok);
        machine.variables = [("DISPLAY".to_owned(), "far:10.0".to_owned())].into();
        assert_eq!(window(&machine).found, "a window on DISPLAY=far:10.0, on another machine");
    }

    #[test]
    fn a_frame_buffer_is_told_with_its_size() {
        let (_folder, machine) = machine(&[
            ("/dev/fb0", ""),
            ("/sys/class/graphics/fb0/virtual_size", "1280,800\n"),
            ("/sys/class/graphics/fb0/bits_per_pixel", "32\n"),
        ]);
        let finding = &check(&board("linux-kiosk"), &machine)[0];
        assert_eq!(finding.found, "/dev/fb0, 1280x800 with 32 bits a pixel, without page flips");
        assert_eq!(frame_buffer("/dev/fb1", &machine).verdict, Verdict::Failed);
        let (_folder, machine) = super::super::machine::tests::machine(&[]);
        assert_eq!(check(&board("linux-kiosk"), &machine)[0].found, "neither /dev/dri nor /dev/fb0 is there");
    }

    #[test]
    fn each_missing_wire_of_a_panel_is_told() {
        let panel = board("raspberry-pi-5-spi");
        let (_folder, machine) = machine(&[("/dev/spidev0.0", "")]);
        let findings = check(&panel, &machine);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].found.starts_with("/dev/gpiochip"), "{}", findings[0]);
    }
}
