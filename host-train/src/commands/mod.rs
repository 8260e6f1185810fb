//! One file for each subcommand: arguments -> library call -> report.

pub mod corpus;
pub mod evaluate;
pub mod export;
pub mod train;
pub mod plot;
pub mod prepare;
