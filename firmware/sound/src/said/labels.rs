//! Names of phones in label files and engines in, ARPAbet phones out.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use keyface_core::Phone;

use super::error::{Error, Result};

/// The mapping that comes with the program; [`Labels::with_file`] adds a corpus' own.
const TABLE: &str = include_str!("phones.tsv");
/// Sets in the order in which they are tried where several know equally many of a corpus' labels.
const SETS: [&str; 3] = ["arpabet", "ipa", "x-sampa"];
const ARPABET: usize = 0;
const X_SAMPA: usize = 2;
/// Where Kaldi's recipes say that a phone stands in its word: at its begin, inside, at its end, alone.
const KALDI: [&str; 4] = ["_B", "_I", "_E", "_S"];
/// Marks of X-SAMPA that change no mouth: length, syllables, stress, tongue and breath.
const X_SAMPA_MARKS: [&str; 12] = ["_h", "_w", "_j", "_d", "_0", ":", "=", "~", "'", "\"", "%", "`"];

static SHIPPED: LazyLock<Labels> = LazyLock::new(|| Labels::parse(TABLE, "phones.tsv").unwrap_or_default());

/// What a label stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// These phones, one behind the other; silence is one too.
    Phones(Vec<Phone>),
    /// Somebody makes a sound, and nobody knows which phones: never silence, and nothing to learn from.
    Unknown,
}

/// What every label stands for, in each set of phones.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    own: HashMap<String, Said>,
    all: HashMap<String, Said>,
    sets: [HashMap<String, Said>; SETS.len()],
}

/// The sets in the order in which a corpus' labels are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order([usize; SETS.len()]);

impl Labels {
    /// Those that come with the program.
    pub fn shipped() -> Labels {
        SHIPPED.clone()
    }

    /// The same with a corpus' own, which go before: lines of a label, a tab, and phones of ARPAbet, `SIL` or `?`.
    ///
    /// # Errors
    /// When the file cannot be read or a line names no phone; the error tells the line.
    pub fn with_file(path: &Path) -> Result<Labels> {
        let text = fs::read_to_string(path).map_err(Error::io(path))?;
        let mut labels = Labels::shipped();
        for (place, line) in lines(&text, &path.display().to_string()) {
            let (label, phones) = line
                .split_once('\t')
                .ok_or_else(|| Error::unexpected(&place, "a label, a tab and its phones", line))?;
            labels.own.insert(label.trim().into(), said(phones, &place)?);
        }
        Ok(labels)
    }

    fn parse(text: &str, name: &str) -> Result<Labels> {
        let mut labels = Labels::default();
        for (place, line) in lines(text, name) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [set, label, phones] = cells.as_slice() else {
                return Err(Error::unexpected(place, "set, label and phones between tabs", line));
            };
            let map = match SETS.iter().position(|known| known == set) {
                Some(at) => &mut labels.sets[at],
                None => &mut labels.all,
            };
            map.insert((*label).into(), said(phones, &place)?);
        }
        Ok(labels)
    }

    /// The sets in the order of how many of these labels they know.
    pub fn order<'a>(&self, labels: impl Iterator<Item = &'a str>) -> Order {
        let mut known = [0usize; SETS.len()];
        for label in labels.map(bare).filter(|label| self.common(label).is_none()) {
            (0..SETS.len()).filter(|set| self.in_set(*set, label).is_some()).for_each(|set| known[set] += 1);
        }
        let mut order: Vec<usize> = (0..SETS.len()).collect();
        order.sort_by_key(|set| std::cmp::Reverse(known[*set]));
        Order([order[0], order[1], order[2]])
    }

    /// What a label stands for; `None` when no set knows it.
    pub fn said(&self, label: &str, order: Order) -> Option<Said> {
        let label = bare(label);
        self.common(label).or_else(|| order.0.into_iter().find_map(|set| self.in_set(set, label)))
    }

    /// What a label stands for in whatever language.
    fn common(&self, label: &str) -> Option<Said> {
        let lower = label.to_ascii_lowercase();
        if let Some(said) = self.own.get(label).or_else(|| self.all.get(&lower)) {
            return Some(said.clone());
        }
        // What stands in brackets is described, not spelt: <unk>, [laughter], <usb>.
        let is_note =
            [('<', '>'), ('[', ']'), ('(', ')')].iter().any(|(a, b)| label.starts_with(*a) && label.ends_with(*b));
        is_note.then_some(Said::Unknown)
    }

    fn in_set(&self, set: usize, label: &str) -> Option<Said> {
        if set == ARPABET {
            let name = label.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
            let phone = Phone::from_name(label).map(|phone| Said::Phones(vec![phone]));
            return phone.or_else(|| self.sets[set].get(&name).cloned());
        }
        let plain = if set == X_SAMPA { plain_x_sampa(label) } else { plain_ipa(label) };
        let whole = [label, &plain].into_iter().find_map(|label| self.sets[set].get(label));
        whole.cloned().or_else(|| self.piecewise(set, &plain))
    }

    /// A label of several phones, by the longest that are known.
    fn piecewise(&self, set: usize, label: &str) -> Option<Said> {
        let (mut rest, mut phones) = (label, Vec::new());
        while !rest.is_empty() {
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).collect::<Vec<_>>();
            let longest = ends.into_iter().rev().find_map(|end| Some((end, self.sets[set].get(&rest[..end])?)));
            let (end, Said::Phones(found)) = longest? else { return None };
            phones.extend(found);
            rest = &rest[end..];
        }
        (!phones.is_empty()).then_some(Said::Phones(phones))
    }
}

