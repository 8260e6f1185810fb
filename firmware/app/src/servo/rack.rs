//! All chips and serial buses of a board as one: a face and the time in, where each joint is to go out.

use std::fmt::Display;

use embedded_hal::i2c::I2c;
use keyface_core::{FacePose, Moment, Span};

use super::bank::Bank;
use super::link::ServoCounters;
use super::serial::Chain;
use crate::AppError;

/// The chips and buses of a board. One that is lost is tried again by itself; the others go on.
pub struct Rack<I, O> {
    banks: Vec<Bank<I, O>>,
    chains: Vec<Chain>,
}

impl<I, O> Rack<I, O>
where
    I: I2c<Error: Display>,
    O: FnMut(&str) -> Result<I, AppError> + Clone,
{
    /// For the servos of a checked board. `open` opens a bus by its name; nothing is opened yet.
    pub fn new(servos: &crate::board::Servos, open: &O) -> Rack<I, O> {
        let used = servos.chips().filter(|(_, joints)| !joints.is_empty());
        let bank = |(chip, joints): (_, Vec<_>)| Bank::new(chip, &joints, servos.detach_after_s, open.clone());
        let chains = servos.buses.values().map(|bus| Chain::new(bus, servos.detach_after_s));
        Rack { banks: used.map(bank).collect(), chains: chains.collect() }
    }

    /// Time between two ticks: that of the quickest.
    pub fn period(&self) -> Span {
        self.banks
            .iter()
            .map(Bank::period)
            .chain(self.chains.iter().map(Chain::period))
            .min()
            .unwrap_or(Span::from_ms(20))
    }

    /// What has gone wrong so far, on all.
    pub fn counters(&self) -> ServoCounters {
        let chains = self.chains.iter().map(Chain::counters);
        self.banks.iter().map(Bank::counters).chain(chains).fold(ServoCounters::default(), |sum, one| sum + one)
    }

    /// Finds every chip and every servo on a bus.
    ///
    /// # Errors
    /// When one of them does not answer; the text tells which.
    pub fn connect(&mut self) -> Result<(), AppError> {
        self.banks.iter_mut().try_for_each(Bank::connect)?;
        self.chains.iter_mut().try_for_each(Chain::connect)
    }

    /// Moves every joint towards a face; true when one chip or bus at least has been told.
    pub fn tick(&mut self, now: Moment, pose: &FacePose) -> bool {
        // Every one of them, whatever the one before says.
        let chips = self.banks.iter_mut().map(|bank| bank.tick(now, pose));
        let buses = self.chains.iter_mut().map(|chain| chain.tick(now, pose));
        chips.chain(buses).filter(|is_told| *is_told).count() > 0
    }

    /// Whether every joint stands at its rest, as far as its chip or bus answers.
    pub fn is_parked(&self) -> bool {
        let chains = self.chains.iter().all(|chain| chain.is_parked() || chain.is_lost());
        chains && self.banks.iter().all(|bank| bank.is_parked() || bank.is_lost())
    }

    /// Whether nothing answers.
    pub fn is_lost(&self) -> bool {
        self.banks.iter().all(Bank::is_lost) && self.chains.iter().all(Chain::is_lost)
    }

    /// Lets every servo go, wherever one answers.
    pub fn detach(&mut self) {
        self.banks.iter_mut().for_each(Bank::detach);
        self.chains.iter_mut().for_each(Chain::detach);
    }
}

#[cfg(test)]
mod tests {
    use crate::board::{Joint, Pca9685, Servos};

    use super::*;
    use crate::servo::fake::{FakeBus, FakeChip};
    use crate::servo::joint::tests::{jaw, joint};

    const TICK: i64 = 10_000;
    const COUNT_US: f64 = 5.4;

    fn chip(address: u8, rate_hz: u32, clock_hz: u32) -> Pca9685 {
        Pca9685 { bus: "/dev/i2c-1".into(), address, rate_hz, clock_hz }
    }

    /// The same jaw on output 0 of two chips: one of 50 Hz, and one of 100 Hz whose clock runs slow.
    fn servos() -> Servos {
        let neck = Joint { chip: Some("neck".into()), ..joint() };
        Servos {
            pca9685: Some(chip(0x40, 50, 25_000_000)),
            chips: [("neck".to_owned(), chip(0x41, 100, 23_500_000))].into(),
            buses: Default::default(),
            detach_after_s: None,
            joint: vec![joint(), neck],
        }
    }

