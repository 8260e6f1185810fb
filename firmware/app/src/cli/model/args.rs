//! The arguments of `keyface model`, and what they mean on this device.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use keyface::board::Board;
use keyface::bundle::{Keys, Requirements};
use keyface::store::Store;

#[derive(Subcommand)]
#[command(after_help = "Examples:
  keyface model keygen --out vendor                       once: vendor.key stays secret, vendor.pub goes to devices
  keyface model pack models/live --key vendor.key         live-0.5.2.kfm
  sudo keyface model install live-0.5.2.kfm --key vendor.pub
  keyface model verify                                    are the installed models still what was signed?
  sudo keyface model rollback                             back to what was used before")]
pub enum ModelCommand {
    /// Check a bundle, try it on this machine, and use it from the next start on. The model before it is kept.
    Install(InstallArgs),
    /// Check a bundle, or what is installed, and try it on this machine; nothing is changed.
    Verify(VerifyArgs),
    /// Use what was used before the last install or rollback.
    Rollback(RollbackArgs),
    /// Show which model is used, which was used before, and which ship.
    #[command(visible_alias = "status")]
    List(ListArgs),
    /// Make a signed bundle from a model's folder and its clip.
    Pack(PackArgs),
    /// Make a pair of keys: NAME.key signs bundles, NAME.pub trusts them.
    Keygen(KeygenArgs),
    /// Load the networks of the bundle on standard input: install and verify ask for it.
    #[command(hide = true)]
    Load,
}

#[derive(Args)]
pub struct InstallArgs {
    /// The bundle.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Take a version that is older than one that was used here.
    #[arg(long)]
    pub downgrade: bool,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[command(flatten)]
    pub requirements: RequirementsArgs,
    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Args)]
pub struct VerifyArgs {
    /// The bundle; the installed models unless told otherwise: are they still what was signed?
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[command(flatten)]
    pub requirements: RequirementsArgs,
    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Args)]
pub struct RollbackArgs {
    #[command(flatten)]
    pub requirements: RequirementsArgs,
    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub board: BoardArgs,
    #[command(flatten)]
    pub store: StoreArgs,
}

#[derive(Args)]
pub struct PackArgs {
    /// Name of a model, or its folder: card.toml, both networks and demo.wav.
    #[arg(value_name = "NAME|FOLDER")]
    pub folder: String,
    /// The private key that signs: Ed25519 in PEM, as keygen and OpenSSL write it.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The bundle to write; NAME-VERSION.kfm unless told otherwise.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct KeygenArgs {
    /// Where to write: NAME.key and NAME.pub. Neither may be there yet.
    #[arg(long, value_name = "NAME")]
    pub out: PathBuf,
}

/// Whose signature counts.
#[derive(Args)]
pub struct TrustArgs {
    /// Trust this public key alone; all of $KEYFACE_KEYS or /etc/keyface/keys/*.pub unless told otherwise.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// What this device asks of a model.
#[derive(Args)]
pub struct RequirementsArgs {
    #[command(flatten)]
    pub board: BoardArgs,
    /// Take a model although its steps last longer here than they may: for emulators and image builds.
    #[arg(long)]
    untimed: bool,
}

#[derive(Args)]
pub struct BoardArgs {
    /// Name of this device's board, or its file; $KEYFACE_BOARD or the service's unless told otherwise.
    #[arg(long, value_name = "NAME|FILE")]
    board: Option<String>,
}

#[derive(Args)]
pub struct StoreArgs {
    /// Where installed models lie; $KEYFACE_STORE or /var/lib/keyface/models unless told otherwise.
    #[arg(long, value_name = "FOLDER")]
    store: Option<PathBuf>,
    /// Write JSON.
    #[arg(long)]
    pub json: bool,
}

impl TrustArgs {
    pub fn keys(&self) -> anyhow::Result<Keys> {
        Ok(self.key.as_deref().map_or_else(Keys::of_machine, Keys::read)?)
    }
}

impl RequirementsArgs {
    pub fn read(&self) -> anyhow::Result<Requirements> {
        let board = self.board.load()?;
        let look_ahead_ms = board.and_then(|board| Some((board.look_ahead_ms?, board.name)));
        Ok(Requirements { look_ahead_ms, is_untimed: self.untimed })
    }
}

impl BoardArgs {
    pub fn load(&self) -> anyhow::Result<Option<Board>> {
        if let Some(name) = &self.board {
            return Ok(Some(keyface::board::load(name)?));
        }
        keyface::board::said().map(|said| keyface::board::load(&said.name).context(said.by)).transpose()
    }
}

impl StoreArgs {
    pub fn open(&self) -> Store {
        self.store.as_ref().map_or_else(Store::of_machine, Store::new)
    }
}
