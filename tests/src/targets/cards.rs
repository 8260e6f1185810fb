//! Cards of models.

use keyface_core::ModelCard;

use super::{project, text};
use crate::fuzz::{Answer, Target, lines, plain};

pub fn target() -> Target {
    let models = ["instant", "live", "playback", "robot", "studio"];
    let cards = models.map(|name| project(&format!("models/{name}/card.toml")));
    let seeds = cards.iter().chain([&card_of_0_1(&cards[0])]).map(|card| lines(card)).collect();
    Target { name: "card", seeds, split: lines, seal: Box::new(plain), feed: Box::new(feed) }
}

/// The same card as 0.1 wrote it, which spelt out its interface.
fn card_of_0_1(card: &[u8]) -> Vec<u8> {
    let spelt_out = project("firmware/app/tests/cli/data/kf1_of_0_1.toml");
    let [card, spelt_out] = [card, &spelt_out].map(|text| std::str::from_utf8(text).expect("a card is a text"));
    card.replacen("interface = \"kf1\"\n", spelt_out, 1).into_bytes()
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
