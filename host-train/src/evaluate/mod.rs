//! One evaluation for everything: checkpoints, shipped models, baselines.

mod baseline;
mod score;
mod search;

pub use baseline::volume_to_jaw;
pub use score::{Events, MouthScore, Scorer};
pub use search::{HeardClip, search_decode};
