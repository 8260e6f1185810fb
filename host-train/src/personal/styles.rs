//! A way without training: of the faces that are known already, the one whose motion is distributed most like that of a
//! clip.
//!
//! Known are people who were captured before, and variants of the shipped face. Only how far each channel goes and where
//! it rests is compared, so that camera and sound need not even be in step.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use keyface_core::MotionChannel;
use serde::{Deserialize, Serialize};

use super::adapted::{Adapted, GAINS};
use super::session::Session;

/// How far jaw, lips and rounding of the variants go, times the shipped face.
const JAWS: [f64; 5] = [0.7, 0.85, 1.0, 1.2, 1.4];
const LIPS: [f64; 5] = [0.7, 0.85, 1.0, 1.2, 1.4];
const ROUNDINGS: [f64; 5] = [0.7, 0.85, 1.0, 1.15, 1.3];
/// How much they smile at rest.
const SMILES: [f64; 3] = [0.0, 0.05, 0.1];
/// A face does not rest farther from the shipped one than this.
const MOST_REST: f64 = 1.0;

/// How a face moves, against the shipped one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceStyle {
    /// Whose it is.
    pub name: String,
    /// Times the shipped motion, by channel; 1 where none is told.
    #[serde(default)]
    gains: BTreeMap<String, f64>,
    /// Added to it; 0 where none is told.
    #[serde(default)]
    rests: BTreeMap<String, f64>,
}

impl FaceStyle {
    /// What was found in captures, as a style for later.
    pub fn of(name: &str, laws: &[Adapted]) -> FaceStyle {
        let thousandths = |x: f64| (1e3 * x).round() / 1e3;
        let all = |of: fn(&Adapted) -> f64| {
            laws.iter().map(|law| (law.channel.name().to_owned(), thousandths(of(law)))).collect()
        };
        FaceStyle { name: name.to_owned(), gains: all(|law| law.gain), rests: all(|law| law.rest) }
    }

    /// Variants of the shipped face: jaw, lips and rounding go less or more far, and it smiles or does not.
    pub fn variants() -> Vec<FaceStyle> {
        use MotionChannel as M;
        let mut all = Vec::new();
        for (jaw, lips) in JAWS.into_iter().flat_map(|jaw| LIPS.map(|lips| (jaw, lips))) {
            for (rounding, smile) in ROUNDINGS.into_iter().flat_map(|round| SMILES.map(|smile| (round, smile))) {
                let jaws = [(M::JawOpen, jaw), (M::MouthClose, jaw)];
                let rounds = [(M::MouthFunnel, rounding), (M::MouthPucker, rounding)];
                let parts = [M::MouthLowerDown, M::MouthUpperUp, M::MouthStretch, M::MouthSmile].map(|c| (c, lips));
                let gains = jaws.into_iter().chain(rounds).chain(parts);
                all.push(FaceStyle {
                    name: format!("jaw {jaw}, lips {lips}, rounding {rounding}, smile {smile}"),
                    gains: gains.map(|(channel, gain)| (channel.name().to_owned(), gain)).collect(),
                    rests: [(M::MouthSmile.name().to_owned(), smile)].into(),
                });
            }
        }
        all
    }

    /// Every `.toml` of a folder, as [`FaceStyle::write`] wrote them.
    ///
    /// # Errors
    /// A folder without any, or a file that is none.
    pub fn read_all(folder: &Path) -> Result<Vec<FaceStyle>> {
        let about = || folder.display().to_string();
        let entries = fs::read_dir(folder).with_context(about)?.collect::<std::io::Result<Vec<_>>>()?;
        let mut paths: Vec<_> = entries.iter().map(fs::DirEntry::path).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        paths.sort();
        ensure!(
            !paths.is_empty(),
            "{}: expected styles (NAME.toml, of `personalize --keep-style`), came none",
            about()
        );
        paths.iter().map(|path| Self::read(path).with_context(|| path.display().to_string())).collect()
    }

    fn read(path: &Path) -> Result<FaceStyle> {
        let style: FaceStyle = toml::from_str(&fs::read_to_string(path)?)?;
        for (name, value) in style.gains.iter().chain(&style.rests) {
            let is_known = MotionChannel::ALL.into_iter().any(|channel| channel.name() == name);
            ensure!(is_known && value.is_finite(), "expected numbers of channels, came {name} = {value}");
        }
        let are_gains = style.gains.values().all(|gain| GAINS.contains(gain));
        ensure!(are_gains, "expected gains of {} to {}", GAINS.start(), GAINS.end());
        ensure!(style.rests.values().all(|rest| rest.abs() <= MOST_REST), "expected rests of -1 to 1");
        Ok(style)
    }

