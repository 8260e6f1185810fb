//! Screens on the kernel's mode setting: `/dev/dri` and what `/sys/class/drm` tells of its connectors.

use drm::control::Device as _;
use drm::{Device as _, DriverCapability};

use super::{AUTO, PART, wanted_size};
use crate::board::Display;
use crate::doctor::access::hindrance;
use crate::doctor::finding::Finding;
use crate::doctor::machine::Machine;
use crate::face::{GraphicsCard, Rotation, panel_orientation};

const DEVICES: &str = "/dev/dri";
const CLASS: &str = "/sys/class/drm";
const NO_CARD: &str = "leave display.device at `auto`, or take one of `ls /dev/dri/card*`";

/// A connector of a card.
struct Connector {
    /// `card1`.
    card: String,
    /// `HDMI-A-1`.
    name: String,
    /// Whether a screen is plugged in.
    is_connected: bool,
    /// Sizes that the screen can show, the best first.
    modes: Vec<String>,
}

/// `None` when the kernel has no mode setting and the frame buffer must do.
pub(super) fn check(display: &Display, machine: &Machine) -> Option<Finding> {
    let asked = Some(display.device.as_str()).filter(|device| *device != AUTO);
    let is_card = |name: &String| name.strip_prefix("card").is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()));
    let cards: Vec<String> = machine.names(DEVICES).into_iter().filter(is_card).collect();
    if let Some((what, advice)) = asked.and_then(|device| hindrance(machine, device, NO_CARD)) {
        return Some(Finding::failed(PART, what, advice));
    }
    if cards.is_empty() {
        return None;
    }
    let asked = asked.and_then(|device| device.rsplit('/').next());
    let connectors: Vec<Connector> =
        connectors(machine).into_iter().filter(|connector| asked.is_none_or(|card| connector.card == card)).collect();
    Some(match connectors.iter().find(|connector| connector.is_connected && is_wanted(connector, display)) {
        Some(connector) => screen(connector, display, machine),
        None => Finding::warning(
            PART,
            none_found(&connectors, display),
            "plug the screen in; the face comes when it is there",
        ),
    })
}

fn is_wanted(connector: &Connector, display: &Display) -> bool {
    display.connector == AUTO || connector.name == display.connector
}

/// The connectors of all cards, in the order in which the kernel names them.
fn connectors(machine: &Machine) -> Vec<Connector> {
    let named = |entry: String| {
        // What is drawn there goes back into memory, and no screen can be plugged in.
        let (card, name) = entry.split_once('-').filter(|(_, name)| !name.starts_with("Writeback"))?;
        let text = |key: &str| machine.text(&format!("{CLASS}/{entry}/{key}")).unwrap_or_default();
        // The kernel names a size once for each of its refresh rates.
        let mut modes: Vec<String> = text("modes").lines().map(str::to_owned).collect();
        modes.dedup();
        Some(Connector {
            card: card.to_owned(),
            name: name.to_owned(),
            is_connected: text("status") == "connected",
            modes,
        })
    };
    machine.names(CLASS).into_iter().filter_map(named).collect()
}

fn none_found(connectors: &[Connector], display: &Display) -> String {
    let names: Vec<String> =
        connectors.iter().map(|connector| format!("{} of {}", connector.name, connector.card)).collect();
    match (display.connector.as_str(), names.is_empty()) {
        (_, true) => format!("the cards in {DEVICES} have no connector for a screen"),
        (AUTO, _) => format!("no screen is plugged in at {}", names.join(", ")),
        (wanted, _) => format!("no screen is plugged in at {wanted}; there are {}", names.join(", ")),
    }
}

fn screen(connector: &Connector, display: &Display, machine: &Machine) -> Finding {
    let device = format!("{DEVICES}/{}", connector.card);
    if let Some((what, advice)) = hindrance(machine, &device, NO_CARD) {
        return Finding::failed(PART, what, advice);
    }
    let best = connector.modes.first().map_or("an unknown size", String::as_str);
    let found = format!("{} of {device}, {best} at best", connector.name);
    if let Some(size) =
        wanted_size(display).filter(|size| !connector.modes.is_empty() && !connector.modes.contains(size))
    {
        let advice = format!("set display.width_px and height_px to one of {}", connector.modes.join(", "));
        return Finding::warning(PART, format!("{found}; {size} is none of its sizes"), advice);
    }
    let card = machine.open(&machine.path(&device)).map(GraphicsCard::from).ok();
    let rotation = card.as_ref().and_then(|card| rotation(card, &connector.name));
    let found = found + &turned(rotation, display);
    match card.as_ref().and_then(kept_from) {
        None => Finding::ok(PART, found),
        Some((what, advice)) => Finding::warning(PART, format!("{found}; {what}"), advice),
    }
}

