//! Bundles of models, as a rule signed again after the damage: what the key does not stop.

use std::path::Path;

use keyface::bundle::{Bundle, Golden, Keys, Manifest, ManifestFile, SecretKey, generate};
use keyface_core::{FileEntry, MOTION_CHANNELS, ModelCard, Motion, Precision, sha256_hex};

use super::project;
use crate::fuzz::{Answer, Chance, Length, Node, Target, lines, stretches, to_bytes};

const MANIFEST: &[u8] = b"manifest.toml";
/// Whatever ships.
const VERSION: &str = "0.2.0";
const SIGNATURE: &[u8] = b"manifest.sig";
/// Behind it stands a signature over all before: bundles of 0.1 have neither.
const SEAL: &[u8] = b"KFSEALED";

pub fn target() -> Target {
    let folder = tempfile::tempdir().expect("a folder for keys");
    let (secret, public) = generate(&folder.path().join("fuzz")).expect("a new pair of keys");
    let secret = SecretKey::read(&secret).expect("the key that was just made");
    let keys = Keys::read(&public).expect("the key that was just made");
    let files = files();
    let seeds = [1, 2].map(|format| tree(format, &files, &secret)).into();
    let was: Vec<Entry> = files.iter().map(|(name, bytes)| entry(name.as_bytes(), bytes)).collect();
    Target {
        name: "bundle",
        seeds,
        split,
        seal: Box::new(move |tree, chance| seal(tree, &was, &secret, chance)),
        feed: Box::new(move |bytes| feed(bytes, &keys)),
    }
}

fn feed(bytes: &[u8], keys: &Keys) -> Answer {
    let (bundle, _) = Bundle::from_bytes(Path::new("a.kfm"), bytes, keys).map_err(|error| error.to_string())?;
    let is_sealed = bytes[..bytes.len() - 64].ends_with(SEAL);
    assert!(is_sealed == (bundle.manifest().format == 2), "a bundle of 0.1 alone has no seal");
    assert!(!bundle.id().contains('/') && !bundle.id().starts_with('.'), "{}", bundle.id());
    Ok(bundle.manifest().name.clone())
}

/// The files of a small bundle: its networks are none, which nobody asks before they are loaded.
fn files() -> Vec<(String, Vec<u8>)> {
    let card = project("models/live/card.toml");
    let card = std::str::from_utf8(&card).expect("a card is a text");
    let mut card = ModelCard::from_toml("card.toml", card).expect("a card that ships");
    VERSION.clone_into(&mut card.version);
    let nets = [b"not really a network".repeat(40), b"neither is this one".repeat(20)];
    card.files.key_motion = FileEntry::describe("key_motion.onnx", &nets[0], Precision::Int8);
    card.files.completion = FileEntry::describe("completion.onnx", &nets[1], Precision::Int8);
    let golden = Golden(vec![Motion::from_slice(&[0.5; MOTION_CHANNELS]); 9]);
    let [key_motion, completion] = nets;
    let files = [
        ("card.toml", card.to_toml().expect("a card that was read").into_bytes()),
        ("key_motion.onnx", key_motion),
        ("completion.onnx", completion),
        ("demo.wav", b"RIFF".repeat(99)),
        ("golden.poses", golden.to_bytes()),
    ];
    files.map(|(name, bytes)| (name.to_owned(), bytes)).into()
}

fn tree(format: u32, files: &[(String, Vec<u8>)], secret: &SecretKey) -> Vec<Node> {
    let entries = files.iter().map(|(name, bytes)| ManifestFile::describe(name, bytes)).collect();
    let manifest = Manifest {
        format,
        name: "live".into(),
        version: VERSION.into(),
        look_ahead_ms: 60,
        created_by: "keyface".into(),
        files: entries,
    };
    let manifest = toml::to_string(&manifest).expect("a manifest is a table").into_bytes();
    let signature = Node::leaf(secret.sign(&manifest));
    let head = [(MANIFEST, lines(&manifest)), (SIGNATURE, vec![signature])];
    let rest = files.iter().map(|(name, bytes)| (name.as_bytes(), content(name.as_bytes(), bytes)));
    let parts = head.into_iter().chain(rest).map(|(name, inner)| Node::part(name, Length::Tar, inner));
    parts.chain([Node::leaf([0; 1_024])]).collect()
}

