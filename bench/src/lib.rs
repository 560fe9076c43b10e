//! The load generator of `cargo xtask bench`: one thread, one kept connection a worker, so many
//! requests one after the other on each, every answer read to its end and looked at.

mod ask;
mod run;

pub use ask::{Asker, Question};
pub use run::{Load, Outcome};
