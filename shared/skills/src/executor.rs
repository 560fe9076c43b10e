//! What does a command, one implementation a file.

mod builtin;
mod http;
mod mcp;
mod prompt;

pub use builtin::Builtin;
pub use http::Http;
pub use mcp::{Mcp, McpServer};
pub use prompt::{Chat, Prompt};

use crate::secrets::SecretSet;
use openclaw_core::{BoxFuture, Ports, Result};
use openclaw_egress::Egress;
use serde_json::Value;
use std::time::Duration;

/// A command that is being executed, with what its executor may use.
pub struct Call<'a> {
    /// The skill's id.
    pub skill: &'a str,
    /// The command's name.
    pub command: &'a str,
    /// Valid by the command's schema.
    pub parameters: &'a Value,
    /// That schema.
    pub schema: &'a Value,
    /// For requests only: neither results nor errors show them.
    pub secrets: &'a SecretSet,
    /// Where requests go through.
    pub egress: &'a Egress,
    /// The runtime.
    pub ports: &'a Ports,
    /// What the whole execution may take; whoever called ends it then.
    pub time: Duration,
    /// Models, for the caller; none where there is no caller to account them to.
    pub chat: Option<&'a dyn Chat>,
}

/// Does commands of one kind.
pub trait Executor: Send + Sync {
    /// The result; 502 where what was called failed, 413 where its answer is too large, or what the manifest
    /// makes of it. Dropping the future cancels whatever it does.
    fn execute<'a>(&'a self, call: &'a Call<'a>) -> BoxFuture<'a, Result<Value>>;
}
