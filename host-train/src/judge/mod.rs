//! One judge of clips: measures become figures of a corpus, and two systems are held against each other, in one way for
//! validation, evaluation, ablations, readers of lips and the papers' tables. Whatever is drawn, is drawn by speaker.

mod bootstrap;
mod errors;
mod figure;
mod marks;
mod recalls;
mod rms;

pub use bootstrap::{Interval, by_speaker, over_speakers};
pub use errors::{Errors, paired_difference, rate, rate_of};
pub use figure::{Figure, Sample, figure};
pub use marks::Marks;
pub use recalls::{COUNTS, Recalls};
pub use rms::rms;
