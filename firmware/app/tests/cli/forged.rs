//! Bundles that somebody with the key, or a broken packer, has made wrong.

use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use keyface_core::sha256_hex;
use tar::{Builder, EntryType, Header};
use toml::{Table, Value};

use crate::bundles::{SECRET, desk, packed};
use crate::util::Desk;

/// What is changed before a bundle is put together again.
pub struct Forge {
    manifest: Table,
    files: Vec<(String, Vec<u8>)>,
}

impl Forge {
    fn new() -> Forge {
        Forge::of(packed("live"))
    }

    pub fn of(bundle: &[u8]) -> Forge {
        let mut files = entries(bundle);
        let manifest = String::from_utf8(files.remove(0).1).unwrap().parse().unwrap();
        files.remove(0);
        Forge { manifest, files }
    }

    /// Other bytes in a file's place, and a manifest that vouches for them.
    fn put(&mut self, name: &str, bytes: Vec<u8>) {
        let at = self.files.iter().position(|(known, _)| known == name).unwrap();
        let entry = self.entries()[at].as_table_mut().unwrap();
        entry.insert("bytes".into(), Value::Integer(bytes.len() as i64));
        entry.insert("sha256".into(), Value::String(sha256_hex(&bytes)));
        self.files[at].1 = bytes;
    }

    /// Another name for a file, with a manifest that agrees.
    fn rename(&mut self, at: usize, name: &str) {
        self.entries()[at].as_table_mut().unwrap().insert("name".into(), Value::String(name.into()));
        self.files[at].0 = name.into();
    }

    fn entries(&mut self) -> &mut Vec<Value> {
        self.manifest["files"].as_array_mut().unwrap()
    }

    fn file(&self, name: &str) -> Vec<u8> {
        self.files.iter().find(|(known, _)| known == name).unwrap().1.clone()
    }

    /// Other bytes for a network, with a card and a manifest that vouch for them.
    fn put_net(&mut self, name: &str, bytes: Vec<u8>) {
        let (old, card) = (self.file(name), String::from_utf8(self.file("card.toml")).unwrap());
        let card = card.replacen(&sha256_hex(&old), &sha256_hex(&bytes), 1);
        let card = card.replacen(&format!("bytes = {}", old.len()), &format!("bytes = {}", bytes.len()), 1);
        self.put("card.toml", card.into_bytes());
        self.put(name, bytes);
    }

    /// Signed with the key that the desk trusts.
    fn entries_signed(&self) -> Vec<(String, Vec<u8>)> {
        let text = toml::to_string(&self.manifest).unwrap().into_bytes();
        let signature = SigningKey::from_pkcs8_pem(SECRET).unwrap().sign(&text).to_bytes().to_vec();
        let head = [("manifest.toml".to_owned(), text), ("manifest.sig".to_owned(), signature)];
        head.into_iter().chain(self.files.iter().cloned()).collect()
    }

    /// As a bundle of 0.1 was: the tar alone.
    pub fn of_0_1(mut self) -> Vec<u8> {
        self.manifest.insert("format".into(), Value::Integer(1));
        tarred(&self.entries_signed())
    }

    /// The line with which it is refused.
    fn refusal(&self) -> String {
        refusal(&sealed(tarred(&self.entries_signed())))
    }
}

/// With a seal by the key that the desk trusts.
fn sealed(mut tar: Vec<u8>) -> Vec<u8> {
    tar.extend(b"KFSEALED");
    let signature = SigningKey::from_pkcs8_pem(SECRET).unwrap().sign(&tar).to_bytes();
    tar.extend(signature);
    tar
}

fn entries(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(bytes);
    let read = |entry: std::io::Result<tar::Entry<&[u8]>>| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        (entry.path().unwrap().display().to_string(), content)
    };
    archive.entries().unwrap().map(read).collect()
}

fn tarred(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    entries
        .iter()
        .for_each(|(name, bytes)| builder.append(&header(name, bytes.len() as u64), bytes.as_slice()).unwrap());
    builder.into_inner().unwrap()
}

/// The packer's header, which also takes names that the packer does not.
fn header(name: &str, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    header
}

