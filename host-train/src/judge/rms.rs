//! Root mean square of what a motion misses of the truth: it chooses the checkpoints of all that make motion.

/// Over clips, of each the sum of its squares and how many they are; infinite without any.
pub fn rms(clips: impl Iterator<Item = [f64; 2]>) -> f64 {
    let [sum, count] = clips.fold([0.0; 2], |[sum, count], [squares, of]| [sum + squares, count + of]);
    if count == 0.0 { f64::INFINITY } else { (sum / count).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_counts_as_often_as_it_has_squares_and_no_clip_is_as_far_as_can_be() {
        assert_eq!(rms([[9.0, 1.0], [0.0, 8.0]].into_iter()), 1.0);
        assert_eq!(rms(std::iter::empty()), f64::INFINITY);
    }
}
