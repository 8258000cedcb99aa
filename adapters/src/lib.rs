//! One adapter per agency: each translates the canonical request into its agency's own format and
//! protocol, and the answers back. `SPEC.md` says what each MUST do; [`port`] is all that the gateway sees.
//!
//! This crate depends on `wasl-schemas` only: an adapter never sees the database or the rules.
#![forbid(unsafe_code)]

mod canonical;
pub mod faults;
mod geo;
pub mod lambert;
mod limits;
mod opinions;
pub mod port;
pub mod registry;
pub mod transport;
mod zone;

pub mod barid_bank;
pub mod land_registry;
pub mod onee;
pub mod urban_agency;
pub mod water_basin;

#[cfg(test)]
mod lambert_against_proj;
#[cfg(test)]
mod losses;
#[cfg(test)]
mod test_request;
