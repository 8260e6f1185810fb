//! How much of what was said is read: edits over length (Levenshtein 1966), of characters, words, phones and visemes.

use keyface_core::Phone;

use crate::judge::Errors;

/// Fewest insertions, deletions and substitutions that make one of the other.
pub fn edits<T: PartialEq>(from: &[T], to: &[T]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (n, a) in from.iter().enumerate() {
        let mut before = std::mem::replace(&mut row[0], n + 1);
        for (m, b) in to.iter().enumerate() {
            let swapped = before + usize::from(a != b);
            before = row[m + 1];
            row[m + 1] = swapped.min(row[m] + 1).min(before + 1);
        }
    }
    row[to.len()]
}

/// Edits against the length of what was said.
pub fn errors<T: PartialEq>(said: &[T], read: &[T]) -> Errors {
    Errors { wrong: edits(said, read) as f64, of: said.len() as f64 }
}

/// CER: of characters, spaces among them, whatever their case.
pub fn character_errors(said: &str, read: &str) -> Errors {
    let letters = |text: &str| normal(text).chars().collect::<Vec<_>>();
    errors(&letters(said), &letters(read))
}

/// WER: of words.
pub fn word_errors(said: &str, read: &str) -> Errors {
    let (said, read) = (normal(said), normal(read));
    errors(&said.split_whitespace().collect::<Vec<_>>(), &read.split_whitespace().collect::<Vec<_>>())
}

/// VER: of visemes.
pub fn viseme_errors(said: &[Phone], read: &[Phone]) -> Errors {
    let visemes = |phones: &[Phone]| phones.iter().map(|phone| viseme_class(*phone)).collect::<Vec<_>>();
    errors(&visemes(said), &visemes(read))
}

/// Upper case, letters, digits and apostrophes alone, one space between words.
fn normal(text: &str) -> String {
    let kept = |letter: char| if letter.is_alphanumeric() || letter == '\'' { letter } else { ' ' };
    let text: String = text.to_uppercase().chars().map(kept).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The classes of SPECTRE (Filntisis et al. 2022) for consonants and vowels that look alike; silence is one of its own.
pub fn viseme_class(phone: Phone) -> u8 {
    use Phone::*;
    match phone {
        SIL => 0,
        P | B | M => 1,
        F | V => 2,
        TH | DH => 3,
        T | D | N | L => 4,
        S | Z => 5,
        SH | ZH | CH | JH => 6,
        K | G | NG | HH => 7,
        R => 8,
        W => 9,
        Y => 10,
        IY | IH => 11,
        EY | EH => 12,
        AE | AA | AY | AW | AH => 13,
        AO | OY => 14,
        OW => 15,
        UH | UW => 16,
        ER => 17,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyface_core::Phone::*;

    #[test]
    fn edits_are_counted_exactly() {
        let edits = |a: &str, b: &str| edits(a.as_bytes(), b.as_bytes());
        assert_eq!((edits("kitten", "sitting"), edits("", "abc"), edits("abc", ""), edits("ab", "ab")), (3, 3, 3, 0));
        assert_eq!(edits("flaw", "lawn"), 2);
    }

    #[test]
    fn characters_and_words_are_compared_without_case_and_marks() {
        assert_eq!(character_errors("Hello, world!", "hello word"), Errors { wrong: 1.0, of: 11.0 });
        assert_eq!(word_errors("Hello, world!", "hello word"), Errors { wrong: 1.0, of: 2.0 });
        assert_eq!(word_errors("a b c", "a c d e"), Errors { wrong: 3.0, of: 3.0 });
    }

    #[test]
    fn phones_that_look_alike_are_one_viseme() {
        assert_eq!(viseme_errors(&[B, AE, T], &[P, AH, N]), Errors { wrong: 0.0, of: 3.0 });
        assert_eq!(viseme_errors(&[B, AE, T], &[F, AE]), Errors { wrong: 2.0, of: 3.0 });
        let classes: std::collections::BTreeSet<u8> = Phone::ALL.into_iter().map(viseme_class).collect();
        assert_eq!(classes.len(), 18);
    }
}