/// The phones that a label of an English engine names, in any case and with or without a stress digit.
pub fn phones_of_label(label: &str) -> Option<Vec<Phone>> {
    let label = bare(label);
    match SHIPPED.common(label).or_else(|| SHIPPED.in_set(ARPABET, label)) {
        Some(Said::Phones(phones)) => Some(phones),
        _ => None,
    }
}

/// TIMIT writes a stop as two labels: `bcl` while it is closed, `b` when it opens.
pub fn is_closure(label: &str) -> bool {
    let label = bare(label);
    label.len() == 3 && label.to_ascii_lowercase().ends_with("cl")
}

fn lines<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = (String, &'a str)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with("# "));
    lines.map(move |(i, line)| (format!("{name}, line {}", i + 1), line))
}

fn said(phones: &str, place: &str) -> Result<Said> {
    if phones.trim() == "?" {
        return Ok(Said::Unknown);
    }
    let phone = |name: &str| {
        Phone::from_name(name)
            .ok_or_else(|| Error::unexpected(place, "phones of ARPAbet, SIL or ?", format!("{name:?}")))
    };
    let phones: Vec<Phone> = phones.split_whitespace().map(phone).collect::<Result<_>>()?;
    if phones.is_empty() {
        return Err(Error::unexpected(place, "phones of ARPAbet, SIL or ?", "none"));
    }
    Ok(Said::Phones(phones))
}

/// Without what Kaldi appends.
fn bare(label: &str) -> &str {
    let label = label.trim();
    KALDI.iter().find_map(|suffix| label.strip_suffix(suffix)).unwrap_or(label)
}

/// Without length, stress, tone and everything that is written above, below or behind a letter.
fn plain_ipa(label: &str) -> String {
    let is_mark = |c: &char| {
        matches!(*c, '\u{300}'..='\u{36f}' | '\u{2b0}'..='\u{2ff}' | '\u{1d2c}'..='\u{1d6a}' | '\u{1dc0}'..='\u{1dff}')
            || matches!(*c, ':' | '.' | '|' | '‖' | '‿' | 'ⁿ' | 'ˡ' | '0'..='9')
    };
    label.chars().filter(|c| !is_mark(c)).collect()
}

fn plain_x_sampa(label: &str) -> String {
    X_SAMPA_MARKS.iter().fold(label.to_owned(), |label, mark| label.replace(mark, ""))
}

#[cfg(test)]
mod tests {
    use keyface_core::Phone::*;

    use super::*;

    /// What each of these labels of one corpus stands for.
    fn heard(labels: &[&str]) -> Vec<Option<Said>> {
        let all = Labels::shipped();
        let order = all.order(labels.iter().copied());
        labels.iter().map(|label| all.said(label, order)).collect()
    }

    fn phones(labels: &str) -> Vec<Phone> {
        let labels: Vec<&str> = labels.split_whitespace().collect();
        let each = heard(&labels).into_iter().zip(&labels).map(|(said, label)| match said {
            Some(Said::Phones(phones)) => phones,
            other => panic!("{label}: {other:?}"),
        });
        each.flatten().collect()
    }

    #[test]
    fn the_shipped_table_is_whole() {
        let table = Labels::parse(TABLE, "phones.tsv").unwrap();
        assert!(table.sets.iter().all(|set| set.len() > 15) && table.all.len() > 20);
    }

    #[test]
    fn stress_digits_do_not_matter() {
        assert_eq!(phones_of_label("AH0"), Some(vec![AH]));
        assert_eq!(phones_of_label("axr1"), Some(vec![ER]));
    }

    #[test]
    fn every_name_of_silence_is_silence() {
        for name in ["", "sp", "SIL", "pau", "h#", "<p:>", "<eps>", "nsn"] {
            assert_eq!(phones_of_label(name), Some(vec![SIL]), "{name:?}");
        }
    }

