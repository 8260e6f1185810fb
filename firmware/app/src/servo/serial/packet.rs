//! Instructions in, bytes for a serial bus out; bytes that came in, what a servo answers out.
//!
//! Dynamixel: protocol 2.0 (ROBOTIS e-Manual): `FF FF FD 00`, id, length, instruction, parameters, CRC-16 (polynomial
//! 0x8005). Within, `FF FF FD` is followed by another `FD`, so that it begins no packet.
//! Feetech: `FF FF`, id, length, instruction or status, parameters, the complement of their sum.

use crate::board::Protocol;

/// All servos, none of which answers.
const ALL: u8 = 0xFE;
/// Instructions, in both protocols.
const READ: u8 = 0x02;
const SYNC_WRITE: u8 = 0x83;
/// What stands in a Dynamixel's answer in an instruction's place.
const STATUS: u8 = 0x55;
/// Of a Dynamixel's status: something is wrong with the servo, which has done what was asked nevertheless.
const ALERT: u8 = 0x80;
const DYNAMIXEL: &[u8] = &[0xFF, 0xFF, 0xFD, 0x00];
const FEETECH: &[u8] = &[0xFF, 0xFF];
/// What looks like the beginning of a packet within a Dynamixel's.
const LIKE_HEAD: &[u8] = &[0xFF, 0xFF, 0xFD];
/// Longer than any answer to what is asked here: more is garbage.
const ANSWER_MOST: usize = 32;

/// A place in a servo's table of registers, and how many bytes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Register {
    address: u16,
    pub bytes: usize,
}

/// Whether the motor holds.
pub(super) fn torque(protocol: Protocol) -> Register {
    match protocol {
        Protocol::Dynamixel => Register { address: 64, bytes: 1 },
        Protocol::Feetech => Register { address: 40, bytes: 1 },
    }
}

/// Where it is to go.
pub(super) fn goal(protocol: Protocol) -> Register {
    match protocol {
        Protocol::Dynamixel => Register { address: 116, bytes: 4 },
        Protocol::Feetech => Register { address: 42, bytes: 2 },
    }
}

/// Where it is.
pub(super) fn present(protocol: Protocol) -> Register {
    match protocol {
        Protocol::Dynamixel => Register { address: 132, bytes: 4 },
        Protocol::Feetech => Register { address: 56, bytes: 2 },
    }
}

/// Asks a servo for a register.
pub(super) fn read(protocol: Protocol, id: u8, register: Register) -> Vec<u8> {
    let [low, high] = register.address.to_le_bytes();
    match protocol {
        Protocol::Dynamixel => dynamixel(id, READ, &[low, high, register.bytes as u8, 0]),
        Protocol::Feetech => feetech(id, READ, &[low, register.bytes as u8]),
    }
}

/// Writes a register of several servos at once: the id and the value of each.
pub(super) fn sync_write(protocol: Protocol, register: Register, values: &[(u8, u16)]) -> Vec<u8> {
    let [low, high] = register.address.to_le_bytes();
    let mut parameters = match protocol {
        Protocol::Dynamixel => vec![low, high, register.bytes as u8, 0],
        Protocol::Feetech => vec![low, register.bytes as u8],
    };
    for (id, value) in values {
        parameters.push(*id);
        parameters.extend(&u32::from(*value).to_le_bytes()[..register.bytes]);
    }
    match protocol {
        Protocol::Dynamixel => dynamixel(ALL, SYNC_WRITE, &parameters),
        Protocol::Feetech => feetech(ALL, SYNC_WRITE, &parameters),
    }
}

fn dynamixel(id: u8, instruction: u8, parameters: &[u8]) -> Vec<u8> {
    let mut body = vec![instruction];
    for byte in parameters {
        body.push(*byte);
        if body.ends_with(LIKE_HEAD) {
            body.push(0xFD);
        }
    }
    let length = (body.len() as u16 + 2).to_le_bytes();
    let mut bytes = [DYNAMIXEL, &[id], &length, &body].concat();
    bytes.extend(crc(&bytes).to_le_bytes());
    bytes
}

