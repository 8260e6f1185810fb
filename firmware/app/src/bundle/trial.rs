//! Networks that somebody else made are first loaded in a process of their own: some axes of a damaged file are loop
//! bounds, and a parser that never ends, or falls, must not take this program along.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::Bundle;
use crate::AppError;

/// CPU time that loading may take: a slow board needs a second. How long that lasts on a busy machine says nothing.
const LIMIT_S: u64 = 20;

impl Bundle {
    /// Has `loader`, a program that calls [`Bundle::load_networks`] with its standard input, load the networks. What is
    /// wrong with them this process can then find out for itself.
    ///
    /// # Errors
    /// When the loader does not start, or does not come to an end of its own.
    pub fn load_apart(&self, loader: Command) -> Result<(), AppError> {
        let status = run(loader, &self.to_tar()?, LIMIT_S)?;
        if status.code().is_some() {
            return Ok(());
        }
        let expected = format!("networks that are loaded in {LIMIT_S} s of CPU time");
        Err(AppError::unexpected(self.place.display().to_string(), expected, format!("a loader's end by {status}")))
    }

    /// Loads the networks of a bundle's tar, whose signatures somebody else has looked at, and drops them.
    ///
    /// # Errors
    /// When the bundle is not whole, or its card does not describe them.
    pub fn load_networks(tar: &[u8]) -> Result<(), AppError> {
        let (bundle, ()) = Bundle::parse(Path::new("bundle"), tar, |_, _| Ok(()))?;
        bundle.model().map(drop)
    }
}

/// How a program ends that is given `input` and some seconds of CPU time.
fn run(mut program: Command, input: &[u8], limit_s: u64) -> Result<ExitStatus, AppError> {
    let file = program.get_program().to_owned();
    let cannot = |action| AppError::file(Path::new(&file), action);
    program.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = program.spawn().map_err(cannot("start it"))?;
    limit(&child, limit_s);
    if let Some(mut pipe) = child.stdin.take() {
        // One that does not read to the end tells why by its own.
        _ = pipe.write_all(input);
    }
    child.wait().map_err(cannot("wait for it"))
}

/// The kernel ends the process, and keeps no picture of its memory.
#[cfg(target_os = "linux")]
fn limit(child: &Child, limit_s: u64) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    for (resource, most) in [(Resource::Cpu, limit_s), (Resource::Core, 0)] {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        if let Err(error) = prlimit(Some(Pid::from_child(child)), resource, limit) {
            log::warn!("a process has no limit: {error}");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn limit(_: &Child, _: u64) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn shell(script: &str) -> ExitStatus {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        run(shell, &[7; 100_000], 1).unwrap()
    }

    #[test]
    fn what_never_ends_is_ended_after_its_cpu_time() {
        let status = shell("cat >/dev/null; while :; do :; done");
        assert!(status.code().is_none(), "{status}");
    }

    #[test]
    fn what_waits_longer_than_its_cpu_time_ends_by_itself() {
        assert_eq!(shell("sleep 1.2; cat >/dev/null; exit 3").code(), Some(3));
    }

    #[test]
    fn what_reads_nothing_ends_by_itself() {
        assert_eq!(shell("exit 0").code(), Some(0));
    }

    #[test]
    fn what_falls_is_seen_to_fall() {
        assert!(shell("kill -SEGV $$").code().is_none());
    }
}
