//! The list of variants: one line each.

use crate::model::kmtalk::{Fusion, Localization};
use crate::train::Experiment;
use crate::train::kmtalk::KmTalkChoice;

/// One way to change KMTalk, or the key frames that it is tested on.
#[derive(Clone, Copy)]
pub struct Variant {
    /// Short name, also of its folder.
    pub name: &'static str,
    /// What is different.
    pub what: &'static str,
    /// The change of the experiment.
    pub change: fn(&mut Experiment),
    /// What has to be trained anew.
    pub rerun: Rerun,
    /// Key frames that it is tested on.
    pub keys: Localization,
}

/// What a variant trains anew; all else is taken from `full`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rerun {
    /// All three stages.
    Keys,
    /// Completion and joint stage, after the keys of `full`.
    Completion,
    /// Nothing: only the test differs.
    Nothing,
    /// The baseline without key motions.
    Direct,
}

use Localization::{Dropped, Inserted, Oracle, Recognized, Shifted, Uniform};

/// Every variant of the table, in its order.
pub const VARIANTS: &[Variant] = &[
    trained("full", "all parts, aligned key frames", |_| {}, Rerun::Keys, Oracle),
    tested("recognized", "key frames from its own recognizer", Recognized),
    trained("direct regression", "as large, no key motions", |_| {}, Rerun::Direct, Oracle),
    trained("uniform keys", "as many, evenly spread", |e| kmtalk(e).localization = Uniform, Rerun::Keys, Uniform),
    trained(
        "no key decoder",
        "keys straight from the audio",
        |e| kmtalk(e).net.key_decoder = false,
        Rerun::Keys,
        Oracle,
    ),
    trained(
        "no audio guidance",
        "completion sees keys alone",
        |e| kmtalk(e).net.audio_guidance = false,
        Rerun::Completion,
        Oracle,
    ),
    trained(
        "G = 0",
        "fusion takes the audio",
        |e| kmtalk(e).net.fusion = Fusion::Fixed(0.0),
        Rerun::Completion,
        Oracle,
    ),
    trained(
        "G = 1",
        "fusion takes the motion flow",
        |e| kmtalk(e).net.fusion = Fusion::Fixed(1.0),
        Rerun::Completion,
        Oracle,
    ),
    trained(
        "G triangular",
        "1 at keys, 0 midway",
        |e| kmtalk(e).net.fusion = Fusion::Triangular,
        Rerun::Completion,
        Oracle,
    ),
    tested("keys 20 ms late", "one frame", Shifted(1)),
    tested("keys 40 ms late", "two frames, one of the paper's", Shifted(2)),
    tested("keys 80 ms late", "four frames, two of the paper's", Shifted(4)),
    tested("10 % dropped", "key frames left out at random", Dropped(0.1)),
    tested("20 % dropped", "key frames left out at random", Dropped(0.2)),
    tested("30 % dropped", "key frames left out at random", Dropped(0.3)),
    tested("10 % inserted", "key frames added at random", Inserted(0.1)),
    tested("20 % inserted", "key frames added at random", Inserted(0.2)),
    tested("30 % inserted", "key frames added at random", Inserted(0.3)),
];

const fn trained(
    name: &'static str,
    what: &'static str,
    change: fn(&mut Experiment),
    rerun: Rerun,
    keys: Localization,
) -> Variant {
    Variant { name, what, change, rerun, keys }
}

const fn tested(name: &'static str, what: &'static str, keys: Localization) -> Variant {
    Variant { name, what, change: |_| {}, rerun: Rerun::Nothing, keys }
}

fn kmtalk(experiment: &mut Experiment) -> &mut KmTalkChoice {
    experiment.kmtalk.as_mut().expect("an ablation is refused without the section")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_variant_has_its_own_name_and_changes_what_it_trains_anew() {
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml");
        let before = Experiment::read(&tiny).unwrap();
        for (n, variant) in VARIANTS.iter().enumerate() {
            assert!(VARIANTS[..n].iter().all(|other| other.name != variant.name), "{}", variant.name);
            let mut after = before.clone();
            (variant.change)(&mut after);
            let trains = matches!(variant.rerun, Rerun::Keys | Rerun::Completion) && variant.name != "full";
            assert_eq!(after != before, trains, "{}", variant.name);
        }
    }
}
