//! What is read: the units of a vocabulary. Number 0 is CTC's blank, the last number is the edge of an utterance.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use keyface_core::Phone;
use serde::{Deserialize, Serialize};

use crate::data::Utterance;

/// Which units an expert reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitChoice {
    /// The 39 phones.
    #[default]
    Phones,
    /// Letters, the apostrophe and the space.
    Characters,
    /// Pieces of words, from the vocabulary file of a SentencePiece model: a piece and its score on each line.
    Pieces(PathBuf),
}

/// A vocabulary.
#[derive(Clone, Debug, PartialEq)]
pub struct Units {
    /// Unit `n + 1` and its score, the logarithm of how likely it is.
    pieces: Vec<(String, f64)>,
    /// Whether they spell words.
    spell: bool,
}

/// A run of labels shorter than this is what a crop's edge left of a phone.
const SHORTEST_HOPS: usize = 3;
/// What SentencePiece writes for the space before a word.
const WORD: char = '\u{2581}';
/// What a letter costs that no piece has.
const UNKNOWN: f64 = -100.0;

impl UnitChoice {
    /// The vocabulary.
    ///
    /// # Errors
    /// A vocabulary file that cannot be read.
    pub fn units(&self) -> Result<Units> {
        match self {
            UnitChoice::Phones => {
                // Silence is no sound: it is the blank.
                let spoken = Phone::ALL.iter().filter(|phone| **phone != Phone::SIL);
                Ok(Units { pieces: spoken.map(|phone| (phone.name().to_string(), 0.0)).collect(), spell: false })
            }
            UnitChoice::Characters => {
                let letters = std::iter::once(WORD).chain('A'..='Z').chain(std::iter::once('\''));
                Ok(Units { pieces: letters.map(|letter| (letter.to_string(), 0.0)).collect(), spell: true })
            }
            UnitChoice::Pieces(path) => Units::read(path),
        }
    }
}

impl Units {
    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("no vocabulary at {}", path.display()))?;
        let mut pieces = Vec::new();
        for (n, line) in text.lines().enumerate() {
            let told =
                || format!("{}, line {}: expected a piece, a tab and a number, came {line:?}", path.display(), n + 1);
            let (piece, score) = line.split_once('\t').with_context(told)?;
            let score: f64 = score.trim().parse().with_context(told)?;
            // <unk>, <s> and </s> stand for nothing that is spoken.
            if !(piece.starts_with('<') && piece.ends_with('>')) {
                pieces.push((piece.to_string(), score));
            }
        }
        ensure!(!pieces.is_empty(), "{}: expected a piece on each line, came none", path.display());
        Ok(Units { pieces, spell: true })
    }

    /// How many numbers there are, the blank and the edge among them.
    pub fn count(&self) -> usize {
        self.pieces.len() + 2
    }

    /// The edge of an utterance: what the attention decoder begins with and ends on.
    pub fn edge(&self) -> usize {
        self.pieces.len() + 1
    }

    /// Whether they spell words; else they are phones.
    pub fn spell(&self) -> bool {
        self.spell
    }

    /// What is said in a crop: the letters of its words, or its phones without silence.
    pub fn said(&self, crop: &Utterance) -> Vec<usize> {
        match self.spell {
            true => self.encode(&text(crop)),
            false => spoken(&crop.phones).into_iter().map(Units::of_phone).collect(),
        }
    }

    /// The unit spoken at each hop; a word's letters share its time evenly, and the blank is between words.
    pub fn in_time(&self, crop: &Utterance) -> Vec<usize> {
        if !self.spell {
            return crop.phones.iter().map(|phone| Units::of_phone(*phone)).collect();
        }
        let mut hops = vec![0; crop.len()];
        for word in &crop.words {
            let at = |time_s: f64| ((100.0 * time_s).round() as usize).min(hops.len());
            let (spelled, from, to) = (self.encode(&word.text), at(word.start_s), at(word.end_s));
            for (n, hop) in hops[from..to.max(from)].iter_mut().enumerate() {
                *hop = spelled.get(n * spelled.len() / (to - from)).copied().unwrap_or(0);
            }
        }
        hops
    }

    /// The number of a phone; silence is the blank.
    pub fn of_phone(phone: Phone) -> usize {
        phone as usize
    }

    /// The phone of a number.
    pub fn phone(unit: usize) -> Option<Phone> {
        Phone::ALL.get(unit).copied().filter(|phone| *phone != Phone::SIL)
    }

    /// A text as numbers: the likeliest pieces that spell it (Kudo 2018). Letters that no piece has are left out.
    pub fn encode(&self, text: &str) -> Vec<usize> {
        let words: String = text.to_uppercase().split_whitespace().map(|word| format!("{WORD}{word}")).collect();
        let letters: Vec<char> = words.chars().collect();
        let mut best: Vec<(f64, Option<usize>, usize)> = vec![(f64::NEG_INFINITY, None, 0); letters.len() + 1];
        best[0].0 = 0.0;
        for from in 0..letters.len() {
            let so_far = best[from].0;
            let mut offer = |to: usize, score: f64, piece| {
                if so_far + score > best[to].0 {
                    best[to] = (so_far + score, piece, from);
                }
            };
            offer(from + 1, UNKNOWN, None);
            for (n, (piece, score)) in self.pieces.iter().enumerate() {
                let long = piece.chars().count();
                if piece.chars().eq(letters[from..].iter().copied().take(long)) {
                    offer(from + long, *score, Some(n + 1));
                }
            }
        }
        let (mut units, mut at) = (Vec::new(), letters.len());
        while at > 0 {
            let (_, piece, from) = best[at];
            units.extend(piece);
            at = from;
        }
        units.reverse();
        units
    }

    /// Numbers as text.
    pub fn decode(&self, units: &[usize]) -> String {
        let piece = |unit: &usize| unit.checked_sub(1).and_then(|n| self.pieces.get(n));
        let text: String = units.iter().filter_map(piece).map(|(piece, _)| piece.as_str()).collect();
        text.replace(WORD, " ").trim().to_string()
    }
}

