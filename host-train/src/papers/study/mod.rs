//! A paper's experiment: a baseline trained on a captured corpus, scored on its official test parts, and the rows of
//! the tables beside what was published.

mod choice;
mod guide;
mod judge;
mod learn;
mod lens;
mod letters;
mod material;
mod plug_in;
mod prepared;
mod published;
mod rows;
mod said;
mod score;
mod stages;
mod tables;

pub use choice::{Baseline, Plan, Size};
pub use guide::Guidance;
pub use judge::Judge;
pub use learn::{Trained, learn};
pub use material::{Item, Material};
pub use prepared::prepared;
pub use published::{PaperTable, Published};
pub use rows::{Row, Run, read_rows, write_rows};
pub use score::{Scored, TRUTH, Test};
pub use tables::{figures_table, table};
