//! Which device trains: `auto`, `flex` (CPU), or `cuda[:n]`.

use std::str::FromStr;

use anyhow::{Result, bail};
use burn::tensor::Device;

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// CUDA where there is a driver and the feature is built in, else the CPU.
    Auto,
    /// The CPU.
    Flex,
    /// An NVIDIA GPU by its number.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "auto" => Ok(DeviceChoice::Auto),
            None if text == "flex" => Ok(DeviceChoice::Flex),
            None if text == "cuda" => Ok(DeviceChoice::Cuda(0)),
            Some(("cuda", n)) if n.parse::<usize>().is_ok() => Ok(DeviceChoice::Cuda(n.parse().unwrap_or(0))),
            _ => Err(format!("expected auto, flex or cuda[:N], got {text:?}")),
        }
    }
}

/// Opens the device.
///
/// # Errors
/// Where CUDA is asked for and there is no driver, no such GPU, or no `cuda` feature.
pub fn pick_device(choice: DeviceChoice) -> Result<Device> {
    match choice {
        DeviceChoice::Flex => Ok(Device::flex()),
        DeviceChoice::Cuda(n) => cuda(n),
        DeviceChoice::Auto => Ok(cuda(0).unwrap_or_else(|_| Device::flex())),
    }
}

/// Opens devices that share each batch.
///
/// # Errors
/// As [`pick_device`].
pub fn pick_devices(choices: &[DeviceChoice]) -> Result<Vec<Device>> {
    choices.iter().map(|choice| pick_device(*choice)).collect()
}

#[cfg(feature = "cuda")]
fn cuda(n: usize) -> Result<Device> {
    let found = Device::enumerate(burn::tensor::DeviceType::Cuda).into_vec().len();
    if n >= found {
        bail!("expected CUDA device {n}, found {found} (is the NVIDIA driver installed?)");
    }
    Ok(Device::cuda(n))
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: usize) -> Result<Device> {
    bail!("this build has no CUDA: build with --features cuda, or use --device flex")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named() {
        assert_eq!("cuda:1".parse(), Ok(DeviceChoice::Cuda(1)));
        assert!("cuda:x".parse::<DeviceChoice>().is_err());
        assert!("gpu".parse::<DeviceChoice>().is_err());
    }
}
