//! A file as a tree of parts, each of which says how long it is.

/// How a part is written around what lies in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// RIFF: name, 32 bits, lowest byte first, padded to an even length.
    Little,
    /// IFF: the same, highest byte first.
    Big,
    /// FLAC's metadata: kind, 24 bits.
    Big24,
    /// CAF: name, 64 bits.
    Big64,
    /// MP4: 32 bits which count themselves, then the name.
    Box,
    /// Matroska: name, 8 bytes.
    Ebml,
    /// Protobuf: key, a number of 7 bits a byte.
    Varint,
    /// A page of Ogg: its head, the checksum over all, the rest.
    Ogg,
    /// A frame of FLAC: its head, a checksum over that, the rest, a checksum over all.
    FlacFrame,
    /// A file within a tar: the head names it, zeros fill the last 512 bytes.
    Tar,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Bytes.
    Leaf(Vec<u8>),
    /// A part that says how long it is.
    Part {
        /// What it is called.
        id: Vec<u8>,
        /// How it is written.
        length: Length,
        /// Another length than its own, or another checksum.
        lie: Option<u64>,
        /// What lies in it.
        inner: Vec<Node>,
    },
}

impl Node {
    /// A part that tells the truth.
    pub fn part(id: &[u8], length: Length, inner: Vec<Node>) -> Node {
        Node::Part { id: id.to_vec(), length, lie: None, inner }
    }

    /// Bytes.
    pub fn leaf(bytes: impl Into<Vec<u8>>) -> Node {
        Node::Leaf(bytes.into())
    }
}

/// The file.
pub fn to_bytes(tree: &[Node]) -> Vec<u8> {
    let mut out = Vec::new();
    tree.iter().for_each(|node| write(node, &mut out));
    out
}

fn write(node: &Node, out: &mut Vec<u8>) {
    let (id, length, lie, inner) = match node {
        Node::Leaf(bytes) => return out.extend_from_slice(bytes),
        Node::Part { id, length, lie, inner } => (id, *length, *lie, to_bytes(inner)),
    };
    let said = lie.unwrap_or(inner.len() as u64);
    match length {
        Length::Little => [id.as_slice(), &(said as u32).to_le_bytes(), &inner].iter().for_each(|b| out.extend(*b)),
        Length::Big => [id.as_slice(), &(said as u32).to_be_bytes(), &inner].iter().for_each(|b| out.extend(*b)),
        Length::Big24 => [id.as_slice(), &said.to_be_bytes()[5..], &inner].iter().for_each(|b| out.extend(*b)),
        Length::Big64 => [id.as_slice(), &said.to_be_bytes(), &inner].iter().for_each(|b| out.extend(*b)),
        Length::Box => {
            let said = lie.unwrap_or((inner.len() + 4 + id.len()) as u64) as u32;
            [said.to_be_bytes().as_slice(), id, &inner].iter().for_each(|b| out.extend(*b));
        }
        Length::Ebml => {
            let size = (said & 0x00ff_ffff_ffff_ffff) | 1 << 56;
            [id.as_slice(), &size.to_be_bytes(), &inner].iter().for_each(|b| out.extend(*b));
        }
        Length::Varint => {
            out.extend(id);
            varint(said, out);
            out.extend(inner);
        }
        Length::Ogg => ogg_page(id, lie, &inner, out),
        Length::FlacFrame => flac_frame(id, &inner, out),
        Length::Tar => tar_entry(id, said, &inner, out),
    }
    if matches!(length, Length::Little | Length::Big) && lie.is_none() && said % 2 == 1 {
        out.push(0);
    }
}

/// Seven bits a byte, the lowest first.
pub fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn ogg_page(head: &[u8], lie: Option<u64>, rest: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    [head, &[0; 4], rest].iter().for_each(|b| out.extend(*b));
    let sum = lie.map_or_else(|| crc(&out[start..], 0x04c1_1db7, 32), |lie| lie as u32);
    let place = start + head.len();
    out[place..place + 4].copy_from_slice(&sum.to_le_bytes());
}

fn flac_frame(head: &[u8], rest: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend(head);
    out.push(crc(head, 0x07, 8) as u8);
    out.extend(rest);
    let sum = crc(&out[start..], 0x8005, 16) as u16;
    out.extend(sum.to_be_bytes());
}

/// A checksum whose bits are shifted out at the left.
fn crc(bytes: &[u8], polynomial: u32, bits: u32) -> u32 {
    let (polynomial, top) = (polynomial << (32 - bits), 1 << 31);
    let shift = |crc: u32, _| if crc & top == 0 { crc << 1 } else { crc << 1 ^ polynomial };
    let sum = bytes.iter().fold(0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte) << 24, shift));
    sum >> (32 - bits)
}

fn tar_entry(name: &[u8], said: u64, content: &[u8], out: &mut Vec<u8>) {
    let mut head = [0u8; 512];
    let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &name[..name.len().min(100)]);
    put(100, b"0000644\x000000000\x000000000\x00");
    put(124, format!("{:011o}\0{:011o}\0", said & 0o77_777_777_777, 0).as_bytes());
    put(148, b"        0");
    put(257, b"ustar\x0000");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:07o}\0").as_bytes());
    out.extend(head);
    out.extend(content);
    out.resize(out.len().next_multiple_of(512), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_formats() {
        assert_eq!(crc(b"123456789", 0x07, 8), 0xf4);
        assert_eq!(crc(b"123456789", 0x8005, 16), 0xfee8);
        assert_eq!(crc(b"123456789", 0x04c1_1db7, 32), 0x89a1_897f);
    }

    #[test]
    fn a_lie_stands_where_the_length_would() {
        let part = |lie| Node::Part { id: b"data".to_vec(), length: Length::Little, lie, inner: vec![Node::leaf([7])] };
        assert_eq!(to_bytes(&[part(None)]), b"data\x01\0\0\0\x07\0");
        assert_eq!(to_bytes(&[part(Some(0xffff_ffff))]), b"data\xff\xff\xff\xff\x07");
    }
}
