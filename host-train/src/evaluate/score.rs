//! Mouth shapes against known phones: balanced recall over six classes at the best constant lag, closures, false
//! closures, open mouths in pauses. Any program's visemes can be scored, live or offline.

use std::collections::BTreeMap;

use keyface_core::{AudioTime, Mouth, Phone, Viseme};
use serde::Serialize;

use super::by_speaker::SpeakerRecalls;
use crate::clip::{Clip, Segment};
use crate::judge::{COUNTS, Recalls, by_speaker};

/// Shapes and when they appear; each holds until the next.
pub type Events = Vec<(AudioTime, Viseme)>;

/// Frames of this length are compared.
const STEP_S: f64 = 0.010;
/// Lags that are tried, in frames: a model may hear 500 ms ahead, and its decoder takes up to 50 more.
const LAGS: std::ops::RangeInclusive<i64> = -10..=55;
/// A closure counts within this many frames of its segment.
const NEAR: i64 = 4;

/// What a program's mouth is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MouthScore {
    /// Mean recall over the classes that occur, at the best lag; chance is 0.17.
    pub balanced: f64,
    /// Ends of its 95 % interval at that lag, by bootstrap over speakers; none of fewer than two.
    pub balanced_range: Option<[f64; 2]>,
    /// That lag.
    pub lag_ms: i64,
    /// Recall per class, in the order silence, closed, lip-teeth, round, open, narrow; `None` where it never occurs.
    pub recall: [Option<f64>; 6],
    /// Share of p, b and m in which closed lips are shown (+-40 ms).
    pub closures: f64,
    /// Number of p, b and m.
    pub closures_of: usize,
    /// Closures shown elsewhere than near p, b, m or in silence, per minute.
    pub false_closures_per_min: f64,
    /// Lip-teeth contacts shown elsewhere than near f, v or in silence, per minute.
    pub false_lip_teeth_per_min: f64,
    /// Share of silence in which the mouth is shown open.
    pub open_in_pause: f64,
    /// Share of all time in which another viseme than `sil` is shown.
    pub active: f64,
    /// Changes of the shown class a second.
    pub changes_per_s: f64,
}

/// Collects clips and scores them together.
#[derive(Default)]
pub struct Scorer {
    clips: Vec<Track>,
}

struct Track {
    speaker: String,
    truth: Vec<Option<Mouth>>,
    shown: Vec<Mouth>,
    /// Where contacts are due: of the lips (p b m), of lip and teeth (f v).
    labials: Vec<(i64, i64)>,
    labiodentals: Vec<(i64, i64)>,
}

impl Scorer {
    /// Adds a clip: whose it is, what was said and what was shown.
    pub fn add(&mut self, speaker: &str, phones: &[Segment], events: &Events) {
        let frame = |s: f64| (s / STEP_S).round_ties_even() as i64;
        let total = phones.last().map_or(0, |p| (p.end_s / STEP_S) as usize);
        let mut truth = vec![None; total];
        for segment in phones {
            let span = frame(segment.start_s).max(0) as usize..(frame(segment.end_s) as usize).min(total);
            truth.get_mut(span).into_iter().flatten().for_each(|t| *t = said_class(segment.phone));
        }
        let spans = |mouth: Mouth| {
            let due = phones.iter().filter(|s| s.phone.mouth() == mouth);
            due.map(|s| ((s.start_s / STEP_S) as i64, (s.end_s / STEP_S) as i64)).collect()
        };
        self.clips.push(Track {
            speaker: speaker.to_owned(),
            truth,
            shown: shown_visemes(events, total).into_iter().map(shown_class).collect(),
            labials: spans(Mouth::Closed),
            labiodentals: spans(Mouth::LipTeeth),
        });
    }