fn feetech(id: u8, instruction: u8, parameters: &[u8]) -> Vec<u8> {
    let body = [&[id, parameters.len() as u8 + 2, instruction], parameters].concat();
    [FEETECH, &body, &[sum(&body)]].concat()
}

/// The complement of the sum.
fn sum(bytes: &[u8]) -> u8 {
    !bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte))
}

/// CRC-16 with polynomial 0x8005, from 0, highest bit first.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0u16, |crc, byte| {
        let turn = |crc: u16, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 };
        (0..8).fold(crc ^ u16::from(*byte) << 8, turn)
    })
}

/// What has come in so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Not whole yet.
    Pending,
    /// The register's value.
    Value(u32),
    /// The servo says that something is wrong: the status that it sent.
    Fault(u8),
    /// No answer of this servo can be in there.
    Garbage,
}

/// Looks for a servo's answer in what came in; anything else there is passed over, up to a point.
pub(super) fn answer(protocol: Protocol, id: u8, register: Register, came: &[u8]) -> Answer {
    let parse: fn(u8, usize, &[u8]) -> Option<Answer> = match protocol {
        Protocol::Dynamixel => dynamixel_answer,
        Protocol::Feetech => feetech_answer,
    };
    let found = (0..came.len()).find_map(|at| parse(id, register.bytes, &came[at..]));
    match found {
        Some(answer) => answer,
        None if came.len() > ANSWER_MOST => Answer::Garbage,
        None => Answer::Pending,
    }
}

fn dynamixel_answer(id: u8, bytes: usize, came: &[u8]) -> Option<Answer> {
    let head = [DYNAMIXEL, &[id]].concat();
    let rest = came.strip_prefix(head.as_slice())?;
    let length = usize::from(u16::from_le_bytes(*rest.first_chunk()?));
    let whole = head.len() + 2 + length;
    let packet = came.get(..whole)?;
    let (said, check) = packet.split_at(whole.checked_sub(2)?);
    let body = said.get(head.len() + 2..).filter(|_| crc(said).to_le_bytes() == check)?;
    let [STATUS, status, value @ ..] = body else { return None };
    Some(told(status & !ALERT, &unstuffed(value), bytes))
}

/// Without what keeps a packet's beginning out of its inside.
fn unstuffed(body: &[u8]) -> Vec<u8> {
    let mut plain: Vec<u8> = Vec::with_capacity(body.len());
    let mut is_stuffing = false;
    for byte in body {
        if !is_stuffing {
            plain.push(*byte);
        }
        is_stuffing = !is_stuffing && plain.ends_with(LIKE_HEAD);
    }
    plain
}

fn feetech_answer(id: u8, bytes: usize, came: &[u8]) -> Option<Answer> {
    let head = [FEETECH, &[id, bytes as u8 + 2]].concat();
    let packet = came.get(..head.len() + bytes + 2).filter(|packet| packet.starts_with(&head))?;
    let (said, check) = packet.split_at(packet.len() - 1);
    let [status, value @ ..] = &said[head.len()..] else { return None };
    (sum(&said[FEETECH.len()..]) == check[0]).then(|| told(*status, value, bytes))
}

