//! Bytes in, the tree of their format out. What is not of the format is a leaf; writing the tree gives a file that says
//! the same.

use super::tree::{Length, Node};

/// Containers of MP4.
const BOXES: [&[u8; 4]; 9] = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"dinf", b"moof"];
/// Containers of Matroska: segment, tracks, track, audio, cluster, group, info, cues.
const EBML: [&[u8]; 8] = [
    &[0x18, 0x53, 0x80, 0x67],
    &[0x16, 0x54, 0xae, 0x6b],
    &[0xae],
    &[0xe1],
    &[0x1f, 0x43, 0xb6, 0x75],
    &[0xa0],
    &[0x15, 0x49, 0xa9, 0x66],
    &[0x1c, 0x53, 0xbb, 0x6b],
];
/// Longer runs of bytes are cut, so that a part of them can be moved.
const STRETCH: usize = 97;

/// Leaves of some bytes each, for formats without lengths.
pub fn stretches(bytes: &[u8]) -> Vec<Node> {
    bytes.chunks(STRETCH).map(Node::leaf).collect()
}

/// WAV.
pub fn riff(bytes: &[u8]) -> Vec<Node> {
    form(bytes, Length::Little, u32::from_le_bytes)
}

/// AIFF.
pub fn iff(bytes: &[u8]) -> Vec<Node> {
    form(bytes, Length::Big, u32::from_be_bytes)
}

/// One form of chunks, and what lies behind it.
fn form(bytes: &[u8], length: Length, number: fn([u8; 4]) -> u32) -> Vec<Node> {
    let Some((head, rest)) = bytes.split_first_chunk::<12>() else { return stretches(bytes) };
    let mut inner = vec![Node::leaf(&head[8..])];
    let mut rest = rest;
    while let Some((head, behind)) = rest.split_first_chunk::<8>() {
        let size = number([head[4], head[5], head[6], head[7]]) as usize;
        let Some((body, behind)) = behind.split_at_checked(size) else { break };
        inner.push(Node::part(&head[..4], length, leaves(body)));
        rest = behind.get(size % 2..).unwrap_or_default();
    }
    inner.extend((!rest.is_empty()).then(|| Node::leaf(rest)));
    vec![Node::part(&head[..4], length, inner)]
}

/// A head whose fields can be changed one by one, and the rest.
fn leaves(body: &[u8]) -> Vec<Node> {
    let (head, rest) = body.split_at(body.len().min(64));
    head.chunks(4).map(Node::leaf).chain((!rest.is_empty()).then(|| Node::leaf(rest))).collect()
}

/// CAF.
pub fn caf(bytes: &[u8]) -> Vec<Node> {
    let Some((head, mut rest)) = bytes.split_first_chunk::<8>() else { return stretches(bytes) };
    let mut tree = vec![Node::leaf(*head)];
    while let Some((head, behind)) = rest.split_first_chunk::<12>() {
        let size = head[4..].iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(behind.len());
        tree.push(Node::part(&head[..4], Length::Big64, leaves(&behind[..size])));
        rest = &behind[size..];
    }
    tree.push(Node::leaf(rest));
    tree
}

/// MP4.
pub fn boxes(bytes: &[u8]) -> Vec<Node> {
    let (mut tree, mut rest) = (Vec::new(), bytes);
    while let Some((head, behind)) = rest.split_first_chunk::<8>() {
        let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some((body, behind)) = size.checked_sub(8).and_then(|size| behind.split_at_checked(size)) else { break };
        let is_container = BOXES.iter().any(|name| name.as_slice() == &head[4..]);
        let inner = if is_container { boxes(body) } else { leaves(body) };
        tree.push(Node::part(&head[4..], Length::Box, inner));
        rest = behind;
    }
    tree.push(Node::leaf(rest));
    tree
}

/// Matroska and WebM.
pub fn ebml(bytes: &[u8]) -> Vec<Node> {
    let (mut tree, mut rest) = (Vec::new(), bytes);
    while let Some((id, size, behind)) = element(rest) {
        let (body, behind) = behind.split_at(size.min(behind.len()));
        let inner = if EBML.contains(&id) { ebml(body) } else { leaves(body) };
        tree.push(Node::part(id, Length::Ebml, inner));
        rest = behind;
    }
    tree.push(Node::leaf(rest));
    tree
}

/// The name, the size and what follows.
fn element(bytes: &[u8]) -> Option<(&[u8], usize, &[u8])> {
    let width = |first: u8| (first != 0).then(|| first.leading_zeros() as usize + 1);
    let (id, rest) = bytes.split_at_checked(width(*bytes.first()?).filter(|width| *width <= 4)?)?;
    let (size, rest) = rest.split_at_checked(width(*rest.first()?)?)?;
    let first = usize::from(size[0]) & ((1 << (8 - size.len())) - 1);
    Some((id, size[1..].iter().fold(first, |n, byte| n << 8 | usize::from(*byte)), rest))
}

