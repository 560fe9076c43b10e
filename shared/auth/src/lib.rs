//! Who calls: accounts, API keys, tokens.
//!
//! - [`api_key`]: the text of a key and what is stored of it
//! - [`jwt`]: tokens made from a key
//! - [`Directory`]: accounts and keys, made, listed, changed and revoked
//! - [`Authenticator`]: a credential in, an [`Identity`] out
//! - [`Sealer`]: what tenants entrust to the gateway, stored encrypted
//!
//! The account's items in `Ledger` are the truth about its keys. What a request needs is
//! projected into `Kv` as one document per key, so that authentication costs one cached read;
//! what such a read may have missed, the admission finds out ([`Authenticator::check`]).

pub mod api_key;
mod authenticate;
mod directory;
pub mod jwt;
mod keys;
mod known;
mod publish;
mod record;
mod seal;
mod secret;
mod standing;

use openclaw_core::documents as store;

pub use authenticate::{Authenticator, Caller, Identity, SignInCode, TokenUse};
pub use directory::Directory;
pub use known::Holder;
pub use publish::set_events;
pub use record::OPERATOR;
pub use seal::Sealer;
pub use secret::Secrets;
