//! Checks an XML document against the part of XML Schema that the written contracts use:
//! sequences, choices, simple types with facets, attributes, one target namespace.
//!
//! It reads the very `.xsd` files of the contracts, by its own means, so that a mapping that leaves
//! the schema is a violation here and not a silent agreement between two programs.

mod check;
mod read;
mod simple;

pub(crate) use check::faults;
pub(crate) use read::Schema;

#[cfg(test)]
mod tests;
