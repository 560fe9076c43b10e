//! The tools of an MCP server as the commands of a skill.

use crate::{
    Manifest, Skill, Skills,
    executor::{Mcp, McpServer},
    manifest::{BETWEEN, Command, Execute, MAX_MANIFEST, MAX_TOOL_NAME, read},
    schema::Schema,
};
use openclaw_core::{Code, Error, Result};
use openclaw_mcp::Tool;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, time::Duration};

/// Tools that become commands: as many as a chat can offer.
const MAX_COMMANDS: usize = 128;

/// Characters of a description that are kept.
const MAX_DESCRIPTION: usize = 4096;

/// Hexadecimal digits of a version.
const DIGITS: usize = 12;

/// How old a server's tools become before an execution has them read again.
const FRESH: Duration = Duration::from_secs(24 * 3600);

impl Skills {
    /// The manifest with the tools of its MCP server as its commands, read now; one without a server as it
    /// is. Where the server wants secrets that are not there yet, it has no commands until
    /// [`Skills::refresh`]. 502, 504, 413 where the tools are more than a manifest holds.
    pub async fn with_tools(&self, account: &str, mut manifest: Manifest) -> Result<Manifest> {
        let Some(server) = manifest.mcp.clone() else {
            return Ok(manifest);
        };
        if manifest.name.is_empty() {
            manifest.name.clone_from(&manifest.id);
        }
        let secrets = self.secrets(account, &manifest.id).await?;
        if secrets.is_empty() && server.wants_secrets() {
            manifest.version = "0".into();
            manifest.commands.clear();
            return Ok(manifest);
        }
        let tools = server.tools(self.egress(), self.ports(), &secrets, self.time());
        let tools = tools.await.map_err(|error| secrets.redact_error(error));
        let (tools, revision) = tools?;
        let revision = revision.map(str::to_owned);
        manifest.mcp = Some(McpServer { revision, ..server });
        fill(&mut manifest, tools)?;
        Ok(manifest)
    }

    /// Reads the tools of a skill's MCP server again; 404, 409 for a skill without one.
    pub async fn refresh(&self, account: &str, id: &str) -> Result<Skill> {
        let skill = self.find(account, id).await?;
        if skill.manifest.mcp.is_none() {
            let message = format!("The skill '{id}' has no MCP server");
            return Err(Error::new(Code::Conflict, message));
        }
        let manifest = self.with_tools(account, skill.manifest).await?;
        Ok(self.replace(account, manifest).await?.0)
    }

    /// Has the tools of an MCP server read again beside an execution, where they are a day old. An execution
    /// does not wait for that, nor for a server that fails.
    pub(crate) fn refresh_if_old(&self, account: &str, skill: &Skill) {
        let Some((_, read_at)) = skill.times.filter(|_| skill.manifest.mcp.is_some()) else {
            return;
        };
        if self.ports().clock.now().duration_since(read_at) < FRESH {
            return;
        }
        let (skills, account, id) = (self.clone(), account.to_owned(), skill.manifest.id.clone());
        self.ports().spawn.spawn(Box::pin(async move {
            if let Err(error) = skills.refresh(&account, &id).await {
                tracing::warn!(skill = id, %error, "the tools of an MCP server were not read again");
            }
        }));
    }
}

fn fill(manifest: &mut Manifest, mut tools: Vec<Tool>) -> Result<()> {
    if tools.is_empty() || tools.len() > MAX_COMMANDS {
        let count = tools.len();
        let message = format!("The MCP server has {count} tools: 1 to {MAX_COMMANDS} can be used");
        return Err(Error::new(Code::SkillFailed, message));
    }
    tools.sort_by(|one, other| one.name.cmp(&other.name));
    let hash = Sha256::digest(json!(tools).to_string());
    let hash = hash.iter().map(|byte| format!("{byte:02x}"));
    manifest.version = hash.collect::<String>()[..DIGITS].to_owned();
    let server = manifest.mcp.clone().unwrap_or_default();
    manifest.commands.clear();
    for tool in tools {
        let name = free_name(&manifest.id, &tool.name, &manifest.commands);
        let description = tool.description.or(tool.title).unwrap_or_default();
        let command = Command {
            description: description.chars().take(MAX_DESCRIPTION).collect(),
            parameters: usable(tool.input_schema),
            execute: Execute::Mcp(Mcp {
                server: server.clone(),
                tool: tool.name,
            }),
        };
        manifest.commands.insert(name, command);
    }
    let document = serde_json::to_value(&*manifest).map_err(Error::internal)?;
    if document.to_string().len() > MAX_MANIFEST {
        let message = format!("The MCP server's tools need more than {MAX_MANIFEST} bytes");
        return Err(Error::new(Code::PayloadTooLarge, message));
    }
    read(document).map(drop)
}

