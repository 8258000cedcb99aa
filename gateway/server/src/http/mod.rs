//! The HTTP side: API, callbacks, documents, the live page, health.
//!
//! 1. [`routes`] lists every route with its right; [`guard`] stands around each;
//! 2. [`api`] answers questions with JSON from the read models;
//! 3. [`callbacks`] takes what agencies call us with, and answers only what is safe with the broker;
//! 4. [`documents`] keeps what communes send by reference;
//! 5. [`page`] draws what a minister looks at, as HTML and SVG, and keeps it live.

pub mod api;
pub mod app;
pub mod auth;
pub mod callbacks;
pub mod csv;
pub mod cursor;
pub mod documents;
pub mod guard;
pub mod in_force;
pub mod lang;
pub mod page;
pub mod probes;
pub mod problem;
pub mod query;
pub mod routes;
pub mod serve;
pub mod side;
pub mod spec;
pub mod texts;
pub mod words;

#[cfg(test)]
mod tests;

pub use self::serve::run_api;
