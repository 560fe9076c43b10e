//! The ports without state, on tokio and hyper: what the native server and Lambda have in common.

mod clock;
mod http;
mod random;
mod signer;

pub use clock::{CLOCK_OFFSET, SystemClock};
pub use http::HyperHttp;
pub use random::SystemRandom;
pub use signer::RingSigner;
