//! Files of an account: received as a form, streamed to the store, counted in the ledger, read.
//!
//! - [`Form`]: a multipart body, part by part, in constant memory
//! - [`Files`]: what an account has, and what it may have
//!
//! The bytes are in `Blob` under `<account>/files/<id>`, the record is in the account's ledger under
//! `file/<id>`, and what all of them take is the counter `storage`, which changes in the same
//! transaction as the records.

mod files;
mod form;
mod list;
mod measure;
mod receive;
mod record;

pub use files::{Files, MAX_FILES};
pub use form::Form;
pub use record::FileRecord;
