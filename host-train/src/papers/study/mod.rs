//! A paper's experiment: a baseline trained on a captured corpus, scored on its official test parts, and the rows of
//! the tables beside what was published.

mod choice;
mod guide;
mod learn;
mod material;
mod published;
mod rows;
mod score;

pub use choice::{Baseline, Plan, Size};
pub use guide::Guidance;
pub use learn::learn;
pub use material::{Item, Material};
pub use published::{PaperTable, Published};
pub use rows::{Row, Run, figures_table, read_rows, table, write_rows};
pub use score::{floors, score};