    fn chips() -> [FakeChip; 2] {
        [FakeChip::at(0x40), FakeChip::at(0x41)]
    }

    fn rack(chips: &[FakeChip; 2]) -> Rack<FakeBus, impl FnMut(&str) -> Result<FakeBus, AppError> + Clone + use<>> {
        Rack::new(&servos(), &FakeBus(chips.to_vec()).opener())
    }

    /// Pulses on the wire: the second chip's clock is not the 25 MHz that the fake counts with.
    fn pulses_us(chips: &[FakeChip; 2]) -> [Option<f64>; 2] {
        [chips[0].pulse_us(0), chips[1].pulse_us(0).map(|us| us * 25.0 / 23.5)]
    }

    #[test]
    fn each_chip_has_its_own_rate_and_clock_and_every_joint_keeps_its_limits() {
        let chips = chips();
        let mut rack = rack(&chips);
        assert_eq!(rack.period(), Span(TICK));
        let mut before = [1_500.0; 2];
        for tick in 0..200 {
            rack.tick(Moment(tick * TICK), &jaw(if tick < 3 { 0.0 } else { 1.0 }));
            for (before, at) in before.iter_mut().zip(pulses_us(&chips)) {
                if let Some(at) = at {
                    assert!((1_450.0..=1_950.0).contains(&at), "{at} us");
                    assert!((at - *before).abs() <= 4_000.0 * 0.01 + COUNT_US, "{before} us to {at} us");
                    *before = at;
                }
            }
        }
        assert!(before.iter().all(|at| (at - 1_900.0).abs() < COUNT_US), "{before:?}");
        assert_eq!(rack.counters(), ServoCounters::default());
    }

    #[test]
    fn the_first_pulses_of_every_chip_are_those_of_a_face_at_rest() {
        let chips = chips();
        let mut rack = rack(&chips);
        (0..2).for_each(|tick| _ = rack.tick(Moment(tick * TICK), &jaw(0.0)));
        let pulses = pulses_us(&chips).map(Option::unwrap);
        assert!(pulses.iter().all(|at| (at - 1_500.0).abs() < COUNT_US), "{pulses:?}");
    }

    #[test]
    fn a_chip_that_is_lost_does_not_stop_the_other_nor_the_end() {
        let chips = chips();
        let mut rack = rack(&chips);
        rack.connect().unwrap();
        (0..20).for_each(|tick| _ = rack.tick(Moment(tick * TICK), &jaw(0.0)));
        chips[1].chip().answers = false;
        (20..200).for_each(|tick| assert!(rack.tick(Moment(tick * TICK), &jaw(1.0)), "{tick}"));
        assert!((pulses_us(&chips)[0].unwrap() - 1_900.0).abs() < COUNT_US);
        assert!(rack.counters().faults > 0 && !rack.is_lost());
        (200..300).for_each(|tick| _ = rack.tick(Moment(tick * TICK), &jaw(0.0)));
        assert!(rack.is_parked());
        chips[1].chip().answers = true;
        (300..900).for_each(|tick| _ = rack.tick(Moment(tick * TICK), &jaw(0.0)));
        assert_eq!(rack.counters().reopened, 1);
        rack.detach();
        assert_eq!(pulses_us(&chips), [None; 2]);
    }

    #[test]
    fn a_chip_that_is_not_there_is_told_with_its_address() {
        let chips = chips();
        chips[1].chip().answers = false;
        let error = rack(&chips).connect().unwrap_err().to_string();
        assert!(error.starts_with("servos: expected a PCA9685 at address 0x41 of /dev/i2c-1, came "), "{error}");
    }

    #[test]
    fn a_chip_without_joints_is_left_alone() {
        let chips = chips();
        let servos = Servos { joint: vec![joint()], ..servos() };
        let mut rack = Rack::new(&servos, &FakeBus(chips.to_vec()).opener());
        (0..5).for_each(|tick| _ = rack.tick(Moment(tick * TICK), &jaw(0.0)));
        assert_eq!(chips[1].traffic(), (0, 0));
    }
}
