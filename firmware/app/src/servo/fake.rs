//! A PCA9685 for tests: bytes in, pulses out, and what can happen to a chip; and a bus with several.

use std::sync::{Arc, Mutex, MutexGuard};

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};

use crate::AppError;

const AWAKE: u8 = 0x20;
const ASLEEP: u8 = 0x10;

/// Its bus too; clones are the same chip.
#[derive(Clone)]
pub struct FakeChip(Arc<Mutex<Chip>>);

pub struct Chip {
    address: u8,
    registers: [u8; 256],
    /// Whether wires lead to it.
    pub answers: bool,
    /// Times that its bus was opened.
    pub opened: usize,
    pub transactions: usize,
    /// Bytes on the wires, addresses too.
    pub bytes: usize,
}

impl FakeChip {
    pub fn new() -> FakeChip {
        FakeChip::at(0x40)
    }

    pub fn at(address: u8) -> FakeChip {
        let chip = Chip { address, registers: [0; 256], answers: true, opened: 0, transactions: 0, bytes: 0 };
        let fake = FakeChip(Arc::new(Mutex::new(chip)));
        fake.lose_power();
        fake
    }

    pub fn chip(&self) -> MutexGuard<'_, Chip> {
        self.0.lock().unwrap()
    }

    /// Its registers as after power came.
    pub fn lose_power(&self) {
        let mut chip = self.chip();
        chip.registers = [0; 256];
        (chip.registers[0], chip.registers[1], chip.registers[0xfe]) = (0x11, 0x04, 0x1e);
        (0..16).for_each(|output| chip.registers[0x09 + 4 * output] = 0x10);
    }

    /// Transactions and bytes so far.
    pub fn traffic(&self) -> (usize, usize) {
        let chip = self.chip();
        (chip.transactions, chip.bytes)
    }

    /// For a bank: opens the bus, which fails like the chip does.
    pub fn opener(&self) -> impl FnMut(&str) -> Result<FakeChip, AppError> + Clone + Send + use<> {
        let fake = self.clone();
        move |_| {
            fake.chip().opened += 1;
            let gone = || AppError::Servos { reason: "expected an I2C bus, came none".into() };
            fake.chip().answers.then(|| fake.clone()).ok_or_else(gone)
        }
    }

    /// The pulse of an output in microseconds; `None` without one.
    pub fn pulse_us(&self, output: usize) -> Option<f64> {
        let chip = self.chip();
        let is_awake = chip.registers[0] & ASLEEP == 0;
        let [begin_low, begin_high, low, high] = *chip.registers[6 + 4 * output..].first_chunk().unwrap();
        assert_eq!([begin_low, begin_high], [0, 0], "a pulse that begins late");
        let counts = f64::from(u16::from_le_bytes([low, high & 0x0f]));
        let count_us = (f64::from(chip.registers[0xfe]) + 1.0) / 25.0;
        (is_awake && high & 0x10 == 0).then_some(counts * count_us)
    }
}

impl Chip {
    fn write(&mut self, bytes: &[u8]) {
        let [register, values @ ..] = bytes else { return };
        for (offset, value) in values.iter().enumerate() {
            let counts_up = self.registers[0] & AWAKE != 0;
            let register = if counts_up { register.wrapping_add(offset as u8) } else { *register };
            assert!(register != 0xfe || self.registers[0] & ASLEEP != 0, "a prescale for a chip that is awake");
            self.registers[usize::from(register)] = *value;
        }
    }
}

impl ErrorType for FakeChip {
    type Error = ErrorKind;
}

/// Chips on one bus, each at its address.
#[derive(Clone)]
pub struct FakeBus(pub Vec<FakeChip>);

impl FakeBus {
    /// For servos: opens the bus, which is always there.
    pub fn opener(&self) -> impl FnMut(&str) -> Result<FakeBus, AppError> + Clone + Send + use<> {
        let bus = self.clone();
        move |_| Ok(bus.clone())
    }
}

impl ErrorType for FakeBus {
    type Error = ErrorKind;
}

impl I2c for FakeBus {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        let chip = self.0.iter_mut().find(|chip| chip.chip().address == address);
        let nobody = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);
        chip.map_or(Err(nobody), |chip| chip.transaction(address, operations))
    }
}

impl I2c for FakeChip {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        let mut chip = self.chip();
        if !chip.answers || address != chip.address {
            return Err(ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address));
        }
        chip.transactions += 1;
        let mut register = 0;
        for operation in operations {
            match operation {
                Operation::Write(bytes) => {
                    chip.bytes += 1 + bytes.len();
                    register = usize::from(bytes[0]);
                    chip.write(bytes);
                }
                Operation::Read(bytes) => {
                    chip.bytes += 1 + bytes.len();
                    bytes.copy_from_slice(&chip.registers[register..register + bytes.len()]);
                }
            }
        }
        Ok(())
    }
}
