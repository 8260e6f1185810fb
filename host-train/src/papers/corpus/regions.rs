//! Lips and upper face of a corpus' mesh, from the user's own files.

use std::fs;
use std::path::Path;

use super::official::Layout;
use crate::corpus::{Error, Result};
use crate::papers::Told;
use crate::papers::pickle::read_pickle;

/// BIWI's lips.
pub const BIWI_LIPS: &str = "regions/lve.txt";
const BIWI_UPPER_FACE: &str = "regions/fdd.txt";
const FLAME_MASKS: &str = "FLAME_masks.pkl";
/// Our own file for a mesh that is neither: a line for each pair, `UPPER LOWER`, from the right corner to the left.
const LIP_PAIRS: &str = "regions/lip_pairs.txt";

/// Pairs of vertices across the mouth, upper and lower, of FLAME's 5023 and BIWI's 23370 vertices (StreamingTalker's
/// code).
const FLAME_PAIRS: [(usize, usize); 5] = [(2865, 2907), (2866, 2938), (3546, 3504), (1751, 1849), (1750, 1804)];
/// The pair of MTM's code (Chae-Yeon et al. 2025).
const FLAME_OPENING: (usize, usize) = (3531, 3504);
const BIWI_PAIRS: [(usize, usize); 5] =
    [(366, 21538), (12_773, 10_665), (21_688, 22_962), (10_235, 21_152), (10_117, 14_028)];

/// Indices of vertices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regions {
    /// The lips: LVE, LRP.
    pub lips: Vec<usize>,
    /// The upper face: FDD, UFVE.
    pub upper_face: Vec<usize>,
    /// Upper and lower vertices across the mouth: MOD, MTM; empty where the mesh is unknown.
    pub lip_pairs: Vec<(usize, usize)>,
}

impl Regions {
    /// BIWI's two files, and the pairs of its mesh.
    ///
    /// # Errors
    /// When a file is missing or names a vertex that is not there.
    pub fn of_biwi(dir: &Path, vertices: usize) -> Result<Regions> {
        let read = |name: &str| {
            let path = dir.join(name);
            let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
            checked(numbers(&text), vertices, &path)
        };
        Ok(Regions {
            lips: read(BIWI_LIPS)?,
            upper_face: read(BIWI_UPPER_FACE)?,
            lip_pairs: pairs(dir, vertices, Layout::Biwi.vertices(), &BIWI_PAIRS)?,
        })
    }

    /// FLAME's masks (`lips`; `forehead` and `eye_region`), and the pairs of its mesh.
    ///
    /// # Errors
    /// When the masks are missing, damaged, or name a vertex that is not there.
    pub fn of_flame(dir: &Path, vertices: usize) -> Result<Regions> {
        let path = dir.join(FLAME_MASKS);
        let masks = read_pickle(&path)?;
        let mask = |name: &str| {
            let found = masks.get(name).and_then(|mask| mask.indices());
            checked(found.ok_or_else(|| format!("no indices under `{name}`")), vertices, &path)
        };
        let mut upper_face = [mask("forehead")?, mask("eye_region")?].concat();
        upper_face.sort_unstable();
        upper_face.dedup();
        Ok(Regions {
            lips: mask("lips")?,
            upper_face,
            lip_pairs: pairs(dir, vertices, Layout::Vocaset.vertices(), &FLAME_PAIRS)?,
        })
    }

    /// The pair that tells how wide the mouth is open: MTM's on FLAME's mesh, elsewhere the one in the middle.
    pub fn opening_pair(&self) -> Option<(usize, usize)> {
        if self.lip_pairs == FLAME_PAIRS { Some(FLAME_OPENING) } else { self.middle_pair() }
    }

    /// The pair in the middle of the mouth.
    pub fn middle_pair(&self) -> Option<(usize, usize)> {
        self.lip_pairs.get(self.lip_pairs.len() / 2).copied()
    }
}

/// Numbers with commas or blanks between them; the error says what is none.
fn numbers(text: &str) -> Told<Vec<usize>> {
    let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|_| format!("{word:?}"))).collect()
}

fn checked(indices: Told<Vec<usize>>, vertices: usize, path: &Path) -> Result<Vec<usize>> {
    let wrong = |came: String| {
        Error::unexpected(path.display().to_string(), format!("indices of {vertices} vertices, at least one"), came)
    };
    let indices = indices.map_err(wrong)?;
    match indices.iter().find(|index| **index >= vertices) {
        Some(beyond) => Err(wrong(beyond.to_string())),
        None if indices.is_empty() => Err(wrong("none".into())),
        None => Ok(indices),
    }
}

/// The corpus' own pairs, or those of the mesh of `known` vertices; none of another mesh.
fn pairs(dir: &Path, vertices: usize, known: usize, of: &[(usize, usize)]) -> Result<Vec<(usize, usize)>> {
    let path = dir.join(LIP_PAIRS);
    if !path.is_file() {
        return Ok(if vertices == known { of.to_vec() } else { vec![] });
    }
    let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
    let numbers = checked(numbers(&text), vertices, &path)?;
    let (pairs, rest) = numbers.as_chunks::<2>();
    if rest.is_empty() {
        Ok(pairs.iter().map(|[upper, lower]| (*upper, *lower)).collect())
    } else {
        Err(Error::unexpected(path.display().to_string(), "pairs of vertices", "an odd number of them"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn biwis_files_have_commas_between_numbers() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("regions")).unwrap();
        fs::write(dir.path().join(BIWI_LIPS), "3, 4,5\n").unwrap();
        fs::write(dir.path().join(BIWI_UPPER_FACE), "0,1").unwrap();
        let regions = Regions::of_biwi(dir.path(), 6).unwrap();
        assert_eq!((regions.lips, regions.upper_face, regions.lip_pairs), (vec![3, 4, 5], vec![0, 1], vec![]));
        let error = Regions::of_biwi(dir.path(), 5).unwrap_err().to_string();
        assert!(error.contains("lve.txt") && error.contains("came 5"), "{error}");
        fs::write(dir.path().join(BIWI_LIPS), "3, x").unwrap();
        assert!(Regions::of_biwi(dir.path(), 6).unwrap_err().to_string().contains("\"x\""));
    }

    #[test]
    fn known_meshes_have_published_pairs_and_others_their_own_file() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(pairs(dir.path(), 5023, 5023, &FLAME_PAIRS).unwrap().len(), 5);
        fs::create_dir(dir.path().join("regions")).unwrap();
        fs::write(dir.path().join(LIP_PAIRS), "1 2\n3 4\n").unwrap();
        assert_eq!(pairs(dir.path(), 9, 5023, &FLAME_PAIRS).unwrap(), [(1, 2), (3, 4)]);
    }
}
