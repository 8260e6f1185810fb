//! Texts, voices and a seed in, the list of clips to be spoken out: the same list on every machine.

use std::collections::BTreeMap;

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::speech::Prosody;
use super::splits::stable_hash;
use super::texts::Text;
use super::voice::{Group, Voice};
use crate::clip::Split;

/// Of 1000 sentences, this many are never trained on, whoever speaks them.
const VALID_PER_MILLE: u64 = 50;
/// Prompts that are kept for tests in every corpus.
const EVAL_PREFIX: &str = "arctic_b";
/// Silence before and after a sentence.
const PAUSES_S: f64 = 0.4;

/// A clip to be spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Voice, text and manner: the clip's id.
    pub id: String,
    /// What is said.
    pub text: String,
    /// Who says it.
    pub voice: Voice,
    /// How.
    pub prosody: Prosody,
    /// Where the clip belongs.
    pub split: Split,
    /// How long it will be, roughly.
    pub seconds: f64,
}

/// Draws clips until their estimated length is `hours`, shared among the voices' groups; without `hours`, every text is
/// spoken once. A longer plan of the same seed starts with the shorter one's clips, group by group.
pub fn plan(texts: &[Text], voices: &[Voice], hours: Option<f64>, seed: u64) -> Vec<Job> {
    let mut groups: BTreeMap<Group, Vec<&Voice>> = BTreeMap::new();
    voices.iter().for_each(|v| groups.entry(v.group).or_default().push(v));
    if texts.is_empty() || groups.is_empty() {
        return Vec::new();
    }
    match hours {
        Some(hours) => plan_hours(texts, &groups, hours, seed),
        None => plan_once(texts, &groups, seed),
    }
}

fn plan_hours(texts: &[Text], groups: &BTreeMap<Group, Vec<&Voice>>, hours: f64, seed: u64) -> Vec<Job> {
    let shares: f64 = groups.keys().map(|g| g.share()).sum();
    let mut jobs: Vec<(f64, Job)> = Vec::new();
    for (group, voices) in groups {
        let wanted_s = hours * 3600.0 * group.share() / shares;
        let mut draw = Draw::new(texts, voices, seed, *group);
        let mut sum_s = 0.0;
        while sum_s < wanted_s {
            let job = draw.job();
            sum_s += job.seconds;
            jobs.push((sum_s / wanted_s, job));
        }
    }
    // All groups advance together, so that an interrupted corpus has the mix of a whole one.
    jobs.sort_by(|a, b| a.0.total_cmp(&b.0));
    jobs.into_iter().map(|(_, job)| job).collect()
}

fn plan_once(texts: &[Text], groups: &BTreeMap<Group, Vec<&Voice>>, seed: u64) -> Vec<Job> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let groups: Vec<(&Group, &Vec<&Voice>)> = groups.iter().collect();
    let speak = |text: &Text| {
        let (group, voices) = groups.choose_weighted(&mut rng, |(g, _)| g.share()).ok()?;
        Some(job(text, voices.choose(&mut rng)?, draw_prosody(&mut rng, **group)))
    };
    texts.iter().filter_map(speak).collect()
}

/// Endless draws for one group: every text once, then again in another order; every voice once, then again.
struct Draw<'a> {
    rng: ChaCha8Rng,
    group: Group,
    texts: Deck<'a, Text>,
    voices: Deck<'a, &'a Voice>,
}

