//! One file for each subcommand: arguments -> library call -> report.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

/// Prints a line, or returns an error from the function: a full disk behind standard output is no reason to panic, and a
/// reader that has seen enough (`| head`) none to stop.
macro_rules! say {
    ($($what:tt)*) => {
        $crate::commands::print_line(&mut std::io::stdout().lock(), format_args!($($what)*))?
    };
}

pub mod ablate;
pub mod check;
pub mod compare;
pub mod corpus;
pub mod evaluate;
pub mod expert;
pub mod export;
pub mod faces;
pub mod features;
pub mod fit_truth;
pub mod listener;
pub mod paper;
pub mod personalize;
pub mod phones;
pub mod plot;
pub mod prepare;
pub mod reading;
pub mod render;
pub mod throughput;
pub mod train;
pub mod tune;
pub mod variants;

/// A line, and all of it written.
fn print_line(out: &mut impl Write, line: Arguments) -> Result<()> {
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("standard output cannot be written"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_behind_standard_output_is_an_error() {
        let mut room_for_two = [0; 2];
        let error = print_line(&mut &mut room_for_two[..], format_args!("three")).unwrap_err();
        assert_eq!(error.to_string(), "standard output cannot be written");
    }

    #[test]
    fn a_reader_that_has_left_is_none() {
        let (_, mut unread) = std::io::pipe().unwrap();
        print_line(&mut unread, format_args!("three")).unwrap();
    }
}