/// How the face is turned, and who says so; nothing where it stands as the panel does.
fn turned(of_kernel: Option<Rotation>, display: &Display) -> String {
    match (display.rotation_deg, of_kernel.map(Rotation::deg)) {
        (None, Some(deg @ 1..)) => format!(", turned by {deg} degrees as the kernel says of its panel"),
        (Some(own), Some(deg)) if own != deg => {
            format!(", turned by {own} degrees (display.rotation_deg; the kernel says {deg} of its panel)")
        }
        (Some(own @ 1..), _) => format!(", turned by {own} degrees (display.rotation_deg)"),
        _ => String::new(),
    }
}

/// How the panel on a connector is built in; `None` where the kernel does not know.
fn rotation(card: &GraphicsCard, connector: &str) -> Option<Rotation> {
    let connectors = card.resource_handles().ok()?;
    let meant = connectors
        .connectors()
        .iter()
        .find(|handle| card.get_connector(**handle, false).is_ok_and(|info| info.to_string() == connector));
    panel_orientation(card, *meant?).map(Rotation::from_panel_orientation)
}

/// Why no face can be shown on it, and what to do. A file that is no card, as in tests, hinders nothing.
fn kept_from(card: &GraphicsCard) -> Option<(&'static str, &'static str)> {
    let can_draw = card.get_driver_capability(DriverCapability::DumbBuffer).ok()?;
    if can_draw == 0 {
        return Some((
            "it has no simple buffers",
            "Jetson: load nvidia-drm with modeset=1; else display.kind = \"fbdev\"",
        ));
    }
    card.acquire_master_lock().err().map(|_| {
        (
            "another program shows its pictures there",
            "end the desktop (`sudo systemctl isolate multi-user`), or the service",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use crate::doctor::machine::tests::{board, machine};

    const HDMI: &str = "/sys/class/drm/card1-HDMI-A-1";

    fn pi(status: &str, modes: &str) -> Finding {
        let (_folder, machine) = machine(&[
            ("/dev/dri/card0", ""),
            ("/dev/dri/card1", ""),
            ("/dev/dri/renderD128", ""),
            (&format!("{HDMI}/status"), status),
            (&format!("{HDMI}/modes"), modes),
            ("/sys/class/drm/card1-HDMI-A-2/status", "disconnected\n"),
            ("/sys/class/drm/card1-Writeback-1/status", "unknown\n"),
            ("/sys/class/drm/card1/dev", "226:1\n"),
        ]);
        check(&board("raspberry-pi-5").display, &machine).unwrap()
    }

    #[test]
    fn a_screen_is_found_by_its_plug() {
        let finding = pi("connected\n", "1920x1080\n1280x720\n");
        assert_eq!(finding, Finding::ok(PART, "HDMI-A-1 of /dev/dri/card1, 1920x1080 at best"));
    }

    #[test]
    fn a_turned_panel_is_told_with_who_says_so() {
        let told = |of_board, of_kernel| {
            let display = Display { rotation_deg: of_board, ..board("raspberry-pi-5").display };
            turned(of_kernel, &display)
        };
        assert_eq!(told(None, Some(Rotation::Deg90)), ", turned by 90 degrees as the kernel says of its panel");
        assert_eq!(told(Some(180), None), ", turned by 180 degrees (display.rotation_deg)");
        assert!(told(Some(0), Some(Rotation::Deg270)).ends_with("the kernel says 270 of its panel)"));
        assert_eq!(told(None, Some(Rotation::Deg0)) + &told(None, None) + &told(Some(0), None), "");
    }

    #[test]
    fn a_screen_that_is_not_plugged_in_is_told_with_the_plugs() {
        let finding = pi("disconnected\n", "");
        assert_eq!(finding.verdict, Verdict::Warning);
        assert_eq!(finding.found, "no screen is plugged in at HDMI-A-1 of card1, HDMI-A-2 of card1");
    }

    #[test]
    fn a_size_that_the_screen_does_not_have_is_told_with_those_it_has() {
        let finding = pi("connected\n", "1024x600\n1024x600\n640x480\n");
        assert_eq!(finding.verdict, Verdict::Warning);
        assert!(finding.advice.as_ref().unwrap().ends_with("one of 1024x600, 640x480"), "{finding}");
    }

    #[test]
    fn a_plug_that_is_asked_for_and_is_not_there_is_told() {
        let (_folder, machine) = machine(&[("/dev/dri/card0", ""), (&format!("{HDMI}/status"), "connected\n")]);
        let display = Display { connector: "DP-1".into(), ..board("raspberry-pi-5").display };
        let finding = check(&display, &machine).unwrap();
        assert_eq!(finding.found, "no screen is plugged in at DP-1; there are HDMI-A-1 of card1");
        let display = Display { device: "/dev/dri/card7".into(), ..display };
        assert_eq!(check(&display, &machine).unwrap().verdict, Verdict::Failed);
    }

    #[test]
    fn a_machine_without_mode_setting_is_left_to_the_frame_buffer() {
        let (_folder, machine) = machine(&[("/dev/fb0", "")]);
        assert_eq!(check(&board("raspberry-pi-5").display, &machine), None);
    }
}
