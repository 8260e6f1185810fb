//! `keyface doctor`.

use clap::Args;
use keyface::doctor::latency::{Latencies, Plan};
use keyface::doctor::{Chosen, Finding, Machine, Verdict, choose, examine};
use keyface::ears::{Wanted, read_sound};
use keyface::store::Store;
use keyface::{cpu, model};

use super::demo::CLIP;
use super::{note, tell, tell_json};

#[derive(Args)]
#[command(after_help = "Examples:
  keyface doctor                            this machine, whatever board it is
  keyface doctor --board jetson-orin-nano   beside what that board says
  keyface doctor --latency                  how late the face is: loudspeaker and microphone joined, or side by side
  keyface doctor --latency --play plughw:Loopback,0 --device plughw:Loopback,1    through `modprobe snd-aloop`
  runuser -u keyface -- keyface doctor      with the rights of the service")]
pub struct DoctorArgs {
    /// Name of a board, or its file; the service's or what the machine says it is, unless told otherwise.
    #[arg(long, value_name = "NAME|FILE")]
    board: Option<String>,
    /// Measure how late the face is instead: play a clip twice, hear it with the microphone, and say how late pictures and
    /// servos are for a microphone's voice and for a played one. 25 s; servos move.
    #[arg(long)]
    latency: bool,
    /// With --latency, the loudspeaker; the board's, or the default one, unless told otherwise.
    #[arg(long, value_name = "DEVICE", requires = "latency")]
    play: Option<String>,
    /// With --latency, the microphone that hears it, as `keyface devices` prints it; the board's unless told otherwise.
    #[arg(long, value_name = "ID|NAME", requires = "latency")]
    device: Option<String>,
    /// Write JSON.
    #[arg(long)]
    json: bool,
}

pub fn doctor(args: &DoctorArgs) -> anyhow::Result<()> {
    let machine = Machine::here();
    let chosen = choose(args.board.as_deref(), &machine)?;
    if !args.json {
        tell(format_args!("board {}, because {}: {}\n", chosen.board.name, chosen.because, chosen.board.description));
    }
    if args.latency {
        return latency(args, &chosen);
    }
    let examination = examine(&chosen, &machine, |finding| show(args, finding));
    let parts = |verdict| examination.of(verdict).map(|finding| finding.part).collect::<Vec<_>>().join(", ");
    let (failed, warned) = (parts(Verdict::Failed), parts(Verdict::Warning));
    if args.json {
        tell_json(&examination)?;
    } else if failed.is_empty() {
        let rest = if warned.is_empty() { String::new() } else { format!("; look at {warned}") };
        tell(format_args!("\na face will run here{rest}"));
    }
    anyhow::ensure!(
        failed.is_empty(),
        "board {}: no face will run here before this is mended: {failed}",
        examination.board
    );
    Ok(())
}

fn show(args: &DoctorArgs, finding: &Finding) {
    if !args.json {
        tell(finding);
    }
}

/// How late a face is here.
fn latency(args: &DoctorArgs, Chosen { board, .. }: &Chosen) -> anyhow::Result<()> {
    let warn = |warning: String| note(format_args!("keyface: warning: {warning}"));
    cpu::apply(&board.cpu).into_iter().for_each(warn);
    let live = Store::of_machine().choose(Some(board), warn)?.model;
    let playback = model::load(model::PLAYBACK)?;
    let clip = read_sound(&model::find(model::PLAYBACK)?.join(CLIP))?;
    let of_board = Wanted::from(&board.microphone);
    let microphone = Wanted { id: args.device.clone().or(of_board.id), ..of_board };
    let loudspeaker = args.play.clone().or_else(|| board.voice.play.clone()).filter(|id| id != "default");
    let plan = Plan { board, microphone, loudspeaker, clip };
    let latencies = Latencies::measure(&plan, [live, playback], |finding| show(args, finding))?;
    if args.json {
        tell_json(&latencies)?;
    }
    let is_heard = latencies.findings.iter().all(|finding| finding.verdict != Verdict::Failed);
    anyhow::ensure!(is_heard, "--latency: expected a microphone that hears the loudspeaker, came one that does not");
    Ok(())
}
