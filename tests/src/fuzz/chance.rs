//! Numbers that look like chance and are the same again (SplitMix64, Steele et al. 2014).

/// A row of numbers.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Each seed has a row of its own.
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next one.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// One below `end`; 0 when there is none.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end.max(1) as u64) as usize
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One as a rule, less often a few, now and then up to `most`.
    pub fn size(&mut self, most: usize) -> usize {
        let most = match self.below(12) {
            0 => most,
            1..=4 => most.min(6),
            _ => 1,
        };
        1 + self.below(most)
    }
}