    /// The score of all clips together; `None` where nothing was added.
    pub fn score(&self) -> Option<MouthScore> {
        let (balanced, lag) = LAGS
            .filter_map(|lag| Some((Recalls::of_counts(self.counts(lag)).balanced()?, lag)))
            .reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        let speakers: Vec<&str> = self.clips.iter().map(|clip| clip.speaker.as_str()).collect();
        let counts: Vec<_> = self.clips.iter().map(|clip| clip.recalls(lag).counts()).collect();
        let spread = by_speaker(&speakers, &counts, |sum| Recalls::of_counts(sum).balanced().unwrap_or(0.0));
        let frames: usize = self.clips.iter().map(|c| c.truth.len()).sum();
        let minutes = frames as f64 * STEP_S / 60.0;
        let (hit, of, wrong) = self.contacts(lag, Mouth::Closed);
        let (.., wrong_lip_teeth) = self.contacts(lag, Mouth::LipTeeth);
        let changes = self.clips.iter().flat_map(|c| c.shown.windows(2)).filter(|w| w[0] != w[1]).count();
        let active = self.clips.iter().flat_map(|c| &c.shown).filter(|m| **m != Mouth::Silent).count();
        Some(MouthScore {
            balanced,
            balanced_range: spread.range,
            lag_ms: lag * 10,
            recall: Recalls::of_counts(self.counts(lag)).each(),
            closures: hit as f64 / of.max(1) as f64,
            closures_of: of,
            false_closures_per_min: wrong as f64 / minutes,
            false_lip_teeth_per_min: wrong_lip_teeth as f64 / minutes,
            open_in_pause: self.open_in_pause(lag),
            active: active as f64 / frames.max(1) as f64,
            changes_per_s: changes as f64 / (minutes * 60.0),
        })
    }

    /// What was said and what was shown `lag_ms` later, every 10 ms; `None` where any mouth would do.
    pub fn frames(&self, lag_ms: i64) -> impl Iterator<Item = (Option<Mouth>, Mouth)> {
        self.clips.iter().flat_map(move |clip| clip.pairs(lag_ms / 10))
    }

    /// How well each speaker is shown, `lag_ms` later.
    pub fn speakers(&self, lag_ms: i64) -> Vec<SpeakerRecalls> {
        let mut people: BTreeMap<&str, [f64; COUNTS]> = BTreeMap::new();
        for clip in &self.clips {
            let sums = people.entry(&clip.speaker).or_default();
            sums.iter_mut().zip(clip.recalls(lag_ms / 10).counts()).for_each(|(sum, count)| *sum += count);
        }
        people.into_iter().map(|(speaker, counts)| SpeakerRecalls { speaker: speaker.into(), counts }).collect()
    }

    fn counts(&self, lag: i64) -> [f64; COUNTS] {
        let add = |sum: [f64; COUNTS], clip: [f64; COUNTS]| std::array::from_fn(|n| sum[n] + clip[n]);
        self.clips.iter().map(|clip| clip.recalls(lag).counts()).fold([0.0; COUNTS], add)
    }

    /// Contacts hit, contacts in all, and false ones.
    fn contacts(&self, lag: i64, mouth: Mouth) -> (usize, usize, usize) {
        self.clips
            .iter()
            .map(|clip| clip.contacts(lag, mouth))
            .fold((0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2))
    }

    fn open_in_pause(&self, lag: i64) -> f64 {
        let pairs = self.clips.iter().flat_map(|clip| clip.pairs(lag));
        let (open, all) = pairs.filter(|(t, _)| *t == Some(Mouth::Silent)).fold((0, 0), |(open, all), (_, shown)| {
            (open + usize::from(!matches!(shown, Mouth::Silent | Mouth::Closed)), all + 1)
        });
        open as f64 / f64::from(all.max(1))
    }
}

impl Track {
    /// Truth and what is shown `lag` frames later.
    fn pairs(&self, lag: i64) -> impl Iterator<Item = (Option<Mouth>, Mouth)> {
        let shown = move |k: usize| usize::try_from(k as i64 + lag).ok().and_then(|at| self.shown.get(at));
        self.truth.iter().enumerate().filter_map(move |(k, truth)| Some((*truth, *shown(k)?)))
    }

    fn recalls(&self, lag: i64) -> Recalls {
        let mut recalls = Recalls::default();
        let due = self.pairs(lag).filter_map(|(truth, shown)| Some((truth?, shown)));
        due.for_each(|(truth, shown)| recalls.add(truth, fits(shown, truth)));
        recalls
    }

    fn contacts(&self, lag: i64, mouth: Mouth) -> (usize, usize, usize) {
        let due = if mouth == Mouth::Closed { &self.labials } else { &self.labiodentals };
        let total = self.shown.len() as i64;
        let mut near = vec![false; self.shown.len()];
        let mut hit = 0;
        for (start, end) in due {
            let span = (start + lag - NEAR).clamp(0, total) as usize..(end + lag + NEAR + 1).clamp(0, total) as usize;
            hit += usize::from(self.shown[span.clone()].contains(&mouth));
            near[span].fill(true);
        }
        let silent = |k: usize| {
            let at = usize::try_from(k as i64 - lag).ok().and_then(|at| self.truth.get(at));
            at.is_some_and(|t| *t == Some(Mouth::Silent))
        };
        let begins = |k: usize| self.shown[k] == mouth && (k == 0 || self.shown[k - 1] != mouth);
        let wrong = (0..self.shown.len()).filter(|k| begins(*k) && !near[*k] && !silent(*k)).count();
        (hit, due.len(), wrong)
    }
}

