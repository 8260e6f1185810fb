//! `keyface-train`: arguments -> library call -> report.

fn main() {}