    /// Writes it for others' `--styles`.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, toml::to_string(self)?).with_context(|| path.display().to_string())
    }

    /// Its gain and rest of every channel.
    pub fn laws(&self) -> Vec<Adapted> {
        let law = |channel: MotionChannel| Adapted {
            channel,
            gain: self.gains.get(channel.name()).copied().unwrap_or(1.0),
            rest: self.rests.get(channel.name()).copied().unwrap_or(0.0),
            r: 1.0,
        };
        MotionChannel::ALL.map(law).to_vec()
    }
}

/// Middle and spread of a channel, as it was captured and as the networks say it.
struct Spread {
    channel: MotionChannel,
    said: (f64, f64),
    seen: (f64, f64),
}

/// The style of a bank that makes what the networks say most like what was seen of one take; `None` for an empty bank or a
/// take without speech.
///
/// How unlike two distributions are is Frechet's distance (Dowson and Landau 1982) of normal ones, summed over the
/// captured channels.
pub fn nearest<'a>(bank: &'a [FaceStyle], take: &Session) -> Option<&'a FaceStyle> {
    let spreads: Vec<Spread> = take.channels.iter().filter_map(|channel| spread(take, *channel)).collect();
    let unlike = |style: &FaceStyle| -> f64 {
        let laws = style.laws();
        spreads.iter().map(|spread| distance(spread, &laws[spread.channel as usize])).sum()
    };
    let bank = if spreads.is_empty() { &[] } else { bank };
    bank.iter().min_by(|a, b| unlike(a).total_cmp(&unlike(b)))
}

fn distance(spread: &Spread, law: &Adapted) -> f64 {
    let (middle, width) = (law.rest + law.gain * spread.said.0, law.gain * spread.said.1);
    (middle - spread.seen.0).powi(2) + (width - spread.seen.1).powi(2)
}

fn spread(take: &Session, channel: MotionChannel) -> Option<Spread> {
    let pairs: Vec<(f64, f64)> =
        take.learnt().map(|(n, seen)| (f64::from(take.said[n][channel as usize]), f64::from(seen[channel]))).collect();
    let measure = |of: fn(&(f64, f64)) -> f64| {
        let middle = pairs.iter().map(of).sum::<f64>() / pairs.len() as f64;
        let square = pairs.iter().map(|pair| (of(pair) - middle).powi(2)).sum::<f64>() / pairs.len() as f64;
        (middle, square.sqrt())
    };
    (!pairs.is_empty()).then(|| Spread { channel, said: measure(|pair| pair.0), seen: measure(|pair| pair.1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert!(FaceStyle::read_all(folder.path()).unwrap_err().to_string().contains("came none"));
        let law = Adapted { channel: MotionChannel::JawOpen, gain: 1.25, rest: -0.03, r: 0.9 };
        let style = FaceStyle::of("anna", &[law]);
        style.write(&folder.path().join("anna.toml")).unwrap();
        assert_eq!(FaceStyle::read_all(folder.path()).unwrap(), std::slice::from_ref(&style));
        let jaw = style.laws()[MotionChannel::JawOpen as usize];
        assert_eq!((jaw.gain, jaw.rest, style.laws()[MotionChannel::MouthSmile as usize].gain), (1.25, -0.03, 1.0));
        fs::write(folder.path().join("b.toml"), "name = \"b\"\n[gains]\nNose = 1.0").unwrap();
        let error = format!("{:#}", FaceStyle::read_all(folder.path()).unwrap_err());
        assert!(error.contains("b.toml") && error.contains("Nose"), "{error}");
    }

    #[test]
    fn variants_differ_and_one_of_them_is_the_shipped_face() {
        let variants = FaceStyle::variants();
        let is_shipped = |style: &FaceStyle| style.laws().iter().all(|law| law.gain == 1.0 && law.rest == 0.0);
        assert_eq!(variants.iter().filter(|style| is_shipped(style)).count(), 1);
        let names: std::collections::BTreeSet<&String> = variants.iter().map(|style| &style.name).collect();
        assert_eq!(names.len(), 375);
    }
}
