//! Phones in, blended channels out: Cohen and Massaro (1993).
//!
//! `value(t) = sum_s D_s(t) T_s / (D_rest + sum_s D_s(t))`, `D_s(t) = a_s exp(-(|t - centre_s| / reach_s)^c)`, with `a` and
//! `reach` per phone and articulator, `reach` different before and after the centre. `c = 2` and not 1, because the
//! exponential has a corner at its centre, and a corner of position is a blow in acceleration.

use keyface_core::Motion;

use super::table::{self, Articulator, Shape};
use crate::clip::Segment;

/// Lips and jaw left to themselves drift to rest: a constant dominance of target 0. It also bounds anticipation.
const REST_STRENGTH: f64 = 0.03;
/// The part of a long phone that is its transition on each side; the rest of it is a plateau.
const TRANSITION_S: f64 = 0.040;
/// Beyond this distance a phone is not felt (the widest reach is 0.11 s, and exp(-13) is nothing).
const HORIZON_S: f64 = 0.400;

/// One aim of the mouth: a shape, when, and for how long it is held.
#[derive(Clone, Copy, Debug)]
struct Aim {
    centre_s: f64,
    hold_s: f64,
    like: keyface_core::Phone,
    shape: Shape,
}

/// Phones as a sum of dominances.
pub struct Blend {
    aims: Vec<Aim>,
    reach: f64,
}

impl Blend {
    /// `reach` stretches every dominance: above 1 a speaker slurs, below 1 articulates.
    pub fn new(phones: &[Segment], reach: f64) -> Blend {
        Blend { aims: phones.iter().flat_map(aims).collect(), reach }
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
        let from = self.aims.partition_point(|a| a.centre_s + a.hold_s < time_s - HORIZON_S);
        let to = self.aims.partition_point(|a| a.centre_s - a.hold_s < time_s + HORIZON_S);
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
        let reach_s = self.reach * if offset_s < 0.0 { law.before_s } else { law.after_s };
        let outside_s = (offset_s.abs() - aim.hold_s).max(0.0);
        law.strength * (-(outside_s / reach_s).powi(2)).exp()
    }
}

fn aims(segment: &Segment) -> impl Iterator<Item = Aim> + use<> {
    let Segment { start_s, end_s, phone } = *segment;
    let duration_s = end_s - start_s;
    let (parts, count) = table::parts(phone);
    parts.into_iter().take(count).map(move |part| Aim {
        centre_s: start_s + part.at * duration_s,
        hold_s: (0.5 * part.held * duration_s - TRANSITION_S).max(0.0),
        like: part.like,
        shape: table::target(part.like),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyface_core::{MotionChannel, Phone};

    fn segment(start_s: f64, end_s: f64, phone: Phone) -> Segment {
        Segment { start_s, end_s, phone }
    }

    #[test]
    fn a_long_vowel_reaches_its_target() {
        let blend = Blend::new(&[segment(0.0, 0.4, Phone::AA)], 1.0);
        assert!((blend.at(0.2)[MotionChannel::JawOpen] - 0.30).abs() < 0.015);
    }

    #[test]
    fn no_phones_blend_to_rest() {
        assert_eq!(Blend::new(&[], 1.0).at(0.3), Motion::REST);
    }

    #[test]
    fn a_stop_of_the_back_takes_its_neighbours_lips() {
        let phones = [segment(0.0, 0.1, Phone::UW), segment(0.1, 0.17, Phone::K), segment(0.17, 0.3, Phone::UW)];
        assert!(Blend::new(&phones, 1.0).at(0.135)[MotionChannel::MouthPucker] > 0.4);
    }

    #[test]
    fn a_long_phone_far_away_does_not_hide_near_ones() {
        let phones = [segment(0.0, 3.0, Phone::SIL), segment(3.0, 3.1, Phone::AA), segment(3.1, 6.0, Phone::SIL)];
        assert!(Blend::new(&phones, 1.0).at(3.05)[MotionChannel::JawOpen] > 0.2);
    }
}
