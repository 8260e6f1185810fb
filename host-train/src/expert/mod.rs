//! Lips that can be read: an expert that reads speech from a mouth (Ma et al. 2023), and animators that learn from it
//! (AV-guide). Stage 1: motion -> expert. Stage 2: sound -> animator -> motion -> expert -> slopes.
//!
//! The expert reads numbers that hang on the motion as a matrix does, or pictures of 25 a second, `[batch, time, height,
//! width]`, whoever made them.

mod avsr;
mod camera;
mod experiment;
mod eyes;
mod films;
pub mod guide;
mod loss;
mod material;
pub mod net;
mod perturb;
mod points;
pub mod rate;
mod reader;
mod reel;
mod search;
mod shows;
mod stage_one;
mod tables;
mod units;

pub use avsr::{AvsrClip, find_avsr};
pub use experiment::{ExpertExperiment, Half, NetChoice, SenseShares, Size};
pub use eyes::Eyes;
pub use films::{Film, films};
pub use loss::{Part, ReadingWeights, Said, motion_loss};
pub use perturb::PerturbConfig;
pub use points::{Eye, Points};
pub use reader::{Read, Reader, true_track};
pub use reel::{Reel, reels};
pub use search::Search;
pub use stage_one::{corpora, train_expert};
pub use tables::{film_table, percent, reel_table};
pub use units::{UnitChoice, Units};

#[cfg(test)]
mod tests;
