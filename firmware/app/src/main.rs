//! `keyface`: arguments -> library call -> report.

fn main() {}
