//! The command line. Exit codes: 0 good, 1 refused, 2 wrong usage.
