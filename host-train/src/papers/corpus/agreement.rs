//! Phones that were heard against phones that are known: how many moments, mouths and phones are right.

use keyface_core::Phone;
use keyface_core::script::Segment;

use crate::expert::rate::edits;

/// Moments are compared this often.
const HOP_S: f64 = 0.010;

/// What was compared, over any number of clips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Moments of 10 ms.
    pub hops: usize,
    /// Those in which the same phone is told.
    pub same_phone: usize,
    /// Those in which a viewer would see the same class of mouth.
    pub same_mouth: usize,
    /// Phones that are known, without silence.
    pub spoken: usize,
    /// Phones that must be put in, left out or changed to come from one row to the other.
    pub errors: usize,
    /// Known p, b and m.
    pub closures: usize,
    /// Those in which a p, b or m is told at some moment.
    pub closures_told: usize,
}

impl Agreement {
    /// Of one clip; both rows cover it.
    pub fn of(known: &[Segment], heard: &[Segment]) -> Agreement {
        let end_s = known.last().map_or(0.0, |segment| segment.end_s);
        let at = |phones: &[Segment], time_s: f64| {
            let next = phones.partition_point(|segment| segment.end_s <= time_s);
            phones.get(next).filter(|segment| segment.start_s <= time_s).map_or(Phone::SIL, |segment| segment.phone)
        };
        let hops = (end_s / HOP_S) as usize;
        let pairs =
            (0..hops).map(|hop| (hop as f64 + 0.5) * HOP_S).map(|time_s| (at(known, time_s), at(heard, time_s)));
        let pairs: Vec<(Phone, Phone)> = pairs.collect();
        let spoken = |phones: &[Segment]| {
            phones.iter().map(|segment| segment.phone).filter(|phone| *phone != Phone::SIL).collect::<Vec<_>>()
        };
        let closes = |segment: &&Segment| matches!(segment.phone, Phone::P | Phone::B | Phone::M);
        let is_told = |closure: &&Segment| {
            heard.iter().filter(closes).any(|told| told.start_s < closure.end_s && closure.start_s < told.end_s)
        };
        Agreement {
            hops,
            same_phone: pairs.iter().filter(|(known, heard)| known == heard).count(),
            same_mouth: pairs.iter().filter(|(known, heard)| known.mouth() == heard.mouth()).count(),
            spoken: spoken(known).len(),
            errors: edits(&spoken(known), &spoken(heard)),
            closures: known.iter().filter(closes).count(),
            closures_told: known.iter().filter(closes).filter(is_told).count(),
        }
    }

    /// Both together.
    pub fn with(self, other: Agreement) -> Agreement {
        Agreement {
            hops: self.hops + other.hops,
            same_phone: self.same_phone + other.same_phone,
            same_mouth: self.same_mouth + other.same_mouth,
            spoken: self.spoken + other.spoken,
            errors: self.errors + other.errors,
            closures: self.closures + other.closures,
            closures_told: self.closures_told + other.closures_told,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Phone::*;

    fn row(phones: &[Phone]) -> Vec<Segment> {
        let segment = |(n, phone): (usize, &Phone)| Segment {
            start_s: n as f64 * 0.1,
            end_s: (n + 1) as f64 * 0.1,
            phone: *phone,
        };
        phones.iter().enumerate().map(segment).collect()
    }

    #[test]
    fn what_is_right_is_counted() {
        let agreement = Agreement::of(&row(&[SIL, P, IY, M, SIL]), &row(&[SIL, P, IH, N, SIL]));
        assert_eq!((agreement.hops, agreement.same_phone, agreement.spoken, agreement.errors), (50, 30, 3, 2));
        assert_eq!((agreement.same_mouth, agreement.closures, agreement.closures_told), (40, 2, 1));
        assert_eq!(agreement.with(agreement).hops, 100);
    }
}
