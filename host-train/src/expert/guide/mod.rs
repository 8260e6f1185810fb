//! Stage 2: animators that learn from a reader of points or of pictures. `L = mse + av (ctc CTC + ce CE + frames F) + rlv`
//! (AV-guide), slopes of every term logged.

mod ablation;
mod animator;
mod choice;
mod guiding;
mod judged;
mod lesson;
mod pack;
mod pool;
mod run;
mod terms;

pub use ablation::{ABLATION, AS_TOLD, Ablation, Variant, judged_table};
pub use animator::{Animator, Direct, Offline, Student};
pub use choice::{AnimatorChoice, Coarticulation, Guidance, GuideExperiment, Skill, Targets};
pub use guiding::Guide;
pub use judged::{Bench, Judged};
pub use lesson::{Slope, Teaching, Trained};
pub use pack::{GuidedModel, pack};
pub use pool::{Batch, Pool};
pub use run::{Outcome, Plan, over_seeds};
