//! The microphone: whether it can be opened, and what it hears in a second.

use std::thread;
use std::time::{Duration, Instant};

use keyface_core::Board;

use super::access::hindrance;
use super::finding::Finding;
use super::machine::Machine;
use crate::AppError;
use crate::ears::{Ear, Mic, Wanted};

const PART: &str = "microphone";
/// How long it is listened to.
const LISTEN: Duration = Duration::from_secs(1);
/// How long a sound system may take until it gives its first sample.
const PATIENCE: Duration = Duration::from_secs(3);
const NAP: Duration = Duration::from_millis(10);
/// A sample that is as loud as can be.
const FULL: f32 = 0.999;
/// Share of such samples that can be heard.
const CLIPPED_SHARE: f64 = 0.001;
/// Devices of the kernel that record end in this.
const RECORDS: char = 'c';

pub(super) fn check(board: &Board, machine: &Machine) -> Vec<Finding> {
    vec![match listen(Wanted::from(&board.microphone)) {
        Ok((name, sound)) => judge(&name, &sound),
        Err(AppError::Microphone { reason }) => Finding::failed(PART, format!("none: {reason}"), advice(machine)),
        Err(error) => Finding::failed(PART, error.to_string(), advice(machine)),
    }]
}

/// A second of sound; less when the device stops giving any.
fn listen(wanted: Wanted) -> Result<(String, Vec<f32>), AppError> {
    let mut ear = Mic::open(wanted)?;
    let (mut sound, started) = (Vec::new(), Instant::now());
    let mut until = started + PATIENCE;
    while Instant::now() < until {
        let was_silent = sound.is_empty();
        ear.read(&mut sound)?;
        if was_silent && !sound.is_empty() {
            until = Instant::now() + LISTEN;
        }
        thread::sleep(NAP);
    }
    Ok((ear.name(), sound))
}

fn judge(name: &str, sound: &[f32]) -> Finding {
    let heard = sound.iter().filter(|sample| **sample != 0.0).count();
    let level = |power: f64| 10.0 * power.max(1e-12).log10();
    let power = sound.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / sound.len().max(1) as f64;
    let clipped = sound.iter().filter(|sample| sample.abs() >= FULL).count();
    let found = format!("{name}, at {:.0} dB of full scale", level(power));
    if sound.is_empty() {
        let advice = "plug it in again; `keyface devices` lists others for microphone.device";
        return Finding::failed(PART, format!("{name} gives no sound"), advice);
    }
    if heard == 0 {
        let advice = "switch it on and its gain up (`alsamixer`, then F4), or choose another: `keyface devices`";
        return Finding::warning(PART, format!("{name} gives nothing but zeros: no room is that quiet"), advice);
    }
    if clipped as f64 > CLIPPED_SHARE * sound.len() as f64 {
        return Finding::warning(PART, format!("{found}, and clipped"), "turn its gain down (`alsamixer`, then F4)");
    }
    Finding::ok(PART, found)
}

/// What to do when it cannot be opened.
fn advice(machine: &Machine) -> String {
    const FOLDER: &str = "/dev/snd";
    let records = |name: &String| name.starts_with("pcm") && name.ends_with(RECORDS);
    let devices: Vec<String> = machine.names(FOLDER).into_iter().filter(records).collect();
    let hindered = devices.iter().find_map(|name| hindrance(machine, &format!("{FOLDER}/{name}"), ""));
    match (devices.is_empty(), hindered) {
        (true, _) => "plug in a USB microphone: the kernel knows no device that records (`arecord -l`)".to_owned(),
        (_, Some((what, advice))) => format!("{what}: {advice}"),
        _ => "end what else records (the service does: `systemctl stop keyface`), or set microphone.device to one of \
              `keyface devices`"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use crate::doctor::machine::tests::machine;

    #[test]
    fn a_microphone_is_judged_by_what_it_hears() {
        let verdict = |sound: &[f32]| judge("mic", sound).verdict;
        assert_eq!(verdict(&[]), Verdict::Failed);
        assert_eq!(verdict(&[0.0; 16_000]), Verdict::Warning);
        assert_eq!(verdict(&[1.0; 16_000]), Verdict::Warning);
        assert_eq!(judge("mic", &[0.01; 16_000]), Finding::ok(PART, "mic, at -40 dB of full scale"));
    }

    #[test]
    fn a_machine_without_a_device_that_records_is_told_from_a_busy_one() {
        let (_folder, without) = machine(&[("/dev/snd/pcmC0D0p", "")]);
        assert!(advice(&without).starts_with("plug in"), "{}", advice(&without));
        let (_folder, busy) = machine(&[("/dev/snd/pcmC1D0c", "")]);
        assert!(advice(&busy).starts_with("end what else records"), "{}", advice(&busy));
    }
}
