//! One file for each subcommand: arguments -> library call -> report.

pub mod corpus;
pub mod prepare;
