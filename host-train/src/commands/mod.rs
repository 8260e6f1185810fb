//! One file for each subcommand: arguments -> library call -> report.

pub mod corpus;
