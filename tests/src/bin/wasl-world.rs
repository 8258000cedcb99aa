//! `wasl-world up|down`.
fn main() {}
