//! The name of a microphone in, the device out: by its id, by ALSA's name, or by the name that a person reads.

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{DeviceId, Error, ErrorKind};

/// What to write, for errors.
const WRITE: &str = "write an id or a name as `keyface devices` prints them, or ALSA's as hw:1,0, plughw:1,0 or \
                     hw:CARD=Device,DEV=0";
/// How `keyface devices` begins ALSA's names.
#[cfg(target_os = "linux")]
const HOST: &str = "alsa:";
/// Names of ALSA that lead straight to a card, and so have a form.
const CARDS: [&str; 2] = ["hw:", "plughw:"];

/// Refuses a name that no device can ever have, and which nobody should wait for.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let wrong = || Error::with_message(ErrorKind::InvalidInput, format!("{name:?} names no device: {WRITE}"));
    let bare = name.strip_prefix("alsa:").unwrap_or(name);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_empty = bare.trim().is_empty() || bare.ends_with(':') || bare.chars().any(char::is_control);
    let is_bare_number = bare.split(',').all(is_number);
    let card = CARDS.iter().find_map(|prefix| bare.strip_prefix(prefix));
    match is_empty || is_bare_number || card.is_some_and(|card| !is_card(card, is_number)) {
        true => Err(wrong()),
        false => Ok(()),
    }
}

/// `1`, `1,0`, `Device,0`, `CARD=Device` or `CARD=Device,DEV=0`; ALSA allows a subdevice behind it.
fn is_card(card: &str, is_number: impl Fn(&str) -> bool) -> bool {
    let is_id = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let mut parts = card.split(',');
    let first = parts.next().unwrap_or_default();
    let keys = ["DEV=", "SUBDEV="];
    let value = |(at, part): (usize, &str)| match first.strip_prefix("CARD=") {
        Some(_) => keys.get(at).and_then(|key| part.strip_prefix(key)).is_some_and(&is_number),
        None => at < keys.len() && is_number(part),
    };
    is_id(first.strip_prefix("CARD=").unwrap_or(first)) && parts.enumerate().all(value)
}

/// The device of this name; the default where there is none.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for what is no name, [`ErrorKind::DeviceNotAvailable`] when there is no such device now.
pub(super) fn find(name: Option<&str>) -> Result<cpal::Device, Error> {
    let host = cpal::default_host();
    let absent = || Error::from(ErrorKind::DeviceNotAvailable);
    let Some(name) = name else { return host.default_input_device().ok_or_else(absent) };
    check_name(name)?;
    let devices: Vec<cpal::Device> = host.devices()?.collect();
    let by_id = ids(name).iter().find_map(|id| host.device_by_id(id));
    by_id.or_else(|| by_label(devices, name)).ok_or_else(absent)
}

/// What the name may mean as an id.
fn ids(name: &str) -> Vec<DeviceId> {
    let mut ids: Vec<DeviceId> = name.parse().into_iter().collect();
    #[cfg(target_os = "linux")]
    ids.extend(format!("{HOST}{name}").parse::<DeviceId>());
    // A card is listed by its number or by its name, and may be asked for by the other.
    #[cfg(target_os = "linux")]
    ids.extend(with_card_number(name.strip_prefix(HOST).unwrap_or(name)).and_then(|id| id.parse().ok()));
    ids
}

/// `hw:Device,0` or `hw:CARD=Device,DEV=0` with the card's number, which the kernel keeps by its name.
#[cfg(target_os = "linux")]
fn with_card_number(name: &str) -> Option<String> {
    let prefix = CARDS.into_iter().find(|prefix| name.starts_with(prefix))?;
    let mut parts = name[prefix.len()..].split(',');
    let card = parts.next()?.trim_start_matches("CARD=");
    let device = parts.next().unwrap_or("0").trim_start_matches("DEV=");
    let place = std::fs::read_link(format!("/proc/asound/{card}")).ok()?;
    let number = place.to_str()?.strip_prefix("card")?;
    Some(format!("{HOST}{prefix}CARD={number},DEV={device}"))
}

/// By the name for people: all of it, or else a part of it that only one has. One name may stand for several ways to the
/// same device; the first that records is taken.
fn by_label(devices: Vec<cpal::Device>, name: &str) -> Option<cpal::Device> {
    let wanted = name.to_lowercase();
    let label = |device: &cpal::Device| device.description().map(|d| d.name().to_lowercase()).unwrap_or_default();
    let records = |device: &&cpal::Device| device.default_input_config().is_ok();
    let whole = devices.iter().filter(|device| label(device) == wanted).find(records);
    let part = || devices.iter().filter(|device| label(device).contains(&wanted)).find(records);
    whole.or_else(part).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_device_may_have_are_waited_for() {
        for name in [
            "hw:1,0",
            "plughw:CARD=Device,DEV=0",
            "alsa:hw:1",
            "hw:Device,0",
            "hw:0,0,1",
            "pulse",
            "default",
            "Inverted stereo mic",
            "USB PnP Sound Device: Audio",
            "sysdefault:CARD=Device",
        ] {
            assert!(check_name(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_that_no_device_can_have_are_refused_with_what_to_write() {
        for name in
            ["", " ", "hw:", "hw:1.0", "hw:1,x", "plughw:CARD=,DEV=0", "hw:CARD=a,0", "1,0", "2", "alsa:", "hw:0,0,0,0"]
        {
            let error = check_name(name).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
            assert!(error.to_string().contains("hw:1,0"), "{error}");
        }
    }
}
