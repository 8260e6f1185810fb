//! Power that fails at every step of an install and of a rollback: the face works, and the next install succeeds.

use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use keyface::bundle::{Bundle, Keys, Requirements, SelfTest};
use keyface::store::{Action, Event, Slot, Store};
use rustix::process::{Signal, getpid, kill_process};

use crate::bundles::desk;
use crate::util::{Desk, MODELS};

/// This test as a child finds here its desk, what to do, and after how many actions to die.
const DESK: &str = "KILLED_DESK";
const DEED: &str = "KILLED_DEED";
const LAST: &str = "KILLED_AFTER";

fn bundle(folder: &Path, name: &str) -> Bundle {
    let keys = Keys::read(&folder.join("keys/vendor.pub")).unwrap();
    Bundle::open(&folder.join(format!("{name}.kfm")), &keys).unwrap().0
}

fn requirements() -> Requirements {
    Requirements { look_ahead_ms: None, is_untimed: true }
}

fn work(folder: &Path, deed: &str, tell: impl FnMut(Event)) {
    let store = Store::new(folder.join("store"));
    match deed {
        "rollback" => {
            _ = store.rollback(&requirements(), || keyface::model::load(&format!("{MODELS}/live")), tell).unwrap()
        }
        name => _ = store.install(&bundle(folder, name), &requirements(), tell).unwrap(),
    }
}

#[test]
#[ignore = "the child of the tests below"]
fn child() {
    let Ok(deed) = env::var(DEED) else { return };
    let get = |name: &str| env::var(name).unwrap();
    let mut left: usize = get(LAST).parse().unwrap();
    work(Path::new(&get(DESK)), &deed, |event| {
        let Event::Did(_) = event else { return };
        left -= 1;
        if left == 0 {
            kill_process(getpid(), Signal::KILL).unwrap();
        }
    });
}

/// Does `deed` in a process that dies after `last` actions; whether it died.
fn is_killed(desk: &Desk, deed: &str, last: usize) -> bool {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "kills::child", "--ignored", "--test-threads=1"]);
    child.env(DESK, desk.path("")).env(DEED, deed).env(LAST, last.to_string());
    let output = child.output().unwrap();
    assert!(output.status.success() || output.status.signal() == Some(9), "{output:?}");
    !output.status.success()
}

/// What the store's face is: a whole installed bundle that gives its golden answer, or `None` for the shipped model.
fn face(desk: &Desk) -> Option<String> {
    let held = Store::new(desk.path("store")).holding(Slot::Current).unwrap()?;
    assert!(held.damage.is_none(), "{held:?}");
    let bundle = Bundle::read_folder(&held.folder).unwrap();
    SelfTest::new(&bundle, &requirements()).run(|_, _| ()).unwrap();
    Some(bundle.manifest().name.clone())
}

/// Both links name whole bundles, and beside them lies nothing.
fn assert_tidy(desk: &Desk) {
    let store = Store::new(desk.path("store"));
    let mut wanted = vec!["current".to_owned()];
    for slot in [Slot::Current, Slot::Previous] {
        let Some(held) = store.holding(slot).unwrap() else { continue };
        assert!(held.model.is_some(), "{held:?}");
        wanted.push(held.folder.file_name().unwrap().to_str().unwrap().to_owned());
    }
    if wanted.len() == 3 {
        wanted.push("previous".to_owned());
    }
    wanted.sort();
    wanted.dedup();
    let entries = fs::read_dir(store.root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    assert_eq!(names, wanted);
}

/// Kills `deed` at every step on a store made by `installed`; the face must be one of `faces` each time.
fn kill_everywhere(installed: &[&str], deed: &str, faces: [Option<&str>; 2]) -> usize {
    for last in 1.. {
        let desk = desk(&["instant", "live", "playback"]);
        installed.iter().for_each(|name| work(&desk.path(""), name, |_| ()));
        if !is_killed(&desk, deed, last) {
            assert_eq!(face(&desk).as_deref(), faces[1]);
            return last - 1;
        }
        let after = face(&desk);
        assert!(faces.contains(&after.as_deref()), "killed after {last} actions: {after:?}");
        work(&desk.path(""), "live", |_| ());
        assert_eq!(face(&desk).as_deref(), Some("live"), "killed after {last} actions");
        assert_tidy(&desk);
    }
    unreachable!("a deed has an end")
}

#[test]
fn an_install_that_is_killed_anywhere_leaves_a_working_face() {
    let kills = kill_everywhere(&["instant", "playback"], "live", [Some("playback"), Some("live")]);
    assert_eq!(kills, 16, "every action is killed once");
}

#[test]
fn the_first_install_that_is_killed_anywhere_leaves_a_working_face() {
    kill_everywhere(&[], "playback", [None, Some("playback")]);
}

#[test]
fn a_rollback_that_is_killed_anywhere_leaves_a_working_face() {
    kill_everywhere(&["instant", "playback"], "rollback", [Some("playback"), Some("instant")]);
    kill_everywhere(&["instant"], "rollback", [Some("instant"), None]);
}

#[test]
fn every_action_is_told_in_order() {
    let desk = desk(&["live"]);
    let mut told = Vec::new();
    work(&desk.path(""), "live", |event| {
        if let Event::Did(action) = event {
            told.push(action);
        }
    });
    use Action::*;
    let files = (1..=7).map(FileWritten);
    let expected: Vec<Action> = [Locked, Swept, FolderMade]
        .into_iter()
        .chain(files)
        .chain([Unpacked, Tested, Named, PreviousSet, CurrentSet, Cleaned])
        .collect();
    assert_eq!(told, expected);
}
