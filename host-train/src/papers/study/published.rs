//! What the papers print, to stand beside our rows. Each is the papers' own figure or one that was read second-hand;
//! none was measured here. LVE is in the corpus' unit squared: BIWI's times 1e4, VOCASET's times 1e5.

use std::str::FromStr;

use crate::papers::corpus::Layout;

/// Which paper's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperTable {
    /// KMTalk as a plug-in (Xu et al. 2024): before and after.
    KmTalk,
    /// Audio-visual guidance (EunGi et al. 2024): before and after.
    AvGuide,
}

/// A row of a paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// The model.
    pub model: &'static str,
    /// Its corpus; for BIWI the part of seen speakers.
    pub layout: Layout,
    /// LVE as printed.
    pub before: f64,
    /// With the paper's addition.
    pub after: f64,
    /// CER and VER in per cent, each before and after.
    read: Option<[[f64; 2]; 2]>,
}

const fn row(model: &'static str, layout: Layout, before: f64, after: f64) -> Published {
    Published { model, layout, before, after, read: None }
}

impl Published {
    const fn read_with(self, characters: [f64; 2], visemes: [f64; 2]) -> Published {
        Published { read: Some([characters, visemes]), ..self }
    }

    /// What stands beside a rate of ours, in per cent, before and after: CER beside CER and PER, VER beside VER.
    pub fn read(&self, rate: &str) -> Option<[f64; 2]> {
        let [characters, visemes] = self.read?;
        match rate {
            "PER" | "CER" => Some(characters),
            "VER" => Some(visemes),
            _ => None,
        }
    }
}

const KM_TALK: [Published; 6] = [
    row("FaceFormer", Layout::Biwi, 5.3077, 5.2793),
    row("CodeTalker", Layout::Biwi, 4.7914, 4.5096),
    row("SelfTalk", Layout::Biwi, 4.2485, 4.1122),
    row("FaceFormer", Layout::Vocaset, 4.1090, 3.9608),
    row("CodeTalker", Layout::Vocaset, 3.9445, 3.8473),
    row("SelfTalk", Layout::Vocaset, 3.2238, 2.6608),
];
const AV_GUIDE: [Published; 4] = [
    row("FaceFormer", Layout::Biwi, 6.0449, 5.5061).read_with([72.6, 68.4], [68.8, 62.4]),
    row("CodeTalker", Layout::Biwi, 5.3711, 4.8403).read_with([72.6, 70.7], [65.6, 63.3]),
    row("FaceFormer", Layout::Vocaset, 3.2496, 3.0987),
    row("CodeTalker", Layout::Vocaset, 4.0557, 3.9884),
];

impl PaperTable {
    /// Its rows.
    pub fn rows(self) -> &'static [Published] {
        match self {
            PaperTable::KmTalk => &KM_TALK,
            PaperTable::AvGuide => &AV_GUIDE,
        }
    }

    /// Whether the paper lets readers judge what is shown.
    pub fn is_read(self) -> bool {
        self == PaperTable::AvGuide
    }

    /// How a model is called that has it.
    pub fn name_with(self, model: &str) -> String {
        match self {
            PaperTable::KmTalk => format!("{model} + KMTalk"),
            PaperTable::AvGuide => format!("{model} + guidance"),
        }
    }

    /// What the paper adds to the models.
    pub fn addition(self) -> &'static str {
        match self {
            PaperTable::KmTalk => "KMTalk (Xu et al. 2024)",
            PaperTable::AvGuide => "audio-visual guidance (EunGi et al. 2024)",
        }
    }
}

/// By how much a corpus' LVE is multiplied where it is printed.
pub fn printed_scale(layout: Layout) -> f64 {
    match layout {
        Layout::Vocaset => 1e5,
        Layout::Biwi => 1e4,
    }
}

impl FromStr for PaperTable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "kmtalk" => Ok(PaperTable::KmTalk),
            "av-guide" => Ok(PaperTable::AvGuide),
            _ => Err(format!("expected kmtalk or av-guide, came {text:?}")),
        }
    }
}