fn told(status: u8, value: &[u8], bytes: usize) -> Answer {
    if status != 0 {
        return Answer::Fault(status);
    }
    if value.len() != bytes {
        return Answer::Garbage;
    }
    Answer::Value(value.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use Protocol::{Dynamixel, Feetech};

    pub fn hex(text: &str) -> Vec<u8> {
        text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    }

    /// What a servo answers.
    pub fn status(protocol: Protocol, id: u8, status: u8, value: &[u8]) -> Vec<u8> {
        match protocol {
            Dynamixel => dynamixel(id, STATUS, &[&[status], value].concat()),
            Feetech => feetech(id, status, value),
        }
    }

    #[test]
    fn instructions_have_the_bytes_of_the_makers_documents() {
        assert_eq!(read(Dynamixel, 1, present(Dynamixel)), hex("FF FF FD 00 01 07 00 02 84 00 04 00 1D 15"));
        let both = sync_write(Dynamixel, goal(Dynamixel), &[(1, 150), (2, 170)]);
        assert_eq!(both, hex("FF FF FD 00 FE 11 00 83 74 00 04 00 01 96 00 00 00 02 AA 00 00 00 82 87"));
        assert_eq!(read(Feetech, 1, present(Feetech)), hex("FF FF 01 04 02 38 02 BE"));
        // A position and a speed in one write, as Feetech's document has it.
        assert_eq!(feetech(1, 3, &hex("2A 00 08 00 00 E8 03")), hex("FF FF 01 09 03 2A 00 08 00 00 E8 03 D5"));
        assert_eq!(feetech(1, 1, &[]), hex("FF FF 01 02 01 FB"));
        assert_eq!(dynamixel(1, 1, &[]), hex("FF FF FD 00 01 03 00 01 19 4E"));
    }

    #[test]
    fn answers_of_the_makers_documents_are_understood() {
        let came = hex("FF FF FD 00 01 08 00 55 00 A6 00 00 00 8C C0");
        assert_eq!(answer(Dynamixel, 1, present(Dynamixel), &came), Answer::Value(166));
        let came = hex("FF FF 01 04 00 18 05 DD");
        assert_eq!(answer(Feetech, 1, present(Feetech), &came), Answer::Value(1_304));
    }

    #[test]
    fn an_answer_is_whole_or_waited_for_and_found_behind_anything() {
        for protocol in [Dynamixel, Feetech] {
            let register = present(protocol);
            let value = &0x0000_0FD7_u32.to_le_bytes()[..register.bytes];
            let whole = status(protocol, 7, 0, value);
            for end in 0..whole.len() {
                assert_eq!(answer(protocol, 7, register, &whole[..end]), Answer::Pending, "{protocol:?} {end}");
            }
            assert_eq!(answer(protocol, 7, register, &whole), Answer::Value(0x0FD7));
            let noisy = [&hex("00 FF FF 3C"), whole.as_slice()].concat();
            assert_eq!(answer(protocol, 7, register, &noisy), Answer::Value(0x0FD7));
            assert_eq!(answer(protocol, 8, register, &whole), Answer::Pending, "another servo's");
            assert_eq!(answer(protocol, 7, register, &status(protocol, 7, 4, value)), Answer::Fault(4));
            assert_eq!(answer(protocol, 7, register, &[0xFF; ANSWER_MOST + 1]), Answer::Garbage);
        }
    }

    #[test]
    fn one_wrong_bit_is_no_answer() {
        for protocol in [Dynamixel, Feetech] {
            let register = present(protocol);
            let whole = status(protocol, 7, 0, &[0x12, 0x05, 0, 0][..register.bytes]);
            for bit in 0..8 * whole.len() {
                let mut wrong = whole.clone();
                wrong[bit / 8] ^= 1 << (bit % 8);
                let answer = answer(protocol, 7, register, &wrong);
                assert!(matches!(answer, Answer::Pending | Answer::Garbage), "{protocol:?} {bit}: {answer:?}");
            }
        }
    }

    #[test]
    fn what_looks_like_a_head_within_a_packet_is_kept_apart() {
        let bytes = dynamixel(1, 3, &hex("74 00 FF FF FD 00"));
        assert_eq!(bytes[5..15], hex("0A 00 03 74 00 FF FF FD FD 00"));
        let value = 0x00FD_FFFF_u32;
        let came = status(Dynamixel, 1, 0, &value.to_le_bytes());
        assert_eq!(answer(Dynamixel, 1, present(Dynamixel), &came), Answer::Value(value));
        let alert = status(Dynamixel, 1, ALERT, &[1, 0, 0, 0]);
        assert_eq!(answer(Dynamixel, 1, present(Dynamixel), &alert), Answer::Value(1));
    }
}
