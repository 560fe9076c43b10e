//! The ports of the self-hosted server: SQLite, and beside it what `openclaw-tokio` has.
//!
//! - [`DataFolder`] is the place on disk; [`DataFolder::lock`] keeps a second server out.
//! - [`Database`] is the one SQLite file in it; [`SqliteKv`] and [`SqliteLedger`] are ports on it.
//! - [`SqliteQueue`] works on the ledger's jobs.
//! - [`FileBlob`] keeps files beside it.
//! - [`TokioSpawn`] counts what a shutdown waits for.
//! - [`Native`] puts them together, for the server or for a command-line tool.
//!
//! A command-line tool may open the same folder beside a running server, as long as it leaves
//! the ledger's counters alone (see [`SqliteLedger`]).

mod blob;
mod database;
mod folder;
mod kv;
mod ledger;
mod native;
mod queue;
mod spawn;
mod sweep;

pub use blob::FileBlob;
pub use database::Database;
pub use folder::{DataFolder, OpenError, ServerLock};
pub use kv::SqliteKv;
pub use ledger::{Leftover, SqliteLedger};
pub use native::Native;
pub use queue::{RunTask, SqliteQueue};
pub use spawn::TokioSpawn;
