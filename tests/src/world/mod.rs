//! A world for the gateway: real servers, every role as a process of its own, the simulated agencies, and a
//! legal clock that can run fast.

pub mod broker;
pub mod clock;
pub mod database;
pub mod layout;
pub mod process;
pub mod ready;
pub mod secrets;
pub mod servers;
pub mod settings;
pub mod start;
