//! A face and the time in, the pulses of all joints out on the bus; and what is done when the bus fails.

use std::fmt::Display;
use std::ops::Range;

use embedded_hal::i2c::I2c;
use keyface_core::{FacePose, Moment, Span};

use super::joint::MovingJoint;
use super::link::{Link, ServoCounters};
use super::pca9685::{Chip, Counts, OUTPUTS, Prescale};
use crate::AppError;

/// Servos are moved no more often, however many pulses a second they get: none follows quicker.
const TICKS_HZ: u32 = 100;
/// How often the chip is asked whether it is still as it was set up.
const ASK: Span = Span::from_ms(500);

/// The joints of one chip. `open` opens its bus.
pub struct Bank<I, O> {
    place: String,
    address: u8,
    prescale: Prescale,
    link: Link,
    joints: Vec<MovingJoint>,
    /// Joints on neighbouring outputs: one transaction each.
    runs: Vec<Range<usize>>,
    open: O,
    chip: Option<Chip<I>>,
    /// What the chip was last told.
    told: Vec<Option<Counts>>,
    must_tell: bool,
}

impl<I, O> Bank<I, O>
where
    I: I2c<Error: Display>,
    O: FnMut(&str) -> Result<I, AppError>,
{
    /// For a chip of a checked board and the joints that hang on it. Nothing is opened yet.
    pub fn new(
        chip: &crate::board::Pca9685,
        joints: &[&crate::board::Joint],
        detach_after_s: Option<f32>,
        open: O,
    ) -> Bank<I, O> {
        let prescale = Prescale::new(chip.rate_hz, chip.clock_hz);
        let mut joints: Vec<MovingJoint> =
            joints.iter().map(|joint| MovingJoint::new(joint, prescale, detach_after_s)).collect();
        joints.sort_by_key(|joint| joint.output);
        Bank {
            place: chip.bus.clone(),
            address: chip.address,
            prescale,
            link: Link::new(Span(1_000_000 / i64::from(chip.rate_hz.clamp(1, TICKS_HZ))), ASK),
            runs: runs(&joints),
            told: vec![None; joints.len()],
            joints,
            open,
            chip: None,
            must_tell: true,
        }
    }

    /// Time between two ticks.
    pub fn period(&self) -> Span {
        self.link.tick
    }

    /// What has gone wrong so far.
    pub fn counters(&self) -> ServoCounters {
        self.link.counters
    }

    /// Opens the bus and sets up the chip, without a pulse.
    ///
    /// # Errors
    /// When there is no such bus, or nobody answers at the address.
    pub fn connect(&mut self) -> Result<(), AppError> {
        let bus = (self.open)(&self.place)?;
        let started = Chip::start(bus, self.address, self.prescale);
        let (chip, standing) = started.map_err(|e| no_answer(&self.place, self.address, &e))?;
        self.stand(&standing);
        self.chip = Some(chip);
        Ok(())
    }

    /// Moves every joint towards a face, for the time since the last tick. Call it each [`Bank::period`]; late calls make
    /// the motion slower, never quicker. True when the servos have been told.
    ///
    /// A chip that does not answer is tried again after a while; the joints then go on from the pulses that stand.
    pub fn tick(&mut self, now: Moment, pose: &FacePose) -> bool {
        let span_s = self.link.span_s(now, &mut self.joints);
        if self.chip.is_none() {
            self.try_again(now);
            return false;
        }
        let outcome = self.ask(now).and_then(|()| self.drive(pose, span_s));
        outcome.map_err(|error| self.lose(now, &error)).is_ok()
    }

    /// Whether every joint stands at its rest.
    pub fn is_parked(&self) -> bool {
        self.joints.iter().all(MovingJoint::is_parked)
    }

    /// Whether the chip has not answered twice running.
    pub fn is_lost(&self) -> bool {
        self.chip.is_none() && self.link.is_failing()
    }

    /// Ends all pulses: the servos are free. Best effort, for the end.
    pub fn detach(&mut self) {
        let Some(chip) = &mut self.chip else { return };
        for run in &self.runs {
            let off = [None; OUTPUTS];
            if let Err(error) = chip.write(self.joints[run.start].output, &off[..run.len()]) {
                log::warn!("{}; its servos are not detached", no_answer(&self.place, self.address, &error));
                return;
            }
        }
    }

    /// Where the servos stand when the chip has been found: at the pulses that it sends, else where they were told to be.
    fn stand(&mut self, standing: &[Option<Counts>; OUTPUTS]) {
        for (joint, told) in self.joints.iter_mut().zip(&self.told) {
            joint.stand();
            if let Some(counts) = standing[usize::from(joint.output) % OUTPUTS].or(*told) {
                joint.stand_at(counts);
            }
        }
        self.must_tell = true;
    }

    fn try_again(&mut self, now: Moment) {
        if !self.link.is_retry(now) {
            return;
        }
        match self.connect() {
            Err(error) => self.lose(now, &error),
            Ok(()) => self.link.found(now, &format!("{:#04x} of {}", self.address, self.place)),
        }
    }

    /// Asks the chip now and then whether it still works.
    fn ask(&mut self, now: Moment) -> Result<(), AppError> {
        let Some(chip) = self.chip.as_mut().filter(|_| self.link.must_ask(now)) else { return Ok(()) };
        if !chip.is_awake().map_err(|e| no_answer(&self.place, self.address, &e))? {
            return Err(AppError::Servos {
                reason: format!("the chip at {:#04x} of {} has lost its settings", self.address, self.place),
            });
        }
        self.link.holds();
        Ok(())
    }

    fn drive(&mut self, pose: &FacePose, span_s: f64) -> Result<(), AppError> {
        let mut pulses = [None; OUTPUTS];
        for (pulse, joint) in pulses.iter_mut().zip(&mut self.joints) {
            *pulse = joint.tick(pose, span_s);
        }
        for run in self.runs.clone() {
            self.tell(run.clone(), &pulses[run])?;
        }
        self.must_tell = false;
        Ok(())
    }

    /// Tells the chip the pulses of neighbours, if there is anything new.
    fn tell(&mut self, run: Range<usize>, pulses: &[Option<Counts>]) -> Result<(), AppError> {
        let told = &mut self.told[run.clone()];
        let Some(chip) = self.chip.as_mut().filter(|_| self.must_tell || *told != *pulses) else { return Ok(()) };
        chip.write(self.joints[run.start].output, pulses).map_err(|e| no_answer(&self.place, self.address, &e))?;
        let detached = told.iter().zip(pulses).filter(|(before, now)| before.is_some() && now.is_none()).count();
        self.link.counters.detached += detached as u64;
        told.copy_from_slice(pulses);
        Ok(())
    }

    fn lose(&mut self, now: Moment, error: &AppError) {
        let was_there = self.chip.take().is_some();
        self.link.lost(now, error, was_there);
    }
}

