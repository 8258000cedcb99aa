//! The communes' back offices, their applicants and the provinces: who files what on a working day, how each
//! commune goes on with its files, and what it gets to read.

pub mod chance;
pub mod country;
pub mod course;
pub mod day;
pub mod desk;
pub mod document;
pub mod identity;
pub mod journal;
pub mod land;
mod letters;
pub mod line;
pub mod mischief;
pub mod names;
pub mod office;
pub mod places;
pub mod project;
pub mod shares;
pub mod wire;
