//! Models that are installed, used, damaged and rolled back.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::bundles::{desk, packed};
use crate::util::{Desk, Run};
use crate::wav::clip_wav;

/// The look-aheads by which the models are told apart.
const INSTANT_MS: f64 = 20.0;
const LIVE_MS: f64 = 60.0;
const PLAYBACK_MS: f64 = 120.0;

pub fn install(desk: &Desk, name: &str) -> Run {
    desk.run(&format!("model install {name}.kfm")).fine()
}

pub fn rollback(desk: &Desk) -> Run {
    desk.run("model rollback").fine()
}

/// The look-ahead of the model that `keyface run` uses, and what it warns of.
fn used(desk: &Desk, args: &str) -> (f64, String) {
    desk.write("a.wav", clip_wav());
    let run = desk.run(&format!("run --input a.wav --fast --to file:a.csv --json {args}")).done();
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    (report["look_ahead_ms"].as_f64().unwrap().round(), run.stderr)
}

fn used_ms(desk: &Desk) -> f64 {
    let (look_ahead_ms, warnings) = used(desk, "");
    assert!(warnings.is_empty(), "{warnings}");
    look_ahead_ms
}

pub fn target(desk: &Desk, link: &str) -> PathBuf {
    desk.path("store").join(fs::read_link(desk.path("store").join(link)).unwrap())
}

