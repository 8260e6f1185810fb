//! An outside encoder: sound of a whole utterance in, a vector per 20 ms out.

/// What `keyface-train features` can listen through.
pub trait OutsideEncoder {
    /// Tells it from one of other weights or another config.
    fn name(&self) -> String;

    /// Values in a feature vector.
    fn width(&self) -> usize;

    /// One vector for each whole step of 20 ms of an utterance at 16 kHz, as it was recorded.
    ///
    /// # Shapes
    /// `samples / 320` vectors of `width` values, one after the other.
    fn features(&self, samples: &[f32]) -> Vec<f32>;
}

/// Tells weights apart.
pub(super) fn fingerprint(parts: &[&[u8]]) -> u64 {
    let words = parts.iter().flat_map(|part| part.chunks(8)).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    words.fold(0, |hash: u64, word| (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
