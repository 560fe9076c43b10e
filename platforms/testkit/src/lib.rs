//! What every implementation of a port must do, and ports that live in memory.
//!
//! - [`contract`]: the cases each [`Kv`](openclaw_core::Kv), [`Ledger`](openclaw_core::Ledger) and
//!   [`Blob`](openclaw_core::Blob) passes, to be run by whoever has one, in whatever runtime.
//! - [`MemoryKv`], [`MemoryLedger`], [`MemoryBlob`] (which pass them), [`ManualClock`], [`ScriptedHttp`],
//!   [`SeededRandom`], [`InlineSpawn`], and all of them together in [`Fakes`]: for the tests of
//!   crates that stand on the ports.
//! - [`Life`]: that of a process which dies at any of its operations, and what it sees:
//!   [`MortalLedger`], [`MortalBlob`].
//! - [`ScriptedConsumer`]: works on jobs as they say, for the contract of the queue.
//! - [`hostile`]: input for tests that a parser refuses or reads whatever comes.

mod blob;
mod clock;
mod consumer;
pub mod contract;
mod counting;
mod fakes;
mod hostile;
mod http;
mod kv;
mod ledger;
mod life;
mod random;
pub mod sample;
mod spawn;

pub use blob::MemoryBlob;
pub use clock::ManualClock;
pub use consumer::{Script, ScriptedConsumer, ScriptedEnd};
pub use counting::{Asked, CountingLedger};
pub use fakes::{Fakes, FixedSigner};
pub use hostile::hostile;
pub use http::{Reply, ScriptedHttp};
pub use kv::MemoryKv;
pub use ledger::MemoryLedger;
pub use life::{Life, MortalBlob, MortalLedger};
pub use random::SeededRandom;
pub use spawn::InlineSpawn;
