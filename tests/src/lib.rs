//! The world around the gateway: simulated agencies and what measures a run. Nothing here depends on
//! the gateway's own crates: it is written against the contracts, so that a shared mistake shows.

pub mod sandbox;
