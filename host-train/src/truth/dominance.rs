//! Phones in, blended channels out: Cohen and Massaro (1993).
//!
//! `value(t) = sum_s D_s(t) T_s / (D_rest + sum_s D_s(t))`, `D_s(t) = a_s exp(-(|t - centre_s| / reach_s)^c)`, with `a` and
//! `reach` per phone and articulator, `reach` different before and after the centre. `c = 2` and not 1, because the
//! exponential has a corner at its centre, and a corner of position is a blow in acceleration.

use keyface_core::{Motion, Phone};

use super::table::{self, Articulator, Shape};
use crate::clip::Segment;

/// Lips and jaw left to themselves drift to rest: a constant dominance of target 0. It also bounds anticipation.
const REST_STRENGTH: f64 = 0.03;
/// The part of a long phone that is its transition on each side; the rest of it is a plateau.
const TRANSITION_S: f64 = 0.040;
/// How far the outer phones of an utterance reach into the silence around it: as far as the mouth is at work there.
const LINGER_S: f64 = 0.200;
/// Beyond this distance, or as much more as reaches are stretched, a phone is not felt (the widest reach is 0.11 s, and exp(-13) is nothing).
const HORIZON_S: f64 = 0.400;

/// One aim of the mouth: a shape, when, and for how long it is held.
#[derive(Clone, Copy, Debug)]
struct Aim {
    centre_s: f64,
    /// Held from this long before the centre
    hold_before_s: f64,
    /// to this long after it.
    hold_after_s: f64,
    like: Phone,
    shape: Shape,
}

/// Phones as a sum of dominances.
pub struct Blend {
    aims: Vec<Aim>,
    reaches: Reaches,
    horizon_s: f64,
}

/// How each articulator's dominances are stretched.
pub type Reaches = [f64; Articulator::ALL.len()];

impl Blend {
    /// Above 1 `reaches` slur, below 1 they articulate.
    pub fn new(phones: &[Segment], reaches: Reaches) -> Blend {
        let mut aims: Vec<Aim> = Vec::new();
        let mut silence_s = 0.0;
        for segment in phones {
            if segment.phone == Phone::SIL {
                silence_s = segment.end_s - segment.start_s;
                linger(aims.last_mut(), silence_s);
                continue;
            }
            let first = aims.len();
            aims.extend(aims_of(segment));
            prepare(&mut aims[first], silence_s);
            silence_s = 0.0;
        }
        Blend { aims, reaches, horizon_s: HORIZON_S * reaches.into_iter().fold(1.0, f64::max) }
    }

    /// The blended channels at a time; contacts, brows and rest are not in it.
    pub fn at(&self, time_s: f64) -> Motion {
        let near = self.near(time_s);
        let mut motion = Motion::REST;
        for (articulator, channels) in table::BLENDED {
            let weights = self.blend(near, time_s, articulator);
            channels.into_iter().zip(weights).for_each(|(channel, weight)| motion[channel] = weight);
        }
        motion
    }

    fn near(&self, time_s: f64) -> &[Aim] {
        let from = self.aims.partition_point(|a| a.centre_s + a.hold_after_s < time_s - self.horizon_s);
        let to = self.aims.partition_point(|a| a.centre_s - a.hold_before_s < time_s + self.horizon_s);
        &self.aims[from..to.max(from)]
    }

    fn blend(&self, aims: &[Aim], time_s: f64, articulator: Articulator) -> [f32; 2] {
        let mut total = REST_STRENGTH;
        let mut sum = [0.0; 2];
        for aim in aims {
            let dominance = self.dominance(aim, time_s, articulator);
            total += dominance;
            sum.iter_mut().zip(aim.shape.of(articulator)).for_each(|(s, w)| *s += dominance * f64::from(w));
        }
        sum.map(|s| (s / total) as f32)
    }

    fn dominance(&self, aim: &Aim, time_s: f64, articulator: Articulator) -> f64 {
        let law = table::dominance(aim.like, articulator);
        let offset_s = time_s - aim.centre_s;
        let (outside_s, reach_s) = if offset_s < 0.0 {
            (-offset_s - aim.hold_before_s, law.before_s)
        } else {
            (offset_s - aim.hold_after_s, law.after_s)
        };
        law.strength * (-(outside_s.max(0.0) / (self.reaches[articulator as usize] * reach_s)).powi(2)).exp()
    }
}

/// After its last sound a mouth keeps its shape while [`super::activity`] brings it home.
fn linger(last: Option<&mut Aim>, silence_s: f64) {
    if let Some(aim) = last {
        aim.hold_after_s += (0.5 * silence_s).min(LINGER_S);
    }
}

/// Before its first sound a mouth already has its shape.
fn prepare(first: &mut Aim, silence_s: f64) {
    first.hold_before_s += (0.5 * silence_s).min(LINGER_S);
}

fn aims_of(segment: &Segment) -> impl Iterator<Item = Aim> + use<> {
    let Segment { start_s, end_s, phone } = *segment;
    let duration_s = end_s - start_s;
    let (parts, count) = table::parts(phone);
    parts.into_iter().take(count).map(move |part| {
        let hold_s = (0.5 * part.held * duration_s - TRANSITION_S).max(0.0);
        Aim {
            centre_s: start_s + part.at * duration_s,
            hold_before_s: hold_s,
            hold_after_s: hold_s,
            like: part.like,
            shape: table::target(part.like),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyface_core::MotionChannel;

    const EVEN: Reaches = [1.0; 5];

    fn segment(start_s: f64, end_s: f64, phone: Phone) -> Segment {
        Segment { start_s, end_s, phone }
    }

    #[test]
    fn a_long_vowel_reaches_its_target() {
        let blend = Blend::new(&[segment(0.0, 0.4, Phone::AA)], EVEN);
        assert!((blend.at(0.2)[MotionChannel::JawOpen] - 0.30).abs() < 0.015);
    }

    #[test]
    fn no_phones_blend_to_rest() {
        assert_eq!(Blend::new(&[], EVEN).at(0.3), Motion::REST);
    }

    #[test]
    fn the_last_shape_lingers_into_silence() {
        let phones = [segment(0.0, 0.2, Phone::T), segment(0.2, 1.0, Phone::SIL)];
        assert!(Blend::new(&phones, EVEN).at(0.35)[MotionChannel::MouthLowerDown] > 0.11);
    }

    #[test]
    fn a_stop_of_the_back_takes_its_neighbours_lips() {
        let phones = [segment(0.0, 0.1, Phone::UW), segment(0.1, 0.17, Phone::K), segment(0.17, 0.3, Phone::UW)];
        assert!(Blend::new(&phones, EVEN).at(0.135)[MotionChannel::MouthPucker] > 0.4);
    }

    #[test]
    fn a_long_silence_does_not_hide_a_short_word() {
        let phones = [segment(0.0, 3.0, Phone::SIL), segment(3.0, 3.1, Phone::AA), segment(3.1, 6.0, Phone::SIL)];
        assert!(Blend::new(&phones, EVEN).at(3.05)[MotionChannel::JawOpen] > 0.2);
    }
}
