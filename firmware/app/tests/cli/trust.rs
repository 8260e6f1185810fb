//! What a device must not take, must notice, and must not touch.

use std::fs;

use serde_json::Value;

use crate::bundles::{copy_model, desk, pack_version, packed};
use crate::forged::Forge;
use crate::store::{install, names, rollback, target};
use crate::util::Desk;

#[test]
fn an_older_version_or_a_replay_is_refused_unless_it_is_asked_for() {
    let desk = desk(&["live"]);
    pack_version(&desk, "0.10.0");
    pack_version(&desk, "0.9.0");
    install(&desk, "live");
    desk.run("model install 0.10.0.kfm").fine();
    for (name, version) in [("0.9.0", "0.9.0"), ("live", "0.5.2")] {
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
fn what_was_installed_is_verified_where_it_lies() {
    let desk = desk(&["instant", "live"]);
    assert_eq!(desk.run("model verify").fine().stdout, "nothing is installed: the shipped model is used\n");
    install(&desk, "instant");
    install(&desk, "live");
    let said = desk.run("model verify").fine().stdout;
    assert!(said.starts_with("current      live 0.5.2: looks 60 ms ahead, signed with "), "{said}");
    assert!(said.contains("\nprevious     instant 0.5.2: ") && said.matches("\nself-test    ").count() == 2, "{said}");
    let found: Value = serde_json::from_str(&desk.run("model verify --json").fine().stdout).unwrap();
    assert_eq!(found["previous"]["manifest"]["name"], "instant");
    for (file, told) in
        [("golden.poses", "golden.poses: expected sha256 "), ("manifest.sig", "expected a signature by ")]
    {
        let path = target(&desk, "previous").join(file);
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        bytes[9] ^= 1;
        fs::write(&path, bytes).unwrap();
        let run = desk.run("model verify");
        assert!(run.stderr.contains(told) && run.code != Some(0), "{run:?}");
        fs::write(&path, whole).unwrap();
    }
    desk.run("model verify").fine();
}

#[test]
fn a_bundle_of_0_1_is_taken_and_an_exchanged_byte_of_its_files_is_seen() {
    let desk = desk(&[]);
    let old = Forge::of(packed("live")).of_0_1();
    desk.write("old.kfm", &old);
    let said = desk.run("model verify old.kfm").fine().stdout;
    assert!(said.starts_with("whole        live 0.5.2: "), "{said}");
    install(&desk, "old");
    desk.run("model verify").fine();
    for at in (0..old.len() - 1_024).step_by(old.len() / 40) {
        let mut bytes = old.clone();
        bytes[at] ^= 0x20;
        desk.write("bad.kfm", &bytes);
        let line = desk.refuse("model install bad.kfm");
        assert!(line.starts_with("keyface: bad.kfm: ") && line.contains("expected "), "byte {at}: {line}");
    }
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

/// What a card of 0.1 says in the place of `interface`.
#[cfg(unix)]
const KF1_OF_0_1: &str = include_str!("data/kf1_of_0_1.toml");

/// A store as version 0.1 left it: two bundles whose cards know neither licences nor a choice of closures nor a name for
/// their interface, the newer one used, and half of a third one from an install that was cut off.
#[cfg(unix)]
fn store_of_0_1(desk: &Desk) {
    for version in ["0.0.9", "0.1.0"] {
        copy_model(desk, "live");
        let mut card: toml::Table = desk.text("m/card.toml").parse().unwrap();
        card.insert("version".into(), version.into());
        card.remove("closures");
        card.remove("interface");
        card.extend(KF1_OF_0_1.parse::<toml::Table>().unwrap());
        for data in card["data"].as_array_mut().unwrap() {
            data.as_table_mut().unwrap().remove("licence");
        }
        desk.write("m/card.toml", toml::to_string(&card).unwrap());
        desk.run("model pack ./m --key vendor.key --out old.kfm").fine();
        fs::remove_dir_all(desk.path("m")).unwrap();
        let bundle = Forge::of(&desk.read("old.kfm")).of_0_1();
        let mut archive = tar::Archive::new(bundle.as_slice());
        let mut manifest = Vec::new();
        let mut first = archive.entries().unwrap().next().unwrap().unwrap();
        std::io::Read::read_to_end(&mut first, &mut manifest).unwrap();
        let name = format!("live-{version}-{}", &keyface_core::sha256_hex(&manifest)[..12]);
        let folder = desk.path("store").join(&name);
        fs::create_dir_all(&folder).unwrap();
        tar::Archive::new(bundle.as_slice()).unpack(&folder).unwrap();
        let link = if version == "0.1.0" { "current" } else { "previous" };
        std::os::unix::fs::symlink(&name, desk.path("store").join(link)).unwrap();
    }
    fs::create_dir(desk.path("store/.new-live-0.1.1-0123456789ab")).unwrap();
}

#[cfg(unix)]
#[test]
fn a_device_that_ran_0_1_keeps_its_model_takes_a_new_one_and_goes_back() {
    let desk = desk(&["live"]);
    store_of_0_1(&desk);
    desk.write("a.wav", crate::wav::clip_wav());
    let used = |desk: &Desk| {
        desk.run("run --input a.wav --fast --seconds 0.5 --to file:a.csv").fine();
        let list = desk.run("model list").fine().stdout;
        list.lines().find(|line| line.starts_with("used")).unwrap().to_owned()
    };
    assert!(used(&desk).contains("live 0.1.0"), "{}", used(&desk));
    install(&desk, "live");
    assert!(used(&desk).contains("live 0.5.2"), "{}", used(&desk));
    assert!(!names(&desk).iter().any(|name| name.starts_with(".new-")), "{:?}", names(&desk));
    rollback(&desk);
    assert!(used(&desk).contains("live 0.1.0"), "{}", used(&desk));
    rollback(&desk);
    assert!(used(&desk).contains("live 0.5.2"), "{}", used(&desk));
}

/// Every key that a board of 0.1 could have, in its words.
#[test]
fn a_board_that_was_written_for_0_1_is_read() {
    let desk = desk(&[]);
    desk.write("old.toml", BOARD_OF_0_1);
    let report = desk.run("doctor --board old.toml --json");
    assert!(report.stdout.contains("\"board\":\"old\"") || report.stdout.contains("\"board\": \"old\""), "{report:?}");
}

const BOARD_OF_0_1: &str = r#"
    name = "old"
    description = "A head of 0.1."
    device_tree = ["Some Board"]
    target = "x86_64-unknown-linux-gnu"
    glibc = "2.34"
    model = "live"
    look_ahead_ms = 60
    microphone = { device = "default", rate_hz = 48000 }
    gains = { jaw = 1.5, lips = 1.3 }
    cpu = { affinity = [0], realtime_priority = 0 }
    budget = { first_step_ms = 300.0, step_p99_ms = 5.0, log_mel_p99_ms = 1.0, key_motion_p99_ms = 3.0, completion_p99_ms = 1.0, picture_p95_ms = 20.0, cpu_s_per_audio_s = 0.2, rss_mb = 64.0 }
    [display]
    kind = "spi"
    device = "auto"
    connector = "auto"
    width_px = 320
    height_px = 240
    rotation_deg = 90
    format = "rgb565"
    [display.panel]
    controller = "ili9341"
    bus = "/dev/spidev0.0"
    clock_hz = 40000000
    gpio_chip = "/dev/gpiochip4"
    dc_line = 25
    reset_line = 24
    backlight_line = 18
    is_inverted = false
    is_mirrored = false
    color_order = "rgb"
    offset_x_px = 0
    offset_y_px = 0
    [servos]
    pca9685 = { bus = "/dev/i2c-1", address = 0x40, rate_hz = 50 }
    detach_after_s = 10.0
    [[servos.joint]]
    name = "jaw"
    output = 0
    follows = { jawOpen = 1.6, mouthClose = -1.6 }
    rest_us = 1500
    full_us = 1760
    min_us = 1480
    max_us = 1780
    max_speed_us_per_s = 4500.0
    max_acceleration_us_per_s2 = 120000.0
"#;