impl<'a> Draw<'a> {
    fn new(texts: &'a [Text], voices: &'a [&'a Voice], seed: u64, group: Group) -> Draw<'a> {
        let rng = ChaCha8Rng::seed_from_u64(seed ^ stable_hash(&format!("{group:?}")));
        Draw { rng, group, texts: Deck::new(texts), voices: Deck::new(voices) }
    }

    fn job(&mut self) -> Job {
        let text = self.texts.draw(&mut self.rng);
        let voice = self.voices.draw(&mut self.rng);
        job(text, voice, draw_prosody(&mut self.rng, self.group))
    }
}

/// Cards drawn without putting back; shuffled anew when all are drawn.
struct Deck<'a, T> {
    cards: &'a [T],
    order: Vec<usize>,
}

impl<'a, T> Deck<'a, T> {
    fn new(cards: &'a [T]) -> Deck<'a, T> {
        Deck { cards, order: Vec::new() }
    }

    fn draw(&mut self, rng: &mut ChaCha8Rng) -> &'a T {
        if self.order.is_empty() {
            self.order = (0..self.cards.len()).collect();
            self.order.shuffle(rng);
        }
        let next = self.order.pop().unwrap_or_default();
        &self.cards[next]
    }
}

/// Held-out voices speak in their own way.
fn draw_prosody(rng: &mut ChaCha8Rng, group: Group) -> Prosody {
    let drawn = Prosody {
        stretch: rng.random_range(0.82..1.3),
        pitch_semitones: rng.random_range(-4.5..4.5),
        range: rng.random_range(0.5..1.5),
    };
    if group == Group::HeldOut { Prosody::NEUTRAL } else { drawn }
}

fn job(text: &Text, voice: &Voice, prosody: Prosody) -> Job {
    let Prosody { stretch, pitch_semitones, range } = prosody;
    let manner = stable_hash(&format!("{}|{stretch:.4}|{pitch_semitones:.4}|{range:.4}", text.text)) & 0xff_ffff;
    let seconds = text.text.chars().count() as f64 * voice.group.seconds_per_char() * stretch + PAUSES_S;
    Job {
        id: format!("{}-{}-{manner:06x}", voice.name, text.id),
        text: text.text.clone(),
        voice: voice.clone(),
        prosody,
        split: split_of(text, voice),
        seconds,
    }
}

fn split_of(text: &Text, voice: &Voice) -> Split {
    if let Some(forced) = voice.forced_split() {
        return forced;
    }
    match () {
        () if text.id.starts_with(EVAL_PREFIX) => Split::Eval,
        () if stable_hash(&text.text) % 1000 < VALID_PER_MILLE => Split::Valid,
        () => Split::Train,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(prefix: &str, count: usize) -> Vec<Text> {
        let text = |n| Text { id: format!("{prefix}{n:04}"), text: format!("This is the sentence with the number {n}.") };
        (0..count).map(text).collect()
    }

    fn seconds(jobs: &[Job], group: Option<Group>) -> f64 {
        jobs.iter().filter(|j| group.is_none_or(|g| g == j.voice.group)).map(|j| j.seconds).sum()
    }

    #[test]
    fn the_mix_has_its_shares() {
        let jobs = plan(&texts("a", 100), &Voice::trained(), Some(1.0), 1);
        let whole = seconds(&jobs, None);
        assert!((whole - 3600.0).abs() < 30.0, "{whole}");
        for group in Group::TRAINED {
            assert!((seconds(&jobs, Some(group)) / whole - group.share()).abs() < 0.01, "{group:?}");
        }
    }

    #[test]
    fn half_of_a_plan_has_the_mix_too() {
        let jobs = plan(&texts("a", 100), &Voice::trained(), Some(1.0), 1);
        let half = &jobs[..jobs.len() / 2];
        let formant = seconds(half, Some(Group::Formant)) / seconds(half, None);
        assert!((formant - Group::Formant.share()).abs() < 0.02, "{formant}");
    }

    #[test]
    fn the_seed_decides_and_nothing_else() {
        let of = |seed| plan(&texts("a", 100), &Voice::trained(), Some(0.2), seed);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn a_longer_plan_keeps_the_shorter_one() {
        let of = |hours| plan(&texts("a", 100), &Voice::trained(), Some(hours), 1);
        let long: std::collections::BTreeSet<String> = of(0.4).into_iter().map(|j| j.id).collect();
        assert!(of(0.2).iter().all(|j| long.contains(&j.id)));
    }

    #[test]
    fn ids_differ() {
        let jobs = plan(&texts("a", 20), &Voice::trained(), Some(1.0), 1);
        let ids: std::collections::BTreeSet<&str> = jobs.iter().map(|j| j.id.as_str()).collect();
        assert_eq!(ids.len(), jobs.len());
    }

    #[test]
    fn without_hours_every_text_is_spoken_once() {
        let jobs = plan(&texts("a", 50), &[Voice::from_name("rms").unwrap()], None, 1);
        assert_eq!(jobs.len(), 50);
        assert!(jobs.iter().all(|j| j.split == Split::Eval && j.prosody == Prosody::NEUTRAL));
    }

    #[test]
    fn a_sentence_is_on_one_side_whoever_speaks_it() {
        let jobs = plan(&texts("a", 200), &Voice::trained(), Some(2.0), 1);
        let mut side: BTreeMap<&str, Split> = BTreeMap::new();
        assert!(jobs.iter().all(|j| *side.entry(&j.text).or_insert(j.split) == j.split));
        let valid = side.values().filter(|s| **s == Split::Valid).count();
        assert!((2..25).contains(&valid), "{valid}");
    }

    #[test]
    fn the_prompts_of_the_tests_are_never_trained_on() {
        let jobs = plan(&texts("arctic_b", 50), &Voice::trained(), Some(0.1), 1);
        assert!(jobs.iter().all(|j| j.split == Split::Eval));
    }
}
