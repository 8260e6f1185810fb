//! Pulses in, bytes on the I2C bus out: the PCA9685, sixteen outputs of pulses (NXP, data sheet revision 4).
//!
//! The registers are written here and not through a crate: those at hand cannot read the chip. Reading is what tells
//! pulses that still stand from a crash (the joints go on from there, without a jump) and a chip that has lost its power
//! and come back asleep (it acknowledges every write and moves nothing).

use std::ops::RangeInclusive;

use embedded_hal::i2c::I2c;

/// Counts of a period.
const PERIOD: f64 = 4_096.0;
/// Outputs of a chip.
pub(super) const OUTPUTS: usize = 16;

const MODE1: u8 = 0x00;
const MODE2: u8 = 0x01;
const OUTPUT_0: u8 = 0x06;
const PRESCALE: u8 = 0xfe;
/// Of MODE1: the register's number counts up within a transaction.
const COUNTS_UP: u8 = 0x20;
/// Of MODE1: the clock stands. The prescale can be written only then.
const ASLEEP: u8 = 0x10;
/// Of MODE2: outputs push and pull, and change when a transaction is complete.
const PUSH_PULL: u8 = 0x04;
/// Of the last byte of an output: no pulses.
const OFF: u8 = 0x10;
/// Bytes of an output: counts at which its pulse begins, counts at which it ends.
const OUTPUT_BYTES: usize = 4;

/// Length of a pulse in 4096ths of a period.
pub(super) type Counts = u16;

/// How the chip divides its clock, and what that clock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prescale {
    divider: u8,
    clock_hz: u32,
}

impl Prescale {
    /// A count for each unit, which bus servos have: their steps are 4096 too.
    pub const STEPS: Prescale = Prescale { divider: 0, clock_hz: 1_000_000 };

    /// For 40..=330 pulses a second of a chip with this clock.
    pub fn new(rate_hz: u32, clock_hz: u32) -> Prescale {
        let divider = (f64::from(clock_hz) / (PERIOD * f64::from(rate_hz))).round() - 1.0;
        Prescale { divider: divider.clamp(3.0, 255.0) as u8, clock_hz }
    }

    /// Ticks of the clock from pulse to pulse: what a meter shows on an output, times this, is the clock.
    fn ticks(self) -> u32 {
        PERIOD as u32 * (u32::from(self.divider) + 1)
    }

    fn counts_per_us(self) -> f64 {
        f64::from(self.clock_hz) / 1e6 / (f64::from(self.divider) + 1.0)
    }

    /// The nearest count: a step is 4.9 us at 50 Hz.
    pub fn counts(self, pulse_us: f64) -> Counts {
        (pulse_us * self.counts_per_us()).round().clamp(0.0, PERIOD - 1.0) as Counts
    }

    pub fn pulse_us(self, counts: Counts) -> f64 {
        f64::from(counts) / self.counts_per_us()
    }

    /// The counts whose pulses lie within limits; the one below the upper limit, if none does.
    pub fn within(self, min_us: u16, max_us: u16) -> RangeInclusive<Counts> {
        let most = (f64::from(max_us) * self.counts_per_us()).floor() as Counts;
        let least = (f64::from(min_us) * self.counts_per_us()).ceil() as Counts;
        least.min(most)..=most
    }
}

/// Ticks of the chip's clock from pulse to pulse, and the pulses a second that this makes of the clock in the board's file.
#[cfg(target_os = "linux")]
pub(crate) fn pulses(chip: &crate::board::Pca9685) -> (u32, f64) {
    let ticks = Prescale::new(chip.rate_hz, chip.clock_hz).ticks();
    (ticks, f64::from(chip.clock_hz) / f64::from(ticks))
}

/// A chip that has been set up.
pub(super) struct Chip<I> {
    i2c: I,
    address: u8,
}

impl<I: I2c> Chip<I> {
    /// Sets the chip up without pulses, or finds it as this program has left it: then with the pulses that stand.
    /// Its clock needs half a millisecond before the first [`Chip::write`].
    pub fn start(i2c: I, address: u8, prescale: Prescale) -> Result<(Self, [Option<Counts>; OUTPUTS]), I::Error> {
        let mut chip = Chip { i2c, address };
        if chip.is_awake()? && chip.read(PRESCALE)? == prescale.divider {
            let standing = chip.standing()?;
            return Ok((chip, standing));
        }
        chip.i2c.write(address, &[MODE1, COUNTS_UP | ASLEEP])?;
        chip.i2c.write(address, &[MODE2, PUSH_PULL])?;
        chip.i2c.write(address, &[PRESCALE, prescale.divider])?;
        chip.write(0, &[None; OUTPUTS])?;
        chip.i2c.write(address, &[MODE1, COUNTS_UP])?;
        Ok((chip, [None; OUTPUTS]))
    }

