//! The program `wasl`.
#![forbid(unsafe_code)]

fn main() {}
