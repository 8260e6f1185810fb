//! One file for each subcommand: arguments -> library call -> report.

pub mod corpus;
pub mod plot;
pub mod prepare;
