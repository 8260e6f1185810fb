//! G.722 in, samples of 16 kHz out: two bands of ADPCM, joined by a mirror filter (ITU-T G.722, mode 1: 64 kbit/s).

use crate::body::Body;
use crate::piece::{Block, Piece, Refusal, shortfall};
use crate::source::Source;

/// Of any such stream, whatever a header says: half of them write 8000, as RFC 3551 does.
pub(crate) const RATE_HZ: u32 = 16_000;
/// Bytes that become one block.
const BLOCK_BYTES: usize = 2_048;
/// Samples of a byte.
const OF_A_BYTE: usize = 2;

/// Levels of the lower band, by all 6 bits of a code and by the first 4; of the higher one by 2.
const LEVELS_6: [i32; 64] = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576,
    -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040,
    -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
    4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
];
const LEVELS_4: [i32; 16] =
    [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0];
const LEVELS_2: [i32; 4] = [-7408, -1616, 7408, 1616];
/// How a code changes the logarithm of its band's step.
const STEPS_4: [i32; 16] = [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60];
const STEPS_2: [i32; 4] = [798, -214, 798, -214];
/// Powers of two between 1 and 2.
const POWERS: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
    3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
/// One half of the mirror filter; the other is the same from behind.
const MIRROR: [i32; 12] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

/// A stream of codes.
pub(crate) struct G722 {
    body: Body,
    decoder: Decoder,
    promised: Option<u64>,
    heard: u64,
}

impl G722 {
    /// `length` bytes are promised, if the writer knew that.
    pub fn new(body: Body, length: Option<u64>) -> G722 {
        let promised = length.map(|bytes| bytes.saturating_mul(OF_A_BYTE as u64));
        G722 { body, decoder: Decoder::new(), promised, heard: 0 }
    }
}

impl Piece for G722 {
    fn read(&mut self, block: &mut Block) -> Result<bool, Refusal> {
        block.of(1, RATE_HZ);
        let codes = self.body.ready(BLOCK_BYTES, 1);
        let count = codes.len();
        for code in codes {
            block.samples.extend(self.decoder.decode(*code));
        }
        self.body.consume(count);
        self.heard += block.frames() as u64;
        Ok(count > 0)
    }

    fn missing(&self) -> Option<String> {
        shortfall(self.promised, self.heard, RATE_HZ).or(self.body.fault().map(str::to_owned))
    }

    fn into_source(self: Box<Self>) -> Option<Source> {
        Some(self.body.into_source())
    }
}

struct Decoder {
    lower: Band,
    higher: Band,
    /// What the mirror filter remembers.
    sums: [i32; 12],
    differences: [i32; 12],
}

impl Decoder {
    fn new() -> Decoder {
        let (lower, higher) = (Band::new(32), Band::new(8));
        Decoder { lower, higher, sums: [0; 12], differences: [0; 12] }
    }

    fn decode(&mut self, code: u8) -> [f32; OF_A_BYTE] {
        let (six, four, two) = (usize::from(code & 63), usize::from(code >> 2 & 15), usize::from(code >> 6));
        let low = (self.lower.estimate + scaled(self.lower.step, LEVELS_6[six])).clamp(-16_384, 16_383);
        let difference = scaled(self.lower.step, LEVELS_4[four]);
        self.lower.scale(STEPS_4[four], 18_432, 8);
        self.lower.adapt(difference);
        let difference = scaled(self.higher.step, LEVELS_2[two]);
        let high = (self.higher.estimate + difference).clamp(-16_384, 16_383);
        self.higher.scale(STEPS_2[two], 22_528, 10);
        self.higher.adapt(difference);
        self.join(low, high)
    }

    fn join(&mut self, low: i32, high: i32) -> [f32; OF_A_BYTE] {
        for (memory, newest) in [(&mut self.sums, low + high), (&mut self.differences, low - high)] {
            memory.rotate_left(1);
            memory[11] = newest;
        }
        let second: i32 = self.sums.iter().zip(MIRROR).map(|(value, weight)| value * weight).sum();
        let first: i32 = self.differences.iter().zip(MIRROR.iter().rev()).map(|(value, weight)| value * weight).sum();
        [first, second].map(|sum| saturated(sum >> 11) as f32 / 32_768.0)
    }
}

/// One band's adaptive predictor: two poles and six zeros. The newest value of each memory comes first.
struct Band {
    estimate: i32,
    of_zeros: i32,
    step: i32,
    logarithm: i32,
    rebuilt: [i32; 2],
    partial: [i32; 2],
    poles: [i32; 2],
    differences: [i32; 6],
    zeros: [i32; 6],
}

impl Band {
    fn new(step: i32) -> Band {
        Band {
            estimate: 0,
            of_zeros: 0,
            step,
            logarithm: 0,
            rebuilt: [0; 2],
            partial: [0; 2],
            poles: [0; 2],
            differences: [0; 6],
            zeros: [0; 6],
        }
    }

    fn scale(&mut self, change: i32, most: i32, shift: i32) {
        self.logarithm = (((self.logarithm * 127) >> 7) + change).clamp(0, most);
        let power = POWERS[(self.logarithm >> 6 & 31) as usize];
        let down = shift - (self.logarithm >> 11);
        self.step = if down < 0 { power << -down } else { power >> down } << 2;
    }

    fn adapt(&mut self, difference: i32) {
        let partial = saturated(self.of_zeros + difference);
        let rebuilt = saturated(self.estimate + difference);
        self.adapt_poles(partial);
        let push = if difference == 0 { 0 } else { 128 };
        for (zero, before) in self.zeros.iter_mut().zip(self.differences) {
            let push = if is_like(before, difference) { push } else { -push };
            *zero = saturated(push + scaled(*zero, 32_640));
        }
        self.differences.rotate_right(1);
        self.differences[0] = difference;
        self.rebuilt = [rebuilt, self.rebuilt[0]];
        self.partial = [partial, self.partial[0]];
        let sum = |weights: &[i32], values: &[i32]| -> i32 {
            weights.iter().zip(values).map(|(weight, value)| scaled(*weight, saturated(2 * value))).sum()
        };
        self.of_zeros = saturated(sum(&self.zeros, &self.differences));
        self.estimate = saturated(saturated(sum(&self.poles, &self.rebuilt)) + self.of_zeros);
    }

    fn adapt_poles(&mut self, partial: i32) {
        let [first, second] = self.poles;
        let pull = saturated(4 * first);
        let pull = if is_like(partial, self.partial[0]) { (-pull).min(32_767) } else { pull };
        let push = if is_like(partial, self.partial[1]) { 128 } else { -128 };
        let second = (push + (pull >> 7) + scaled(second, 32_512)).clamp(-12_288, 12_288);
        let push = if is_like(partial, self.partial[0]) { 192 } else { -192 };
        let most = saturated(15_360 - second);
        let first = saturated(push + scaled(first, 32_640)).clamp(-most, most);
        self.poles = [first, second];
    }
}

fn scaled(a: i32, b: i32) -> i32 {
    (a * b) >> 15
}

fn saturated(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}

/// Whether both are below zero, or neither.
fn is_like(a: i32, b: i32) -> bool {
    (a < 0) == (b < 0)
}
