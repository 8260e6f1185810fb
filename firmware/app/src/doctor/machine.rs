//! The machine that is looked at: its files, its variables, its programs.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A machine as a program on it sees it.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Where its files begin; `/` but for tests.
    pub root: PathBuf,
    /// Its environment.
    pub variables: BTreeMap<String, String>,
    /// What a program writes to standard output when all goes well.
    pub ask: fn(&str, &[&str]) -> Option<String>,
}

impl Machine {
    /// The machine that this program runs on.
    pub fn here() -> Machine {
        let known = |(name, value): (_, std::ffi::OsString)| Some((text(name)?, text(value)?));
        Machine { root: "/".into(), variables: env::vars_os().filter_map(known).collect(), ask: run }
    }

    /// A file of it by its whole path.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The text of a file, without the white space and the zeros at its ends.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let bytes = fs::read(self.path(path)).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned())
    }

    /// The names in a folder, in order; none where there is no such folder.
    pub(super) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// A variable that says something.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Opens a file for reading and writing, as a driver would.
    pub(super) fn open(&self, path: &Path) -> io::Result<fs::File> {
        fs::OpenOptions::new().read(true).write(true).open(path)
    }
}

fn text(from: std::ffi::OsString) -> Option<String> {
    from.into_string().ok()
}

fn run(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let is_told = output.status.success();
    is_told.then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A machine of nothing but the files given.
    pub fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Machine) {
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine { root: folder.path().into(), variables: BTreeMap::new(), ask: |_, _| None };
        for (path, text) in files {
            let path = machine.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (folder, machine)
    }

    /// A shipped board.
    pub fn board(name: &str) -> crate::board::Board {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../boards");
        crate::board::load(&format!("{folder}/{name}.toml")).unwrap()
    }

    #[test]
    fn a_device_trees_zero_at_the_end_is_no_part_of_the_text() {
        let (_folder, machine) = machine(&[("/proc/device-tree/model", "A board\0")]);
        assert_eq!(machine.text("/proc/device-tree/model").as_deref(), Some("A board"));
    }
}
