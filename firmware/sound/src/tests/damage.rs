//! Files made to bring a decoder down.

use super::*;

/// A page of Ogg with one whole packet.
fn page(kind: u8, number: u32, packet: &[u8]) -> Vec<u8> {
    let mut page = [b"OggS\0".as_slice(), &[kind], &[0; 8], &[1, 0, 0, 0]].concat();
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    let lacing: Vec<u8> = packet.chunks(255).map(|part| part.len() as u8).collect();
    page.push(lacing.len() as u8);
    page.extend(lacing);
    page.extend(packet);
    let sum = page.iter().fold(0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 })
    });
    page[22..26].copy_from_slice(&sum.to_le_bytes());
    page
}

/// Bits from the lowest on, as Vorbis writes numbers.
fn packed(fields: &[(u32, u32)]) -> Vec<u8> {
    let bits: Vec<bool> = fields
        .iter()
        .flat_map(|(value, width)| (0..*width).map(move |n| value.checked_shr(n).unwrap_or(0) & 1 == 1))
        .collect();
    bits.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |sum, (n, bit)| sum | u8::from(*bit) << n)).collect()
}

#[test]
fn a_codebook_that_fails_the_decoders_assertion_is_refused_in_one_line() {
    let head = [b"\x01vorbis\0\0\0\0\x01".as_slice(), &16_000u32.to_le_bytes(), &[0; 12], &[0xb8, 1]].concat();
    let comment = b"\x03vorbis\0\0\0\0\0\0\0\0\x01";
    // One codebook of one entry, in order of length: 255 lengths without an entry lead to one of 256 bits, which is 0.
    let mut fields = vec![(0, 8), (0x56_4342, 24), (1, 16), (1, 24), (1, 1), (0, 5)];
    fields.extend([(0, 1); 255]);
    fields.extend([(1, 1), (0, 4)]);
    // The rest as short as may be: a floor of type 1, a residue, a mapping and a mode, then the last bit.
    fields.extend([(0, 28), (1, 16), (0, 11)]);
    fields.extend([(0, 22), (0, 72), (0, 18), (0, 6), (0, 20), (0, 24), (0, 47), (1, 1)]);
    let setup = [b"\x05vorbis".to_vec(), packed(&fields)].concat();
    let file = [page(2, 0, &head), page(0, 1, comment), page(0, 2, &setup), page(4, 3, &[0; 20])].concat();
    let error = refused(file, "a.ogg");
    assert!(error.contains("its data are damaged beyond what the decoder bears"), "{error}");
    assert!(!error.contains('\n'), "{error}");
}