/// Installs what must be refused, on a desk where another model is used.
fn refusal(bytes: &[u8]) -> String {
    let desk = desk(&["instant"]);
    desk.run("model install instant.kfm").fine();
    desk.write("bad.kfm", bytes);
    let line = desk.refuse("model install bad.kfm");
    assert!(used(&desk).starts_with("used         instant 0.5.2"), "{}", used(&desk));
    line
}

fn used(desk: &Desk) -> String {
    desk.run("model list").fine().stdout
}

const SEAL: &str = "expected a seal behind each bundle of format 2 and no other";

#[test]
fn a_bundle_whose_seal_was_taken_off_or_put_on_is_refused() {
    let tar = tarred(&Forge::new().entries_signed());
    assert_eq!(refusal(&tar), format!("keyface: bad.kfm: {SEAL}, came none"));
    assert_eq!(refusal(&sealed(Forge::new().of_0_1())), format!("keyface: bad.kfm: {SEAL}, came one"));
}

#[test]
fn nothing_is_read_of_a_tar_whose_seal_is_anothers() {
    let mut bytes = sealed(b"no tar, which is not said".to_vec());
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert!(refusal(&bytes).contains("bad.kfm: expected a signature by "), "{}", refusal(&bytes));
}

#[test]
fn a_bundle_put_together_again_is_taken() {
    let desk = desk(&[]);
    desk.write("again.kfm", sealed(tarred(&Forge::new().entries_signed())));
    desk.run("model install again.kfm").fine();
}

#[test]
fn a_file_more_than_a_model_has_is_refused() {
    let mut forge = Forge::new();
    let entry = forge.entries()[0].clone();
    forge.entries().push(entry);
    forge.files.push(("card.toml".into(), forge.file("card.toml")));
    forge.rename(5, "extra.txt");
    let line = forge.refusal();
    assert!(line.ends_with("demo.wav, golden.poses, came card.toml, key_motion.onnx, completion.onnx, demo.wav, golden.poses, extra.txt"), "{line}");
}

#[test]
fn a_file_that_the_manifest_does_not_name_is_refused() {
    let mut forge = Forge::new();
    forge.files.push(("extra.txt".into(), b"hello".to_vec()));
    let line = forge.refusal();
    assert!(line.starts_with("keyface: bad.kfm: expected manifest.toml, manifest.sig, card.toml, "), "{line}");
    assert!(line.ends_with(", golden.poses, extra.txt"), "{line}");
}

#[test]
fn a_file_that_comes_twice_is_refused() {
    let mut forge = Forge::new();
    forge.files.insert(1, forge.files[0].clone());
    let line = forge.refusal();
    assert!(line.contains(", came manifest.toml, manifest.sig, card.toml, card.toml, key_motion.onnx, "), "{line}");
}

#[test]
fn a_name_that_leaves_the_store_is_refused() {
    for name in ["../card.toml", "/tmp/card.toml", "a/card.toml", ".card.toml"] {
        let mut forge = Forge::new();
        forge.rename(0, name);
        let line = forge.refusal();
        assert!(line.starts_with("keyface: bad.kfm: manifest.toml: expected up to 64 letters, "), "{line}");
        assert!(line.ends_with(&format!("came files.name = {name:?}")), "{line}");
    }
    let mut forge = Forge::new();
    forge.manifest.insert("version".into(), Value::String("../../x".into()));
    assert!(forge.refusal().ends_with("came version = \"../../x\""));
}

#[test]
fn an_entry_that_is_no_file_is_refused() {
    for (kind, told) in
        [(EntryType::Symlink, "symbolic link"), (EntryType::Link, "link"), (EntryType::Directory, "folder")]
    {
        let entries = Forge::new().entries_signed();
        let mut head = tarred(&entries[..2]);
        head.truncate(head.len() - 1_024);
        let mut builder = Builder::new(head);
        let mut link = header("card.toml", 0);
        link.set_entry_type(kind);
        link.set_link_name("/etc/passwd").unwrap();
        link.set_cksum();
        builder.append(&link, std::io::empty()).unwrap();
        let line = refusal(&sealed(builder.into_inner().unwrap()));
        assert_eq!(line, format!("keyface: bad.kfm: expected files alone, came the {told} \"card.toml\""));
    }
}

