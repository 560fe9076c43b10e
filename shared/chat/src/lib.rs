//! A chat from its checked body to its settled answer, whatever dialect its caller speaks.
//!
//! - [`PreparedChat`]: the model and the key allow the request; its calls are planned and its most
//!   expensive outcome is known. [`PreparedChat::admit`] reserves and counts it in one ledger call.
//! - [`complete`] calls the provider and settles a plain answer before it is shown.
//! - [`respond`] relays a stream, event by event, and settles it before its end is.
//!
//! A [`Cache`] answers again what it kept of a request that is exactly the same.
//!
//! The account's guardrails ([`guards`]) look at what goes to a model and at what comes from it.
//!
//! What differs by the caller's dialect is a [`WholeAnswer`] or an [`EventWriter`]; what follows an
//! answer that calls skills is a [`Rounds`].

mod admit;
mod auto;
mod bound;
mod cache;
mod complete;
mod continuation;
mod forward;
mod guard;
mod labels;
mod relay;
mod replay;
mod rounds;
mod shown_usage;
mod stream_format;

pub use admit::{
    AdmittedChat, Asked, AskedForward, ForwardBound, PreparedChat, ensure_allowed, find_model,
};
pub use cache::Cache;
pub use complete::{WholeAnswer, complete, failed, openai_answer, write_served};
pub use forward::{Counted, ForwardedAnswer, forward};
pub use guard::guards;
pub use relay::{EventWriter, respond};
pub use rounds::{Next, Ran, Rounds, Running};
pub use shown_usage::usage_object;
pub use stream_format::{StreamFormat, Writer};
