//! A target and a number in; how many inputs it was fed, what failed, how long the slowest took and what it held at most.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Answer, Chance, Node, Target, mutate, to_bytes};
use crate::counting;

/// Nobody waits longer for a small file.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// No small file may need more.
pub const MOST_BYTES: usize = 256 << 20;
/// Larger inputs say nothing new.
const LARGEST: usize = 1 << 18;
/// Larger ones are no seeds: they would make everything slow.
const LARGEST_KEPT: usize = 1 << 14;
/// Inputs with a new answer that become seeds.
const MOST_KEPT: usize = 1_000;

/// How long to go on, and where to leave what was found.
pub struct Settings<'a> {
    /// Inputs at most.
    pub count: usize,
    /// Time at most.
    pub time: Duration,
    /// Row of chance.
    pub seed: u64,
    /// Where failing inputs, those with new answers (`kept`) and the last one are written; nowhere, when left out.
    pub folder: Option<&'a Path>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// Inputs that were tried.
    pub inputs: usize,
    /// Of these the parser took.
    pub taken: usize,
    /// Different answers.
    pub answers: usize,
    /// Inputs at which the parser panicked.
    pub panics: usize,
    /// Inputs that took more than [`PATIENCE`].
    pub hangs: usize,
    /// Inputs for which more than [`MOST_BYTES`] were held.
    pub bloats: usize,
    /// The slowest.
    pub slowest: Duration,
    /// Bytes that were held at most for one input, beyond those before it.
    pub most_bytes: usize,
    /// The first faults, in words.
    pub faults: Vec<String>,
}

impl Report {
    /// Whether the parser stood it.
    pub fn is_clean(&self) -> bool {
        self.panics + self.hangs + self.bloats == 0
    }
}

/// Feeds a parser: the seeds as they are first.
pub fn run(target: &mut Target, settings: &Settings) -> Report {
    let (mut chance, started) = (Chance::new(settings.seed), Instant::now());
    let mut bench = Bench {
        target_name: target.name,
        folder: settings.folder,
        last: settings.folder.and_then(|folder| File::create(folder.join("last")).ok()),
        seen: HashSet::new(),
        report: Report::default(),
    };
    let given = target.seeds.len();
    let seeds: Vec<Vec<u8>> = target.seeds.iter().map(|seed| (target.seal)(seed, &mut chance.clone())).collect();
    seeds.iter().for_each(|seed| _ = bench.feed(target, seed));
    while bench.report.inputs < settings.count && started.elapsed() < settings.time {
        let bytes = make(target, given, &mut chance);
        if bytes.len() > LARGEST {
            continue;
        }
        let is_new = bench.feed(target, &bytes);
        if is_new && bytes.len() < LARGEST_KEPT && target.seeds.len() < MOST_KEPT {
            let tree = (target.split)(&bytes);
            target.seeds.push(tree);
            bench.save("kept", &bytes);
        }
    }
    bench.report.answers = bench.seen.len();
    bench.report
}

/// A mutated seed; now and then cut, or with the end of another one.
fn make(target: &Target, given: usize, chance: &mut Chance) -> Vec<u8> {
    let seeds = if chance.one_in(2) { &target.seeds[..given] } else { &target.seeds };
    let mut tree: Vec<Node> = chance.pick(seeds).clone();
    let other = chance.pick(&target.seeds).clone();
    mutate(&mut tree, &other, chance);
    let mut bytes = (target.seal)(&tree, chance);
    match chance.below(24) {
        0 => bytes.truncate(chance.below(bytes.len())),
        1 => {
            let end = to_bytes(&other);
            bytes.truncate(chance.below(bytes.len()));
            bytes.extend(&end[chance.below(end.len())..]);
        }
        _ => {}
    }
    bytes
}

fn rewrite(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)
}

struct Bench<'a> {
    target_name: &'static str,
    folder: Option<&'a Path>,
    last: Option<File>,
    seen: HashSet<String>,
    report: Report,
}

