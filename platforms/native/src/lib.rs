//! The ports on tokio, hyper and SQLite: what the self-hosted server runs on.
//!
//! - [`DataFolder`] is the place on disk; [`DataFolder::lock`] keeps a second server out.
//! - [`Database`] is the one SQLite file in it; [`SqliteKv`] and [`SqliteLedger`] are ports on it.
//! - [`HyperHttp`], [`SystemClock`], [`SystemRandom`], [`TokioSpawn`] are the ports without state.
//! - [`Native`] puts them together, for the server or for a command-line tool.
//!
//! A command-line tool may open the same folder beside a running server, as long as it leaves
//! the ledger's counters alone (see [`SqliteLedger`]).

mod clock;
mod database;
mod folder;
mod http;
mod kv;
mod ledger;
mod native;
mod random;
mod spawn;
mod sweep;

pub use clock::SystemClock;
pub use database::Database;
pub use folder::{DataFolder, OpenError, ServerLock};
pub use http::HyperHttp;
pub use kv::SqliteKv;
pub use ledger::SqliteLedger;
pub use native::Native;
pub use random::SystemRandom;
pub use spawn::TokioSpawn;
