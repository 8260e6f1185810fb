//! The golden answer: what a model says to its own clip, one motion for each step of 20 ms.
//!
//! `golden.poses` is `KFPOSES1` and then, for each step, the 14 weights of the motion channels as 32-bit floats, lowest
//! byte first, each in 0..=1.

use keyface_core::{AudioTime, MOTION_CHANNELS, Motion, MotionChannel};

use crate::AppError;

const MAGIC: &[u8] = b"KFPOSES1";
const MOTION_BYTES: usize = MOTION_CHANNELS * 4;
/// How far two machines may lie apart: what the project promises between x86 and ARM.
pub const TOLERANCE: f32 = 1e-4;

/// An answer, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Golden(pub Vec<Motion>);

impl Golden {
    /// As a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let weights = self.0.iter().flat_map(|motion| motion.0).flat_map(f32::to_le_bytes);
        MAGIC.iter().copied().chain(weights).collect()
    }

    /// Reads the file `place`.
    ///
    /// # Errors
    /// When it is no such file, or a weight is not a number of 0..=1.
    pub fn from_bytes(place: &str, bytes: &[u8]) -> Result<Golden, AppError> {
        let poses = bytes.strip_prefix(MAGIC).filter(|rest| !rest.is_empty());
        let (motions, rest) = poses.unwrap_or_default().as_chunks::<MOTION_BYTES>();
        if motions.is_empty() || !rest.is_empty() {
            let expected = format!("KFPOSES1 and motions of {MOTION_BYTES} bytes");
            return Err(AppError::unexpected(place, expected, format!("{} bytes of something else", bytes.len())));
        }
        motions.iter().enumerate().map(|(step, bytes)| motion(place, step, bytes)).collect::<Result<_, _>>().map(Golden)
    }

    /// The largest difference of a weight from `came`, which the model of `place` says here.
    ///
    /// # Errors
    /// When a step is missing, or a weight differs by more than the tolerance (1e-4) or is not a number.
    pub fn compare(&self, place: &str, came: &Golden) -> Result<f32, AppError> {
        if came.0.len() != self.0.len() {
            return Err(AppError::unexpected(place, told(self.0.len()), told(came.0.len())));
        }
        let mut worst = 0.0f32;
        for (step, (own, other)) in self.0.iter().zip(&came.0).enumerate() {
            for channel in MotionChannel::ALL {
                let (own, other) = (own[channel], other[channel]);
                let difference = (own - other).abs();
                if difference.is_nan() || difference > TOLERANCE {
                    let at_s = AudioTime::from_ms(step as i64 * 20).as_s();
                    let expected = format!("the golden {own:.6} within {TOLERANCE}");
                    return Err(AppError::unexpected(
                        format!("{place}: {} at {at_s:.2} s", channel.name()),
                        expected,
                        format!("{other:.6}"),
                    ));
                }
                worst = worst.max(difference);
            }
        }
        Ok(worst)
    }
}

fn motion(place: &str, step: usize, bytes: &[u8; MOTION_BYTES]) -> Result<Motion, AppError> {
    let weights: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match weights.iter().find(|weight| !(0.0..=1.0).contains(*weight)) {
        Some(weight) => {
            Err(AppError::unexpected(format!("{place}: step {step}"), "weights of 0..=1", weight.to_string()))
        }
        None => Ok(Motion::from_slice(&weights)),
    }
}

fn told(poses: usize) -> String {
    format!("{poses} poses")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Golden {
        Golden(vec![Motion([0.25; MOTION_CHANNELS]), Motion([1.0; MOTION_CHANNELS])])
    }

    #[test]
    fn an_answer_survives_its_own_file() {
        assert_eq!(Golden::from_bytes("g", &sample().to_bytes()).unwrap(), sample());
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let bytes = sample().to_bytes();
        for wrong in [&bytes[..bytes.len() - 1], &bytes[..8], &bytes[1..], b""] {
            let error = Golden::from_bytes("g", wrong).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("g: expected KFPOSES1 and motions of 56 bytes, came {} bytes of something else", wrong.len())
            );
        }
    }

    #[test]
    fn an_answer_with_what_is_no_weight_is_refused() {
        for wrong in [f32::NAN, f32::INFINITY, -0.1, 1.1] {
            let mut golden = sample();
            golden.0[1].0[3] = wrong;
            let error = Golden::from_bytes("g", &golden.to_bytes()).unwrap_err().to_string();
            assert_eq!(error, format!("g: step 1: expected weights of 0..=1, came {wrong}"));
        }
    }

    #[test]
    fn an_answer_that_differs_is_told_with_channel_and_time() {
        let golden = sample();
        let mut came = sample();
        came.0[1].0[0] -= 0.5e-4;
        assert!((golden.compare("g", &came).unwrap() - 0.5e-4).abs() < 1e-6);
        came.0[1].0[0] -= 1e-4;
        let error = golden.compare("g", &came).unwrap_err().to_string();
        assert!(
            error.starts_with("g: JawOpen at 0.02 s: expected the golden 1.000000 within 0.0001, came 0.9998"),
            "{error}"
        );
        came.0[1].0[0] = f32::NAN;
        assert!(golden.compare("g", &came).unwrap_err().to_string().ends_with("came NaN"));
    }

    #[test]
    fn an_answer_of_another_length_is_refused() {
        let error = sample().compare("g", &Golden(vec![Motion::REST])).unwrap_err().to_string();
        assert_eq!(error, "g: expected 2 poses, came 1 poses");
    }
}
