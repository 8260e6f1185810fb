//! One evaluation for everything: validation, shipped models, baselines.

mod baseline;
mod groups;
mod hear;
mod keys;
pub mod metric;
mod report;
mod rows;
mod score;
mod search;
mod streaming;
pub mod surface;
mod table;

pub use baseline::{jaw_track, volume_to_jaw};
pub use groups::GroupReport;
pub use hear::Track;
pub use keys::{KeyScore, KeyTally, KeyWindow};
pub use report::{CorpusReport, EvaluationReport, Plan, evaluate};
pub use rows::{MotionRow, Program, mean_motion};
pub use score::{Events, MouthScore, Scorer};
pub use search::{HeardClip, judge, search_decode};
pub use streaming::StreamingReport;
pub use table::table;
