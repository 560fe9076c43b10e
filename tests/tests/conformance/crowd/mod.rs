//! Very many at once. Each of these takes all that the machine has: `cargo xtask test` runs them after the
//! others, one at a time.

mod keys;
mod runs;
mod streams;
