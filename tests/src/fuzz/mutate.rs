//! Damage to a tree: parts dropped, doubled, moved, nested, taken from elsewhere; lengths that lie; fields of any value.

use super::Chance;
use super::texts;
use super::tree::{Length, Node};

/// Values at which arithmetic breaks.
const EDGES: [u64; 22] = [
    0,
    1,
    2,
    3,
    7,
    8,
    15,
    16,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x10000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];
/// Parts that are doubled so often, or nested so deep.
const OFTEN: usize = 120;

/// Damages a tree in some places; parts may come from `other`.
pub fn mutate(tree: &mut Vec<Node>, other: &[Node], chance: &mut Chance) {
    for _ in 0..chance.size(12) {
        let list = some_list(tree, chance);
        damage(list, other, chance);
    }
}

/// Some list of siblings, however deep.
fn some_list<'a>(nodes: &'a mut Vec<Node>, chance: &mut Chance) -> &'a mut Vec<Node> {
    let is_part = |node: &Node| matches!(node, Node::Part { inner, .. } if !inner.is_empty());
    let parts: Vec<usize> = (0..nodes.len()).filter(|at| is_part(&nodes[*at])).collect();
    if parts.is_empty() || chance.one_in(4) {
        return nodes;
    }
    let at = *chance.pick(&parts);
    match &mut nodes[at] {
        Node::Part { inner, .. } => some_list(inner, chance),
        Node::Leaf(_) => unreachable!("only parts were listed"),
    }
}

fn damage(list: &mut Vec<Node>, other: &[Node], chance: &mut Chance) {
    if list.is_empty() {
        return list.extend(some_node(other, chance));
    }
    let at = chance.below(list.len());
    match chance.below(12) {
        0 => _ = list.remove(at),
        1 => {
            let (node, times) = (list[at].clone(), chance.size(OFTEN));
            let to = chance.below(list.len() + 1);
            list.splice(to..to, std::iter::repeat_n(node, times));
        }
        2 => {
            let to = chance.below(list.len());
            list.swap(at, to);
        }
        3 => list.splice(at..at, some_node(other, chance)).for_each(drop),
        4 => {
            if let Some(node) = some_node(other, chance) {
                list[at] = node;
            }
        }
        5 => nest(&mut list[at], chance.size(OFTEN)),
        6 => list.truncate(at),
        7 | 8 => lie(&mut list[at], chance),
        _ => change(&mut list[at], chance),
    }
}

/// A node of another tree.
fn some_node(tree: &[Node], chance: &mut Chance) -> Option<Node> {
    if tree.is_empty() {
        return None;
    }
    match chance.pick(tree) {
        Node::Part { inner, .. } if !inner.is_empty() && chance.one_in(2) => some_node(inner, chance),
        node => Some(node.clone()),
    }
}

fn nest(node: &mut Node, depth: usize) {
    if let Node::Part { id, length, .. } = node {
        let (id, length) = (id.clone(), *length);
        for _ in 0..depth {
            *node = Node::part(&id, length, vec![node.clone()]);
        }
    }
}

fn lie(node: &mut Node, chance: &mut Chance) {
    let size = super::to_bytes(std::slice::from_ref(node)).len() as u64;
    match node {
        Node::Part { lie, .. } => {
            let near = size.wrapping_add(chance.below(33) as u64).wrapping_sub(16);
            *lie = Some(if chance.one_in(2) { *chance.pick(&EDGES) } else { near });
        }
        Node::Leaf(bytes) => change_bytes(bytes, chance),
    }
}

fn change(node: &mut Node, chance: &mut Chance) {
    match node {
        Node::Leaf(bytes) => change_bytes(bytes, chance),
        Node::Part { id, length, .. } if chance.one_in(3) || *length == Length::FlacFrame => change_bytes(id, chance),
        Node::Part { inner, .. } => match inner.is_empty() {
            true => inner.push(Node::leaf(EDGES[chance.below(EDGES.len())].to_le_bytes())),
            false => {
                let at = chance.below(inner.len());
                change(&mut inner[at], chance);
            }
        },
    }
}

fn change_bytes(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.chars().all(|c| !c.is_control() || c == '\n'));
    if let Some(text) = text.filter(|text| !text.is_empty() && !chance.one_in(6)) {
        *bytes = texts::damage(text, chance).into_bytes();
        return;
    }
    if bytes.is_empty() {
        return bytes.extend(&chance.number().to_le_bytes()[..chance.clone().below(9)]);
    }
    let at = chance.below(bytes.len());
    match chance.below(8) {
        0 => bytes[at] ^= 1 << chance.below(8),
        1 => bytes[at] = chance.number() as u8,
        2 => bytes[at] = bytes[at].wrapping_add(*chance.pick(&[1, 255, 2, 254, 16])),
        3 => {
            let value = *chance.pick(&EDGES);
            set(&mut bytes[at..], value, chance);
        }
        4 => bytes.truncate(at),
        5 => {
            let end = (at + chance.size(64)).min(bytes.len());
            bytes.drain(at..end);
        }
        6 => {
            let end = (at + chance.size(64)).min(bytes.len());
            let run = bytes[at..end].repeat(chance.size(16));
            bytes.splice(at..at, run);
        }
        _ => bytes[at..].iter_mut().take(chance.size(32)).for_each(|byte| *byte = chance.number() as u8),
    }
}

/// A number of 1, 2, 4 or 8 bytes, either end first.
fn set(bytes: &mut [u8], value: u64, chance: &mut Chance) {
    let width = (*chance.pick(&[1, 2, 4, 8])).min(bytes.len());
    let is_big = chance.one_in(2);
    let (low, high) = (value.to_le_bytes(), value.to_be_bytes());
    bytes[..width].copy_from_slice(if is_big { &high[8 - width..] } else { &low[..width] });
}
