//! Models that cannot be used.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use keyface_core::sha256_hex;

use crate::util::{Desk, MODELS};
use crate::wav::clip_wav;

const RUN: &str = "animate a.wav --model ./m --out a.csv";

/// A desk with a sound `a.wav` and the shipped model's copy `m`.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("a.wav", clip_wav());
    fs::create_dir(desk.path("m")).unwrap();
    for file in ["card.toml", "key_motion.onnx", "completion.onnx"] {
        fs::copy(Path::new(MODELS).join("live").join(file), desk.path("m").join(file)).unwrap();
    }
    desk
}

fn edit_card(desk: &Desk, from: &str, to: &str) {
    let card = desk.text("m/card.toml");
    assert!(card.contains(from), "{from}");
    desk.write("m/card.toml", card.replacen(from, to, 1));
}

/// Puts other bytes in a network's place, with a card that says they belong there.
fn forge(desk: &Desk, file: &str, bytes: &[u8]) {
    let old = desk.read(&format!("m/{file}"));
    edit_card(desk, &format!("bytes = {}", old.len()), &format!("bytes = {}", bytes.len()));
    edit_card(desk, &sha256_hex(&old), &sha256_hex(bytes));
    desk.write(&format!("m/{file}"), bytes);
}

/// The line of a card that tells the number `key`, and that number.
fn number(desk: &Desk, key: &str) -> (usize, usize) {
    let card = desk.text("m/card.toml");
    let found =
        card.lines().enumerate().find_map(|(at, line)| Some((at + 1, line.strip_prefix(key)?.strip_prefix(" = ")?)));
    let (line, number) = found.unwrap_or_else(|| panic!("no {key} in {card}"));
    (line, number.parse().unwrap())
}

fn change(desk: &Desk, key: &str, to: impl Display) {
    let (_, from) = number(desk, key);
    edit_card(desk, &format!("{key} = {from}"), &format!("{key} = {to}"));
}

#[test]
fn a_folder_without_a_card_is_no_model() {
    let desk = desk();
    fs::remove_file(desk.path("m/card.toml")).unwrap();
    assert_eq!(desk.refuse(RUN), "keyface: model `./m`: expected card.toml in ./m, came none");
}

#[test]
fn an_unknown_name_is_told_with_the_places_that_were_searched() {
    let line = desk().refuse("animate a.wav --model moon --out a.csv");
    assert!(line.starts_with("keyface: model `moon`: expected card.toml in moon or "), "{line}");
}

#[test]
fn a_network_that_is_not_there_is_named() {
    let desk = desk();
    fs::remove_file(desk.path("m/completion.onnx")).unwrap();
    let line = desk.refuse(RUN);
    assert_eq!(line, "keyface: ./m/completion.onnx: cannot read it: No such file or directory (os error 2)");
}

#[test]
fn a_damaged_network_is_refused_by_its_hash() {
    let desk = desk();
    let mut bytes = desk.read("m/key_motion.onnx");
    bytes[5_000] ^= 1;
    desk.write("m/key_motion.onnx", bytes);
    let line = desk.refuse(RUN);
    assert!(line.starts_with("keyface: model ./m: key_motion.onnx: expected sha256 "), "{line}");
}

#[test]
fn a_network_of_no_bytes_is_refused_by_its_size() {
    let desk = desk();
    desk.write("m/completion.onnx", "");
    let line = desk.refuse(RUN);
    assert!(line.starts_with("keyface: model ./m: completion.onnx: expected "), "{line}");
    assert!(line.ends_with(" bytes, came 0 bytes"), "{line}");
}

#[test]
fn what_the_card_vouches_for_but_is_no_network_is_refused() {
    let garbage: Vec<u8> = (0..4_096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for bytes in [b"".as_slice(), b"not a network\n", &garbage] {
        let desk = desk();
        forge(&desk, "key_motion.onnx", bytes);
        let line = desk.refuse(RUN);
        assert!(line.starts_with("keyface: model ./m: key_motion: the network cannot be loaded: "), "{line}");
    }
}

#[test]
fn a_network_that_was_cut_is_refused() {
    let desk = desk();
    let bytes = desk.read("m/completion.onnx");
    forge(&desk, "completion.onnx", &bytes[..bytes.len() / 2]);
    let line = desk.refuse(RUN);
    assert!(line.starts_with("keyface: model ./m: completion: the network cannot be loaded: "), "{line}");
}

#[test]
fn a_network_in_the_others_place_is_refused_by_its_ports() {
    let desk = desk();
    forge(&desk, "completion.onnx", &desk.read("m/key_motion.onnx"));
    let line = desk.refuse(RUN);
    assert!(line.starts_with("keyface: model ./m: completion: input 0 "), "{line}");
    assert!(line.contains("expected `flow` [1, 1, 63], came `x` [1, 1, "), "{line}");
}

#[test]
fn a_card_that_lies_about_a_width_is_refused_with_the_key() {
    let desk = desk();
    let (_, width) = number(&desk, "trunk_width");
    change(&desk, "trunk_width", 33);
    let line = desk.refuse(RUN);
    let expected = format!("(card key `trunk_width`): expected `trunk` [1, 1, 33], came `trunk` [1, 1, {width}]");
    assert!(line.contains(&expected), "{line}");
}

#[test]
fn an_unknown_key_is_told_with_its_line() {
    let desk = desk();
    let (at, _) = number(&desk, "seed");
    edit_card(&desk, "seed = ", "sead = ");
    let line = desk.refuse(RUN);
    let expected = format!("keyface: model ./m: card.toml: line {at}: unknown field `sead`, expected one of ");
    assert!(line.starts_with(&expected), "{line}");
}

#[test]
fn a_missing_key_is_named() {
    let desk = desk();
    let (_, seed) = number(&desk, "seed");
    edit_card(&desk, &format!("seed = {seed}\n"), "");
    assert_eq!(desk.refuse(RUN), "keyface: model ./m: card.toml: line 1: missing field `seed`");
}

#[test]
fn a_look_ahead_that_no_line_can_have_is_refused() {
    for wrong in [65, 1_500] {
        let desk = desk();
        change(&desk, "look_ahead_ms", wrong);
        let line = desk.refuse(RUN);
        let expected = "model ./m: card.toml: expected a look-ahead of whole hops up to 1000, came look_ahead_ms = ";
        assert_eq!(line, format!("keyface: {expected}{wrong}"));
    }
    let desk = desk();
    change(&desk, "look_ahead_ms", -20);
    assert!(desk.refuse(RUN).contains("invalid value: integer `-20`"));
}

#[test]
fn a_card_that_is_no_toml_is_told_with_its_line() {
    let desk = desk();
    desk.write("m/card.toml", "name = \"live\"\n[[[\n");
    let line = desk.refuse(RUN);
    assert!(line.starts_with("keyface: model ./m: card.toml: line 2: "), "{line}");
}

#[test]
fn a_card_of_bytes_that_are_no_text_is_refused() {
    let desk = desk();
    desk.write("m/card.toml", [0xff; 100]);
    let line = desk.refuse(RUN);
    assert!(line.starts_with("keyface: ./m/card.toml: cannot read it: "), "{line}");
}
