//! The machine itself: what it is called, its processor, its C library and its disk.

use std::env::consts::ARCH;
use std::fs;

use super::finding::Finding;
use super::machine::Machine;
use crate::board::{Board, Glibc};

/// Where the service keeps models.
const STATE: &str = "/var/lib/keyface";
/// Room for two models and what is made of them.
const NEEDED_MB: u64 = 20;
/// Room that lets a system breathe.
const WANTED_MB: u64 = 100;
/// Stands in every GNU C library before its version.
const BANNER: &[u8] = b"release version ";

pub(super) fn check(board: &Board, machine: &Machine) -> Vec<Finding> {
    let mut findings = vec![processor(board), c_library(board, machine)];
    findings.extend(name(board, machine));
    findings
}

/// The model that the device tree states.
pub(super) fn model_of(machine: &Machine) -> Option<String> {
    machine.text("/proc/device-tree/model").filter(|model| !model.is_empty())
}

fn name(board: &Board, machine: &Machine) -> Option<Finding> {
    const PART: &str = "machine";
    let expected = || board.device_tree.join(" or ");
    let model = match model_of(machine) {
        Some(model) => model,
        None if board.device_tree.is_empty() => return None,
        None => {
            let advice = format!("this board is known by {}: choose another board, or leave it as it is", expected());
            return Some(Finding::warning(PART, "has no device tree", advice));
        }
    };
    let is_known = board.device_tree.is_empty() || board.device_tree.iter().any(|start| model.starts_with(start));
    Some(match is_known {
        true => Finding::ok(PART, model),
        false => Finding::warning(PART, &model, format!("expected {}: choose another board", expected())),
    })
}

fn processor(board: &Board) -> Finding {
    let target = board.target.triple();
    match target.split('-').next() {
        Some(wanted) if wanted == ARCH => Finding::ok("processor", format!("{ARCH}, as the board says")),
        _ => {
            let advice = format!("take a board whose `target` begins with {ARCH}, or run this on the board");
            Finding::failed("processor", format!("{ARCH}, where the board says {target}"), advice)
        }
    }
}

fn c_library(board: &Board, machine: &Machine) -> Finding {
    const PART: &str = "C library";
    let least = board.glibc;
    match glibc(machine) {
        None => Finding::warning(PART, "no GNU C library was found", "programs are built for Debian and Ubuntu"),
        Some(here) if here < least => {
            let advice = format!("set glibc = \"{here}\" in the board and build for it, or upgrade the system");
            let found = format!("{here}: a program that is built for this board (up to {least}) may not start");
            Finding::failed(PART, found, advice)
        }
        Some(here) => Finding::ok(PART, format!("glibc {here}, at least {least} is needed")),
    }
}

/// The version of the C library that this program runs with, from the library itself: asking it takes unsafe code.
fn glibc(machine: &Machine) -> Option<Glibc> {
    let maps = machine.text("/proc/self/maps")?;
    let file = maps.lines().filter_map(|line| line.split_whitespace().last()).find(|file| {
        let name = file.rsplit('/').next().unwrap_or_default();
        name == "libc.so.6" || name.starts_with("libc-2.")
    })?;
    let bytes = fs::read(machine.path(file)).ok()?;
    let after = bytes.windows(BANNER.len()).position(|window| window == BANNER)? + BANNER.len();
    let version: Vec<u8> = bytes[after..].iter().copied().take_while(|b| b.is_ascii_digit() || *b == b'.').collect();
    Glibc::try_from(String::from_utf8_lossy(&version).trim_end_matches('.').to_owned()).ok()
}

/// Room on the disk for models that are installed later.
pub(super) fn space(_: &Board, machine: &Machine) -> Vec<Finding> {
    const PART: &str = "disk";
    let state = machine.path(STATE);
    let folder = state.ancestors().find(|folder| folder.is_dir());
    let Some(Ok(disk)) = folder.map(rustix::fs::statvfs) else { return vec![] };
    let free_mb = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
    let found = format!("{free_mb} MB free for {STATE}");
    let advice = "remove something: a model cannot be installed on a full disk";
    vec![match free_mb {
        0..NEEDED_MB => Finding::failed(PART, found, advice),
        NEEDED_MB..WANTED_MB => Finding::warning(PART, found, advice),
        _ => Finding::ok(PART, found),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use crate::doctor::machine::tests::{board, machine};

    fn with_libc(banner: &str) -> (tempfile::TempDir, Machine) {
        let maps = "7f00-7f01 r--p 0 00:00 1 /bin/keyface\n7f02-7f03 r--p 0 00:00 2   /lib/libc.so.6\n";
        machine(&[("/proc/self/maps", maps), ("/lib/libc.so.6", banner)])
    }

    #[test]
    fn the_c_library_of_this_machine_is_found() {
        let version = glibc(&Machine::here()).unwrap();
        assert!(version >= Glibc { major: 2, minor: 31 }, "{version}");
    }

    #[test]
    fn an_older_c_library_than_the_boards_is_refused() {
        let pi = board("raspberry-pi-5");
        let banner =
            |version: &str| format!("GNU C Library (Debian GLIBC) stable release version {version}.\nCopyright");
        let (_folder, machine) = with_libc(&banner("2.31"));
        let finding = c_library(&pi, &machine);
        assert_eq!(finding.verdict, Verdict::Failed, "{finding}");
        assert!(finding.advice.unwrap().contains("glibc = \"2.31\""));
        let (_folder, machine) = with_libc(&banner("2.41"));
        assert_eq!(c_library(&pi, &machine).verdict, Verdict::Ok);
        let (_folder, machine) = with_libc("musl");
        assert_eq!(c_library(&pi, &machine).verdict, Verdict::Warning);
    }

    #[test]
    fn another_machine_than_the_boards_is_told() {
        let (_folder, machine) = machine(&[("/proc/device-tree/model", "Raspberry Pi 4 Model B\0")]);
        let finding = name(&board("raspberry-pi-5"), &machine).unwrap();
        assert_eq!((finding.verdict, finding.found.as_str()), (Verdict::Warning, "Raspberry Pi 4 Model B"));
        assert_eq!(name(&board("linux-pc"), &machine).unwrap().verdict, Verdict::Ok);
    }
}
