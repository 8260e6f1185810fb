//! `keyface`: arguments -> library call -> report.
#![forbid(unsafe_code)]

mod cli;

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use env_logger::Target;
use keyface::AppError;
use keyface::hush::StandardError;

/// What a shell sees when something was wrong with what it gave.
const REFUSED: u8 = 2;
/// What a shell sees of a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let started = Instant::now();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn,tract=off,symphonia=off"))
        .format(|out, record| writeln!(out, "keyface: {}", record.args()))
        .target(Target::Pipe(Box::new(StandardError)))
        .init();
    match cli::run(started) {
        Ok(()) => ExitCode::SUCCESS,
        // Who reads a pipe decides how much; `| head` is told no error.
        Err(error) if error.downcast_ref().is_some_and(AppError::is_unread) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to hear that standard error is gone.
            _ = writeln!(StandardError, "keyface: {error:#}");
            let is_interrupted = matches!(error.downcast_ref(), Some(AppError::Stopped));
            ExitCode::from(if is_interrupted { INTERRUPTED } else { REFUSED })
        }
    }
}
