//! The Model Context Protocol (<https://modelcontextprotocol.io/specification/2026-07-28>) over its
//! Streamable HTTP transport.
//!
//! - [`Client`] lists and calls the tools of a server, of any revision from 2025-06-18 to 2026-07-28.
//! - [`server`] reads what clients send to us and builds what they get back: pure, without I/O.
//!
//! Only tools are spoken of: no prompts, resources, sampling or elicitation.

mod client;
mod error;
mod message;
mod param_headers;
mod protocol;
pub mod server;

pub use client::{Client, Limits, Peer};
pub use error::McpError;
pub use message::{CallResult, RpcError, Tool};
pub use protocol::{STATELESS, WITH_HANDSHAKE};
