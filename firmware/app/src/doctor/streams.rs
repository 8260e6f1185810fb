//! Who gives the face its voice and who is sent it: the board's keys `voice` and `to`, and whether its service may.

use std::io::ErrorKind;
use std::net::TcpListener;

use super::finding::Finding;
use super::machine::Machine;
use crate::AppError;
use crate::board::{Board, Voice};
use crate::ears::Speaker;
use crate::stream::out::address_of;
use crate::unit::Limits;

pub(super) fn check(board: &Board, machine: &Machine) -> Vec<Finding> {
    let Voice { play, serve, token_file, .. } = &board.voice;
    let mut findings: Vec<Finding> = board.to.iter().filter_map(|to| receiver(to)).collect();
    findings.extend(play.as_deref().map(loudspeaker));
    findings.extend(serve.map(|address| match TcpListener::bind(address) {
        Ok(_) => Finding::ok("serve", format!("{address} is free")),
        Err(e) if e.kind() == ErrorKind::AddrInUse => {
            Finding::ok("serve", format!("{address} is taken, as it is while the face runs"))
        }
        Err(e) => {
            Finding::failed("serve", format!("{address}: {e}"), "write an address of this machine into voice.serve")
        }
    }));
    findings.extend(token_file.as_deref().map(|file| token(file, machine)));
    findings.extend(unit(board, machine));
    findings
}

/// Receivers on the network; the others have parts of their own.
fn receiver(to: &str) -> Option<Finding> {
    match address_of(to) {
        Ok(known) => known.map(|(_, at)| Finding::ok("to", format!("{to} is at {at}; whether it listens is not told"))),
        Err(error) => {
            Some(Finding::failed("to", error.to_string(), "write the receiver's address, rather than its name"))
        }
    }
}

fn loudspeaker(id: &str) -> Finding {
    const PART: &str = "loudspeaker";
    match Speaker::open(Some(id.to_owned()).filter(|id| id != "default")) {
        Ok(_) => Finding::ok(PART, format!("{id} plays")),
        Err(AppError::Loudspeaker { reason }) => {
            let advice = "plug it in, or write another into voice.play (`aplay -L` lists them)";
            Finding::failed(PART, format!("{id}: {reason}"), advice)
        }
        Err(error) => Finding::failed(PART, error.to_string(), "try again"),
    }
}

fn token(file: &str, machine: &Machine) -> Finding {
    match std::fs::File::open(machine.path(file)) {
        Ok(_) => Finding::ok("token", format!("{file} can be read")),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let advice = format!("make one: openssl rand -hex 16 | sudo install -m 640 -g keyface /dev/stdin {file}");
            Finding::failed("token", format!("{file} is not there"), advice)
        }
        Err(e) => Finding::failed("token", format!("{file}: {e}"), format!("sudo chgrp keyface {file}, chmod 640")),
    }
}

/// Whether the installed unit lets the service do what the board says; `None` where there is none.
fn unit(board: &Board, machine: &Machine) -> Option<Finding> {
    const PART: &str = "unit";
    let keys = format!("LoadState,{}", Limits::PROPERTIES);
    let told = (machine.ask)("systemctl", &["show", "keyface.service", "--property", &keys])?;
    if !told.lines().any(|line| line == "LoadState=loaded") {
        return None;
    }
    let missing = Limits::of(board).missing(&told);
    if missing.is_empty() {
        return Some(Finding::ok(PART, "the service may do what the board's `to` and `voice` say"));
    }
    let advice = "sudo systemctl daemon-reload && sudo systemctl restart keyface, when this is the service's board";
    Some(Finding::warning(PART, format!("keyface.service lacks {}", missing.join(", ")), advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use crate::doctor::machine::tests::{board, machine};

    #[test]
    fn a_unit_that_was_made_for_another_board_is_told_with_what_it_lacks() {
        let (_folder, mut machine) = machine(&[]);
        machine.ask = |program, _| {
            let told = "LoadState=loaded\nIPAddressAllow=127.0.0.0/8 ::1/128\nTasksMax=64\nMemoryMax=402653184";
            (program == "systemctl").then(|| told.to_owned())
        };
        let mut board = board("linux-pc");
        assert_eq!(unit(&board, &machine).unwrap().verdict, Verdict::Ok);
        board.to = vec!["livelink://192.0.2.7".into()];
        let finding = unit(&board, &machine).unwrap();
        assert_eq!(finding.verdict, Verdict::Warning);
        assert_eq!(finding.found, "keyface.service lacks IPAddressAllow=192.0.2.7/32");
        machine.ask = |_, _| Some("LoadState=not-found".to_owned());
        assert_eq!(unit(&board, &machine), None);
    }

    #[test]
    fn receivers_services_and_tokens_are_looked_at() {
        let (_folder, machine) = machine(&[("/etc/keyface/token", "0123456789abcdef\n")]);
        let mut board = board("linux-pc");
        let told = |board: &Board| {
            let findings = check(board, &machine);
            findings.iter().map(|found| format!("{} {} {}", found.part, found.verdict, found.found)).collect::<Vec<_>>()
        };
        assert!(told(&board).is_empty());
        board.to = vec!["screen".into(), "vmc://127.0.0.1".into(), "vmc://no-such-host.invalid".into()];
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        board.voice.serve = Some(taken.local_addr().unwrap());
        board.voice.token_file = Some("/etc/keyface/token".into());
        let all = told(&board);
        assert_eq!(all.len(), 4, "{all:?}");
        assert!(all[0].starts_with("to ok vmc://127.0.0.1 "), "{all:?}");
        assert!(all[1].starts_with("to failed --to vmc://no-such-host.invalid: expected a host"), "{all:?}");
        assert!(all[2].starts_with("serve ok ") && all[2].contains(" is taken"), "{all:?}");
        assert_eq!(all[3], "token ok /etc/keyface/token can be read");
        board.voice.serve = Some("192.0.2.1:8765".parse().unwrap());
        board.voice.token_file = Some("/etc/keyface/none".into());
        let all = told(&board);
        assert!(all[2].starts_with("serve failed 192.0.2.1:8765: "), "{all:?}");
        assert_eq!(all[3], "token failed /etc/keyface/none is not there");
    }
}
