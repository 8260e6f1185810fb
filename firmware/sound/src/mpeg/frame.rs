//! The first bytes of a frame of MP3 and its older kin, and where such frames begin.

/// Enough for two frames of any kind and the head of a third.
pub(crate) const PROOF_BYTES: usize = 4 << 10;
/// kbit/s of layers I, II and III, for MPEG 1 and for MPEG 2.
const KBITS: [[[u32; 15]; 3]; 2] = [
    [
        [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    ],
    [
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ],
];
const RATES_HZ: [u32; 3] = [44_100, 48_000, 32_000];

/// What a frame says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// 1, 2 or 3.
    pub layer: usize,
    pub rate_hz: u32,
    pub channels: usize,
    /// Length of the frame, its head counted.
    pub bytes: usize,
    /// Samples of each channel.
    pub samples: usize,
    /// Where a first frame tells of the whole file.
    pub notes_at: usize,
}

impl Head {
    pub fn read(bytes: &[u8]) -> Option<Head> {
        let head: &[u8; 4] = bytes.first_chunk()?;
        if !is_sync(head) {
            return None;
        }
        let version = head[1] >> 3 & 3;
        let layer = 4 - usize::from(head[1] >> 1 & 3);
        let (kbit, rate) = (usize::from(head[2] >> 4), usize::from(head[2] >> 2 & 3));
        let is_first = version == 3;
        let kbit = *KBITS[usize::from(!is_first)].get(layer - 1)?.get(kbit).filter(|kbit| **kbit > 0)? as usize;
        let rate_hz = RATES_HZ.get(rate)? >> (if is_first { 0 } else { 1 + u32::from(version == 0) });
        let padding = usize::from(head[2] >> 1 & 1);
        let channels = if head[3] >> 6 == 3 { 1 } else { 2 };
        let (samples, slot) = match (layer, is_first) {
            (1, _) => (384, 4),
            (3, false) => (576, 1),
            _ => (1_152, 1),
        };
        let bytes = (samples / 8 * kbit * 1_000 / rate_hz as usize / slot + padding) * slot;
        let side = match (is_first, channels) {
            (true, 2) => 32,
            (true, _) | (false, 2) => 17,
            (false, _) => 9,
        };
        let notes_at = 4 + side;
        Some(Head { layer, rate_hz, channels, bytes, samples, notes_at }).filter(|head| head.bytes > 4)
    }

    /// Whether `other` may be of the same stream; a stream may change between one channel and two.
    pub fn is_like(&self, other: &Head) -> bool {
        (self.layer, self.rate_hz) == (other.layer, other.rate_hz)
    }
}

/// Whether four bytes may begin a frame.
pub(crate) fn is_sync(head: &[u8]) -> bool {
    head.len() >= 4 && head[0] == 0xff && head[1] & 0xe0 == 0xe0 && head[1] & 0x18 != 8
}

/// Whether these bytes begin a frame of layer II or III: of layer I there are no files, but other sound that looks so.
pub(crate) fn is_head(head: &[u8]) -> bool {
    Head::read(head).is_some_and(|head| head.layer > 1)
}

/// Whether `window` begins with frames: two and the head of a third, or as many as there are.
pub(crate) fn begins(window: &[u8]) -> bool {
    let (mut at, mut first) = (0, None);
    for _ in 0..3 {
        if at == window.len() && first.is_some() {
            return true;
        }
        let Some(head) = Head::read(&window[at.min(window.len())..]) else { return false };
        if !first.get_or_insert(head).is_like(&head) {
            return false;
        }
        at += head.bytes;
    }
    true
}

/// Where frames begin in `window`.
pub(crate) fn find(window: &[u8]) -> Option<usize> {
    (0..window.len().saturating_sub(PROOF_BYTES)).find(|at| window[*at] == 0xff && begins(&window[*at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frames_length_and_kind_are_read() {
        let head = Head::read(&[0xff, 0xfb, 0x90, 0x64]).unwrap();
        assert_eq!((head.layer, head.rate_hz, head.channels, head.bytes, head.samples), (3, 44_100, 2, 417, 1_152));
        let head = Head::read(&[0xff, 0xf3, 0x48, 0xc4]).unwrap();
        assert_eq!((head.layer, head.rate_hz, head.channels, head.samples), (3, 16_000, 1, 576));
        assert!(Head::read(&[0xff, 0xff, 0xff, 0xff]).is_none());
    }

    #[test]
    fn one_frame_is_no_proof_and_three_are() {
        let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
        frame.resize(417, 0);
        assert!(!begins(&[frame.clone(), vec![1; 500]].concat()));
        assert!(begins(&frame.repeat(3)));
    }
}
