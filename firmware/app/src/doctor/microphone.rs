//! The microphone: whether it can be opened, and what it hears in a second.

use std::thread;
use std::time::{Duration, Instant};

use super::access::hindrance;
use super::finding::Finding;
use super::machine::Machine;
use crate::AppError;
use crate::board::Board;
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
/// A room with a microphone that works is louder than this.
const QUIETEST_DB: f64 = -70.0;
/// Devices of the kernel that record end in this.
const RECORDS: char = 'c';

/// What was heard.
struct Listened {
    name: String,
    sound: Vec<f32>,
    /// dB of full scale, channel by channel.
    levels_db: Vec<f32>,
}

pub(super) fn check(board: &Board, machine: &Machine) -> Vec<Finding> {
    // A face that is given its voice hears none.
    if board.voice.input.is_some() || board.voice.serve.is_some() {
        return vec![];
    }
    vec![match listen(Wanted::from(&board.microphone)) {
        Ok(listened) => judge(&listened),
        Err(AppError::Microphone { reason }) => Finding::failed(PART, format!("none: {reason}"), advice(machine)),
        Err(error) => Finding::failed(PART, error.to_string(), advice(machine)),
    }]
}

/// A second of sound; less when the device stops giving any.
fn listen(wanted: Wanted) -> Result<Listened, AppError> {
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
    Ok(Listened { name: ear.name(), sound, levels_db: ear.levels_db() })
}

fn judge(Listened { name, sound, levels_db }: &Listened) -> Finding {
    let heard = sound.iter().filter(|sample| **sample != 0.0).count();
    let power = sound.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / sound.len().max(1) as f64;
    let level = 10.0 * power.max(1e-12).log10();
    let clipped = sound.iter().filter(|sample| sample.abs() >= FULL).count();
    let found = format!("{name}, at {level:.0} dB of full scale{}", each(levels_db));
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
    if level < QUIETEST_DB {
        let advice = "speak while it listens; if that changes nothing, turn its gain up (`alsamixer`, then F4), or choose \
                      another channel (microphone.channel) or another microphone (`keyface devices --levels`)";
        return Finding::warning(PART, format!("{found}: hardly a room is that quiet"), advice);
    }
    Finding::ok(PART, found)
}

/// The levels of several channels, which are counted from 0.
fn each(levels_db: &[f32]) -> String {
    let levels: Vec<String> = levels_db.iter().map(|db| format!("{db:.0}")).collect();
    if levels.len() > 1 { format!(" (channels {} dB)", levels.join(", ")) } else { String::new() }
}

/// What to do when it cannot be opened.
fn advice(machine: &Machine) -> String {
    const FOLDER: &str = "/dev/snd";
    let records = |name: &String| name.starts_with("pcm") && name.ends_with(RECORDS);
    let devices: Vec<String> = machine.names(FOLDER).into_iter().filter(records).collect();
    let hindered = devices.iter().find_map(|name| hindrance(machine, &format!("{FOLDER}/{name}"), ""));
    match (devices.first(), hindered, server(machine)) {
        (None, ..) => "plug in a USB microphone: the kernel knows no device that records (`arecord -l`)".to_owned(),
        (_, Some((what, advice)), _) => format!("{what}: {advice}"),
        (Some(device), None, Some(server)) => {
            let direct = direct(device).unwrap_or_else(|| "one that begins with plughw:".to_owned());
            format!(
                "{server} has the devices of its own user and refuses others: run the service as that user, or stop \
                 {server} and set microphone.device = \"{direct}\""
            )
        }
        _ => "end what else records (the service does: `systemctl stop keyface`), or set microphone.device to one of \
              `keyface devices`"
            .to_owned(),
    }
}

/// The sound server that runs here, of whichever user.
fn server(machine: &Machine) -> Option<&'static str> {
    let mut users: Vec<String> = machine.names("/run/user").iter().map(|user| format!("/run/user/{user}")).collect();
    users.push("/run".into());
    let has = |name: &str| users.iter().any(|folder| machine.path(&format!("{folder}/{name}")).exists());
    [("PipeWire", "pipewire-0"), ("PulseAudio", "pulse/native")].into_iter().find(|(_, name)| has(name)).map(|it| it.0)
}

/// ALSA's name of a device of the kernel: `pcmC1D0c` is `plughw:1,0`.
fn direct(device: &str) -> Option<String> {
    let (card, device) = device.strip_prefix("pcmC")?.trim_end_matches(RECORDS).split_once('D')?;
    Some(format!("plughw:{card},{device}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use crate::doctor::machine::tests::machine;

    #[test]
    fn a_microphone_is_judged_by_what_it_hears() {
        let heard = |sound: &[f32], levels_db: &[f32]| {
            judge(&Listened { name: "mic".into(), sound: sound.to_vec(), levels_db: levels_db.to_vec() })
        };
        let verdict = |sound: &[f32]| heard(sound, &[]).verdict;
        assert_eq!(verdict(&[]), Verdict::Failed);
        assert_eq!(verdict(&[0.0; 16_000]), Verdict::Warning);
        assert_eq!(verdict(&[1.0; 16_000]), Verdict::Warning);
        assert_eq!(verdict(&[0.0002; 16_000]), Verdict::Warning);
        assert_eq!(heard(&[0.01; 16_000], &[-40.0]), Finding::ok(PART, "mic, at -40 dB of full scale"));
        let two = heard(&[0.01; 16_000], &[-34.2, -90.0]);
        assert_eq!(two, Finding::ok(PART, "mic, at -40 dB of full scale (channels -34, -90 dB)"));
    }

    #[test]
    fn a_sound_server_that_refuses_is_named_with_what_to_choose() {
        let (_folder, machine) = machine(&[("/dev/snd/pcmC1D0c", ""), ("/run/user/1000/pipewire-0", "")]);
        let advice = advice(&machine);
        assert!(advice.starts_with("PipeWire has the devices") && advice.contains("\"plughw:1,0\""), "{advice}");
    }

    #[test]
    fn a_machine_without_a_device_that_records_is_told_from_a_busy_one() {
        let (_folder, without) = machine(&[("/dev/snd/pcmC0D0p", "")]);
        assert!(advice(&without).starts_with("plug in"), "{}", advice(&without));
        let (_folder, busy) = machine(&[("/dev/snd/pcmC1D0c", "")]);
        assert!(advice(&busy).starts_with("end what else records"), "{}", advice(&busy));
    }
}