    /// Whether it is still as it was set up; asleep after it has lost its power.
    pub fn is_awake(&mut self) -> Result<bool, I::Error> {
        Ok(self.read(MODE1)? & (COUNTS_UP | ASLEEP) == COUNTS_UP)
    }

    /// Writes neighbouring outputs in one transaction, from `first` on; `None` is no pulse.
    ///
    /// # Latency
    /// 9 bits for each byte: the address, the register and 4 bytes an output. 2.4 ms for six outputs and 6 ms for sixteen
    /// at 100 kHz, a quarter of it at 400 kHz.
    pub fn write(&mut self, first: u8, pulses: &[Option<Counts>]) -> Result<(), I::Error> {
        let mut bytes = [0; 1 + OUTPUTS * OUTPUT_BYTES];
        bytes[0] = OUTPUT_0 + first * OUTPUT_BYTES as u8;
        let mut end = 1;
        for (bytes, pulse) in bytes[1..].chunks_exact_mut(OUTPUT_BYTES).zip(pulses) {
            let [low, high] = pulse.map_or([0, OFF], Counts::to_le_bytes);
            bytes.copy_from_slice(&[0, 0, low, high]);
            end += OUTPUT_BYTES;
        }
        self.i2c.write(self.address, &bytes[..end])
    }

    fn standing(&mut self) -> Result<[Option<Counts>; OUTPUTS], I::Error> {
        let mut bytes = [0; OUTPUTS * OUTPUT_BYTES];
        self.i2c.write_read(self.address, &[OUTPUT_0], &mut bytes)?;
        let mut standing = [None; OUTPUTS];
        for (pulse, bytes) in standing.iter_mut().zip(bytes.chunks_exact(OUTPUT_BYTES)) {
            *pulse = (bytes[3] & OFF == 0).then_some(Counts::from_le_bytes([bytes[2], bytes[3]]));
        }
        Ok(standing)
    }

