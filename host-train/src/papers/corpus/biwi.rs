//! BIWI, processed: the family's layout with `regions/lve.txt` and `regions/fdd.txt`.

use std::path::Path;

use super::captured::CapturedCorpus;
use super::official::Layout;
use super::processed;
use super::regions::Regions;
use crate::corpus::Result;

/// Reads the folder.
///
/// # Errors
/// As for [`processed::read`], and when a region file is damaged.
pub fn read(dir: &Path) -> Result<CapturedCorpus> {
    processed::read(dir, Layout::Biwi, |vertices| Regions::of_biwi(dir, vertices))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Folder;
    use super::super::{Layout, Part, Sound, read_captured};

    #[test]
    fn a_biwi_folder_is_read_at_25_hz() {
        let folder = Folder::new(Layout::Biwi, 25.0, &["F2_e01", "F2_e33", "F2_e37", "F1_e38", "F1_e01"]);
        let corpus = read_captured(folder.path()).unwrap();
        let parts: Vec<(&str, Part)> = corpus.clips.iter().map(|clip| (clip.id.as_str(), clip.part)).collect();
        let expected = [
            ("F1_e38", Part::TestUnseen),
            ("F2_e01", Part::Train),
            ("F2_e33", Part::Valid),
            ("F2_e37", Part::TestSeen),
        ];
        assert_eq!(parts, expected);
        assert!(corpus.dropped.is_empty(), "{:?}", corpus.dropped);
        assert_eq!(corpus.clips[0].rate_hz, 25.0);
        assert_eq!((&corpus.regions.lips[..], &corpus.regions.upper_face[..]), (&[0, 1, 2, 3][..], &[4, 5][..]));
    }

    #[test]
    fn sound_and_frames_belong_together() {
        let folder = Folder::new(Layout::Biwi, 25.0, &["F2_e01"]);
        let clip = read_captured(folder.path()).unwrap().clips.remove(0);
        let seconds = clip.sound.samples().unwrap().len() as f64 / 16_000.0;
        assert!((seconds - clip.seconds()).abs() < 0.05, "{seconds}");
        assert!(matches!(clip.sound, Sound::File(_)));
        // The lower lip moves, the template does not.
        let moves = clip.moves().unwrap();
        assert_eq!(moves.len(), clip.frames.len() * clip.frames.width());
        assert!(moves.iter().any(|m| m.abs() > 1e-3));
    }
}