/// What is said in a crop: its phones, silence left out.
pub fn spoken(phones: &[Phone]) -> Vec<Phone> {
    let runs = phones.chunk_by(|a, b| a == b);
    runs.filter(|run| run[0] != Phone::SIL && run.len() >= SHORTEST_HOPS).map(|run| run[0]).collect()
}

/// The words of a crop.
pub fn text(crop: &Utterance) -> String {
    crop.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use keyface_sound::said::Interval;

    use super::*;

    #[test]
    fn phones_keep_their_numbers_and_silence_is_the_blank() {
        let units = UnitChoice::Phones.units().unwrap();
        assert_eq!((units.count(), units.edge()), (41, 40));
        assert_eq!((Units::of_phone(Phone::SIL), Units::phone(0)), (0, None));
        let same = |phone: &Phone| Units::phone(Units::of_phone(*phone)) == Some(*phone);
        assert!(Phone::ALL[1..].iter().all(same));
        assert_eq!(units.decode(&[Units::of_phone(Phone::M)]), "M");
    }

    #[test]
    fn a_text_comes_back_from_its_letters() {
        let units = UnitChoice::Characters.units().unwrap();
        assert_eq!(units.decode(&units.encode("don't  stop")), "DON'T STOP");
        assert_eq!(units.encode("a b"), [1, 2, 1, 3]);
        assert_eq!(units.decode(&units.encode("é7a")), "A");
    }

    #[test]
    fn rests_of_phones_at_the_edges_are_not_said() {
        let mut crop = Utterance::silence(20);
        crop.phones[..2].fill(Phone::T);
        crop.phones[2..8].fill(Phone::AA);
        crop.phones[12..15].fill(Phone::B);
        assert_eq!(spoken(&crop.phones), [Phone::AA, Phone::B]);
    }

    #[test]
    fn a_words_letters_share_its_time() {
        let word = |start_s, end_s, text: &str| Interval { start_s, end_s, text: text.into() };
        let words = vec![word(0.02, 0.05, "at"), word(0.07, 0.2, "b")];
        let crop = Utterance { words, ..Utterance::silence(10) };
        let units = UnitChoice::Characters.units().unwrap();
        // The space before the word, A, T; nothing in between; the space and B, as far as the crop goes.
        assert_eq!(units.in_time(&crop), [0, 0, 1, 2, 21, 0, 0, 1, 1, 3]);
        assert_eq!(units.said(&crop), [1, 2, 21, 1, 3]);
        assert_eq!(UnitChoice::Phones.units().unwrap().in_time(&crop), [0; 10]);
    }

    #[test]
    fn the_likeliest_pieces_spell_a_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.vocab");
        let vocabulary = "<unk>\t0\n<s>\t0\n\u{2581}\t-4\nA\t-3\nB\t-3\n\u{2581}A\t-2\nAB\t-2.5\n\u{2581}AB\t-8\n";
        std::fs::write(&path, vocabulary).unwrap();
        let units = UnitChoice::Pieces(path).units().unwrap();
        // "_A" and "B" cost 5; "_" and "AB" 6.5; "_AB" 8.
        assert_eq!(units.encode("ab"), [4, 3]);
        assert_eq!(units.decode(&units.encode("ab a")), "AB A");
        assert_eq!(units.count(), 8);
    }

    #[test]
    fn a_damaged_vocabulary_is_told_by_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.vocab");
        std::fs::write(&path, "A\t-1\nB\n").unwrap();
        let error = UnitChoice::Pieces(path).units().unwrap_err().to_string();
        assert!(error.contains("line 2: expected a piece"), "{error}");
    }
}
