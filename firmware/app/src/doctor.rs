//! A board and the machine in; what works, what does not and what to do about it out.

mod access;
mod display;
mod finding;
pub mod latency;
mod machine;
mod microphone;
mod model;
mod scheduling;
mod service;
mod servos;
mod streams;
mod system;
mod which;

use serde::Serialize;

use crate::board::Board;

pub use finding::{Finding, Verdict};
pub use machine::Machine;
pub use which::{Chosen, choose};

/// Everything that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Examination {
    /// The board's name.
    pub board: String,
    /// Why this board and no other.
    pub because: String,
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
}

impl Examination {
    /// What was looked at and came out as `verdict`.
    pub fn of(&self, verdict: Verdict) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.verdict == verdict)
    }
}

/// Looks whether `machine` is what the board says and whether a face will run on it; `each` is told at once what was
/// found. Takes some two seconds, of which one is spent listening.
pub fn examine(chosen: &Chosen, machine: &Machine, mut each: impl FnMut(&Finding)) -> Examination {
    let board = &chosen.board;
    let mut findings = Vec::new();
    for check in CHECKS {
        for finding in check(board, machine) {
            each(&finding);
            findings.push(finding);
        }
    }
    Examination { board: board.name.clone(), because: chosen.because.clone(), findings }
}

/// What is known of one part of a machine.
type Check = fn(&Board, &Machine) -> Vec<Finding>;

const CHECKS: [Check; 10] = [
    system::check,
    scheduling::check,
    model::check,
    microphone::check,
    display::check,
    servos::check,
    streams::check,
    system::space,
    service::check,
    access::user,
];
