//! The phone set (ARPAbet's 39 and silence) and what each phone shows: viseme and mouth class.

/// Number of phones, silence included.
pub const PHONES: usize = 40;
/// Number of mouth classes.
pub const MOUTHS: usize = 7;

macro_rules! phones {
    ($($name:ident $viseme:ident),+ $(,)?) => {
        /// An ARPAbet phone without stress, or silence. The order is that of the network's posterior.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs, clippy::upper_case_acronyms, reason = "the names are ARPAbet's")]
        pub enum Phone { $($name),+ }

        impl Phone {
            /// Every phone, in the order of the posterior.
            pub const ALL: [Phone; PHONES] = [$(Phone::$name),+];

            /// ARPAbet name, upper case; `SIL` for silence.
            pub const fn name(self) -> &'static str {
                match self { $(Phone::$name => stringify!($name)),+ }
            }

            /// The Oculus viseme that the phone shows (a diphthong's first part).
            pub const fn viseme(self) -> Viseme {
                match self { $(Phone::$name => Viseme::$viseme),+ }
            }
        }
    };
}

phones! {
    SIL Sil, AA Aa, AE Aa, AH Aa, AO Oh, AW Aa, AY Aa, B PP, CH CH, D DD, DH TH, EH E, ER RR, EY E,
    F FF, G Kk, HH Kk, IH Ih, IY Ih, JH CH, K Kk, L Nn, M PP, N Nn, NG Kk, OW Oh, OY Oh, P PP,
    R RR, S SS, SH CH, T DD, TH TH, UH Ou, UW Ou, V FF, W Ou, Y Ih, Z SS, ZH CH,
}

/// One of the 15 Oculus visemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are Oculus'")]
pub enum Viseme {
    Sil,
    PP,
    FF,
    TH,
    DD,
    Kk,
    CH,
    SS,
    Nn,
    RR,
    Aa,
    E,
    Ih,
    Oh,
    Ou,
}

/// What a viewer can tell apart at a glance: seven groups of phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Mouth {
    /// Rest.
    Silent,
    /// p b m: lips together.
    Closed,
    /// f v: lower lip on the upper teeth.
    LipTeeth,
    /// w uw uh ow ao oy: rounded.
    Round,
    /// aa ae ah ay aw eh ey: open.
    Open,
    /// Everything spoken with the mouth a little open.
    Narrow,
    /// r l er hh: shapes that the neighbours decide.
    Loose,
}

impl Phone {
    /// Finds a phone by its ARPAbet name, in any case, with or without a stress digit.
    pub fn from_name(name: &str) -> Option<Phone> {
        let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
        Phone::ALL.into_iter().find(|p| p.name().eq_ignore_ascii_case(bare))
    }

    /// The mouth class of the phone.
    pub const fn mouth(self) -> Mouth {
        use Phone::*;
        match self {
            SIL => Mouth::Silent,
            P | B | M => Mouth::Closed,
            F | V => Mouth::LipTeeth,
            W | UW | UH | OW | AO | OY => Mouth::Round,
            AA | AE | AH | AY | AW | EH | EY => Mouth::Open,
            R | L | ER | HH => Mouth::Loose,
            _ => Mouth::Narrow,
        }
    }

    /// Whether the phone is a vowel.
    pub const fn is_vowel(self) -> bool {
        use Phone::*;
        matches!(self, AA | AE | AH | AO | AW | AY | EH | ER | EY | IH | IY | OW | OY | UH | UW)
    }
}

impl Viseme {
    /// Every viseme, in Oculus' order.
    pub const ALL: [Viseme; 15] = {
        use Viseme::*;
        [Sil, PP, FF, TH, DD, Kk, CH, SS, Nn, RR, Aa, E, Ih, Oh, Ou]
    };

    /// Oculus' own spelling.
    pub const fn name(self) -> &'static str {
        use Viseme::*;
        match self {
            Sil => "sil",
            PP => "PP",
            FF => "FF",
            TH => "TH",
            DD => "DD",
            Kk => "kk",
            CH => "CH",
            SS => "SS",
            Nn => "nn",
            RR => "RR",
            Aa => "aa",
            E => "E",
            Ih => "ih",
            Oh => "oh",
            Ou => "ou",
        }
    }
}

impl Mouth {
    /// Every class, in the order of [`Mouth`]'s numbers.
    pub const ALL: [Mouth; MOUTHS] =
        [Mouth::Silent, Mouth::Closed, Mouth::LipTeeth, Mouth::Round, Mouth::Open, Mouth::Narrow, Mouth::Loose];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stress_and_case_do_not_matter() {
        assert_eq!(Phone::from_name("aa1"), Some(Phone::AA));
        assert_eq!(Phone::from_name("sil"), Some(Phone::SIL));
        assert_eq!(Phone::from_name("qq"), None);
    }

    #[test]
    fn silence_is_the_first_phone() {
        assert_eq!(Phone::SIL as usize, 0);
        assert_eq!(Phone::ZH as usize, PHONES - 1);
    }
}
