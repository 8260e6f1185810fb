//! How much may come: so much at once, and so much a second for long.

use keyface_core::Moment;

/// A bucket that fills by itself.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    each_s: f64,
    most: f64,
    left: f64,
    at: Option<Moment>,
}

impl Limit {
    /// `each_s` a second, and `most` at once.
    pub fn new(each_s: f64, most: f64) -> Limit {
        Limit { each_s, most, left: most, at: None }
    }

    /// Takes `count` if there is as much; says whether.
    pub fn take(&mut self, count: f64, now: Moment) -> bool {
        self.fill(now);
        let is_there = self.left >= count;
        self.left -= if is_there { count } else { 0.0 };
        is_there
    }

    /// Takes `count`, even on credit.
    pub fn spend(&mut self, count: f64, now: Moment) {
        self.fill(now);
        self.left -= count;
    }

    /// Whether there is anything.
    pub fn has_any(&mut self, now: Moment) -> bool {
        self.fill(now);
        self.left > 0.0
    }

    fn fill(&mut self, now: Moment) {
        let since = self.at.replace(now).map_or(0.0, |at| (now - at).as_s().max(0.0));
        self.left = (self.left + since * self.each_s).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_only_the_rate() {
        let mut limit = Limit::new(10.0, 5.0);
        let taken = (0..100).filter(|_| limit.take(1.0, Moment(0))).count();
        let later = (0..2_000).filter(|ms| limit.take(1.0, Moment::from_ms(*ms))).count();
        assert_eq!((taken, later), (5, 19));
    }

    #[test]
    fn credit_is_paid_back_before_more_is_given() {
        let mut limit = Limit::new(10.0, 5.0);
        limit.spend(15.0, Moment(0));
        assert!(!limit.has_any(Moment::from_ms(900)) && limit.has_any(Moment::from_ms(1_100)));
    }
}
