//! The ports on Cloudflare Workers, and the way of a request into a function and out of it.
//!
//! A Worker is one function: its entry hands the platform's request to [`serve`], which builds
//! the function's router once an isolate and runs it. Bindings have the names in [`bindings`].
//!
//! Promises belong to one thread, ports must be `Send`: what is JavaScript's is wrapped at the
//! port ([`send_wrapper`] checks the thread, of which an isolate has one).

mod alarm;
mod app;
pub mod bindings;
mod body;
mod clock;
mod convert;
mod fetch;
mod glue;
mod init;
mod kv;
mod ledger;
mod left;
mod log;
mod object;
mod random;
mod scope;
mod serve;
mod timer;
mod upgrade;

pub use app::app;
pub use clock::WorkerClock;
pub use fetch::{FetchHttp, Service};
pub use glue::{bound, thrown};
pub use init::instance;
pub use kv::{Namespace, WorkersKv};
pub use ledger::{AccountLedger, DurableLedger};
pub use object::{Object, Socket};
pub use openclaw_web::Endpoints;
pub use random::WorkerRandom;
pub use scope::RequestSpawn;
pub use serve::{serve, serve_upgrades};
pub use upgrade::{Platform, Upgraded};
pub use worker_sys::Context;

/// The bindings of a Worker.
pub type Env = js_sys::Object;
