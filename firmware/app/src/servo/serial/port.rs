//! A serial device file in, packets to and from the servos on it out. Nobody is waited for longer than an answer takes.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::termios::{ControlModes, OptionalActions, tcgetattr, tcsetattr};

use super::packet::{Answer, Register, answer, read};
use crate::AppError;
use crate::board::Protocol;

/// A servo answers within half a millisecond; an adapter on USB may hold that back for 16.
const ANSWER_WAIT: Duration = Duration::from_millis(40);
/// Between two looks for more of an answer.
const NAP: Duration = Duration::from_micros(300);

/// An open port.
pub(super) struct Port {
    file: File,
    place: String,
    protocol: Protocol,
}

impl Port {
    /// Opens a port with 8 bits, no parity, one stop bit.
    pub fn open(place: &str, baud: u32, protocol: Protocol) -> Result<Port, AppError> {
        let open = || {
            let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
            let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(place)?;
            let mut modes = tcgetattr(&file)?;
            modes.make_raw();
            modes.control_modes |= ControlModes::CREAD | ControlModes::CLOCAL;
            modes.set_speed(baud)?;
            tcsetattr(&file, OptionalActions::Now, &modes)?;
            Ok(file)
        };
        let file = open().map_err(|error: std::io::Error| refusal(place, &error))?;
        Ok(Port { file, place: place.to_owned(), protocol })
    }

    /// Sends a packet that nobody answers.
    pub fn send(&mut self, packet: &[u8]) -> Result<(), AppError> {
        // A few dozen bytes always have room, unless nothing leaves the port any more.
        self.file.write_all(packet).map_err(|error| self.fault(&error.to_string()))
    }

    /// What stands in a servo's register.
    pub fn ask(&mut self, id: u8, register: Register) -> Result<u32, AppError> {
        self.drain()?;
        self.send(&read(self.protocol, id, register))?;
        let (mut came, asked) = (Vec::new(), Instant::now());
        loop {
            self.take(&mut came)?;
            match answer(self.protocol, id, register, &came) {
                Answer::Value(value) => return Ok(value),
                Answer::Fault(status) => {
                    return Err(
                        self.fault(&format!("servo {id} reports status {status:#04x} (overload, heat, voltage)"))
                    );
                }
                Answer::Garbage => return Err(self.fault(&format!("garbage instead of servo {id}'s answer"))),
                Answer::Pending if asked.elapsed() > ANSWER_WAIT => {
                    let came = if came.is_empty() { "nothing" } else { "part of an answer" };
                    return Err(self.fault(&format!("{came} from servo {id}")));
                }
                Answer::Pending => thread::sleep(NAP),
            }
        }
    }

    /// Throws away what came unasked. A line that never pauses is given up after a while.
    fn drain(&mut self) -> Result<(), AppError> {
        let mut old = Vec::new();
        (0..4).try_for_each(|_| self.take(&mut old))
    }

    /// What has come in by now.
    fn take(&mut self, came: &mut Vec<u8>) -> Result<(), AppError> {
        let mut bytes = [0; 256];
        match self.file.read(&mut bytes) {
            Ok(0) => Err(self.fault("the end of the port")),
            Ok(count) => {
                came.extend(&bytes[..count]);
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(()),
            Err(error) => Err(self.fault(&error.to_string())),
        }
    }

    fn fault(&self, came: &str) -> AppError {
        let reason = format!("expected an answer on {}, came {came} (check power, wires, baud and ids)", self.place);
        AppError::Servos { reason }
    }
}

fn refusal(place: &str, error: &std::io::Error) -> AppError {
    let advice = match error.kind() {
        ErrorKind::NotFound => "; plug the adapter in, or name in the board what `ls /dev/serial/by-id/*` lists",
        ErrorKind::PermissionDenied => "; `sudo adduser $USER dialout`, then log in again",
        _ => "",
    };
    AppError::Servos { reason: format!("expected a serial port, came {place}: {error}{advice}") }
}
