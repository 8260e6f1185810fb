//! One evaluation for everything: validation, shipped models, baselines.

mod baseline;
mod keys;
mod motion;
mod report;
mod score;
mod search;

pub use baseline::volume_to_jaw;
pub use keys::KeyScore;
pub use motion::MotionScore;
pub use report::{CorpusReport, EvaluationReport, Plan, evaluate, table};
pub use score::{Events, MouthScore, Scorer};
pub use search::{HeardClip, judge, search_decode};
