//! The in-house corpus: speech with phones, made here from text or read from any folder of sound and TextGrids.
//!
//! `texts + voices + seed -> plan -> engines -> folder -> Clip`

pub(crate) mod audio;
mod burst;
mod error;
mod espeak;
mod espeak_phones;
mod espeak_sys;
mod festival;
mod flite;
mod folder;
mod generate;
mod grid;
mod plan;
mod recordings;
mod scratch;
mod speakers;
mod speech;
mod splits;
#[cfg(test)]
mod testing;
mod texts;
pub(crate) mod timeline;
mod voice;
mod written;

pub use audio::read as read_sound;
pub use error::{Error, Result};
pub use folder::{
    Dropped, Entry, Folder, Reading, check_speakers, find_sounds, holds_only_text_grids, read_clips, read_folder,
    read_folder_with,
};
pub use generate::{Report, generate};
pub use grid::{read_phones, read_words};
pub use keyface_sound::said::{Interval, Labels, TextGrid, Tier, phones_of_label};
pub use plan::{Job, plan};
pub use recordings::{Kind, read_recordings};
pub(crate) use scratch::Scratch;
pub use speakers::Speakers;
pub use speech::{Prosody, Speech};
pub use splits::{SPLITS_FILE, SplitRow, split_name, stable_hash};
pub use texts::{Text, default_texts, plain, read_texts};
pub use voice::{Engine, Group, Voice};
pub use written::{write_clip, write_phones};
