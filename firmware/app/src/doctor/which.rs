//! Which board this machine is, where nobody has said so.

use std::path::PathBuf;

use super::machine::Machine;
use super::system::model_of;
use crate::board::{Board, SETTINGS, Said, VARIABLE};
use crate::{AppError, board};

const DESKTOP: &str = "linux-pc";
const NO_DESKTOP: &str = "linux-kiosk";

/// A board, and why it.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The board.
    pub board: Board,
    /// Reads after "because".
    pub because: String,
}

/// The board that was asked for; else the one that `KEYFACE_BOARD` or the service's settings name; else the one whose
/// `device_tree` says most of this machine's model; else a PC with or without a desktop.
///
/// # Errors
/// As [`board::load`].
pub fn choose(asked: Option<&str>, machine: &Machine) -> Result<Chosen, AppError> {
    let (name, because) = which(asked, machine, &board::known());
    Ok(Chosen { board: board::load(&name)?, because })
}

/// Name and reason.
fn which(asked: Option<&str>, machine: &Machine, known: &[(String, PathBuf)]) -> (String, String) {
    named(asked, machine).unwrap_or_else(|| detected(machine, known))
}

fn named(asked: Option<&str>, machine: &Machine) -> Option<(String, String)> {
    if let Some(name) = asked {
        return Some((name.to_owned(), "it was asked for".to_owned()));
    }
    let variable = machine.variables.get(VARIABLE).map(String::as_str);
    let Said { name, by } = board::said_by(variable, || machine.text(SETTINGS))?;
    Some((name, format!("{by} says so")))
}

fn detected(machine: &Machine, known: &[(String, PathBuf)]) -> (String, String) {
    if let Some(model) = model_of(machine)
        && let Some(name) = by_device_tree(&model, known)
    {
        return (name, format!("this machine is a {model}"));
    }
    let has_desktop = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| machine.variable(name).is_some());
    match has_desktop {
        true => (DESKTOP.to_owned(), "no board names this machine, and it has a desktop".to_owned()),
        false => (NO_DESKTOP.to_owned(), "no board names this machine, and it has no desktop".to_owned()),
    }
}

/// The board that says most of `model`; among equals the first that is found, which is an integrator's own.
fn by_device_tree(model: &str, known: &[(String, PathBuf)]) -> Option<String> {
    let mut best: Option<(usize, &str)> = None;
    for (name, file) in known {
        let said = match board::load(&file.to_string_lossy()) {
            Ok(board) => board.device_tree,
            Err(error) => {
                log::warn!("{error}");
                continue;
            }
        };
        let length = said.iter().filter(|start| model.starts_with(start.as_str())).map(String::len).max();
        if let Some(length) = length.filter(|length| best.as_ref().is_none_or(|(longest, _)| length > longest)) {
            best = Some((length, name));
        }
    }
    Some(best?.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::machine::tests::machine;

    fn chosen(files: &[(&str, &str)], variables: &[(&str, &str)], asked: Option<&str>) -> (String, String) {
        let (_folder, mut machine) = machine(files);
        machine.variables.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let shipped = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../boards"));
        which(asked, &machine, &board::listed(&[shipped]))
    }

    #[test]
    fn a_machine_is_known_by_its_device_tree() {
        for (model, name) in [
            ("Raspberry Pi 5 Model B Rev 1.0\0", "raspberry-pi-5"),
            ("NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super\0", "jetson-orin-nano"),
            ("NVIDIA Jetson AGX Orin Developer Kit\0", "jetson-agx-orin"),
            ("linux,dummy-virt\0", "emulated"),
        ] {
            assert_eq!(chosen(&[("/proc/device-tree/model", model)], &[], None).0, name);
        }
    }

    #[test]
    fn a_pc_is_known_by_its_desktop() {
        assert_eq!(chosen(&[], &[("DISPLAY", ":0")], None).0, "linux-pc");
        assert_eq!(chosen(&[], &[("DISPLAY", "")], None).0, "linux-kiosk");
    }

    #[test]
    fn who_says_the_board_is_heard_before_the_machine() {
        let pi = ("/proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0");
        let settings = ("/etc/keyface/keyface.env", "# which\nKEYFACE_ARGS=\nKEYFACE_BOARD=\"emulated\"\n");
        let by = |asked| chosen(&[pi, settings], &[], asked);
        assert_eq!(by(None), ("emulated".into(), "/etc/keyface/keyface.env says so".into()));
        assert_eq!(by(Some("linux-pc")).0, "linux-pc");
        assert_eq!(chosen(&[pi, settings], &[("KEYFACE_BOARD", "robot-head")], None).0, "robot-head");
        assert_eq!(chosen(&[pi, ("/etc/keyface/keyface.env", "KEYFACE_BOARD=\n")], &[], None).0, "raspberry-pi-5");
    }
}