/// The name of a command for a tool: letters, digits, `_` and `-`, short enough for a model's tool, and not
/// taken.
fn free_name(skill: &str, tool: &str, taken: &BTreeMap<String, Command>) -> String {
    let room = MAX_TOOL_NAME.saturating_sub(skill.len() + BETWEEN.len());
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let plain = tool
        .chars()
        .map(|letter| if is_plain(letter) { letter } else { '_' });
    let plain: String = plain.take(room).collect();
    let numbered = (2..).map(|number: u32| {
        let end = format!("_{number}");
        let start = plain.len().min(room.saturating_sub(end.len()));
        plain[..start].to_owned() + &end
    });
    let mut names = std::iter::once(plain.clone()).chain(numbered);
    names
        .find(|name| !taken.contains_key(name))
        .unwrap_or_default()
}

/// A schema that can be validated against here: any object, where the server's cannot. It validates itself.
fn usable(schema: Value) -> Value {
    let is_object = schema["type"] == "object";
    match is_object && Schema::new(&schema, "").is_ok() {
        true => schema,
        false => json!({"type": "object"}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, schema: Value) -> Tool {
        Tool {
            name: name.into(),
            title: None,
            description: Some("Does.".into()),
            input_schema: schema,
            output_schema: None,
        }
    }

    fn filled(tools: Vec<Tool>) -> Result<Manifest> {
        let mut manifest: Manifest = serde_json::from_value(json!({
            "id": "far", "name": "Far", "mcp": {"url": "https://mcp.test/mcp"},
        }))
        .unwrap();
        fill(&mut manifest, tools).map(|()| manifest)
    }

    #[test]
    fn tools_become_commands_with_names_that_models_can_call() {
        let any = || json!({"type": "object"});
        let long = "x".repeat(80);
        let tools = ["a.b", "a/b", "ok", &long].map(|name| tool(name, any()));
        let manifest = filled(tools.into()).unwrap();
        let names: Vec<_> = manifest.commands.keys().cloned().collect();
        assert_eq!(names, ["a_b", "a_b_2", "ok", &"x".repeat(59)]);
        let executes = serde_json::to_value(&manifest.commands["a_b_2"].execute).unwrap();
        let expected = json!({"type": "mcp", "url": "https://mcp.test/mcp", "tool": "a/b"});
        assert_eq!(executes, expected);
    }

    #[test]
    fn the_version_changes_with_a_schema_and_only_then() {
        let with = |kind: &str| json!({"type": "object", "properties": {"a": {"type": kind}}});
        let version = |tools| filled(tools).unwrap().version;
        let one = || tool("a", with("string"));
        let two = || tool("b", with("string"));
        assert_eq!(version(vec![one(), two()]), version(vec![two(), one()]));
        assert_ne!(
            version(vec![one(), two()]),
            version(vec![tool("a", with("integer")), two()])
        );
    }

    #[test]
    fn a_schema_that_cannot_be_used_here_is_the_servers_to_check() {
        for schema in [
            json!({"type": "object", "properties": {"a": {"$ref": "https://x.test/a"}}}),
            json!({"type": "object", "properties": {"a": {"$ref": "#"}}}),
            json!({"properties": {}}),
        ] {
            let manifest = filled(vec![tool("a", schema)]).unwrap();
            let any = json!({"type": "object"});
            assert_eq!(manifest.commands["a"].parameters, any);
        }
    }

    #[test]
    fn none_and_too_many_are_refused() {
        let tools = |count: usize| {
            let names = (0..count).map(|at| tool(&format!("t{at}"), json!({"type": "object"})));
            filled(names.collect())
        };
        assert_eq!(tools(0).unwrap_err().code, Code::SkillFailed);
        assert_eq!(tools(128).unwrap().commands.len(), 128);
        assert_eq!(tools(129).unwrap_err().code, Code::SkillFailed);
        let wide = json!({"type": "object", "description": "x".repeat(140_000)});
        let wide = filled(vec![tool("a", wide)]);
        assert_eq!(wide.unwrap_err().code, Code::PayloadTooLarge);
    }
}