/// Class of a phone; `None` for ey and oy, which begin in one class and end in another.
fn said_class(phone: Phone) -> Option<Mouth> {
    match phone {
        Phone::EY | Phone::OY => None,
        other => Some(other.mouth()),
    }
}

/// Class of a viseme; [`Mouth::Loose`] is "r", which passes as rounded and as narrow.
pub fn shown_class(viseme: Viseme) -> Mouth {
    match viseme {
        Viseme::Sil => Mouth::Silent,
        Viseme::PP => Mouth::Closed,
        Viseme::FF => Mouth::LipTeeth,
        Viseme::Oh | Viseme::Ou => Mouth::Round,
        Viseme::Aa | Viseme::E => Mouth::Open,
        Viseme::RR => Mouth::Loose,
        _ => Mouth::Narrow,
    }
}

fn fits(shown: Mouth, truth: Mouth) -> bool {
    shown == truth || (shown == Mouth::Loose && matches!(truth, Mouth::Round | Mouth::Narrow))
}

fn shown_visemes(events: &Events, total: usize) -> Vec<Viseme> {
    let mut coming = events.iter().peekable();
    let mut now = Viseme::Sil;
    (0..total)
        .map(|k| {
            let middle = AudioTime::from_s((k as f64 + 0.5) * STEP_S);
            while let Some((_, viseme)) = coming.next_if(|(at, _)| *at <= middle) {
                now = *viseme;
            }
            now
        })
        .collect()
}

/// What was said and what was shown, over clips; `None` without any.
pub fn mouth_score<'a>(clips: impl Iterator<Item = (&'a Clip, &'a Events)>) -> Option<MouthScore> {
    let mut scorer = Scorer::default();
    clips.for_each(|(clip, events)| scorer.add(&clip.speaker, &clip.phones, events));
    scorer.score()
}

#[cfg(test)]
mod tests {
    use keyface_core::Span;

    use super::*;

    fn said() -> Vec<Segment> {
        let phones = [Phone::SIL, Phone::B, Phone::AA, Phone::S, Phone::F, Phone::UW, Phone::SIL];
        let segment = |(n, phone)| Segment { start_s: n as f64 * 0.2, end_s: (n + 1) as f64 * 0.2, phone };
        phones.into_iter().enumerate().map(segment).collect()
    }

    fn truth_shown(late_ms: i64) -> Events {
        said().iter().map(|s| (AudioTime::from_s(s.start_s) + Span::from_ms(late_ms), s.phone.viseme())).collect()
    }

    fn score(events: &Events) -> MouthScore {
        let mut scorer = Scorer::default();
        scorer.add("", &said(), events);
        scorer.score().unwrap()
    }

    #[test]
    fn the_truth_is_perfect_and_its_lag_is_found() {
        let late = score(&truth_shown(80));
        assert_eq!((late.balanced, late.lag_ms, late.closures), (1.0, 80, 1.0));
        assert_eq!((late.false_closures_per_min, late.open_in_pause), (0.0, 0.0));
    }

    #[test]
    fn a_still_mouth_scores_chance() {
        // Long enough that no class is lost at the largest lag.
        let again = |by_s: f64| {
            said().into_iter().map(move |s| Segment { start_s: s.start_s + by_s, end_s: s.end_s + by_s, ..s })
        };
        let twice: Vec<Segment> = again(0.0).chain(again(1.4)).collect();
        let mut scorer = Scorer::default();
        scorer.add("", &twice, &vec![]);
        let still = scorer.score().unwrap();
        // Chance is 1/6.
        assert!(still.balanced <= 0.2, "{}", still.balanced);
        assert_eq!((still.closures, still.active), (0.0, 0.0));
    }

    #[test]
    fn a_closure_on_a_vowel_is_false() {
        let mut events = truth_shown(0);
        events.insert(3, (AudioTime::from_ms(500), Viseme::PP));
        // One in 1.4 s; the segment of b ends at 400 ms, 40 ms of it count as near.
        assert!((score(&events).false_closures_per_min - 60.0 / 1.4).abs() < 1e-6);
    }
}
