//! Cards of models.

use keyface_core::ModelCard;

use super::{project, text};
use crate::fuzz::{Answer, Target, lines, plain};

pub fn target() -> Target {
    let models = ["instant", "live", "playback", "robot"];
    let seeds = models.map(|name| lines(&project(&format!("models/{name}/card.toml")))).into();
    Target { name: "card", seeds, split: lines, seal: Box::new(plain), feed: Box::new(feed) }
}

fn feed(bytes: &[u8]) -> Answer {
    let card = ModelCard::from_toml("card.toml", text(bytes)?).map_err(|error| error.to_string())?;
    let again = card.to_toml().map_err(|error| error.to_string())?;
    let again = ModelCard::from_toml("card.toml", &again).expect("what was taken once is taken again");
    assert_eq!(again, card);
    let widths = [card.key_motion_spec(), card.completion_spec()];
    assert!(widths.iter().flat_map(|spec| spec.inputs.iter().chain(&spec.outputs)).all(|port| port.width < 1 << 20));
    Ok(format!("{:?} {}", card.files.key_motion.precision, card.closures.is_some()))
}
