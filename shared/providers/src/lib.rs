//! The provider side of the gateway: which models there are, where they are served, in which
//! wire format, and what happens when a provider fails.
//!
//! - [`Providers`] is the catalog: the built-in rows and the configuration's, with credentials.
//! - [`Providers::plan`] encodes a chat request for the model's target; [`Plan::complete`] and
//!   [`Plan::stream`] send it, retry, and move on to other targets and fallback models.
//! - Dialects (`openai`, `anthropic`, `gemini`, `bedrock`) are pure: request out, answer in, stream event in. What is
//!   OpenAI-compatible is a row in `catalog.json` or in the configuration, not code.
//! - [`sse`] parses event streams, [`tokens`] estimates where a provider does not count.
//!
//! Nothing here knows a runtime: calls, time and randomness come through the ports.

mod answer;
mod anthropic;
mod bedrock;
mod body;
mod call;
mod catalog;
mod coding;
mod content;
mod continuation;
mod cooling;
mod dialect;
mod dialects;
mod fault;
mod forward;
mod frames;
mod gemini;
mod health;
mod media_urls;
mod openai;
mod order;
mod plan;
mod provider;
mod refusal;
mod reply;
mod reshape;
mod route;
mod route_override;
mod scrub;
mod service_account;
pub mod sse;
mod stream;
pub mod tokens;
mod vendor_error;
mod vendors;
mod verbatim;

pub use answer::{Chunk, Completion};
pub use call::MAX_ANSWER;
pub use catalog::{Model, Providers, built_in_rows, key_variables, vendor_variables};
pub use cooling::{Cooling, TargetState};
pub use forward::{Content as ForwardContent, Forward, Forwarded, ForwardedBody};
pub use plan::Plan;
pub use reply::{Called, Failure, Reply, Served};
pub use reshape::CompletionBuilder;
pub use route_override::{PROVIDER_HEADER, RouteOverride, STRATEGY_HEADER};
pub use stream::ChunkStream;
pub use verbatim::{CallerFormat, Verbatim};
