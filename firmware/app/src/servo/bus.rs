//! The name of an I2C bus in, the bus out; or what the person has to do.

use embedded_hal::i2c::I2c;

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
pub fn open_bus(path: &str) -> Result<NoBus, AppError> {
    Err(refusal(path, &std::io::ErrorKind::Unsupported.into()))
}

fn refusal(path: &str, error: &std::io::Error) -> AppError {
    let advice = match error.kind() {
        std::io::ErrorKind::NotFound => {
            "; switch I2C on (raspi-config on a Raspberry Pi), or name in the board what `ls /dev/i2c-*` lists"
        }
        std::io::ErrorKind::PermissionDenied => {
            "; the user must be in the group of this file: `sudo adduser $USER i2c`, then log in again"
        }
        _ => "",
    };
    AppError::Servos { reason: format!("expected an I2C bus, came {path}: {error}{advice}") }
}
