//! `keyface unit`.

use clap::Args;
use keyface::unit::Limits;

use super::tell;

#[derive(Args)]
#[command(after_help = "Examples:
  keyface unit --board raspberry-pi-5   the drop-in that systemd gets on the device")]
pub struct UnitArgs {
    /// Name of a board, or its file.
    #[arg(long, value_name = "NAME|FILE")]
    board: String,
}

pub fn unit(args: &UnitArgs) -> anyhow::Result<()> {
    let limits = Limits::of(&keyface::board::load(&args.board)?).to_string();
    tell(limits.trim_end());
    Ok(())
}
