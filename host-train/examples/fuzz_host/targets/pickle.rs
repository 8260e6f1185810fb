//! Pickles of every protocol: each operation is a leaf, so that operations are dropped, doubled, moved and changed.

use keyface_train::papers::pickle::{Value, parse_pickle};

use crate::fuzz::{Answer, Node, Target, kept, plain};

/// An array as Python 2 prints it, as Python 3 writes it in protocols 2, 4 and 5, and plain values.
const SEEDS: [&[u8]; 6] = [
    b"(dp0\nS'F1'\np1\ncnumpy.core.multiarray\n_reconstruct\np2\n(cnumpy\nndarray\np3\n(I0\ntp4\nS'b'\np5\ntp6\nRp7\n(I1\n(I2\ntp8\ncnumpy\ndtype\np9\n(S'f4'\np10\nI0\nI1\ntp11\nRp12\n(I3\nS'<'\np13\nNNNI-1\nI-1\nI0\ntp14\nbI00\nS'\\x00\\x00\\x80?\\x00\\x00\\x00\\xc0'\np15\ntp16\nbs.",
    b"\x80\x02}q\x00X\x04\x00\x00\x00annaq\x01cnumpy._core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85q\x04c_codecs\nencode\nq\x05X\x01\x00\x00\x00bq\x06X\x06\x00\x00\x00latin1q\x07\x86q\x08Rq\t\x87q\nRq\x0b(K\x01K\x01K\x01\x86q\x0ccnumpy\ndtype\nq\rX\x02\x00\x00\x00i2q\x0e\x89\x88\x87q\x0fRq\x10(K\x03X\x01\x00\x00\x00<q\x11NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x12b\x89h\x05X\x02\x00\x00\x00\x00\x01q\x13h\x07\x86q\x14Rq\x15tq\x16bs.",
    b"\x80\x04\x95\x4a\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01s\x94\x8c\x16numpy._core.multiarray\x94\x8c\x06scalar\x94\x93\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bC\x08\x00\x00\x00\x00\x00\x00\xe0?\x94\x86\x94R\x94s.",
    b"\x80\x05\x8c\x13numpy._core.numeric\x94\x8c\x0b_frombuffer\x94\x93\x94(\x96\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x94\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94bK\x02K\x01\x86\x94\x8c\x01C\x94t\x94R.",
    b"\x80\x02](K\x01M\x00\x02G?\xe0\x00\x00\x00\x00\x00\x00\x88N\x8a\x06\x00\x00\x00\x00\x00\x01U\x02\xfc!eq\x00h\x00\x86.",
    b"(lp0\nI1\naL12L\naF0.5\naVa\\u0101\np1\nag1\na(I1\nI01\nda.",
];

pub fn target() -> Target {
    let mut seeds: Vec<_> = SEEDS.iter().map(|bytes| split(bytes)).collect();
    seeds.extend(kept("pickle").iter().map(|bytes| split(bytes)));
    Target { name: "pickle", seeds, split, seal: Box::new(plain), feed: Box::new(feed) }
}

/// What came, without numbers and texts, which are different each time.
fn feed(bytes: &[u8]) -> Answer {
    match parse_pickle(bytes, "a.pkl") {
        Ok(value) => Ok(words(&value, 0)),
        Err(error) => {
            let said = error.to_string();
            let came = said.rsplit_once(", came ").map_or(said.as_str(), |(_, came)| came);
            Err(came.chars().filter(char::is_ascii_alphabetic).take(24).collect())
        }
    }
}

fn words(value: &Value, depth: usize) -> String {
    let inner = match value {
        Value::List(items) | Value::Tuple(items) => items.first(),
        Value::Dict(pairs) => pairs.first().map(|(_, value)| value),
        Value::Array(array) => {
            assert_eq!(array.values().count(), array.len());
            return format!("array of {}", array.shape().len());
        }
        _ => None,
    };
    match inner {
        Some(inner) if depth < 3 => format!("{} of {}", value.kind(), words(inner, depth + 1)),
        _ => value.kind().into(),
    }
}

/// Each operation with what belongs to it.
fn split(bytes: &[u8]) -> Vec<Node> {
    let (mut tree, mut rest) = (Vec::new(), bytes);
    while let Some(length) = operation(rest).filter(|length| *length <= rest.len()) {
        let (taken, after) = rest.split_at(length);
        tree.push(Node::leaf(taken));
        rest = after;
    }
    if !rest.is_empty() {
        tree.push(Node::leaf(rest));
    }
    tree
}

fn operation(bytes: &[u8]) -> Option<usize> {
    let lines = |count: usize| {
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        ends.map(|(at, _)| at + 1).nth(count - 1)
    };
    let sized = |width: usize| {
        let number = bytes.get(1..1 + width)?.iter().rev().fold(0usize, |n, byte| n << 8 | usize::from(*byte));
        number.checked_add(1 + width)
    };
    match bytes.first()? {
        b'c' | b'i' => lines(2),
        b'I' | b'L' | b'F' | b'S' | b'V' | b'p' | b'g' => lines(1),
        b'U' | 0x8c | b'C' | 0x8a => sized(1),
        b'T' | b'X' | b'B' | 0x8b => sized(4),
        0x8d | 0x8e | 0x96 => sized(8),
        0x80 | b'K' | b'q' | b'h' => Some(2),
        b'M' => Some(3),
        b'J' | b'r' | b'j' => Some(5),
        b'G' | 0x95 => Some(9),
        _ => Some(1),
    }
}
