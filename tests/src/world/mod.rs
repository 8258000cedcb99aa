//! A world for the gateway: real servers, every role as a process of its own, the simulated agencies, and a
//! legal clock that can run fast.

pub mod clock;
