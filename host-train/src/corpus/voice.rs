//! The voices: which engine speaks them, how much of a corpus each group of them makes, and which are never trained on.

use super::error::{Error, Result};
use crate::clip::Split;

/// A text-to-speech program that tells phone times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Engine {
    /// Formant synthesis; many voices.
    Espeak,
    /// Statistical and diphone voices.
    Flite,
    /// Diphone and HMM voices.
    Festival,
}

impl Engine {
    /// Every engine.
    pub const ALL: [Engine; 3] = [Engine::Espeak, Engine::Flite, Engine::Festival];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Engine::Espeak => "espeak",
            Engine::Flite => "flite",
            Engine::Festival => "festival",
        }
    }
}

/// Voices that share a part of a corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// espeak-ng: many speakers and accents, exact times.
    Formant,
    /// flite's near-natural voices.
    Natural,
    /// flite's kal16.
    Buzzy,
    /// festival's.
    Diphone,
    /// Only ever for tests.
    HeldOut,
}

impl Group {
    /// The groups that are trained on.
    pub const TRAINED: [Group; 4] = [Group::Formant, Group::Natural, Group::Buzzy, Group::Diphone];

    /// Part of a corpus' time: near-natural voices carry over best, formant voices bring variety.
    pub const fn share(self) -> f64 {
        match self {
            Group::Formant => 0.45,
            Group::Natural => 0.30,
            Group::Buzzy => 0.10,
            Group::Diphone => 0.15,
            Group::HeldOut => 1.0,
        }
    }

    /// Seconds for each letter at the voice's own rate, measured over 250 sentences: what plans are made with.
    pub const fn seconds_per_char(self) -> f64 {
        match self {
            Group::Formant => 0.052,
            Group::Natural | Group::HeldOut | Group::Diphone => 0.054,
            Group::Buzzy => 0.046,
        }
    }
}

/// One speaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// As the engine names it; a column in `splits.tsv` and part of the clip's id.
    pub name: String,
    /// Who speaks it.
    pub engine: Engine,
    /// Which part of a corpus it belongs to.
    pub group: Group,
}

const FLITE: [(&str, Group); 4] =
    [("slt", Group::Natural), ("awb", Group::Natural), ("kal16", Group::Buzzy), ("rms", Group::HeldOut)];
const FESTIVAL: [&str; 3] = ["kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts"];

/// espeak-ng's English accents with their weight: American most, because the phone set and the tests are.
const ACCENTS: [(&str, usize); 7] = [
    ("en-us", 3),
    ("en-gb-x-rp", 1),
    ("en-gb-scotland", 1),
    ("en-029", 1),
    ("en-gb-x-gbclan", 1),
    ("en-gb-x-gbcwmd", 1),
    ("en-us-nyc", 1),
];

/// espeak-ng's variants that sound like people; whispering, creaking and robots are left out.
const VARIANTS: [&str; 47] = [
    "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5", "klatt", "klatt2", "klatt3",
    "klatt4", "Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Gene2", "Henrique", "Hugo",
    "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Nguyen", "anika", "antonio", "belinda", "benjamin", "david",
    "edward", "linda", "michel", "pablo", "sandro", "steph", "travis",
];

impl Voice {
    fn new(name: impl Into<String>, engine: Engine, group: Group) -> Voice {
        Voice { name: name.into(), engine, group }
    }

    /// Finds a voice by its name: flite's and festival's own, else an English one of espeak-ng (`en-us+f2`).
    ///
    /// # Errors
    /// When no engine has such a voice.
    pub fn from_name(name: &str) -> Result<Voice> {
        if let Some((name, group)) = FLITE.iter().find(|(n, _)| *n == name) {
            return Ok(Voice::new(*name, Engine::Flite, *group));
        }
        if FESTIVAL.contains(&name) {
            return Ok(Voice::new(name, Engine::Festival, Group::Diphone));
        }
        // espeak-ng itself takes an unknown variant without a word and speaks with the plain voice.
        let (accent, variant) = name.split_once('+').map_or((name, None), |(a, v)| (a, Some(v)));
        if ACCENTS.iter().any(|(a, _)| *a == accent) && variant.is_none_or(|v| VARIANTS.contains(&v)) {
            return Ok(Voice::new(name, Engine::Espeak, Group::Formant));
        }
        let accents = ACCENTS.map(|(a, _)| a).join(", ");
        let expected = format!("slt, awb, kal16, rms, {}, or one of {accents} with +m1, +f2, ...", FESTIVAL.join(", "));
        Err(Error::unexpected("voice", expected, format!("{name:?}")))
    }

    /// The voices that may be trained on; an accent of weight 3 comes three times.
    pub fn trained() -> Vec<Voice> {
        let flite = FLITE.into_iter().filter(|(_, group)| *group != Group::HeldOut);
        let mut voices: Vec<Voice> = flite.map(|(name, group)| Voice::new(name, Engine::Flite, group)).collect();
        voices.extend(FESTIVAL.map(|name| Voice::new(name, Engine::Festival, Group::Diphone)));
        for (accent, weight) in ACCENTS {
            let variants = VARIANTS.iter().map(|v| Voice::new(format!("{accent}+{v}"), Engine::Espeak, Group::Formant));
            voices.extend(std::iter::repeat_n(variants, weight).flatten());
        }
        voices
    }

    /// Held-out voices are evaluated on and nothing else.
    pub fn forced_split(&self) -> Option<Split> {
        (self.group == Group::HeldOut).then_some(Split::Eval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_held_out_voice_is_never_trained_on() {
        assert!(Voice::trained().iter().all(|v| v.name != "rms" && v.forced_split().is_none()));
        assert_eq!(Voice::from_name("rms").unwrap().forced_split(), Some(Split::Eval));
    }

    #[test]
    fn shares_make_a_whole() {
        let sum: f64 = Group::TRAINED.iter().map(|g| g.share()).sum();
        assert!((sum - 1.0).abs() < 1e-9);
        assert!(Group::TRAINED.iter().all(|g| Voice::trained().iter().any(|v| v.group == *g)));
    }

    #[test]
    fn every_trained_voice_is_found_by_its_name() {
        for voice in Voice::trained() {
            assert_eq!(Voice::from_name(&voice.name).unwrap(), voice);
        }
    }

    #[test]
    fn an_unknown_voice_is_told_what_there_is() {
        for name in ["bob", "en-us+bob", ""] {
            assert!(Voice::from_name(name).unwrap_err().to_string().starts_with("voice: expected slt, awb"), "{name}");
        }
    }
}
