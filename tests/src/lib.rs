//! The world around the gateway: simulated agencies and communes, and what measures a run. Nothing here
//! depends on the gateway's own crates: it is written against the contracts, so that a shared mistake shows.

pub mod chaos;
pub mod communes;
pub mod conform;
pub mod demo;
pub mod local;
pub mod oracle;
pub mod partner;
pub mod proxy;
pub mod sandbox;
pub mod world;