fn runs(joints: &[MovingJoint]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, joint) in joints.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if joints[run.end - 1].output + 1 == joint.output => run.end = index + 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

fn no_answer(bus: &str, address: u8, error: &impl Display) -> AppError {
    let reason = format!(
        "expected a PCA9685 at address {address:#04x} of {bus}, came {error} (check power, wires and address: \
         `i2cdetect` shows who answers)"
    );
    AppError::Servos { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Servos;
    use crate::chance::Chance;
    use crate::servo::fake::FakeChip;
    use crate::servo::joint::tests::{jaw, joint};

    const TICK: i64 = 20_000;
    const REST_US: f64 = 1_500.0;
    /// A count at 50 Hz.
    const COUNT_US: f64 = 4.88;
    /// The farthest that the jaw gets in a tick.
    const STEP_US: f64 = 4_000.0 * 0.02 + COUNT_US;

    /// Jaws on these outputs.
    fn servos(outputs: &[u8]) -> Servos {
        let pca9685 =
            crate::board::Pca9685 { bus: "/dev/i2c-1".into(), address: 0x40, rate_hz: 50, clock_hz: 25_000_000 };
        let joint = outputs.iter().map(|output| crate::board::Joint { output: *output, ..joint() }).collect();
        Servos {
            pca9685: Some(pca9685),
            chips: Default::default(),
            buses: Default::default(),
            detach_after_s: None,
            joint,
        }
    }

    /// The only chip of a board.
    fn bank(
        servos: &Servos,
        chip: &FakeChip,
    ) -> Bank<FakeChip, impl FnMut(&str) -> Result<FakeChip, AppError> + use<>> {
        let joints: Vec<&crate::board::Joint> = servos.joint.iter().collect();
        Bank::new(servos.pca9685.as_ref().unwrap(), &joints, servos.detach_after_s, chip.opener())
    }

    /// Ticks in an even rhythm; tells each jaw's pulse after each tick.
    fn ticks<O>(bank: &mut Bank<FakeChip, O>, from: i64, count: i64, open: f32, mut each: impl FnMut(i64)) -> i64
    where
        O: FnMut(&str) -> Result<FakeChip, AppError>,
    {
        for tick in from..from + count {
            bank.tick(Moment(tick * TICK), &jaw(open));
            each(tick);
        }
        from + count
    }

    #[test]
    fn the_first_pulses_are_those_of_a_face_at_rest() {
        let chip = FakeChip::new();
        let mut bank = bank(&servos(&[0, 5]), &chip);
        assert!(!bank.tick(Moment(0), &jaw(1.0)), "the chip's clock has not settled");
        assert_eq!(chip.pulse_us(0), None);
        assert!(bank.tick(Moment(TICK), &jaw(0.0)));
        for output in [0, 5] {
            assert!((chip.pulse_us(output).unwrap() - REST_US).abs() < COUNT_US);
        }
        assert_eq!(chip.pulse_us(1), None);
    }

    #[test]
    fn neighbours_share_a_transaction_and_a_still_face_leaves_the_bus_alone() {
        let chip = FakeChip::new();
        let mut bank = bank(&servos(&[2, 0, 8, 1]), &chip);
        let now = ticks(&mut bank, 0, 10, 0.0, |_| ());
        let before = chip.traffic();
        bank.tick(Moment(now * TICK), &jaw(1.0));
        assert_eq!(chip.traffic(), (before.0 + 2, before.1 + 2 + 12 + 2 + 4));
        let now = ticks(&mut bank, now + 1, 100, 1.0, |_| ());
        let before = chip.chip().transactions;
        ticks(&mut bank, now, 500, 1.0, |_| ());
        assert_eq!(chip.chip().transactions - before, 20, "it is asked twice a second, for ten seconds");
    }

    #[test]
    fn no_face_and_no_jitter_leads_the_pulses_on_the_bus_beyond_the_limits() {
        let (chip, mut chance, mut now) = (FakeChip::new(), Chance(7), 0);
        let mut bank = bank(&servos(&[0]), &chip);
        ticks(&mut bank, -2, 2, 0.0, |_| ());
        let mut before = REST_US;
        for _ in 0..20_000 {
            let pose = jaw([0.0, 1.0, f32::NAN, chance.share() as f32][(4.0 * chance.share()) as usize]);
            now += if chance.share() < 0.02 { 300_000 } else { 15_000 + (10_000.0 * chance.share()) as i64 };
            bank.tick(Moment(now), &pose);
            let at = chip.pulse_us(0).unwrap();
            assert!((1_450.0..=1_950.0).contains(&at), "{at} us");
            assert!((at - before).abs() <= STEP_US, "{before} us to {at} us");
            before = at;
        }
        assert_eq!(bank.counters(), ServoCounters::default());
    }

    #[test]
    fn after_a_pause_in_which_the_servos_came_to_a_stand_they_start_from_a_stand() {
        let chip = FakeChip::new();
        let mut bank = bank(&servos(&[0]), &chip);
        let now = ticks(&mut bank, 0, 6, 1.0, |_| ());
        let before = chip.pulse_us(0).unwrap();
        bank.tick(Moment((now + 15) * TICK), &jaw(1.0));
        let step_us = chip.pulse_us(0).unwrap() - before;
        assert!(step_us > 0.0 && step_us <= 0.5 * 80_000.0 * 0.02 * 0.02 + COUNT_US, "{step_us} us");
    }

    #[test]
    fn a_chip_that_falls_silent_is_tried_ever_less_often_and_goes_on_where_it_stands() {
        let chip = FakeChip::new();
        let mut bank = bank(&servos(&[0]), &chip);
        let now = ticks(&mut bank, 0, 50, 1.0, |_| ());
        chip.chip().answers = false;
        let opened = chip.chip().opened;
        let now = ticks(&mut bank, now, 1_500, 0.0, |_| ());
        let tries = chip.chip().opened - opened;
        assert!((10..30).contains(&tries), "{tries} tries in 30 s");
        assert_eq!(bank.counters().faults, tries as u64 + 1);
        assert!(bank.is_lost());
        chip.chip().answers = true;
        let mut before = chip.pulse_us(0).unwrap();
        assert!((before - 1_900.0).abs() < COUNT_US);
        ticks(&mut bank, now, 200, 0.0, |_| {
            let at = chip.pulse_us(0).unwrap();
            assert!((at - before).abs() <= STEP_US, "{before} us to {at} us");
            before = at;
        });
        assert!((before - REST_US).abs() < COUNT_US);
        assert_eq!(bank.counters().reopened, 1);
        assert!(!bank.is_lost());
    }

    #[test]
    fn one_lost_answer_costs_no_more_than_a_tenth_of_a_second() {
        let chip = FakeChip::new();
        let mut bank = bank(&servos(&[0]), &chip);
        let now = ticks(&mut bank, 0, 10, 0.0, |_| ());
        chip.chip().answers = false;
        let now = ticks(&mut bank, now, 1, 1.0, |_| ());
        chip.chip().answers = true;
        ticks(&mut bank, now, 6, 1.0, |_| ());
        assert!(chip.pulse_us(0).unwrap() > REST_US + COUNT_US);
        assert_eq!(bank.counters(), ServoCounters { faults: 1, reopened: 1, detached: 0 });
        assert!(!bank.is_lost());
    }

    #[test]
    fn a_chip_that_loses_its_power_is_set_up_again_within_a_second_and_goes_on_without_a_jump() {
        let chip = FakeChip::new();
        let mut bank = bank(&servos(&[0]), &chip);
        let now = ticks(&mut bank, 0, 50, 1.0, |_| ());
        chip.lose_power();
        let mut first = None;
        ticks(&mut bank, now, 50, 0.5, |_| first = first.or(chip.pulse_us(0)));
        assert!((first.unwrap() - 1_900.0).abs() < STEP_US, "{first:?}");
        assert_eq!(bank.counters(), ServoCounters { faults: 1, reopened: 1, detached: 0 });
        assert!((chip.pulse_us(0).unwrap() - 1_700.0).abs() < COUNT_US);
    }

    #[test]
    fn pulses_that_stand_after_a_crash_are_taken_over_and_brought_to_rest() {
        let chip = FakeChip::new();
        let mut crashed = bank(&servos(&[3]), &chip);
        ticks(&mut crashed, 0, 50, 1.0, |_| ());
        drop(crashed);
        let mut bank = bank(&servos(&[3]), &chip);
        let mut before = chip.pulse_us(3).unwrap();
        assert!(before > 1_890.0);
        ticks(&mut bank, 0, 100, 0.0, |_| {
            let at = chip.pulse_us(3).unwrap();
            assert!((at - before).abs() <= STEP_US, "{before} us to {at} us");
            before = at;
        });
        assert!((before - REST_US).abs() < COUNT_US && bank.is_parked());
    }

    #[test]
    fn a_bus_that_comes_late_is_found() {
        let chip = FakeChip::new();
        chip.chip().answers = false;
        let mut bank = bank(&servos(&[0]), &chip);
        let error = bank.connect().unwrap_err().to_string();
        assert_eq!(error, "servos: expected an I2C bus, came none");
        let now = ticks(&mut bank, 0, 500, 0.0, |_| ());
        chip.chip().answers = true;
        ticks(&mut bank, now, 120, 1.0, |_| ());
        assert!(chip.pulse_us(0).unwrap() > 1_890.0);
        assert_eq!(bank.counters().reopened, 1);
    }

    #[test]
    fn nobody_at_the_address_is_told_with_bus_and_address() {
        let chip = FakeChip::new();
        let mut board = servos(&[0]);
        board.pca9685.as_mut().unwrap().address = 0x55;
        let error = bank(&board, &chip).connect().unwrap_err().to_string();
        assert!(error.starts_with("servos: expected a PCA9685 at address 0x55 of /dev/i2c-1, came "), "{error}");
    }

    #[test]
    fn servos_at_rest_are_detached_and_counted() {
        let chip = FakeChip::new();
        let mut bank = bank(&Servos { detach_after_s: Some(1.0), ..servos(&[0, 1]) }, &chip);
        let now = ticks(&mut bank, 0, 30, 0.0, |_| ());
        assert!(chip.pulse_us(0).is_some());
        let now = ticks(&mut bank, now, 40, 0.0, |_| ());
        assert_eq!((chip.pulse_us(0), chip.pulse_us(1)), (None, None));
        assert_eq!(bank.counters().detached, 2);
        assert!(bank.is_parked());
        ticks(&mut bank, now, 1, 1.0, |_| ());
        assert!((chip.pulse_us(0).unwrap() - REST_US).abs() < 4.0 * COUNT_US);
    }

    #[test]
    fn letting_go_ends_the_pulses_of_its_own_joints_only() {
        let chip = FakeChip::new();
        let mut arm = bank(&servos(&[9]), &chip);
        ticks(&mut arm, 0, 5, 0.0, |_| ());
        let mut bank = bank(&servos(&[0, 1, 4]), &chip);
        ticks(&mut bank, 0, 5, 0.0, |_| ());
        bank.detach();
        assert_eq!([0, 1, 4].map(|output| chip.pulse_us(output)), [None; 3]);
        assert!(chip.pulse_us(9).is_some());
    }
}
