//! One evaluation for everything: checkpoints, shipped models, baselines.

mod baseline;
mod corpus;
mod score;
mod search;

pub use baseline::volume_to_jaw;
pub use corpus::{Evaluation, Judged, evaluate_model};
pub use score::{Events, MouthScore, Scorer};
pub use search::{HeardClip, search_decode};
