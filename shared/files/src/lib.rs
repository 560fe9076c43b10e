//! Files of an account: received as a form, streamed to the store, counted in the ledger, read.
//!
//! - [`Form`]: a multipart body, part by part, in constant memory
//! - [`Files`]: what an account has, and what it may have; uploads in parts
//! - [`ProcessFile`]: the job that finds out what a file is and says
//! - [`attach`]: files in chats
//! - [`CleanUp`]: the jobs that remove what is over
//!
//! The bytes are in `Blob` under `<account>/files/<id>`, the record is in the account's ledger under
//! `file/<id>`, and what all of them take is the counter `storage`, which changes in the same
//! transaction as the records.

pub mod attach;
pub mod cleanup;
mod files;
mod form;
mod list;
mod measure;
pub mod process;
mod receive;
mod record;
mod upload;

pub use cleanup::CleanUp;
pub use files::{Files, MAX_FILES};
pub use form::Form;
pub use process::{Found, Inspect, ProcessFile};
pub use record::FileRecord;
