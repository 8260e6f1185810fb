//! The installed package and its service, where there are any.

use super::finding::Finding;
use super::machine::Machine;
use crate::board::Board;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const UNIT: &str = "keyface.service";

pub(super) fn check(_: &Board, machine: &Machine) -> Vec<Finding> {
    let mut findings = vec![package(machine)];
    findings.extend(service(machine));
    findings
}

fn package(machine: &Machine) -> Finding {
    const PART: &str = "package";
    let installed = (machine.ask)("dpkg-query", &["-W", "-f", "${db:Status-Status} ${Version}", "keyface"]);
    match installed.as_deref().and_then(|state| state.strip_prefix("installed ")) {
        None => Finding::ok(PART, format!("none; this program is {VERSION}")),
        Some(version) if is_of(version, VERSION) => Finding::ok(PART, version),
        Some(version) => {
            let found = format!("{version} is installed, this program is {VERSION}");
            Finding::warning(PART, found, "run the installed program (/usr/bin/keyface), or install this one")
        }
    }
}

/// Whether a Debian version, such as `0.1.0-1`, is of an upstream version.
fn is_of(version: &str, upstream: &str) -> bool {
    version.strip_prefix(upstream).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
}

fn service(machine: &Machine) -> Option<Finding> {
    const PART: &str = "service";
    let keys = "LoadState,ActiveState,SubState,Result,NRestarts";
    let answer = (machine.ask)("systemctl", &["show", UNIT, "--property", keys])?;
    let value =
        |key: &str| answer.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or_default();
    if value("LoadState") != "loaded" {
        return Some(Finding::ok(PART, "not installed"));
    }
    let state = format!("{UNIT} is {} ({})", value("ActiveState"), value("SubState"));
    let (active, restarts) = (value("ActiveState"), value("NRestarts"));
    let logs = "journalctl -u keyface -n 50 says why";
    Some(match (active, restarts) {
        ("failed", _) => Finding::failed(PART, format!("{state}: {}", value("Result")), logs),
        (_, "" | "0") => Finding::ok(PART, state),
        _ => Finding::warning(PART, format!("{state}, started again {restarts} times"), logs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use crate::doctor::machine::tests::machine;

    #[test]
    fn a_service_that_has_failed_is_told_with_its_reason() {
        let (_folder, mut machine) = machine(&[]);
        machine.ask = |program, _| {
            let state = "LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=watchdog\nNRestarts=5";
            (program == "systemctl").then(|| state.to_owned())
        };
        let finding = service(&machine).unwrap();
        assert_eq!(finding.verdict, Verdict::Failed);
        assert_eq!(finding.found, "keyface.service is failed (failed): watchdog");
    }

    #[test]
    fn a_machine_without_systemd_has_no_service_to_speak_of() {
        let (_folder, machine) = machine(&[]);
        assert_eq!(service(&machine), None);
        assert_eq!(package(&machine).verdict, Verdict::Ok);
    }

    #[test]
    fn another_version_than_the_installed_one_is_told() {
        assert!(is_of("0.1.0-1", "0.1.0") && is_of("0.1.0", "0.1.0"));
        assert!(!is_of("0.1.01", "0.1.0") && !is_of("0.1.0.1", "0.1.0") && !is_of("0.2.0-1", "0.1.0"));
        let (_folder, mut machine) = machine(&[]);
        machine.ask = |_, _| Some("installed 9.9.9-1".to_owned());
        assert_eq!(package(&machine).verdict, Verdict::Warning);
    }
}
