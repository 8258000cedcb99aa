//! The agencies over real sockets and a real folder, as a gateway would use them.

mod files;
mod payments;
mod scenarios;
mod soap;
mod urban;
mod world;
