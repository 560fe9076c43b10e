//! The ports on Cloudflare Workers, and the entry that turns the platform's requests into axum's.
//!
//! A Worker is one function: its entry (`#[worker::event(fetch)]`) hands the platform's request to
//! [`serve`], which builds the function's router once an isolate and runs it. Bindings have the names in
//! [`bindings`].
//!
//! JavaScript's objects belong to one thread, ports must be `Send`: the objects are wrapped at the
//! port ([`send_wrapper`] checks the thread, of which an isolate has one).

mod alarm;
mod app;
pub mod bindings;
mod blob;
mod body;
mod clock;
mod consume;
mod convert;
mod disconnect;
mod fetch;
mod glue;
mod kv;
mod ledger;
mod log;
mod object;
mod random;
mod scope;
mod serve;
mod signer;
mod timer;
mod upgrade;

pub use app::app;
pub use blob::R2Blob;
pub use clock::WorkerClock;
pub use consume::consume;
pub use fetch::{FetchHttp, NamedService, Service};
pub use kv::WorkersKv;
pub use ledger::{AccountLedger, DurableLedger};
pub use object::{Object, Socket};
pub use openclaw_web::Endpoints;
pub use random::WorkerRandom;
pub use scope::RequestSpawn;
pub use serve::{serve, serve_upgrades};
pub use upgrade::{Platform, Upgraded};
