//! The microphones that the system knows.

use std::thread;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait};

use super::{Ear, Mic, Wanted, samples_in};
use crate::AppError;
use crate::hush::Hush;

/// How long a device is listened to.
const LISTEN: Duration = Duration::from_millis(500);
/// How long it may take to give its first sample.
const PATIENCE: Duration = Duration::from_secs(2);
const NAP: Duration = Duration::from_millis(10);

/// A device that records.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct InputDevice {
    /// What `--device` takes; stays the same when the machine starts again.
    pub id: String,
    /// Its name, for a person.
    pub name: String,
    /// The rate at which it would be opened, or `None` when it cannot be opened now.
    pub rate_hz: Option<u32>,
    /// Channels, of which `--channel` chooses.
    pub channels: Option<u16>,
    /// The level of each channel in dB of full scale, where it was listened to.
    pub levels_db: Option<Vec<f32>>,
    /// Whether it is the one heard without `--device`.
    pub is_default: bool,
}

impl InputDevice {
    /// Listens to it for a moment, unless it is in use.
    pub fn listen(&mut self) {
        let wanted = Wanted { id: Some(self.id.clone()), ..Wanted::default() };
        let Ok(mut mic) = Mic::open(wanted) else { return };
        let (mut sound, started) = (Vec::new(), Instant::now());
        while sound.len() < samples_in(LISTEN) && started.elapsed() < PATIENCE && mic.read(&mut sound).is_ok() {
            thread::sleep(NAP);
        }
        self.levels_db = (!sound.is_empty()).then(|| mic.levels_db());
    }

    /// Whether it can be opened now and hears something; ALSA also lists converters and a device of zeros.
    pub fn is_usable(&self) -> bool {
        self.rate_hz.is_some() && !self.id.ends_with(":null")
    }
}

/// Lists every device that records. Slow: each device is asked.
///
/// # Errors
/// When the sound system itself cannot be reached.
pub fn input_devices() -> Result<Vec<InputDevice>, AppError> {
    let refused = |e: cpal::Error| AppError::Microphone { reason: e.to_string() };
    let _hush = Hush::new();
    let host = cpal::default_host();
    let default = host.default_input_device().and_then(|d| d.id().ok());
    let devices = host.input_devices().map_err(refused)?;
    Ok(devices.filter_map(|device| describe(&device, default.as_ref())).collect())
}

fn describe(device: &cpal::Device, default: Option<&cpal::DeviceId>) -> Option<InputDevice> {
    let id = device.id().ok()?;
    let config = device.default_input_config().ok();
    Some(InputDevice {
        name: device.description().map_or_else(|_| id.to_string(), |d| d.name().to_owned()),
        rate_hz: config.as_ref().map(|c| c.sample_rate()),
        channels: config.as_ref().map(|c| c.channels()),
        levels_db: None,
        is_default: default == Some(&id),
        id: id.to_string(),
    })
}
