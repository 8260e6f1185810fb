//! The name of an I2C bus in, the bus out; or what the person has to do.

use std::io::{Error, ErrorKind};

use crate::AppError;

/// Opens a bus such as `/dev/i2c-1`.
///
/// # Errors
/// When there is no such bus or this user may not use it; the text says what to do.
#[cfg(target_os = "linux")]
pub fn open_bus(path: &str) -> Result<linux_embedded_hal::I2cdev, AppError> {
    linux_embedded_hal::I2cdev::new(path).map_err(|error| refusal(path, &error.into()))
}

/// Opens a bus.
///
/// # Errors
/// Always: there is none outside Linux.
#[cfg(not(target_os = "linux"))]
pub fn open_bus(path: &str) -> Result<no_bus::NoBus, AppError> {
    Err(refusal(path, &ErrorKind::Unsupported.into()))
}

fn refusal(path: &str, error: &Error) -> AppError {
    let advice = match error.kind() {
        ErrorKind::NotFound => {
            "; switch I2C on (raspi-config on a Raspberry Pi), or name in the board what `ls /dev/i2c-*` lists"
        }
        ErrorKind::PermissionDenied => {
            "; the user must be in the group of this file: `sudo adduser $USER i2c`, then log in again"
        }
        _ => "",
    };
    AppError::Servos { reason: format!("expected an I2C bus, came {path}: {error}{advice}") }
}

/// What stands for a bus where there is none.
#[cfg(not(target_os = "linux"))]
mod no_bus {
    use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, Operation};

    pub enum NoBus {}

    impl ErrorType for NoBus {
        type Error = ErrorKind;
    }

    impl I2c for NoBus {
        fn transaction(&mut self, _: u8, _: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
            match *self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_person_has_to_do_is_told() {
        let told = |kind: ErrorKind| refusal("/dev/i2c-1", &kind.into()).to_string();
        assert!(told(ErrorKind::NotFound).starts_with("servos: expected an I2C bus, came /dev/i2c-1: "));
        assert!(told(ErrorKind::NotFound).contains("raspi-config"));
        assert!(told(ErrorKind::PermissionDenied).contains("`sudo adduser $USER i2c`"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_no_bus_is_refused() {
        let error = open_bus("/dev/null").err().unwrap().to_string();
        assert!(error.starts_with("servos: expected an I2C bus, came /dev/null: "), "{error}");
    }
}
