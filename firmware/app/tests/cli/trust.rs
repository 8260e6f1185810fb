//! What a device must not take, must notice, and must not touch.

use std::fs;

use serde_json::Value;

use crate::bundles::{desk, pack_version};
use crate::store::{install, names, rollback, target};

#[test]
fn an_older_version_or_a_replay_is_refused_unless_it_is_asked_for() {
    let desk = desk(&["live"]);
    pack_version(&desk, "0.10.0");
    pack_version(&desk, "0.9.0");
    install(&desk, "live");
    desk.run("model install 0.10.0.kfm").fine();
    for (name, version) in [("0.9.0", "0.9.0"), ("live", "0.2.0")] {
        let line = desk.refuse(&format!("model install {name}.kfm"));
        let expected = "expected 0.10.0 or newer, which this device has used (--downgrade takes an older one)";
        assert_eq!(line, format!("keyface: {name}.kfm: {expected}, came live {version}"));
    }
    // What was taken back is known still.
    rollback(&desk);
    assert!(desk.refuse("model install 0.9.0.kfm").contains("expected 0.10.0 or newer"));
    desk.run("model install 0.9.0.kfm --downgrade").fine();
    desk.run("model install 0.10.0.kfm").fine();
}

#[cfg(target_os = "linux")]
#[test]
fn doctor_says_that_an_installed_signature_was_damaged() {
    let desk = desk(&["live"]);
    install(&desk, "live");
    let told = || {
        let run = desk.run("doctor --board linux-pc --json");
        let findings: Value = serde_json::from_str(&run.stdout).unwrap();
        findings.to_string()
    };
    assert!(!told().contains("its signature does not hold"));
    let path = target(&desk, "current").join("manifest.sig");
    let mut bytes = fs::read(&path).unwrap();
    bytes[10] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(
        told().contains("its signature does not hold: ") && told().contains("expected a signature by "),
        "{}",
        told()
    );
}

#[test]
fn what_somebody_else_put_into_the_store_stays() {
    let desk = desk(&["instant", "live", "playback"]);
    install(&desk, "instant");
    for name in ["my-models", ".old-photos", ".new-year"] {
        fs::create_dir(desk.path("store").join(name)).unwrap();
        fs::copy(target(&desk, "current").join("manifest.toml"), desk.path("store").join(name).join("manifest.toml"))
            .unwrap();
    }
    install(&desk, "live");
    install(&desk, "playback");
    let names = names(&desk);
    assert!(
        ["my-models", ".old-photos", ".new-year"].iter().all(|name| names.contains(&(*name).to_owned())),
        "{names:?}"
    );
}