impl Bench<'_> {
    /// True when the answer is a new one.
    fn feed(&mut self, target: &Target, bytes: &[u8]) -> bool {
        // Whatever ends the program, this is what did it.
        if let Some(file) = &mut self.last {
            _ = rewrite(file, bytes);
        }
        let started = Instant::now();
        let (outcome, held) = counting::held_bytes(|| panic::catch_unwind(AssertUnwindSafe(|| (target.feed)(bytes))));
        self.note(bytes, &outcome, started.elapsed(), held);
        outcome.is_ok_and(|answer| self.seen.insert(class(&answer)))
    }

    fn note(&mut self, bytes: &[u8], outcome: &std::thread::Result<Answer>, took: Duration, held: usize) {
        let report = &mut self.report;
        report.inputs += 1;
        report.taken += usize::from(matches!(outcome, Ok(Ok(_))));
        report.slowest = report.slowest.max(took);
        report.most_bytes = report.most_bytes.max(held);
        let (is_panic, is_hang, is_bloat) = (outcome.is_err(), took > PATIENCE, held > MOST_BYTES);
        report.panics += usize::from(is_panic);
        report.hangs += usize::from(is_hang);
        report.bloats += usize::from(is_bloat);
        if is_panic || is_hang || is_bloat {
            let kind = if is_panic {
                "panic"
            } else if is_hang {
                "hang"
            } else {
                "bloat"
            };
            let file = self.save(kind, bytes).map_or_else(String::new, |path| format!(", {}", path.display()));
            let fault = format!("{}: {kind}, {took:.1?}, {} MB{file}", self.target_name, held >> 20);
            self.report.faults.extend((self.report.faults.len() < 20).then_some(fault));
        }
    }

    fn save(&self, kind: &str, bytes: &[u8]) -> Option<PathBuf> {
        let folder = self.folder?.join(kind);
        let path = folder.join(&keyface_core::sha256_hex(bytes)[..16]);
        fs::create_dir_all(&folder).and_then(|()| fs::write(&path, bytes)).ok().map(|()| path)
    }
}

/// An answer without numbers and without what it quotes: those differ from input to input.
fn class(answer: &Answer) -> String {
    let (mark, text) = match answer {
        Ok(text) => ('+', text),
        Err(text) => ('-', text),
    };
    let mut class = String::from(mark);
    let mut quote = None;
    for letter in text.chars().take(300) {
        match quote {
            Some(end) if letter == end => quote = None,
            Some(_) => {}
            None if "`\"".contains(letter) => quote = Some(letter),
            None if letter.is_alphabetic() || letter == ' ' => class.push(letter),
            None => {}
        }
    }
    class.truncate(class.char_indices().nth(160).map_or(class.len(), |(at, _)| at));
    class
}

#[cfg(test)]
mod tests {
    use super::super::{lines, plain};
    use super::*;

    fn target(feed: impl Fn(&[u8]) -> Answer + 'static) -> Target {
        let seeds = vec![lines(b"width = 7\nheight = 9\n")];
        Target { name: "test", seeds, split: lines, seal: Box::new(plain), feed: Box::new(feed) }
    }

    fn settings() -> Settings<'static> {
        Settings { count: 3_000, time: Duration::from_secs(60), seed: 1, folder: None }
    }

    #[test]
    fn a_parser_that_panics_at_a_number_is_found_out() {
        let mut target = target(|bytes| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            assert!(!text.contains("-9223372036854775808"), "on purpose");
            Ok(text)
        });
        let report = run(&mut target, &settings());
        assert!(report.panics > 0 && !report.is_clean(), "{report:?}");
        assert_eq!(report.inputs, 3_000);
    }

    #[test]
    fn answers_differ_by_their_words_alone() {
        let answer = |text: &str| class(&Err(text.to_owned()));
        assert_eq!(answer("line 7: came `a`"), answer("line 12: came `b c`"));
        assert_ne!(answer("line 7: came `a`"), answer("line 7: went `a`"));
        assert_ne!(class(&Ok("a".into())), class(&Err("a".into())));
    }
}
