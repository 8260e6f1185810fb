//! Captured corpora: one file for each format. Meshes yield [`Captured`] clips; faces in ARKit's shapes, from a CSV or a
//! glTF, a [`Capture`].

mod agreement;
mod biwi;
mod capture;
mod captured;
mod gltf;
mod leaks;
mod live_link;
mod official;
mod phones;
mod processed;
mod rate;
mod regions;
mod sync;
mod takes;
#[cfg(test)]
pub mod testing;
mod vocaset_raw;

use std::path::Path;

pub use agreement::Agreement;
pub use capture::Capture;
pub use captured::{Captured, CapturedCorpus, Frames, Rest, Sound};
#[cfg(test)]
pub use gltf::testing as gltf_testing;
pub use gltf::{parse_gltf, read_gltf};
pub use leaks::{Leak, find_leaks};
pub use live_link::{read_live_link, write_live_link};
pub use official::{Layout, Part};
pub use phones::Recognizer;
pub use regions::Regions;
pub use sync::{CURVE_HZ, Clocks, energy_track, match_clocks, mouth_track, opening};
pub use takes::{Take, find_takes, read_capture};

use crate::corpus::{Error, Result};

/// Whether a folder has a layout that [`read_captured`] knows.
pub fn is_captured(dir: &Path) -> bool {
    dir.join(vocaset_raw::VERTICES).is_file() || dir.join(processed::VERTICES).is_dir()
}

/// Reads a folder of any layout that is known: VOCASET raw, VOCASET or BIWI processed.
///
/// # Errors
/// When it is none of them, or a file that all clips need is missing or damaged.
pub fn read_captured(dir: &Path) -> Result<CapturedCorpus> {
    if dir.join(vocaset_raw::VERTICES).is_file() {
        return vocaset_raw::read(dir);
    }
    if dir.join(processed::VERTICES).is_dir() {
        return if dir.join(regions::BIWI_LIPS).is_file() { biwi::read(dir) } else { processed::read_vocaset(dir) };
    }
    let expected = "VOCASET (vertices_npy/, wav/, templates.pkl; raw: data_verts.npy) or BIWI (and regions/lve.txt)";
    Err(Error::unexpected(dir.display().to_string(), expected, "a folder with neither"))
}
