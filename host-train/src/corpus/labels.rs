//! Names of phones in label files and engines in, ARPAbet phones out.

use keyface_core::Phone;
use keyface_core::Phone::*;

/// Names of silence and noise: Praat's empty label, MFA's, flite's and festival's, and what corpora call them.
const SILENCES: [&str; 15] =
    ["", "sil", "sp", "spn", "pau", "h#", "#", "<eps>", "<sil>", "<p:>", "silence", "noise", "nsn", "brth", "ssil"];

/// Phones of flite, festival and TIMIT that are not among ARPAbet's 39.
const REDUCED: [(&str, &[Phone]); 11] = [
    ("ax", &[AH]),
    ("ax-h", &[AH]),
    ("axr", &[ER]),
    ("ix", &[IH]),
    ("ux", &[UW]),
    ("el", &[AH, L]),
    ("em", &[AH, M]),
    ("en", &[AH, N]),
    ("dx", &[D]),
    ("nx", &[N]),
    ("hv", &[HH]),
];

/// The phones that a label names, in any case and with or without a stress digit; `None` when it names none.
pub fn phones_of_label(label: &str) -> Option<Vec<Phone>> {
    let label = label.trim();
    if SILENCES.iter().any(|s| s.eq_ignore_ascii_case(label)) {
        return Some(vec![SIL]);
    }
    if let Some(phone) = Phone::from_name(label) {
        return Some(vec![phone]);
    }
    let bare = label.trim_end_matches(|c: char| c.is_ascii_digit());
    REDUCED.iter().find(|(name, _)| name.eq_ignore_ascii_case(bare)).map(|(_, phones)| phones.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stress_digits_do_not_matter() {
        assert_eq!(phones_of_label("AH0"), Some(vec![AH]));
        assert_eq!(phones_of_label("axr1"), Some(vec![ER]));
    }

    #[test]
    fn every_name_of_silence_is_silence() {
        for name in ["", "sp", "spn", "SIL", "pau", "h#"] {
            assert_eq!(phones_of_label(name), Some(vec![SIL]), "{name:?}");
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
    }
}
