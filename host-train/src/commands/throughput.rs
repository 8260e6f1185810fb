//! `keyface-train throughput`: how fast a device trains, and whether it computes what the CPU computes.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use keyface_train::train::{DeviceChoice, Experiment, pick_devices, throughput};

/// Trains a few steps on random sound on the CPU and on a device: time, losses side by side, and their difference.
#[derive(Args)]
pub struct ThroughputArgs {
    /// The experiment, such as host-train/experiments/live.toml; its corpora are not needed
    experiment: PathBuf,
    /// auto, flex (CPU) or cuda[:N]; several, separated by commas, share each batch
    #[arg(long, default_value = "auto", value_delimiter = ',')]
    device: Vec<DeviceChoice>,
    /// Optimizer steps on each
    #[arg(long, default_value_t = 5)]
    steps: usize,
}

/// Devices round otherwise, and steps multiply it: beyond this they compute something else.
const TOLERANCE: f64 = 1e-2;

/// Runs the command.
pub fn run(args: &ThroughputArgs) -> Result<()> {
    let experiment = Experiment::read(&args.experiment)?;
    let measured = throughput(&experiment, args.steps, &pick_devices(&args.device)?)?;
    for (step, [cpu, device]) in measured.losses.iter().enumerate() {
        say!("step {}: loss {cpu:.5} on the CPU, {device:.5} on the device", step + 1);
    }
    let ([cpu_s, device_s], [cpu, device]) = (measured.step_s, measured.hours_per_hour());
    say!("a step: {cpu_s:.3} s on the CPU, {device_s:.3} s on the device");
    say!("hours of sound an hour: {cpu:.0} on the CPU, {device:.0} on the device ({:.1} times)", device / cpu);
    say!("largest relative difference of the trunk after the last step: {:.1e}", measured.difference);
    ensure!(measured.difference <= TOLERANCE, "expected a difference of at most {TOLERANCE:.0e}");
    Ok(())
}
