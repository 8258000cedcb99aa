//! Against the samples, and against a server that speaks.
