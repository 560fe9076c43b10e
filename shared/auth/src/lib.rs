//! Who calls: accounts, API keys, tokens.
//!
//! - [`api_key`]: the text of a key and what is stored of it
//! - [`jwt`]: tokens made from a key
//! - [`Directory`]: accounts and keys, made, listed, changed and revoked
//! - [`Authenticator`]: a credential in, an [`Identity`] out
//!
//! The account's items in `Ledger` are the truth about its keys; what a request needs is
//! projected into `Kv` as one document per key, so that authentication costs one cached read.

pub mod api_key;
mod authenticate;
mod directory;
pub mod jwt;
mod record;
mod secret;

pub use authenticate::{Authenticator, Caller, Identity};
pub use directory::Directory;
pub use record::OPERATOR;
pub use secret::Secrets;
