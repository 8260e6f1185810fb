//! What made a prepared clip, in a word: clips of another recipe are made anew, and training refuses them.

use super::{Prepared, Renderer};
use crate::clip::{Clip, Segment, Split};
use crate::corpus::stable_hash;
use crate::truth::{Law, Style};
use keyface_core::Phone;
use keyface_sound::said::Interval;

/// The recipe of clips made here and now.
pub fn recipe(styles: bool, copies: usize) -> String {
    let style = if styles { "styles" } else { "neutral" };
    format!("{}, {style}, {copies} copies", fingerprint())
}

/// The same under constants of the rules that a face has, and with copies behind codecs.
pub(super) fn recipe_of(styles: bool, copies: usize, law: &Law, codecs: bool) -> String {
    let law =
        if *law == Law::RULES { String::new() } else { format!(", truth {:016x}", stable_hash(&format!("{law:?}"))) };
    recipe(styles, copies) + if codecs { ", codecs" } else { "" } + &law
}

/// Whether a clip of this recipe is what would be made here and now, whatever its style, copies and constants.
pub fn is_current(recipe: &str) -> bool {
    recipe.split_once(',').is_some_and(|(made_by, _)| made_by == fingerprint())
}

/// Changes whenever anything does that goes into a prepared clip: truth, effort, pitch, contacts, keys, front end,
/// rendering. It is a clip that holds all phones, prepared.
fn fingerprint() -> String {
    static FINGERPRINT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let clip = everything();
    let make = || {
        let prepared = Prepared::of(&clip, "", &Style::NEUTRAL).with_copies(&clip, &Renderer::default(), 4);
        of(&prepared.expect("only a codec can fail, and there is none"))
    };
    FINGERPRINT.get_or_init(make).clone()
}

fn of(clip: &Prepared) -> String {
    // A thousandth of each value and no more, since the last bits may differ between machines.
    let rounded = |values: &mut dyn Iterator<Item = f32>| values.map(|v| (v * 1e3).round() as i64).collect::<Vec<_>>();
    let sounds = std::iter::once(&clip.mel_power).chain(&clip.copies);
    let heard = rounded(&mut sounds.flatten().flatten().map(|p| (p + 1e-3).log10()));
    let motion = rounded(&mut clip.motion.iter().flat_map(|row| row.0));
    let keys = rounded(&mut clip.keys_s.iter().map(|s| *s as f32));
    let said = format!("{:?}{:?}{:?}", clip.phones, clip.touches, clip.words);
    format!("{:016x}", stable_hash(&format!("{heard:?}{motion:?}{keys:?}{said}")))
}

/// Every phone between vowels, sung at a rising pitch and level.
fn everything() -> Clip {
    const PHONE_S: f64 = 0.090;
    let said = Phone::ALL.into_iter().flat_map(|phone| [phone, Phone::AA]).enumerate();
    let segment = |(i, phone): (usize, Phone)| {
        let start_s = i as f64 * PHONE_S;
        Segment { start_s, end_s: start_s + PHONE_S, phone }
    };
    let phones: Vec<Segment> = said.map(segment).collect();
    let samples = (phones.len() as f64 * PHONE_S * 16_000.0) as usize;
    let mut phase = 0.0f32;
    let sample = |n: usize| {
        let along = n as f32 / samples as f32;
        phase += (100.0 + 150.0 * along) / 16_000.0;
        (0.05 + 0.3 * along) * (2.0 * phase.fract() - 1.0)
    };
    let samples = (0..samples).map(sample).collect();
    let words = vec![Interval { start_s: 0.1, end_s: 0.3, text: "all".into() }];
    Clip { id: "everything".into(), speaker: String::new(), split: Split::Train, samples, phones, words }
}

#[cfg(test)]
mod tests {
    use super::super::tests::clip;
    use super::*;
    use keyface_core::MotionChannel;

    fn changed(change: impl Fn(&mut Prepared)) -> bool {
        let mut prepared = Prepared::of(&clip(), "", &Style::NEUTRAL);
        let before = of(&prepared);
        change(&mut prepared);
        before != of(&prepared)
    }

    #[test]
    fn whatever_is_prepared_otherwise_changes_the_fingerprint() {
        assert!(!changed(|_| ()));
        assert!(changed(|clip| clip.mel_power[50][3] *= 1.1), "the front end");
        assert!(changed(|clip| clip.motion[50][MotionChannel::JawOpen] += 0.01), "the truth and its effort");
        assert!(changed(|clip| clip.touches[50].lips ^= true), "the contacts");
        assert!(changed(|clip| clip.keys_s[0] += 0.01), "the keys");
        assert!(changed(|clip| clip.words.clear()), "the words");
        assert!(changed(|clip| clip.copies.push(clip.mel_power.clone())), "the rendering");
    }

    #[test]
    fn a_recipe_is_current_in_any_style_and_no_other_is() {
        assert!(is_current(&recipe(true, 2)) && is_current(&recipe(false, 0)));
        let late = Law { late_s: 0.02, ..Law::RULES };
        let others = [recipe_of(false, 2, &late, false), recipe_of(false, 2, &Law::RULES, true)];
        assert!(others.iter().all(|other| is_current(other) && *other != recipe(false, 2)));
        assert_eq!(recipe_of(true, 2, &Law::RULES, false), recipe(true, 2));
        assert!(!is_current("truth 0123456789abcdef, neutral") && !is_current(""));
    }
}
