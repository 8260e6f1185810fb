//! `keyface doctor`.

use clap::Args;
use keyface::doctor::{Finding, Machine, Verdict, choose, examine};

use super::{tell, tell_json};

#[derive(Args)]
#[command(after_help = "Examples:
  keyface doctor                            this machine, whatever board it is
  keyface doctor --board jetson-orin-nano   beside what that board says
  runuser -u keyface -- keyface doctor      with the rights of the service")]
pub struct DoctorArgs {
    /// Name of a board, or its file; the service's or what the machine says it is, unless told otherwise.
    #[arg(long, value_name = "NAME|FILE")]
    board: Option<String>,
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
    let each = |finding: &Finding| {
        if !args.json {
            tell(finding)
        }
    };
    let examination = examine(&chosen, &machine, each);
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
