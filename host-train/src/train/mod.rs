//! Training: an experiment file in, checkpoints of both networks out. A run that was interrupted goes on.

mod average;
mod batches;
mod checkpoint;
mod completion;
mod corpora;
mod descent;
mod device;
mod experiment;
mod flow;
mod gradient;
mod key_motion;
pub mod kmtalk;
mod listener;
mod networks;
mod phase;
mod progress;
mod referee;
mod replicas;
mod schedule;
mod teaching;
mod throughput;
mod validate;

pub use batches::{Again, Ahead, BatchPlan, Batches, crops};
pub use checkpoint::{Progress, Resumed, RunDir, Scores};
pub use completion::train_completion;
pub use corpora::{Corpora, augmenter};
pub use descent::Descent;
pub use device::{DeviceChoice, pick_device, pick_devices};
pub use experiment::{CompletionPhase, CorpusChoice, Experiment, KeyMotionPhase, LookAhead, STEP_MS, Told};
pub use flow::{FlowMaker, KEY_REFRACTORY, KEY_THRESHOLD, KeySource, PREDICTED};
pub use key_motion::train_key_motion;
pub use kmtalk::train_kmtalk;
pub use listener::{
    ListenerExperiment, agreement, best as best_listener, listener_accuracy, train_listener, write_answers,
};
pub use networks::{best_completion, best_key_motion};
pub use phase::{Lesson, Phase};
pub use referee::{Agreements, Referee, table as agreement_table};
pub use throughput::{Throughput, throughput};
pub use validate::{Hearing, mouth_accuracy, mouth_interval, room_activity};