    #[test]
    fn unknown_speech_is_never_silence() {
        for label in ["spn", "<unk>", "SPN", "spn_S", "[laughter]", "laughter", "<usb>", "oov", "(cough)"] {
            assert_eq!(heard(&[label, "AA1"])[0], Some(Said::Unknown), "{label}");
        }
    }

    #[test]
    fn every_phone_of_flite_and_festival_has_a_name_here() {
        let radio = "aa ae ah ao aw ax axr ay b ch d dh dx eh el em en er ey f g hh hv ih iy jh k l m n nx ng ow oy p r \
                     s sh t th uh uw v w y z zh pau h# brth";
        for name in radio.split_whitespace() {
            assert!(phones_of_label(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_name_of_no_phone_is_none() {
        assert_eq!(phones_of_label("qq"), None);
        assert_eq!(phones_of_label("ɑː"), None);
        assert_eq!(heard(&["AA1", "qqq!"])[1], None);
    }

    #[test]
    fn the_sixty_one_labels_of_timit_are_read() {
        let timit = "iy ih eh ey ae aa aw ay ah ao oy ow uh uw ux er ax ix axr ax-h jh ch b d g p t k dx s sh z zh f th v \
                     dh m n ng em nx en eng l r w y hh hv el bcl dcl gcl pcl tcl kcl q pau epi h#";
        assert_eq!(timit.split_whitespace().count(), 61);
        assert_eq!(phones(timit).len(), 61 + 4);
        assert!(is_closure("bcl") && is_closure("TCL") && !is_closure("l") && !is_closure("cl"));
    }

    #[test]
    fn kaldis_places_in_a_word_do_not_matter() {
        assert_eq!(phones("B_B AA1_I T_E AY1_S SIL_S"), [B, AA, T, AY, SIL]);
    }

    #[test]
    fn english_mfa_is_read() {
        let mfa = "a aj aw b bʲ c cʰ cʷ d dʒ dʲ d̪ e ej f fʲ h i iː j k kp kʰ kʷ l m mʲ m̩ n n̩ o ow oː p pʰ pʲ pʷ s t tʃ tʰ \
                   tʲ tʷ t̪ u uː v vʲ w z æ ç ð ŋ ɐ ɑ ɑː ɒ ɒː ɔ ɔj ə əw ɚ ɛ ɛː ɜ ɜː ɝ ɟ ɟʷ ɡ ɡb ɡʷ ɪ ɫ ɫ̩ ɱ ɲ ɹ ɾ ɾʲ ɾ̃ ʃ ʈ ʈʲ \
                   ʈʷ ɖ ɖʲ ʉ ʉː ʊ ʋ ʎ ʒ ʔ θ";
        assert_eq!(phones(mfa).len(), mfa.split_whitespace().count() + 2);
        assert_eq!(phones("b ɑ pʰ ej ɡ ɹ aj ð ɝ m̩ tʃ"), [B, AA, P, EY, G, R, AY, DH, ER, M, CH]);
    }

    #[test]
    fn german_is_read_in_ipa_and_in_sampa() {
        assert_eq!(phones("ʃ p ʁ aː x ə ts aɪ̯ ŋ ç ɔʏ̯ pf ɐ"), [SH, P, R, AA, K, AH, T, S, AY, NG, HH, OY, P, F, AH]);
        assert_eq!(
            phones("S p R a: x @ ts aI N C OY pf 6 i:6 h aU s"),
            [SH, P, R, AA, K, AH, T, S, AY, NG, HH, OY, P, F, AH, IY, AH, HH, AW, S]
        );
    }

    #[test]
    fn one_letter_means_what_its_own_set_says() {
        assert_eq!(phones("S T AA1 D"), [S, T, AA, D]);
        assert_eq!(phones("S T @ D { t @"), [SH, TH, AH, DH, AE, T, AH]);
    }

    #[test]
    fn a_few_labels_of_another_set_are_read_too() {
        assert_eq!(phones("SIL B AA EY ɐ ʁ aɪ̯"), [SIL, B, AA, EY, AH, R, AY]);
    }

    #[test]
    fn a_corpus_own_mapping_goes_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.tsv");
        fs::write(&path, "# label, phones\nqq\tK W\nB\t?\nuhm\tSIL\n").unwrap();
        let labels = Labels::with_file(&path).unwrap();
        let order = labels.order(["AA1"].into_iter());
        assert_eq!(labels.said("qq", order), Some(Said::Phones(vec![K, W])));
        assert_eq!(
            (labels.said("B", order), labels.said("uhm", order)),
            (Some(Said::Unknown), Some(Said::Phones(vec![SIL])))
        );
        fs::write(&path, "a\tAA\nqq\tXY\n").unwrap();
        let error = Labels::with_file(&path).unwrap_err().to_string();
        assert!(error.ends_with("mine.tsv, line 2: expected phones of ARPAbet, SIL or ?, came \"XY\""), "{error}");
    }
}
