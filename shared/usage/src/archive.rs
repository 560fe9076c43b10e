//! Rows of the request log that have left the ledger: files in the object store, an hour each, or a day
//! where that has few.
//!
//! A row lives in the ledger for [`HOT_DAYS`] and goes by its own expiry. Long before that [`move_out`]
//! has written it into a file. So nothing is removed one by one, an account's ledger holds three days of
//! rows however many requests it had, and a reader looks at the ledger first and at files for what is older.
//!
//! A file has the rows in the ledger's order, the newest first, in blocks of gzip that are read by their
//! ranges. Where its blocks begin stands in the ledger, under the key of its last row:
//! the files that have rows after a key are those whose own key is after it.

mod read;
mod write;

pub(crate) use read::Archived;
pub use read::archived;
pub(crate) use write::move_out;

use openclaw_core::{Timestamp, id, time::HOUR};
use serde::{Deserialize, Serialize};

/// Days that a row is in the ledger.
pub const HOT_DAYS: i64 = 3;

/// How long after it was admitted a row is written into a file, in seconds: what takes that long has ended.
const SETTLED: i64 = 26 * HOUR;

/// The prefix of files: `archive/<time backwards>/<request>` of the last row.
const FILES: &str = "archive/";

/// The key of how far the account's rows are in files.
const STATE: &str = "archived";

/// Rows of a block.
const BLOCK: usize = 500;

/// Where a file is and what is in it. Keys are those of rows without their prefix.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct File {
    blob: String,
    rows: usize,
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Block {
    /// The key of its last row.
    last: String,
    /// Where it ends in the file; it starts where the one before ends.
    end: u64,
}

/// How far the rows of an account are in files.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct State {
    /// All rows before this time are.
    until: Timestamp,
    /// Up to what time rows are being written now, from the latest to the earliest, and after which key it
    /// goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    going_on: Option<GoingOn>,
    /// Files of days before this one are removed.
    removed: Timestamp,
    /// The day of the latest row that is in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latest: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct GoingOn {
    target: Timestamp,
    after: String,
}

/// The folder of an account's files of a day.
fn folder(account: &str, day: Timestamp) -> String {
    format!("{account}/log/{}", openclaw_core::time::day(day))
}

/// When the request of a row's key, without its prefix, was made.
fn time_of(key: &str) -> Option<Timestamp> {
    id::time_of_backwards(key.split('/').next()?)
}
