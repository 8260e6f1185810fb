//! An adapted model as files, checked like any other.

use anyhow::{Context, Result};
use keyface_core::{DataUse, ModelCard};

use super::session::Session;
use crate::export::{Packed, Probe, Trained};

/// Steps of a take by which the files are checked: half a minute.
const CHECKED: usize = 1500;

/// The model with other weights of CompletionNet's last layer, under a name of its own; its card tells of the captures.
///
/// # Errors
/// No sessions, or files that do not say on a device what they should.
pub fn pack(base: &Packed, adapted: &Trained, sessions: &[Session], name: &str) -> Result<Packed> {
    let heard = &sessions.first().context("no take to check the files by")?.features;
    let probe = Probe::of(adapted, &base.card.decode, heard[..heard.len().min(CHECKED)].to_vec());
    let mut card = ModelCard {
        name: name.to_owned(),
        created_by: format!("keyface-train {}", env!("CARGO_PKG_VERSION")),
        command: format!("keyface-train personalize {} {}", base.card.name, base.card.version),
        ..base.card.clone()
    };
    let learnt: usize = sessions.iter().map(|session| session.learnt().count()).sum();
    card.data.push(DataUse {
        corpus: "captures".to_owned(),
        hours: (learnt as f64 / 1800.0).round() / 100.0,
        licence: None,
    });
    Ok(Packed::new(card, adapted, &probe, base.card.files.key_motion.precision)?)
}
