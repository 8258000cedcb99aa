//! Placeholder until the adapter's files are here.
