//! espeak-ng's names of phones in, ARPAbet phones out.

use keyface_core::Phone;
use keyface_core::Phone::*;

/// Every mnemonic of espeak-ng 1.51's English accents, and those of its base tables that English text can bring.
/// An empty list is no sound of its own: the phone before lasts on.
const MNEMONICS: [(&str, &[Phone]); 144] = [
    // Pauses.
    ("_", &[SIL]),
    ("_:", &[SIL]),
    ("_::", &[SIL]),
    ("_!", &[SIL]),
    ("_|", &[SIL]),
    ("_;_", &[SIL]),
    ("_X1", &[SIL]),
    ("||", &[SIL]),
    // Marks without sound.
    (";", &[]),
    (":", &[]),
    ("-", &[]),
    ("_^_", &[]),
    ("'!", &[]),
    ("1", &[]),
    // Vowels.
    ("@", &[AH]),
    ("@-", &[AH]),
    ("@2", &[AH]),
    ("@5", &[AH]),
    ("@#", &[AH]),
    ("#@", &[AH]),
    ("@L", &[AH, L]),
    ("3", &[ER]),
    ("3:", &[ER]),
    ("IR", &[ER]),
    ("VR", &[ER]),
    ("a", &[AE]),
    ("a2", &[AE]),
    ("a/", &[AE]),
    ("aa", &[AE]),
    ("#a", &[AE]),
    ("a#", &[AH]),
    ("a#2", &[AH]),
    ("A:", &[AA]),
    ("A#", &[AA]),
    ("A~", &[AA]),
    ("A@", &[AA, R]),
    ("0", &[AA]),
    ("0#", &[AA]),
    ("02", &[AA]),
    ("V", &[AH]),
    ("E", &[EH]),
    ("E#", &[EH]),
    ("E2", &[EH]),
    ("e", &[EH]),
    ("e#", &[EH]),
    ("#e", &[EH]),
    ("e:", &[EY]),
    ("eI", &[EY]),
    ("e@", &[EH, R]),
    ("I", &[IH]),
    ("I2", &[IH]),
    ("I#", &[IH]),
    ("I2#", &[IH]),
    ("#i", &[IH]),
    ("i", &[IY]),
    ("i:", &[IY]),
    ("i@", &[IY, AH]),
    ("i@3", &[IH, R]),
    ("O", &[AO]),
    ("O:", &[AO]),
    ("O2", &[AO]),
    ("O~", &[AO]),
    ("#o", &[AO]),
    ("O@", &[AO, R]),
    ("o@", &[AO, R]),
    ("o", &[OW]),
    ("o:", &[OW]),
    ("oU", &[OW]),
    ("oU#", &[OW]),
    ("OI", &[OY]),
    ("U", &[UH]),
    ("#u", &[UH]),
    ("U@", &[UH, R]),
    ("u", &[UW]),
    ("u:", &[UW]),
    ("aU", &[AW]),
    ("aU@", &[AW, AH]),
    ("aI", &[AY]),
    ("aI2", &[AY]),
    ("aI@", &[AY, AH]),
    ("aI3", &[AY, ER]),
    // Stops and affricates.
    ("p", &[P]),
    ("p-", &[P]),
    ("ph", &[P]),
    ("b", &[B]),
    ("t", &[T]),
    ("t2", &[T]),
    ("t#", &[T]),
    ("t-", &[T]),
    ("t[", &[T]),
    // A glottal stop stands for t in English.
    ("?", &[T]),
    ("d", &[D]),
    ("d#", &[D]),
    ("d[", &[D]),
    ("k", &[K]),
    ("k-", &[K]),
    ("k#", &[K]),
    ("kh", &[K]),
    ("c", &[K]),
    ("c2", &[K]),
    ("q", &[K]),
    ("x", &[K]),
    ("X", &[K]),
    ("g", &[G]),
    ("J", &[G]),
    ("Q", &[G]),
    ("tS", &[CH]),
    ("tS;", &[CH]),
    ("dZ", &[JH]),
    ("dZ;", &[JH]),
    ("ts", &[T, S]),
    ("dz", &[D, Z]),
    // Fricatives.
    ("f", &[F]),
    ("v", &[V]),
    ("v#", &[V]),
    ("B", &[V]),
    ("T", &[TH]),
    ("D", &[DH]),
    ("s", &[S]),
    ("s2", &[S]),
    ("z", &[Z]),
    ("z#", &[Z]),
    ("z/2", &[Z]),
    ("S", &[SH]),
    ("Z", &[ZH]),
    ("C", &[HH]),
    ("h", &[HH]),
    // Nasals, liquids and glides.
    ("m", &[M]),
    ("m-", &[AH, M]),
    ("n", &[N]),
    ("n-", &[AH, N]),
    ("n^", &[N]),
    ("N", &[NG]),
    ("l", &[L]),
    ("l-", &[AH, L]),
    ("l/", &[L]),
    ("l/2", &[L]),
    ("r", &[R]),
    ("r-", &[R]),
    ("r/", &[R]),
    ("*", &[R]),
    ("j", &[Y]),
    ("w", &[W]),
    ("w#", &[W]),
];

/// Stops whose event comes at the burst, measured: 44 ms of closure lie before it (voiced g's is quiet too).
const BURST: [&str; 11] = ["p", "p-", "t", "t2", "t-", "k", "k-", "k#", "c", "tS", "g"];

/// The phones of a mnemonic; `None` when it is not known.
pub fn phones_of_mnemonic(mnemonic: &str) -> Option<&'static [Phone]> {
    MNEMONICS.iter().find(|(name, _)| *name == mnemonic).map(|(_, phones)| *phones)
}

/// Whether the phone's closure lies before its event.
pub fn starts_at_burst(mnemonic: &str) -> bool {
    BURST.contains(&mnemonic)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What 1852 sentences brought in seven accents.
    const HEARD: &str = "n t _: d I s _ l D r k z @ m a w E V f p i: 0 b h eI aI v a# oU I2 @2 u: g 3 3: N S j i aU ; U tS \
                         dZ O: O@ A@ T r- e@ @L aa o@ OI I# i@3 t# O2 i@ U@ aI2 aI@ A: t[ @5 Z t2 VR w# IR _| _! @- ? n- aI3";

    #[test]
    fn every_mnemonic_that_was_heard_is_mapped() {
        for name in HEARD.split_whitespace() {
            assert!(phones_of_mnemonic(name).is_some(), "{name}");
        }
    }

    #[test]
    fn every_phone_can_be_spoken() {
        for phone in Phone::ALL {
            assert!(MNEMONICS.iter().any(|(_, phones)| phones.contains(&phone)), "{}", phone.name());
        }
    }

    #[test]
    fn no_mnemonic_comes_twice() {
        let names: std::collections::BTreeSet<&str> = MNEMONICS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), MNEMONICS.len());
    }
}