#[test]
fn a_size_that_no_disk_holds_is_refused() {
    for size in [1 << 40, u64::MAX >> 1] {
        let mut bytes = tarred(&Forge::new().entries_signed());
        bytes[..512].copy_from_slice(header("manifest.toml", size).as_bytes());
        let line = refusal(&sealed(bytes));
        assert_eq!(line, format!("keyface: bad.kfm: expected {size} bytes of manifest.toml, came the end of the file"));
    }
    let mut forge = Forge::new();
    forge.entries()[1].as_table_mut().unwrap().insert("bytes".into(), Value::Integer(1 << 40));
    assert!(forge.refusal().contains("expected at most 67108864, came files.bytes = "));
}

#[test]
fn what_follows_the_end_is_refused() {
    let line = refusal(&[packed("live"), b"more"].concat());
    assert_eq!(line, format!("keyface: bad.kfm: {SEAL}, came none"));
}

#[test]
fn a_manifest_that_disagrees_with_the_card_is_refused() {
    let mut forge = Forge::new();
    forge.manifest.insert("version".into(), Value::String("9.0.0".into()));
    let line = forge.refusal();
    let expected = "expected live 0.5.2, 60 ms ahead, as its card says, came live 9.0.0, 60 ms ahead";
    assert_eq!(line, format!("keyface: bad.kfm: manifest.toml: {expected}"));
}

#[test]
fn a_manifest_of_another_time_is_refused() {
    let mut forge = Forge::new();
    forge.manifest.insert("format".into(), Value::Integer(3));
    assert!(forge.refusal().ends_with("expected a format of this program (1, 2), came format = 3"));
    let mut forge = Forge::new();
    forge.manifest.insert("colour".into(), Value::String("red".into()));
    assert!(forge.refusal().contains("manifest.toml: line 1: unknown field `colour`"), "{}", forge.refusal());
}

#[test]
fn a_golden_answer_that_is_not_a_number_is_refused() {
    let mut forge = Forge::new();
    let mut golden = forge.file("golden.poses");
    golden[8 + 56 * 3..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    forge.put("golden.poses", golden);
    let line = forge.refusal();
    assert!(line.ends_with("golden.poses: step 3: expected weights of 0..=1, came NaN"), "{line}");
}

#[test]
fn a_model_that_answers_otherwise_is_refused_before_it_is_used() {
    let mut forge = Forge::new();
    let mut golden = forge.file("golden.poses");
    let first = f32::from_le_bytes(golden[8..12].try_into().unwrap());
    let other = first + 2e-4;
    golden[8..12].copy_from_slice(&other.to_le_bytes());
    forge.put("golden.poses", golden);
    let line = forge.refusal();
    let expected = format!("JawOpen at 0.00 s: expected the golden {other:.6} within 0.0001, came {first:.6}");
    assert_eq!(line, format!("keyface: bad.kfm: {expected}"));
}

#[test]
fn a_model_that_answers_not_a_number_is_refused_before_it_is_used() {
    let mut forge = Forge::new();
    let mut net = forge.file("key_motion.onnx");
    // In the middle lie the weights, 8 bits each; their scales, 32 bits each, are found by their values.
    let scales: Vec<usize> = (0..net.len() - 4).filter(|at| is_scale(&net[*at..at + 4])).collect();
    assert!(scales.len() > 100, "{}", scales.len());
    for at in scales {
        net[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    }
    forge.put_net("key_motion.onnx", net);
    let line = forge.refusal();
    assert!(line.contains("key_motion"), "{line}");
}

fn is_scale(bytes: &[u8]) -> bool {
    let value = f32::from_le_bytes(bytes.try_into().unwrap());
    (1e-4..1e-1).contains(&value)
}

#[test]
fn a_network_that_is_none_is_refused_before_it_is_used() {
    let mut forge = Forge::new();
    forge.put_net("completion.onnx", vec![7; 4_096]);
    assert!(forge.refusal().contains(": completion: the network cannot be loaded: "));
}

#[test]
fn a_clip_that_is_no_sound_is_refused_before_it_is_used() {
    let mut forge = Forge::new();
    forge.put("demo.wav", b"hello".repeat(100));
    assert!(forge.refusal().contains("demo.wav: expected "));
}
