//! One evaluation for everything: validation, shipped models, baselines.

mod baseline;
mod clip_curves;
mod compare;
mod confusion;
mod cues;
mod groups;
mod hear;
mod html;
mod keys;
pub mod metric;
mod report;
mod rows;
mod score;
mod search;
mod speakers;
mod streaming;
pub mod surface;
mod surroundings;
mod table;
mod tables;

pub use baseline::{jaw_track, volume_to_jaw};
pub use clip_curves::ClipCurves;
pub use compare::{Comparison, Contest, compare};
pub use confusion::{CLASSES, Confusion};
pub use cues::CueFolder;
pub use groups::GroupReport;
pub use hear::Track;
pub use html::page;
pub use keys::{KeyScore, KeyTally, KeyWindow};
pub use report::{CorpusReport, EvaluationReport, Plan, evaluate};
pub use rows::{MotionRow, Program, mean_motion};
pub use score::{Events, MouthScore, Scorer};
pub use search::{HeardClip, Searched, search_decode};
pub use streaming::StreamingReport;
pub use table::Table;
pub use tables::table;
