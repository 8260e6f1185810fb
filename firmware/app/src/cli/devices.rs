//! `keyface devices`.

use clap::Args;
use keyface::ears::devices::{InputDevice, input_devices};

use super::{note, tell, tell_json};

#[derive(Args)]
#[command(
    after_help = "Examples:\n  keyface devices --levels    which channel hears you: speak while it listens\n  keyface run --device \"$(keyface devices | head -1 | cut -f1)\""
)]
pub struct DevicesArgs {
    /// List also what cannot be opened now.
    #[arg(long)]
    all: bool,
    /// Listen to each for half a second, and tell the level of each channel in dB of full scale.
    #[arg(long)]
    levels: bool,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

pub fn devices(args: &DevicesArgs) -> anyhow::Result<()> {
    let mut devices = input_devices()?;
    devices.retain(|device| args.all || device.is_usable());
    if args.levels {
        devices.iter_mut().filter(|device| device.is_usable()).for_each(InputDevice::listen);
    }
    if args.json {
        return tell_json(&devices);
    }
    if devices.is_empty() {
        note("no microphone was found; `keyface run --input FILE` plays a file");
    }
    devices.iter().for_each(|device| tell(row(device)));
    Ok(())
}

fn row(device: &InputDevice) -> String {
    let InputDevice { id, name, rate_hz, channels, levels_db, is_default } = device;
    let format = rate_hz.zip(*channels).map_or_else(
        || "cannot be opened now".into(),
        |(rate_hz, channels)| format!("{rate_hz} Hz, {channels} channels"),
    );
    let levels = levels_db.as_deref().map_or_else(String::new, |levels| {
        format!("\t{} dB", levels.iter().map(|db| format!("{db:.0}")).collect::<Vec<_>>().join(", "))
    });
    format!("{id}\t{name}\t{format}{levels}{}", if *is_default { "\tdefault" } else { "" })
}