/// Bundles, links and whatever else lies in the store.
pub fn names(desk: &Desk) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(desk.path("store")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn damage(desk: &Desk, link: &str, file: &str) {
    let path = target(desk, link).join(file);
    let mut bytes = fs::read(&path).unwrap();
    bytes[1_000] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_model_that_was_installed_is_used_and_the_one_before_is_kept() {
    let desk = desk(&["instant", "playback"]);
    assert_eq!(used_ms(&desk), LIVE_MS);
    let run = install(&desk, "instant");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("installed    instant 0.5.2: looks 20 ms ahead, signed with "), "{run:?}");
    assert!(
        lines[1].starts_with("self-test    ") && lines[1].contains(" at most 0.0e0 from the golden answer"),
        "{run:?}"
    );
    assert_eq!(lines[2], "before       the shipped model; `keyface model rollback` returns to it");
    assert!(lines[3].contains("`systemctl restart keyface`"), "{run:?}");
    assert_eq!(used_ms(&desk), INSTANT_MS);
    install(&desk, "playback");
    assert_eq!(used_ms(&desk), PLAYBACK_MS);
    assert!(target(&desk, "previous").to_str().unwrap().contains("instant-0.5.2-"));
    assert_eq!(names(&desk).len(), 4, "{:?}", names(&desk));
}

#[test]
fn what_no_link_names_any_more_is_removed_and_what_is_not_ours_is_kept() {
    let desk = desk(&["instant", "playback", "live"]);
    install(&desk, "instant");
    fs::create_dir(desk.path("store/lost+found")).unwrap();
    desk.write("store/notes.txt", "mine");
    install(&desk, "playback");
    install(&desk, "live");
    let names = names(&desk);
    assert_eq!(names.len(), 6, "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("instant-")), "{names:?}");
}

#[test]
fn installing_what_is_used_changes_nothing() {
    let desk = desk(&["instant"]);
    install(&desk, "instant");
    let before = target(&desk, "current");
    let run = install(&desk, "instant");
    assert!(run.stdout.starts_with("here already instant 0.5.2: "), "{run:?}");
    assert_eq!(target(&desk, "current"), before);
    assert_eq!(names(&desk).len(), 2);
}

#[test]
fn a_rollback_goes_back_and_forth() {
    let desk = desk(&["instant", "playback"]);
    install(&desk, "instant");
    install(&desk, "playback");
    for expected in [INSTANT_MS, PLAYBACK_MS, INSTANT_MS] {
        rollback(&desk);
        assert_eq!(used_ms(&desk), expected);
        assert_eq!(names(&desk).len(), 4);
    }
}

#[test]
fn a_rollback_of_the_first_install_returns_to_the_shipped_model_and_forth_again() {
    let desk = desk(&["instant"]);
    install(&desk, "instant");
    let run = rollback(&desk);
    assert!(run.stdout.starts_with("back to      the shipped model, live\n"), "{run:?}");
    assert_eq!(used_ms(&desk), LIVE_MS);
    rollback(&desk);
    assert_eq!(used_ms(&desk), INSTANT_MS);
}

#[test]
fn an_install_after_a_rollback_to_the_shipped_model_goes_back_to_that() {
    let desk = desk(&["instant", "playback"]);
    install(&desk, "instant");
    rollback(&desk);
    install(&desk, "playback");
    assert_eq!(used_ms(&desk), PLAYBACK_MS);
    rollback(&desk);
    assert_eq!(used_ms(&desk), LIVE_MS);
}

#[test]
fn without_an_install_there_is_nothing_to_go_back_to() {
    let desk = desk(&[]);
    let line = desk.refuse("model rollback");
    assert!(
        line.ends_with("store: expected a model that was used before, came none: nothing was installed here"),
        "{line}"
    );
    fs::create_dir(desk.path("store")).unwrap();
    assert_eq!(desk.refuse("model rollback"), line);
}

#[test]
fn a_rollback_to_a_damaged_model_is_refused() {
    let desk = desk(&["instant", "playback"]);
    install(&desk, "instant");
    install(&desk, "playback");
    damage(&desk, "previous", "key_motion.onnx");
    let line = desk.refuse("model rollback");
    assert!(line.contains(": key_motion.onnx: expected sha256 "), "{line}");
    assert_eq!(used_ms(&desk), PLAYBACK_MS);
}

#[test]
fn a_rollback_to_a_shipped_model_that_is_not_there_is_refused() {
    let desk = desk(&["instant"]);
    install(&desk, "instant");
    let board = r#"inherits = "linux-pc"
name = "odd"
model = "moon""#;
    desk.write("odd.toml", board);
    let line = desk.refuse("model rollback --board odd.toml");
    assert!(line.starts_with("keyface: model `moon`: expected card.toml in "), "{line}");
    assert_eq!(used_ms(&desk), INSTANT_MS);
}

#[test]
fn a_damaged_model_gives_way_to_the_previous_and_that_to_the_shipped_one() {
    for file in ["key_motion.onnx", "card.toml", "demo.wav", "golden.poses"] {
        let desk = desk(&["instant", "playback"]);
        install(&desk, "instant");
        install(&desk, "playback");
        damage(&desk, "current", file);
        let (look_ahead_ms, warnings) = used(&desk, "");
        assert_eq!(look_ahead_ms, INSTANT_MS);
        assert!(warnings.contains(&format!("{file}: expected sha256 ")), "{warnings}");
        assert!(warnings.ends_with("; the previous model is tried\n"), "{warnings}");
        damage(&desk, "previous", file);
        let (look_ahead_ms, warnings) = used(&desk, "");
        assert_eq!((look_ahead_ms, warnings.lines().count()), (LIVE_MS, 2), "{warnings}");
        assert!(warnings.ends_with("; the shipped model is used\n"), "{warnings}");
    }
}

#[test]
fn a_model_whose_folder_is_gone_gives_way_to_the_shipped_one() {
    let desk = desk(&["instant"]);
    install(&desk, "instant");
    fs::remove_dir_all(target(&desk, "current")).unwrap();
    let (look_ahead_ms, warnings) = used(&desk, "");
    assert_eq!(look_ahead_ms, LIVE_MS);
    assert!(warnings.contains("manifest.toml: cannot read it") && warnings.contains("no previous model"), "{warnings}");
}

#[test]
fn a_link_that_leads_out_of_the_store_is_not_followed() {
    let desk = desk(&["instant"]);
    install(&desk, "instant");
    fs::remove_file(desk.path("store/current")).unwrap();
    std::os::unix::fs::symlink("/tmp", desk.path("store/current")).unwrap();
    let (look_ahead_ms, warnings) = used(&desk, "");
    assert_eq!(look_ahead_ms, LIVE_MS);
    assert!(warnings.contains("current: expected a link to a folder beside it, came /tmp"), "{warnings}");
}

#[test]
fn installing_a_damaged_model_again_repairs_it() {
    let desk = desk(&["instant", "playback"]);
    install(&desk, "instant");
    install(&desk, "playback");
    damage(&desk, "current", "completion.onnx");
    assert!(install(&desk, "playback").stdout.starts_with("installed    playback 0.5.2"));
    assert_eq!(used_ms(&desk), PLAYBACK_MS);
    assert_eq!(names(&desk).len(), 4);
    rollback(&desk);
    assert_eq!(used_ms(&desk), INSTANT_MS);
}

#[test]
fn a_model_that_was_asked_for_is_used_whatever_is_installed() {
    let desk = desk(&["instant"]);
    install(&desk, "instant");
    assert_eq!(used(&desk, "--model playback"), (PLAYBACK_MS, String::new()));
}

#[test]
fn a_look_ahead_that_the_board_does_not_want_is_refused() {
    let desk = desk(&["instant", "playback"]);
    let board = "inherits = \"linux-pc\"\nname = \"odd\"\nlook_ahead_ms = 120\nmodel = \"playback\"\n";
    desk.write("odd.toml", board);
    let expected = "keyface: instant.kfm: expected a look-ahead of 120 ms, which board odd wants, came 20 ms";
    assert_eq!(desk.refuse("model install instant.kfm --board odd.toml"), expected);
    assert_eq!(desk.refuse("model verify instant.kfm --board odd.toml"), expected);
    let mut command = desk.command("model install instant.kfm");
    let line = desk.refused(|| command.env("KEYFACE_BOARD", "odd.toml").output().unwrap().into());
    assert_eq!(line, expected);
    desk.run("model install playback.kfm --board odd.toml").fine();
    install(&desk, "instant");
    let (look_ahead_ms, warnings) = used(&desk, "--board odd.toml --to file:b.csv");
    assert_eq!(look_ahead_ms, PLAYBACK_MS);
    assert!(
        warnings.contains("expected a look-ahead of 120 ms, which board odd wants, came 20 ms; the previous model"),
        "{warnings}"
    );
    let line = desk.refuse("model install playback.kfm --board moon");
    assert!(line.starts_with("keyface: board `moon`: "), "{line}");
}

#[test]
fn two_installs_at_once_are_refused() {
    let desk = desk(&["instant", "playback"]);
    install(&desk, "instant");
    let folder = fs::File::open(desk.path("store")).unwrap();
    folder.lock().unwrap();
    for command in ["install playback.kfm", "rollback"] {
        let line = desk.refuse(&format!("model {command}"));
        assert!(
            line.ends_with("store: expected no other install or rollback at work, came one that is: wait for its end"),
            "{line}"
        );
    }
    folder.unlock().unwrap();
    install(&desk, "playback");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_changes_nothing() {
    let desk = desk(&["instant", "playback"]);
    install(&desk, "instant");
    let line = desk.refused(|| {
        // A quarter of a megabyte for a file does what a full disk does.
        let script = "trap '' XFSZ; ulimit -f 500; exec \"$0\" model install playback.kfm";
        let command = desk.command("");
        let program = command.get_program().to_owned();
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", script]).arg(program).current_dir(desk.path(""));
        command.get_envs().for_each(|(name, value)| match value {
            Some(value) => _ = shell.env(name, value),
            None => _ = shell.env_remove(name),
        });
        shell.output().unwrap().into()
    });
    assert!(line.contains("key_motion.onnx: cannot write it: File too large"), "{line}");
    assert_eq!(used_ms(&desk), INSTANT_MS);
}

#[test]
fn a_store_that_is_a_file_is_refused() {
    let desk = desk(&["instant"]);
    desk.write("store", "");
    let line = desk.refuse("model install instant.kfm");
    assert!(line.ends_with("store/current: cannot read this link: Not a directory (os error 20)"), "{line}");
}

#[cfg(unix)]
#[test]
fn everybody_can_read_what_was_installed_under_a_strict_mask() {
    use std::os::unix::fs::PermissionsExt;
    let desk = desk(&["instant"]);
    let mut shell = std::process::Command::new("sh");
    let command = desk.command("");
    shell.args(["-c", "umask 077; exec \"$0\" model install instant.kfm --store deep/store --key keys/vendor.pub"]);
    let run: Run =
        shell.arg(command.get_program()).current_dir(desk.path("")).env("KEYFACE_BOARD", "").output().unwrap().into();
    run.fine();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(desk.path("deep")), 0o755);
    assert_eq!(mode(desk.path("deep/store/current")), 0o755);
    assert_eq!(mode(desk.path("deep/store/current/key_motion.onnx")), 0o644);
}

#[test]
fn the_list_tells_what_is_used_what_was_and_what_ships() {
    let desk = desk(&["instant", "playback"]);
    let empty = desk.run("model list").fine().stdout;
    assert!(empty.contains("used         live 0.5.2: looks 60 ms ahead, "), "{empty}");
    assert!(empty.contains("current      the shipped model\nprevious     the shipped model\n"), "{empty}");
    assert_eq!(empty.matches("shipped      ").count(), 5, "{empty}");
    install(&desk, "instant");
    install(&desk, "playback");
    let list: Value = serde_json::from_str(&desk.run("model status --json").fine().stdout).unwrap();
    assert_eq!(
        (list["used"]["model"]["name"].as_str(), list["used"]["link"].as_str()),
        (Some("playback"), Some("current"))
    );
    assert_eq!(list["previous"]["model"]["look_ahead_ms"], 20);
    damage(&desk, "previous", "card.toml");
    let list = desk.run("model list").fine().stdout;
    assert!(list.contains("previous     damaged: ") && list.contains("card.toml: expected sha256 "), "{list}");
}

#[test]
fn a_program_can_read_what_was_done() {
    let desk = desk(&["instant"]);
    let json = |args: &str| -> Value { serde_json::from_str(&desk.run(args).fine().stdout).unwrap() };
    let verified = json("model verify instant.kfm --json");
    assert_eq!(verified["manifest"]["files"].as_array().unwrap().len(), 5);
    let installed = json("model install instant.kfm --json");
    assert_eq!(installed["installed"]["model"]["name"], "instant");
    assert!(installed["installed"]["tested"]["poses"].as_u64().unwrap() > 20, "{installed}");
    assert!(json("model rollback --json")["model"].is_null());
    assert!(packed("instant").len() > 1 << 20);
}