    fn read(&mut self, register: u8) -> Result<u8, I::Error> {
        let mut value = [0];
        self.i2c.write_read(self.address, &[register], &mut value)?;
        Ok(value[0])
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::ErrorKind;
    use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

    use super::*;

    const AT: u8 = 0x41;
    const CLOCK_HZ: u32 = 25_000_000;

    fn off(first: u8, outputs: usize) -> Vec<u8> {
        [vec![OUTPUT_0 + 4 * first], [0, 0, 0, 0x10].repeat(outputs)].concat()
    }

    /// What a chip fresh from power is told.
    fn setup(prescale: u8) -> Vec<Transaction> {
        vec![
            Transaction::write_read(AT, vec![0x00], vec![0x11]),
            Transaction::write(AT, vec![0x00, 0x30]),
            Transaction::write(AT, vec![0x01, 0x04]),
            Transaction::write(AT, vec![0xfe, prescale]),
            Transaction::write(AT, off(0, 16)),
            Transaction::write(AT, vec![0x00, 0x20]),
        ]
    }

    #[test]
    fn a_fresh_chip_is_set_up_asleep_and_wakes_without_pulses() {
        let mut bus = Mock::new(&setup(121));
        let (_, standing) = Chip::start(&mut bus, AT, Prescale::new(50, CLOCK_HZ)).unwrap();
        assert_eq!(standing, [None; OUTPUTS]);
        bus.done();
    }

    #[test]
    fn a_chip_that_runs_as_it_shall_is_taken_over_with_its_pulses() {
        let mut outputs = [0, 0, 0, 0x10].repeat(16);
        outputs[8..12].copy_from_slice(&[0, 0, 0x33, 0x01]);
        let mut bus = Mock::new(&[
            Transaction::write_read(AT, vec![0x00], vec![0xa0]),
            Transaction::write_read(AT, vec![0xfe], vec![121]),
            Transaction::write_read(AT, vec![0x06], outputs),
        ]);
        let (_, standing) = Chip::start(&mut bus, AT, Prescale::new(50, CLOCK_HZ)).unwrap();
        assert_eq!(standing[2], Some(307));
        assert_eq!(standing.iter().flatten().count(), 1);
        bus.done();
    }

    #[test]
    fn a_chip_of_another_rate_is_set_up_anew() {
        let mut told = setup(121);
        told[0] = Transaction::write_read(AT, vec![0x00], vec![0x20]);
        told.insert(1, Transaction::write_read(AT, vec![0xfe], vec![30]));
        let mut bus = Mock::new(&told);
        assert!(Chip::start(&mut bus, AT, Prescale::new(50, CLOCK_HZ)).is_ok());
        bus.done();
    }

    #[test]
    fn neighbouring_outputs_are_one_transaction() {
        let mut told = setup(121);
        told.push(Transaction::write(AT, vec![0x12, 0, 0, 0x33, 0x01, 0, 0, 0x00, 0x10, 0, 0, 0xff, 0x0f]));
        let mut bus = Mock::new(&told);
        let (mut chip, _) = Chip::start(&mut bus, AT, Prescale::new(50, CLOCK_HZ)).unwrap();
        chip.write(3, &[Some(307), None, Some(4_095)]).unwrap();
        bus.done();
    }

    #[test]
    fn a_chip_that_does_not_answer_is_an_error() {
        let nobody = ErrorKind::NoAcknowledge(embedded_hal::i2c::NoAcknowledgeSource::Address);
        let mut bus = Mock::new(&[Transaction::write_read(AT, vec![0x00], vec![0]).with_error(nobody)]);
        assert_eq!(Chip::start(&mut bus, AT, Prescale::new(50, CLOCK_HZ)).err(), Some(nobody));
        bus.done();
    }

    #[test]
    fn a_chip_that_has_lost_its_power_is_found_asleep() {
        let mut told = setup(101);
        told.push(Transaction::write_read(AT, vec![0x00], vec![0x20]));
        told.push(Transaction::write_read(AT, vec![0x00], vec![0x11]));
        let mut bus = Mock::new(&told);
        let (mut chip, _) = Chip::start(&mut bus, AT, Prescale::new(60, CLOCK_HZ)).unwrap();
        assert!(chip.is_awake().unwrap() && !chip.is_awake().unwrap());
        bus.done();
    }

    #[test]
    fn microseconds_become_counts_of_the_rate_that_the_prescale_really_gives() {
        // 25 MHz / 122 / 4096 = 50.03 Hz; 1500 us are 307.4 of its counts.
        assert_eq!(Prescale::new(50, CLOCK_HZ).divider, 121);
        assert_eq!(Prescale::new(50, CLOCK_HZ).counts(1_500.0), 307);
        // 25 MHz / 18 / 4096 = 339 Hz.
        assert_eq!(Prescale::new(330, CLOCK_HZ).divider, 17);
        assert_eq!(Prescale::new(330, CLOCK_HZ).counts(1_500.0), 2_083);
        assert_eq!(Prescale::new(40, CLOCK_HZ).counts(f64::MAX), 4_095);
        assert_eq!(Prescale::new(40, CLOCK_HZ).counts(f64::NAN), 0);
    }

    #[test]
    fn limits_are_rounded_inwards() {
        let prescale = Prescale::new(50, CLOCK_HZ);
        let range = prescale.within(1_000, 2_000);
        assert!(prescale.pulse_us(*range.start()) >= 1_000.0 && prescale.pulse_us(*range.end()) <= 2_000.0);
        assert!(prescale.pulse_us(*range.start()) < 1_005.0 && prescale.pulse_us(*range.end()) > 1_995.0);
        let narrow = prescale.within(1_501, 1_502);
        assert!(narrow.start() <= narrow.end() && prescale.pulse_us(*narrow.end()) <= 1_502.0);
    }

    /// What a chip whose clock runs at `clock_hz` makes of counts.
    fn on_the_wire_us(prescale: Prescale, clock_hz: u32, counts: Counts) -> f64 {
        f64::from(counts) * (f64::from(prescale.divider) + 1.0) / f64::from(clock_hz) * 1e6
    }

    #[test]
    fn the_limit_in_the_file_is_the_limit_on_the_wire_for_every_clock() {
        for clock_hz in (23_000_000..=27_000_000).step_by(250_000) {
            for rate_hz in [40, 50, 100, 330] {
                let prescale = Prescale::new(rate_hz, clock_hz);
                let range = prescale.within(1_000, 2_000);
                let [least, most] =
                    [*range.start(), *range.end()].map(|counts| on_the_wire_us(prescale, clock_hz, counts));
                assert!(least >= 1_000.0 - 1e-6 && most <= 2_000.0 + 1e-6, "{clock_hz} Hz: {least} to {most} us");
                assert!(least < 1_007.0 && most > 1_993.0, "{clock_hz} Hz: {least} to {most} us");
            }
        }
        // Taken for a chip of 25 MHz, one of 23 MHz would pass the limit by a twelfth.
        assert!(on_the_wire_us(Prescale::new(50, CLOCK_HZ), 23_000_000, 409) > 2_150.0);
    }
}
