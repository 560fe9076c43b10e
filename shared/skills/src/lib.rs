//! Skills: what can be done for a caller or a model by name.
//!
//! - [`Manifest`]: what a skill is; [`manifest::parse`] names every fault at once
//! - [`Skills`]: those of an account, installed, changed, executed
//! - [`template`], [`schema`]: the languages that manifests are written in, bounded
//! - [`executor`]: what does a command, one implementation a file
//!
//! [`Skills::execute`] is the one entry: REST, the WebSocket, MCP and a chat's tool loop call it.

mod builtin;
mod caller_chat;
mod execute;
pub mod executor;
pub mod manifest;
mod mcp_tools;
mod record;
pub mod request;
pub mod schema;
mod secrets;
pub mod skill_md;
mod skills;
pub mod template;

pub use caller_chat::CallerChat;
pub use execute::{Asked, Executed, Prepared};
pub use executor::Chat;
pub use manifest::{Manifest, parse_tool_name, tool_name};
pub use record::{Execution, ExecutionStatus, SkillStatus};
pub use skills::{Skill, Skills};
