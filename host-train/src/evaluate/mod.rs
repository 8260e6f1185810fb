//! One evaluation for everything: validation, shipped models, baselines.

mod baseline;
mod by_speaker;
mod clip_curves;
mod closure_curve;
mod compare;
mod confusion;
mod cues;
mod groups;
mod hear;
mod html;
mod key_rows;
mod keys;
pub mod metric;
mod plan;
mod report;
mod rows;
mod rules;
mod score;
mod search;
mod speakers;
mod streaming;
pub mod surface;
mod surroundings;
mod table;
mod tables;

pub use baseline::{jaw_track, volume_to_jaw};
pub use by_speaker::{SpeakerRecalls, balanced, balanced_difference};
pub use clip_curves::ClipCurves;
pub use compare::{Comparison, Contest, compare};
pub use confusion::{CLASSES, Confusion};
pub use cues::CueFolder;
pub use groups::GroupReport;
pub use hear::{Ears, Heard, Sound, Track, hear_all, hear_all_by, motion_at, true_motion};
pub use html::page;
pub use keys::{KeyScore, KeyTally, KeyWindow};
pub use plan::Plan;
pub use report::{CorpusReport, EvaluationReport, evaluate, readable};
pub use rows::{MotionRow, Program, mean_motion};
pub use score::{Events, MouthScore, Scorer};
pub use search::{
    FILE_FALSE_PER_MIN, HeardClip, LIVE_FALSE_PER_MIN, Searched, calmed, decoded_score, search_closures, search_decode,
};
pub use streaming::StreamingReport;
pub use table::Table;
pub use tables::table;
