//! Keys and bundles: made, checked, and taken only as they were made.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use keyface::bundle::{Bundle, Keys};

use crate::util::{Desk, MODELS, Run};
use crate::wav::{CLIP_HZ, Form, clip, wav};

/// A pair that OpenSSL made.
pub const SECRET: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEICUq3qydhAaqIJ7Cs0KS8KCXecEDrdSnKTCWbQ6TlWDJ\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAT4bDZ6RdgUT7Y17T/wuRtNxV3ACY4Zghoocmp6dcrqc=\n-----END PUBLIC KEY-----\n";
/// The clip of the tests' bundles is short: what counts here is not how well a model speaks.
const CLIP_SAMPLES: usize = CLIP_HZ as usize / 2;
/// A mark and a signature behind the tar.
const SEAL_BYTES: usize = 8 + 64;

/// A desk that trusts the pair, with the shipped model `name` as `name.kfm`.
pub fn desk(names: &[&str]) -> Desk {
    let desk = Desk::new();
    fs::create_dir(desk.path("keys")).unwrap();
    desk.write("keys/vendor.pub", PUBLIC);
    desk.write("vendor.key", SECRET);
    #[cfg(unix)]
    fs::set_permissions(desk.path("vendor.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    names.iter().for_each(|name| desk.write(&format!("{name}.kfm"), packed(name)));
    desk
}

/// A shipped model with a short clip, as a bundle; packed once.
pub fn packed(name: &str) -> &'static [u8] {
    static PACKED: [(&str, OnceLock<Vec<u8>>); 3] =
        [("instant", OnceLock::new()), ("live", OnceLock::new()), ("playback", OnceLock::new())];
    let (_, cell) = PACKED.iter().find(|(known, _)| *known == name).unwrap();
    cell.get_or_init(|| {
        let desk = desk(&[]);
        copy_model(&desk, name);
        pack(&desk).fine();
        desk.read("a.kfm")
    })
}

/// The bundle of another version of `live`, as `VERSION.kfm`.
pub fn pack_version(desk: &Desk, version: &str) {
    copy_model(desk, "live");
    let card = desk.text("m/card.toml").replace("version = \"0.5.2\"", &format!("version = \"{version}\""));
    desk.write("m/card.toml", card);
    desk.run(&format!("model pack ./m --key vendor.key --out {version}.kfm")).fine();
    fs::remove_dir_all(desk.path("m")).unwrap();
}

/// The shipped model's copy `m` with a short clip.
pub fn copy_model(desk: &Desk, name: &str) {
    fs::create_dir(desk.path("m")).unwrap();
    for file in ["card.toml", "key_motion.onnx", "completion.onnx"] {
        fs::copy(Path::new(MODELS).join(name).join(file), desk.path("m").join(file)).unwrap();
    }
    desk.write("m/demo.wav", wav(&clip()[..CLIP_SAMPLES], CLIP_HZ, 1, Form::Bits16));
}

fn pack(desk: &Desk) -> Run {
    desk.run("model pack ./m --key vendor.key --out a.kfm")
}

fn keys(desk: &Desk) -> Keys {
    Keys::read(&desk.path("keys/vendor.pub")).unwrap()
}

#[test]
fn a_new_pair_of_keys_packs_and_verifies() {
    let desk = Desk::new();
    copy_model(&desk, "live");
    let made = desk.run("model keygen --out mine").fine().stdout;
    assert!(made.contains("mine.key   signs") && made.contains("mine.pub   trusts"), "{made}");
    assert_eq!(desk.run("model pack ./m --key mine.key").fine().stdout, "live-0.5.2.kfm\n");
    let run = desk.run("model verify live-0.5.2.kfm --key mine.pub").fine();
    assert!(run.stdout.starts_with("whole        live 0.5.2: looks 60 ms ahead, signed with mine.pub\n"), "{run:?}");
    assert!(run.stdout.contains("self-test    "), "{run:?}");
    assert!(!desk.path("store").exists());
    let line = desk.refuse("model keygen --out mine");
    assert_eq!(line, "keyface: mine.key: expected no such file yet, came a file, which is kept");
}

#[test]
fn the_process_that_loads_networks_first_is_given_the_tar_itself() {
    let desk = desk(&[]);
    let tar = &packed("live")[..packed("live").len() - SEAL_BYTES];
    assert!(desk.pipe("model load", tar, 1 << 16).fine().stdout.is_empty());
    let half = &tar[..tar.len() / 2];
    let line = desk.refused(|| desk.pipe("model load", half, 1 << 16));
    assert!(line.starts_with("keyface: bundle: "), "{line}");
}

#[test]
fn the_same_model_packed_twice_is_the_same_file() {
    let desk = desk(&[]);
    copy_model(&desk, "live");
    pack(&desk).fine();
    assert_eq!(desk.read("a.kfm"), packed("live"));
}

#[test]
fn a_bundle_is_a_tar_that_other_programs_read() {
    let desk = desk(&["live"]);
    let file = fs::File::open(desk.path("live.kfm")).unwrap();
    let names: Vec<String> = tar::Archive::new(file)
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    let expected = ["manifest.toml", "manifest.sig", "card.toml", "key_motion.onnx", "completion.onnx", "demo.wav"];
    assert_eq!(names, [expected.as_slice(), &["golden.poses"]].concat());
}

#[test]
fn a_model_without_a_clip_cannot_be_packed() {
    let desk = desk(&[]);
    copy_model(&desk, "live");
    fs::remove_file(desk.path("m/demo.wav")).unwrap();
    let line = desk.refuse("model pack ./m --key vendor.key --out a.kfm");
    assert_eq!(line, "keyface: ./m/demo.wav: cannot read it: No such file or directory (os error 2)");
    desk.write("m/demo.wav", wav(&[0.1; 1_600], CLIP_HZ, 1, Form::Bits16));
    let line = desk.refuse("model pack ./m --key vendor.key --out a.kfm");
    assert_eq!(line, "keyface: ./m: demo.wav: expected a clip of 0.2 to 60.0 s, came 0.100 s");
}

#[test]
fn a_damaged_model_cannot_be_packed() {
    let desk = desk(&[]);
    copy_model(&desk, "live");
    let mut bytes = desk.read("m/completion.onnx");
    bytes[700] ^= 1;
    desk.write("m/completion.onnx", bytes);
    let line = desk.refuse("model pack ./m --key vendor.key --out a.kfm");
    assert!(line.starts_with("keyface: model ./m: completion.onnx: expected sha256 "), "{line}");
}

#[test]
fn a_bundle_goes_over_no_key_and_no_file_of_its_model() {
    let desk = Desk::new();
    desk.run("model keygen --out vendor").fine();
    copy_model(&desk, "live");
    for (out, what) in [("vendor.key", "the key"), ("m/key_motion.onnx", "a file that is packed")] {
        let line = desk.refuse(&format!("model pack ./m --key vendor.key --out {out}"));
        assert!(line.contains(&format!(": expected a file other than the input, came {what} (")), "{line}");
    }
}

#[test]
fn without_a_trusted_key_it_is_told_how_to_add_one() {
    let desk = desk(&["live"]);
    fs::remove_file(desk.path("keys/vendor.pub")).unwrap();
    let line = desk.refuse("model install live.kfm");
    assert!(
        line.contains("keys: expected a trusted key NAME.pub, came none: copy the signer's public key there"),
        "{line}"
    );
}

#[test]
fn another_signer_is_refused() {
    let desk = desk(&["live"]);
    desk.run("model keygen --out other").fine();
    for command in ["install", "verify"] {
        let line = desk.refuse(&format!("model {command} live.kfm --key other.pub"));
        let expected = "live.kfm: expected a signature by other.pub, came another's, or one for other contents";
        assert_eq!(line, format!("keyface: {expected}"));
    }
}

#[test]
fn a_file_that_is_no_key_is_passed_over_with_a_warning() {
    let desk = desk(&["live"]);
    desk.write("keys/a.pub", "hello");
    let warning = desk.run("model verify live.kfm").warned();
    assert!(warning.ends_with("a.pub: expected an Ed25519 public key in PEM, came no PEM"), "{warning}");
    let line = desk.refuse("model verify live.kfm --key keys/a.pub");
    assert_eq!(line, "keyface: keys/a.pub: expected an Ed25519 public key in PEM, came no PEM");
}

#[test]
fn a_file_that_is_no_bundle_is_refused() {
    let desk = desk(&[]);
    desk.write("empty.kfm", "");
    desk.write("text.kfm", "hello, this is a text\n".repeat(100));
    desk.write("zeros.kfm", [0; 4_096]);
    let refuse = |name: &str| desk.refuse(&format!("model install {name}"));
    for name in ["empty.kfm", "zeros.kfm"] {
        let expected = "expected manifest.toml, manifest.sig and a model's files, came none";
        assert_eq!(refuse(name), format!("keyface: {name}: {expected}"));
    }
    let expected = "expected a bundle, as `keyface model pack` makes it";
    assert_eq!(refuse("text.kfm"), format!("keyface: text.kfm: {expected}, came something else"));
    assert_eq!(refuse("keys"), "keyface: keys: expected a file of at most 64 MB, came a folder");
    assert_eq!(refuse("none.kfm"), "keyface: none.kfm: cannot read it: No such file or directory (os error 2)");
}

#[test]
fn a_file_beyond_the_cap_is_refused_unread() {
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("huge.kfm");
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let line = desk(&[]).refuse(&format!("model install {}", path.display()));
    assert!(line.ends_with("huge.kfm: expected a file of at most 64 MB, came a larger one"), "{line}");
}

#[test]
fn every_flipped_byte_is_refused() {
    let desk = desk(&[]);
    let (packed, keys) = (packed("live"), keys(&desk));
    let heads = (0..packed.len()).filter(|at| at % 512 < 3).step_by(41);
    let places = (0..6_000).step_by(61).chain(heads).chain((0..packed.len()).step_by(packed.len() / 60));
    for at in places.chain(packed.len() - 1_100..packed.len()) {
        let mut bytes = packed.to_vec();
        bytes[at] ^= 1 << (at % 8);
        assert!(Bundle::from_bytes(Path::new("b"), &bytes, &keys).is_err(), "byte {at}");
    }
}

#[test]
fn every_cut_at_a_block_is_refused() {
    let desk = desk(&[]);
    let (packed, keys) = (packed("live"), keys(&desk));
    for len in (0..packed.len()).step_by(512) {
        let error = Bundle::from_bytes(Path::new("b"), &packed[..len], &keys).err().unwrap().to_string();
        assert!(error.starts_with("b: expected ") && !error.contains('\n'), "{len}: {error}");
    }
}

#[test]
fn a_damaged_bundle_is_refused_in_one_line_and_changes_nothing() {
    let desk = desk(&["instant"]);
    desk.run("model install instant.kfm").fine();
    let packed = packed("live");
    for at in (0..packed.len()).step_by(packed.len() / 16) {
        let mut bytes = packed.to_vec();
        bytes[at] ^= 0x20;
        desk.write("bad.kfm", &bytes);
        let line = desk.refuse("model install bad.kfm");
        assert!(line.starts_with("keyface: bad.kfm: ") && line.contains("expected "), "byte {at}: {line}");
        desk.write("bad.kfm", &packed[..at]);
        desk.refuse("model install bad.kfm");
    }
}
