//! One file for each subcommand: arguments -> library call -> report.

pub mod ablate;
pub mod check;
pub mod compare;
pub mod corpus;
pub mod evaluate;
pub mod export;
pub mod features;
pub mod plot;
pub mod prepare;
pub mod throughput;
pub mod train;
pub mod variants;
