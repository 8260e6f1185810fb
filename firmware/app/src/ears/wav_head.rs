//! The first bytes of a WAV stream in; its sample rate and where its samples lie, out.

/// Samples that have not begun by here never will.
const LONGEST: usize = 1 << 16;
/// Writers that do not know the length put 0 or a count near the top of an `i32` or `u32` there.
const PROMISE_LIMIT: usize = 0x7fff_0000;
/// RIFF, length, WAVE.
const FIRST_CHUNK: usize = 12;
/// Name and length of a chunk.
const CHUNK_HEAD: usize = 8;
const PCM: usize = 1;
const EXTENSIBLE: usize = 0xfffe;

/// What a WAV of 16-bit mono samples says before them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WavHead {
    /// Sample rate.
    pub rate_hz: u32,
    /// Where the first sample begins.
    pub samples_at: usize,
    /// Bytes of samples; `None` when the writer did not know.
    pub bytes: Option<usize>,
}

/// `None` when more bytes are needed.
///
/// # Errors
/// What came instead of 16-bit mono samples.
pub(super) fn wav_head(head: &[u8]) -> Result<Option<WavHead>, String> {
    let (mut at, mut rate_hz) = (FIRST_CHUNK, None);
    while let Some(chunk) = head.get(at..).and_then(|rest| rest.get(..CHUNK_HEAD)) {
        let (length, body) = (number(&chunk[4..]), at + CHUNK_HEAD);
        match (&chunk[..4], rate_hz) {
            (b"fmt ", _) => match head[body..].get(..length) {
                Some(format) => rate_hz = Some(rate_of(format)?),
                None => break,
            },
            (b"data", Some(rate_hz)) => {
                let bytes = Some(length).filter(|length| (1..PROMISE_LIMIT).contains(length));
                return Ok(Some(WavHead { rate_hz, samples_at: body, bytes }));
            }
            _ => {}
        }
        at = body.saturating_add(length).saturating_add(length % 2);
    }
    if head.len() < LONGEST { Ok(None) } else { Err("a WAV without samples".into()) }
}

fn rate_of(format: &[u8]) -> Result<u32, String> {
    let field = |at: usize, length: usize| format.get(at..at + length).map_or(0, number);
    let kind = if field(0, 2) == EXTENSIBLE { field(24, 2) } else { field(0, 2) };
    let (channels, bits) = (field(2, 2), field(14, 2));
    if (kind, channels, bits) != (PCM, 1, 16) {
        return Err(format!("a WAV of format {kind} with {channels} channels of {bits} bits"));
    }
    Ok(field(4, 4) as u32)
}

/// Little-endian.
fn number(bytes: &[u8]) -> usize {
    bytes.iter().take(4).rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [name.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat()
    }

    fn format(kind: u16, channels: u16, bits: u16) -> Vec<u8> {
        let numbers = [kind, channels, 16_000, 0, 0, 0, 0, bits];
        chunk(b"fmt ", &numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>())
    }

    fn wav(chunks: &[Vec<u8>]) -> Vec<u8> {
        [b"RIFF\0\0\0\0WAVE".to_vec(), chunks.concat()].concat()
    }

    #[test]
    fn chunks_before_the_samples_are_passed_over() {
        let bytes = wav(&[format(1, 1, 16), chunk(b"LIST", b"abcdef"), chunk(b"data", &[0; 8])]);
        let expected = WavHead { rate_hz: 16_000, samples_at: 12 + 24 + 14 + 8, bytes: Some(8) };
        assert_eq!(wav_head(&bytes), Ok(Some(expected)));
    }

    #[test]
    fn a_head_cut_anywhere_asks_for_more() {
        let bytes = wav(&[format(1, 1, 16), chunk(b"LIST", b"abc"), chunk(b"data", b"")]);
        (0..bytes.len()).for_each(|length| assert_eq!(wav_head(&bytes[..length]), Ok(None), "{length} bytes"));
    }

    #[test]
    fn other_samples_than_16_bit_mono_are_named() {
        let error = wav_head(&wav(&[format(3, 2, 32)])).unwrap_err();
        assert_eq!(error, "a WAV of format 3 with 2 channels of 32 bits");
    }

    #[test]
    fn a_length_that_the_writer_did_not_know_is_not_believed() {
        for length in [0u32, 0x7fff_f000, u32::MAX] {
            let mut bytes = wav(&[format(1, 1, 16), chunk(b"data", b"")]);
            let at = bytes.len() - 4;
            bytes[at..].copy_from_slice(&length.to_le_bytes());
            assert_eq!(wav_head(&bytes).unwrap().unwrap().bytes, None);
        }
    }
}
