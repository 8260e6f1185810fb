//! A fresh folder and the real program for each test, in the manner of ripgrep's `tests/util.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The folder of the shipped models.
pub const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models");
/// The folder of the shipped boards.
pub const BOARDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../boards");
/// The program.
pub const KEYFACE: &str = env!("CARGO_BIN_EXE_keyface");

/// A folder of its own, in which the program runs.
pub struct Desk {
    folder: TempDir,
}

/// What the program did.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Desk {
    pub fn new() -> Desk {
        Desk { folder: TempDir::new().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program with `args`, which are separated by spaces. It sees no display, no board of its own and only the shipped
    /// models and boards; what it installs, and whom it trusts, stays in this folder.
    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(KEYFACE);
        command
            .args(args.split_whitespace())
            .current_dir(self.folder.path())
            .env("KEYFACE_MODELS", MODELS)
            .env("KEYFACE_BOARDS", BOARDS)
            .env("KEYFACE_STORE", self.path("store"))
            .env("KEYFACE_KEYS", self.path("keys"))
            .env("KEYFACE_BOARD", "");
        ["DISPLAY", "WAYLAND_DISPLAY", "RUST_LOG", "RUST_BACKTRACE"]
            .iter()
            .for_each(|name| _ = command.env_remove(name));
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &str) -> Run {
        self.command(args).output().unwrap().into()
    }

    /// Runs with `bytes` on standard input, written `chunk` bytes at a time.
    pub fn pipe(&self, args: &str, bytes: &[u8], chunk: usize) -> Run {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that refuses its input closes the pipe.
        _ = bytes.chunks(chunk).try_for_each(|piece| stdin.write_all(piece));
        drop(stdin);
        child.wait_with_output().unwrap().into()
    }

    /// Runs what must be refused: with one line, and no file made or changed. Returns the line.
    pub fn refuse(&self, args: &str) -> String {
        self.refused(|| self.run(args))
    }

    /// The same for any way to run.
    pub fn refused(&self, run: impl FnOnce() -> Run) -> String {
        self.untouched(run).refused()
    }

    /// A run that leaves every file as it is.
    pub fn untouched(&self, run: impl FnOnce() -> Run) -> Run {
        let before = contents(self.folder.path());
        let run = run();
        let same = before == contents(self.folder.path());
        assert!(same, "files were made or changed by a run that failed: {run:?}");
        run
    }
}

impl Run {
    /// Everything went well, without a word of warning.
    pub fn fine(self) -> Run {
        assert!(self.stderr.is_empty(), "{self:?}");
        self.done()
    }

    /// It was done.
    pub fn done(self) -> Run {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// It was done, with one line of warning.
    pub fn warned(self) -> String {
        self.done().line()
    }

    fn refused(self) -> String {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert!(self.stdout.is_empty(), "{self:?}");
        self.line()
    }

    /// Standard error as one line that says nothing twice.
    pub fn line(self) -> String {
        let line = self.stderr.strip_suffix('\n').unwrap_or_else(|| panic!("no line: {self:?}"));
        assert!(line.starts_with("keyface: ") && !line.contains('\n'), "{self:?}");
        assert!(!line.contains("panicked") && !line.contains("RUST_BACKTRACE"), "{line}");
        let parts: Vec<&str> = line.split(": ").collect();
        assert!(parts.windows(2).all(|pair| pair[0] != pair[1]), "said twice: {line}");
        line.to_owned()
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// Each file of a folder with its bytes, folders too.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        }
        found.insert(path.clone(), fs::read(&path).unwrap_or_default());
    }
    found
}
