//! What a skill is: its manifest.

mod check;

pub use check::{MAX_MANIFEST, OWN_HEADERS, parse, read};

use crate::executor::{Builtin, Executor, Http, Mcp, McpServer, Prompt};
use openclaw_core::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Characters of a tool's name: what OpenAI and Anthropic take.
pub const MAX_TOOL_NAME: usize = 64;

/// What stands between a skill's id and its command in a tool's name.
pub(crate) const BETWEEN: &str = "__";

/// A skill.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SkillManifest")
)]
pub struct Manifest {
    /// Lower-case letters, digits and `-`; the account's own name for it.
    pub id: String,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// The manifest's own, such as `1.0.0`; of an MCP server's tools, a hash of what they are.
    #[serde(default)]
    pub version: String,
    /// What it is good for, for people and models.
    #[serde(default)]
    pub description: String,
    /// The MCP server whose tools are its commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcp: Option<McpServer>,
    /// By name.
    #[serde(default)]
    pub commands: BTreeMap<String, Command>,
}

/// Something a skill does.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SkillCommand")
)]
pub struct Command {
    /// What it does, for people and models.
    #[serde(default)]
    pub description: String,
    /// The JSON Schema of its parameters, which are an object.
    #[serde(default = "any_object")]
    pub parameters: Value,
    /// How it is done.
    pub execute: Execute,
}

fn any_object() -> Value {
    serde_json::json!({"type": "object"})
}

/// How a command is done.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SkillExecutor")
)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Execute {
    /// By requests.
    Http(Http),
    /// By a tool of an MCP server.
    Mcp(Mcp),
    /// By a model.
    Prompt(Prompt),
    /// By the gateway.
    Builtin(Builtin),
}

impl Execute {
    /// What does it.
    pub(crate) fn executor(&self) -> &dyn Executor {
        match self {
            Self::Http(http) => http,
            Self::Mcp(mcp) => mcp,
            Self::Prompt(prompt) => prompt,
            Self::Builtin(builtin) => builtin,
        }
    }

    /// Its name in manifests.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Mcp(_) => "mcp",
            Self::Prompt(_) => "prompt",
            Self::Builtin(_) => "builtin",
        }
    }
}

impl Manifest {
    /// The command of that name; 400 names those that there are.
    pub fn command(&self, name: &str) -> Result<&Command> {
        self.commands.get(name).ok_or_else(|| {
            let names = Vec::from_iter(self.commands.keys().map(String::as_str));
            Error::invalid("command", format!("must be one of {}", names.join(", ")))
        })
    }

    /// Its commands as tools: the name of each, and the command.
    pub fn tools(&self) -> impl Iterator<Item = (String, &Command)> {
        self.commands
            .iter()
            .map(|(name, command)| (tool_name(&self.id, name), command))
    }
}

/// The name of a command as a tool of a model: `weather-skill__get`.
pub fn tool_name(skill: &str, command: &str) -> String {
    format!("{skill}{BETWEEN}{command}")
}

/// The skill and the command in a tool's name; `None` where it is no name of ours.
pub fn parse_tool_name(name: &str) -> Option<(&str, &str)> {
    name.split_once(BETWEEN)
}
