//! Commands and pixels as bytes on the SPI bus, with the wire that tells the two apart.

use std::fmt;
use std::path::Path;

use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use mipidsi::interface::{Interface, InterfaceKind};

/// Where the kernel tells how much it takes at one go.
pub(super) const BUFFER_SIZE: &str = "/sys/module/spidev/parameters/bufsiz";
/// What it takes unless told otherwise.
const USUAL_BYTES: usize = 4096;
/// More at one go would not be faster.
const MOST_BYTES: usize = 65536;

/// Bytes that may go at one go, from the file where the kernel tells it.
pub(super) fn longest_transfer(file: &Path) -> usize {
    let told = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
    told.unwrap_or(USUAL_BYTES).clamp(64, MOST_BYTES)
}

/// A panel's bus and its data/command wire.
pub(super) struct Wire<SPI, DC> {
    spi: SPI,
    dc: DC,
    buffer: Vec<u8>,
    most: usize,
}

/// Why something was not sent.
#[derive(Debug)]
pub(super) struct WireError(String);

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<SPI: SpiDevice, DC: OutputPin> Wire<SPI, DC> {
    /// Sends at most `most` bytes at one go.
    pub fn new(spi: SPI, dc: DC, most: usize) -> Wire<SPI, DC> {
        Wire { spi, dc, buffer: Vec::with_capacity(most), most }
    }

    fn level(&mut self, is_data: bool) -> Result<(), WireError> {
        let set = if is_data { self.dc.set_high() } else { self.dc.set_low() };
        set.map_err(|e| WireError(format!("the data/command line fails: {e:?}")))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        self.spi.write(bytes).map_err(|e| WireError(format!("the bus fails: {e:?}")))
    }

    fn flush(&mut self) -> Result<(), WireError> {
        let buffer = std::mem::take(&mut self.buffer);
        let sent = if buffer.is_empty() { Ok(()) } else { self.write(&buffer) };
        self.buffer = buffer;
        self.buffer.clear();
        sent
    }
}

impl<SPI: SpiDevice, DC: OutputPin> Interface for Wire<SPI, DC> {
    type Word = u8;
    type Error = WireError;

    const KIND: InterfaceKind = InterfaceKind::Serial4Line;

    fn send_command(&mut self, command: u8, args: &[u8]) -> Result<(), WireError> {
        self.level(false)?;
        self.write(&[command])?;
        self.level(true)?;
        if args.is_empty() { Ok(()) } else { self.write(args) }
    }

    fn send_pixels<const N: usize>(&mut self, pixels: impl IntoIterator<Item = [u8; N]>) -> Result<(), WireError> {
        for pixel in pixels {
            if self.buffer.len() + N > self.most {
                self.flush()?;
            }
            self.buffer.extend_from_slice(&pixel);
        }
        self.flush()
    }

    fn send_repeated_pixel<const N: usize>(&mut self, pixel: [u8; N], count: u32) -> Result<(), WireError> {
        self.send_pixels((0..count).map(|_| pixel))
    }
}

#[cfg(test)]
mod tests {
    use embedded_hal_mock::eh1::digital::{Mock as Pin, State, Transaction as Set};
    use embedded_hal_mock::eh1::spi::{Mock as Bus, Transaction as Sent};

    use super::*;

    #[test]
    fn the_kernel_tells_how_much_it_takes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bufsiz");
        assert_eq!(longest_transfer(&file), 4096);
        std::fs::write(&file, "20480\n").unwrap();
        assert_eq!(longest_transfer(&file), 20480);
    }

    #[test]
    fn pixels_go_in_pieces_that_the_kernel_takes() {
        let write =
            |bytes: &[u8]| [Sent::transaction_start(), Sent::write_vec(bytes.to_vec()), Sent::transaction_end()];
        let sent: Vec<Sent<u8>> = [[0, 1, 2, 3].as_slice(), &[4, 5]].iter().flat_map(|bytes| write(bytes)).collect();
        let (mut spi, mut dc) = (Bus::new(&sent), Pin::new(&[]));
        Wire::new(spi.clone(), dc.clone(), 5).send_pixels([[0, 1], [2, 3], [4, 5]]).unwrap();
        spi.done();
        dc.done();
    }

    #[test]
    fn a_command_goes_with_the_line_low_and_its_data_with_it_high() {
        let write = |byte: u8| [Sent::transaction_start(), Sent::write_vec(vec![byte]), Sent::transaction_end()];
        let mut spi = Bus::new(&[write(0x36), write(0x48)].concat());
        let mut dc = Pin::new(&[Set::set(State::Low), Set::set(State::High)]);
        Wire::new(spi.clone(), dc.clone(), 64).send_command(0x36, &[0x48]).unwrap();
        spi.done();
        dc.done();
    }
}
