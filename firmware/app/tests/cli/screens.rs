//! Boards whose screen is not there: the job goes on without it.

use serde_json::Value;

use crate::util::Desk;
use crate::wav::clip_wav;

/// A desk with a sound and a board `b.toml` that has this display.
fn desk(display: &str) -> Desk {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    let board = format!(
        "name = \"b\"\ndescription = \"A kiosk.\"\ntarget = \"x86_64-unknown-linux-gnu\"\nglibc = \"2.34\"\n\
         model = \"live\"\nmicrophone = {{ device = \"default\", rate_hz = 48000 }}\n[display]\n{display}"
    );
    desk.write("b.toml", board);
    desk
}

#[test]
fn a_screen_that_is_missing_is_told_once_and_the_files_are_written() {
    for display in [
        "kind = \"drm\"\ndevice = \"/dev/dri/card99\"",
        "kind = \"fbdev\"\ndevice = \"/dev/fb99\"",
        "kind = \"spi\"\nwidth_px = 240\nheight_px = 320\npanel = { controller = \"st7789\", bus = \"/dev/spidev99.0\", \
         clock_hz = 32000000, gpio_chip = \"/dev/gpiochip99\", dc_line = 25 }",
    ] {
        let desk = desk(display);
        let run = desk.run("run --board ./b.toml --input a.wav --to screen,file:a.csv --json");
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["screen"]["lost"], 1, "{report}");
        assert_eq!(report["screen"]["shown"], 0, "{report}");
        assert!(desk.text("a.csv").lines().count() > 60);
        let line = run.warned();
        assert!(line.starts_with("keyface: screen: /dev/") && line.contains("No such file"), "{line}");
        assert!(line.ends_with("the job goes on, and the screen is tried again"), "{line}");
    }
}

#[test]
fn a_panel_that_cannot_be_is_refused() {
    let desk = desk("kind = \"window\"\nwidth_px = 64\nheight_px = 64\nrotation_deg = 45");
    let line = desk.refuse("run --board ./b.toml --input a.wav");
    assert!(line.contains("expected 0, 90, 180 or 270 degrees"), "{line}");
}

#[test]
fn a_board_without_a_screen_needs_files() {
    let desk = desk("kind = \"none\"");
    let line = desk.refuse("run --board ./b.toml --input a.wav");
    assert_eq!(line, "keyface: --to: expected file:FILE, because this board has no screen, came nothing");
}
