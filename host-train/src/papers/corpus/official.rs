//! Who is trained on and who is tested: the splits that all papers of this family use (FaceFormer, Fan et al. 2022).

use std::fmt;
use std::ops::RangeInclusive;

/// Which corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// VOCASET (Cudeiro et al. 2019): 12 speakers, 40 sentences each, FLAME meshes in metres, captured at 60 Hz.
    Vocaset,
    /// BIWI B3D(AC)2 (Fanelli et al. 2010): 14 speakers, 40 sentences each, 25 Hz; lengths by the root of the area.
    Biwi,
}

/// A part of the official split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Trained on.
    Train,
    /// Chooses a checkpoint.
    Valid,
    /// Speakers that were trained on, with sentences that were not: BIWI-Test-A.
    TestSeen,
    /// Speakers that were not trained on: BIWI-Test-B, and VOCASET's test.
    TestUnseen,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Part::Train => "train",
            Part::Valid => "valid",
            Part::TestSeen => "test of seen speakers",
            Part::TestUnseen => "test of unseen speakers",
        })
    }
}

const VOCASET: [(Part, &[&str], RangeInclusive<usize>); 3] = [
    (
        Part::Train,
        &[
            "FaceTalk_170728_03272_TA",
            "FaceTalk_170904_00128_TA",
            "FaceTalk_170725_00137_TA",
            "FaceTalk_170915_00223_TA",
            "FaceTalk_170811_03274_TA",
            "FaceTalk_170913_03279_TA",
            "FaceTalk_170904_03276_TA",
            "FaceTalk_170912_03278_TA",
        ],
        1..=40,
    ),
    (Part::Valid, &["FaceTalk_170811_03275_TA", "FaceTalk_170908_03277_TA"], 21..=40),
    (Part::TestUnseen, &["FaceTalk_170809_00138_TA", "FaceTalk_170731_00024_TA"], 21..=40),
];

const BIWI_SEEN: &[&str] = &["F2", "F3", "F4", "M3", "M4", "M5"];
const BIWI: [(Part, &[&str], RangeInclusive<usize>); 4] = [
    (Part::Train, BIWI_SEEN, 1..=32),
    (Part::Valid, BIWI_SEEN, 33..=36),
    (Part::TestSeen, BIWI_SEEN, 37..=40),
    (Part::TestUnseen, &["F1", "F5", "F6", "F7", "F8", "M1", "M2", "M6"], 37..=40),
];

impl Layout {
    /// Name of the corpus.
    pub fn name(self) -> &'static str {
        match self {
            Layout::Vocaset => "VOCASET",
            Layout::Biwi => "BIWI",
        }
    }

    /// Vertices of the real corpus' mesh.
    pub fn vertices(self) -> usize {
        match self {
            Layout::Vocaset => 5023,
            Layout::Biwi => 23_370,
        }
    }

    /// Frames a second of the papers' figures.
    pub fn paper_rate_hz(self) -> f64 {
        match self {
            Layout::Vocaset => 30.0,
            Layout::Biwi => 25.0,
        }
    }

    /// Rates at which the corpus exists.
    pub fn rates_hz(self) -> &'static [f64] {
        match self {
            Layout::Vocaset => &[30.0, 60.0],
            Layout::Biwi => &[25.0],
        }
    }

    /// Metres of the corpus' unit of length; BIWI's is the root of a face's area, about 0.2 m.
    pub fn unit_m(self) -> f64 {
        match self {
            Layout::Vocaset => 1.0,
            Layout::Biwi => 0.2,
        }
    }

    fn table(self) -> &'static [(Part, &'static [&'static str], RangeInclusive<usize>)] {
        match self {
            Layout::Vocaset => &VOCASET,
            Layout::Biwi => &BIWI,
        }
    }

    /// The part of a sentence; `None` for what the official split leaves out, such as VOCASET's test speakers'
    /// sentences 1 to 20, or for an unknown speaker.
    pub fn part(self, speaker: &str, sentence: usize) -> Option<Part> {
        let holds = |(_, speakers, sentences): &&(Part, &[&str], RangeInclusive<usize>)| {
            speakers.contains(&speaker) && sentences.contains(&sentence)
        };
        self.table().iter().find(holds).map(|(part, ..)| *part)
    }

    /// Whether the split knows the speaker at all.
    pub fn knows(self, speaker: &str) -> bool {
        self.speakers().any(|known| known == speaker)
    }

    /// Everyone whom the split knows, once for each part.
    pub(super) fn speakers(self) -> impl Iterator<Item = &'static str> {
        self.table().iter().flat_map(|(_, speakers, _)| speakers.iter().copied())
    }

    /// The speakers that are trained on, in the order of the papers' one-hot vectors.
    pub fn train_speakers(self) -> &'static [&'static str] {
        self.table()[0].1
    }

    /// Speaker and sentence of a file's name without its ending: `SPEAKER_sentenceNN`, `SPEAKER_eNN`, `SPEAKER_NN`.
    pub fn parse_id(self, id: &str) -> Option<(&str, usize)> {
        let (speaker, sentence) = id.rsplit_once('_')?;
        let mark = match self {
            Layout::Vocaset => "sentence",
            Layout::Biwi => "e",
        };
        let digits = sentence.strip_prefix(mark).unwrap_or(sentence);
        (!speaker.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(())?;
        Some((speaker, digits.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many clips of a whole corpus stand in each part.
    fn counts(layout: Layout, speakers: &[&str]) -> [usize; 4] {
        let parts = || speakers.iter().flat_map(|s| (1..=40).filter_map(|n| layout.part(s, n)));
        [Part::Train, Part::Valid, Part::TestSeen, Part::TestUnseen]
            .map(|part| parts().filter(|found| *found == part).count())
    }

    #[test]
    fn the_official_splits_have_their_sizes() {
        let mut biwi: Vec<&str> = Layout::Biwi.speakers().collect();
        biwi.sort_unstable();
        biwi.dedup();
        assert_eq!(biwi.len(), 14);
        // FaceFormer, section 4.1: 192, 24, 24 (A) and 32 (B) sentences of BIWI; 320, 40 and 40 of VOCASET.
        assert_eq!(counts(Layout::Biwi, &biwi), [192, 24, 24, 32]);
        assert_eq!(counts(Layout::Vocaset, &Layout::Vocaset.speakers().collect::<Vec<_>>()), [320, 40, 0, 40]);
    }

    #[test]
    fn names_of_files_tell_speaker_and_sentence() {
        let vocaset = Layout::Vocaset.parse_id("FaceTalk_170728_03272_TA_sentence07");
        assert_eq!(vocaset, Some(("FaceTalk_170728_03272_TA", 7)));
        assert_eq!(Layout::Biwi.parse_id("F2_e40"), Some(("F2", 40)));
        assert_eq!(Layout::Biwi.parse_id("M6_03"), Some(("M6", 3)));
        assert_eq!(Layout::Biwi.parse_id("M6_ex"), None);
        assert_eq!(Layout::Biwi.parse_id("_e1"), None);
    }
}