/// Ogg: pages, with their checksums.
pub fn ogg(bytes: &[u8]) -> Vec<Node> {
    let starts: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"OggS\0")).collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let page = |(start, end): (&usize, usize)| {
        let page = &bytes[*start..end];
        let Some((head, rest)) = page.split_at_checked(26) else { return Node::leaf(page) };
        let table = 1 + rest.first().map_or(0, |count| usize::from(*count));
        let (table, body) = rest.split_at(table.min(rest.len()));
        Node::part(&head[..22], Length::Ogg, vec![Node::leaf(table), Node::leaf(body)])
    };
    if starts.is_empty() { stretches(bytes) } else { starts.iter().zip(ends).map(page).collect() }
}

/// FLAC: blocks of metadata, then frames, whose checksums are put right where frames of one byte's number begin.
pub fn flac(bytes: &[u8]) -> Vec<Node> {
    let Some(mut rest) = bytes.strip_prefix(b"fLaC") else { return stretches(bytes) };
    let mut tree = vec![Node::leaf(*b"fLaC")];
    while let Some((head, behind)) = rest.split_first_chunk::<4>() {
        let size = head[1..].iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
        let (body, behind) = behind.split_at(size.min(behind.len()));
        tree.push(Node::part(&head[..1], Length::Big24, leaves(body)));
        rest = behind;
        if head[0] & 0x80 != 0 {
            break;
        }
    }
    let starts: Vec<usize> = (0..rest.len()).filter(|at| rest[*at..].starts_with(b"\xff\xf8")).collect();
    let ends = starts.iter().skip(1).copied().chain([rest.len()]);
    tree.extend(starts.iter().zip(ends).map(|(start, end)| flac_frame(&rest[*start..end])));
    tree
}

fn flac_frame(frame: &[u8]) -> Node {
    let code = |at: usize| frame.get(at).copied().unwrap_or_default();
    let of_size = match code(2) >> 4 {
        6 => 1,
        7 => 2,
        _ => 0,
    };
    let of_rate = match code(2) & 15 {
        12 => 1,
        13 | 14 => 2,
        _ => 0,
    };
    let (head, body) = (5 + of_size + of_rate, 6 + of_size + of_rate);
    if code(4) > 0x7f || frame.len() < body + 2 {
        return Node::leaf(frame);
    }
    Node::part(&frame[..head], Length::FlacFrame, vec![Node::leaf(&frame[body..frame.len() - 2])])
}

/// Protobuf: fields within fields, as deep as they can be read as such.
pub fn protobuf(bytes: &[u8]) -> Vec<Node> {
    fields(bytes, 0).unwrap_or_else(|| vec![Node::leaf(bytes)])
}

/// Deeper nothing of ours lies.
const DEEPEST: usize = 12;

fn fields(bytes: &[u8], depth: usize) -> Option<Vec<Node>> {
    let (mut tree, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (key, behind) = number(rest)?;
        let id = &rest[..rest.len() - behind.len()];
        let fixed = match key & 7 {
            0 => behind.len() - number(behind)?.1.len(),
            1 => 8,
            5 => 4,
            2 => {
                let (size, behind) = number(behind)?;
                let (body, behind) = behind.split_at_checked(usize::try_from(size).ok()?)?;
                let deeper = (depth < DEEPEST && body.len() < 1 << 16).then(|| fields(body, depth + 1)).flatten();
                let inner = deeper.unwrap_or_else(|| vec![Node::leaf(body)]);
                tree.push(Node::part(id, Length::Varint, inner));
                rest = behind;
                continue;
            }
            _ => return None,
        };
        behind.get(..fixed)?;
        let (field, behind) = rest.split_at(id.len() + fixed);
        tree.push(Node::leaf(field));
        rest = behind;
    }
    (!bytes.is_empty() || depth == 0).then_some(tree)
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let end = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)?;
    let value = bytes[..=end].iter().rev().fold(0u64, |n, byte| n << 7 | u64::from(byte & 0x7f));
    (value != 0 || end == 0).then_some((value, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::to_bytes;

    const SOUNDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../firmware/sound/src/sounds");

    #[test]
    fn what_is_split_is_written_again() {
        type Split = fn(&[u8]) -> Vec<Node>;
        let splits: [(&str, Split); 5] = [("wav", riff), ("caf", caf), ("m4a", boxes), ("ogg", ogg), ("flac", flac)];
        for (ending, split) in splits {
            let bytes = std::fs::read(format!("{SOUNDS}/tone.{ending}")).unwrap();
            let tree = split(&bytes);
            assert!(tree.iter().any(|node| matches!(node, Node::Part { .. })), "{ending}");
            assert!(to_bytes(&tree) == bytes, "{ending}");
        }
    }

    #[test]
    fn a_network_is_split_and_written_again() {
        let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../models/live/completion.onnx")).unwrap();
        let tree = protobuf(&bytes);
        assert!(tree.len() > 3 && to_bytes(&tree) == bytes);
    }
}