fn content(name: &[u8], bytes: &[u8]) -> Vec<Node> {
    if name.ends_with(b".toml") { lines(bytes) } else { stretches(bytes) }
}

/// The entries of a tar.
fn split(bytes: &[u8]) -> Vec<Node> {
    let (mut tree, mut rest) = (Vec::new(), bytes);
    while let Some((head, behind)) = rest.split_first_chunk::<512>() {
        let name = head[..100].split(|byte| *byte == 0).next().unwrap_or_default();
        let size = std::str::from_utf8(&head[124..135]).ok().and_then(|size| usize::from_str_radix(size, 8).ok());
        let Some(size) = size.filter(|size| !name.is_empty() && *size <= behind.len()) else { break };
        tree.push(Node::part(name, Length::Tar, content(name, &behind[..size])));
        rest = behind.get(size.next_multiple_of(512)..).unwrap_or_default();
    }
    tree.push(Node::leaf(rest));
    tree
}

/// A file's name, size and hash.
type Entry = (Vec<u8>, usize, String);

fn entry(name: &[u8], bytes: &[u8]) -> Entry {
    (name.to_vec(), bytes.len(), sha256_hex(bytes))
}

/// Card and manifest vouch for what the damage has made of the files, and the key for the manifest and the whole; not always.
fn seal(tree: &[Node], was: &[Entry], secret: &SecretKey, chance: &mut Chance) -> Vec<u8> {
    let mut tree = tree.to_vec();
    if !chance.one_in(6) {
        for name in ["key_motion.onnx", "completion.onnx"] {
            vouch(&mut tree, name.as_bytes(), b"card.toml", was);
        }
        was.iter().for_each(|(name, ..)| vouch(&mut tree, name, MANIFEST, was));
    }
    if !chance.one_in(12) {
        let manifest = part(&mut tree, MANIFEST).map(|inner| to_bytes(inner)).unwrap_or_default();
        if let Some(signature) = part(&mut tree, SIGNATURE) {
            *signature = vec![Node::leaf(secret.sign(&manifest))];
        }
    }
    let is_old = part(&mut tree, MANIFEST).is_some_and(|inner| to_bytes(inner).starts_with(b"format = 1\n"));
    let mut bytes = to_bytes(&tree);
    if !is_old && !chance.one_in(12) {
        bytes.extend(SEAL);
        let signature = secret.sign(&bytes);
        bytes.extend(signature);
    }
    bytes
}

/// The text `of` names the size and the hash that the file `name` now has.
fn vouch(tree: &mut [Node], name: &[u8], of: &[u8], was: &[Entry]) {
    let Some((_, size, hash)) = was.iter().find(|(known, ..)| known == name) else { return };
    let Some(now) = part(tree, name).map(|inner| entry(name, &to_bytes(inner))) else { return };
    let Some(text) = part(tree, of) else { return };
    let Ok(old) = String::from_utf8(to_bytes(text)) else { return };
    let new = old.replacen(hash, &now.2, 1).replacen(&format!("bytes = {size}\n"), &format!("bytes = {}\n", now.1), 1);
    *text = lines(new.as_bytes());
}

/// What lies in the first file of this name.
fn part<'a>(tree: &'a mut [Node], name: &[u8]) -> Option<&'a mut Vec<Node>> {
    tree.iter_mut().find_map(|node| match node {
        Node::Part { id, inner, .. } if id == name => Some(inner),
        _ => None,
    })
}
