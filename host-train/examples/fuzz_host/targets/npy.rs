//! Arrays alone, and in zip files whose directory is true of what was damaged, or is itself damaged.

use keyface_train::papers::numpy::{Array, parse_npz, read_npy};
use miniz_oxide::deflate::compress_to_vec;

use crate::fuzz::{Answer, Chance, Node, Target, kept, to_bytes};

pub fn target() -> Target {
    let array = |version: u8, descr: &str, fortran: &str, shape: &str, bytes: usize| {
        let dict = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let length = dict.len() as u32;
        let length = if version == 1 { length.to_le_bytes()[..2].to_vec() } else { length.to_le_bytes().to_vec() };
        let numbers = (0..bytes).map(|n| n as u8).collect::<Vec<u8>>();
        split(&[b"\x93NUMPY".to_vec(), vec![version, 0], length, dict.into_bytes(), numbers].concat())
    };
    let mut seeds = vec![
        array(1, "<f4", "False", "(2, 3)", 24),
        array(2, ">i2", "True", "(2, 3, 2)", 24),
        array(3, "|u1", "False", "()", 1),
        array(1, "<f8", "False", "(3L,)", 24),
        split(&zip(&[3, 1, 4], 0)),
        split(&zip(&[3; 300], 8)),
    ];
    seeds.extend(kept("npy").iter().map(|bytes| split(bytes)));
    Target { name: "npy", seeds, split, seal: Box::new(seal), feed: Box::new(feed) }
}

fn feed(bytes: &[u8]) -> Answer {
    let words = |array: &Array| {
        assert_eq!(array.floats().len(), array.len());
        format!("array of {}", array.shape().len())
    };
    let read = if bytes.starts_with(b"PK") {
        parse_npz(bytes, "a.npz").map(|arrays| format!("{} {}", arrays.len().min(4), arrays.len()))
    } else {
        read_npy(bytes, "a.npy").map(|array| words(&array))
    };
    read.map_err(|error| {
        let said = error.to_string();
        let came = said.rsplit_once(", came ").map_or(said.as_str(), |(_, came)| came);
        came.chars().filter(char::is_ascii_alphabetic).take(24).collect()
    })
}

/// As it is, or as the one member of a zip file.
fn seal(tree: &[Node], chance: &mut Chance) -> Vec<u8> {
    let bytes = to_bytes(tree);
    if bytes.starts_with(b"PK") {
        return bytes;
    }
    match chance.below(3) {
        0 => zip(&bytes, 0),
        1 => zip(&bytes, 8),
        _ => bytes,
    }
}

/// Words and numbers of the header apart, fields of two bytes in a zip file.
fn split(bytes: &[u8]) -> Vec<Node> {
    if bytes.starts_with(b"PK") {
        return bytes.chunks(2).map(Node::leaf).collect();
    }
    let is_break = |byte: u8| matches!(byte, b' ' | b',' | b':' | b'(' | b')' | b'\'' | b'\n');
    let head = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    let mut tree: Vec<Node> = bytes[..head].split_inclusive(|byte| is_break(*byte)).map(Node::leaf).collect();
    tree.extend(bytes[head..].chunks(8).map(Node::leaf));
    tree
}

fn zip(data: &[u8], method: u16) -> Vec<u8> {
    let folded = if method == 8 { compress_to_vec(data, 6) } else { data.to_vec() };
    let mut shared: Vec<u8> = [20u16, 0, method, 0, 0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let numbers = [crc32fast::hash(data), folded.len() as u32, data.len() as u32];
    shared.extend(numbers.iter().flat_map(|v| v.to_le_bytes()));
    shared.extend([5, 0, 0, 0]);
    let mut file = [&b"PK\x03\x04"[..], &shared, b"a.npy", &folded].concat();
    let directory = file.len() as u32;
    file.extend([&b"PK\x01\x02"[..], &[20, 0], &shared, &[0; 14], b"a.npy"].concat());
    let length = file.len() as u32 - directory;
    file.extend([&b"PK\x05\x06"[..], &[0, 0, 0, 0, 1, 0, 1, 0]].concat());
    file.extend([length, directory].iter().flat_map(|v| v.to_le_bytes()).chain([0, 0]));
    file
}
