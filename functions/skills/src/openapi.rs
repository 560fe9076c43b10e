//! The endpoints, for the OpenAPI document.

use crate::{
    execute_skill::{ExecuteSkill, SkillResult},
    put_secrets::SecretNames,
    update_skill::UpdateSkill,
    view::SkillView,
};
use openclaw_openapi::{Code, Group, delete, get, json, patch, post, put};
use openclaw_schema::{
    key::Scope,
    list::{Deleted, List, Page},
};
use openclaw_skills::{Execution, Manifest};
use openclaw_web::Access;
use std::collections::BTreeMap;

const ACCESS: Option<Access> = Some(Access::Scope(Scope::Skills));

/// What installing may find wrong with an MCP server whose tools it reads.
const INSTALLING: &[Code] = &[Code::Conflict, Code::SkillFailed, Code::SkillTimeout];

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    let mcp = Group::new("mcp", "The account's skills as an MCP server.", ACCESS).with(
        post(
            "/mcp",
            "call",
            "Send one message of the Model Context Protocol",
        )
        .about("Streamable HTTP without a session: one message of JSON-RPC 2.0.")
        .takes_as("application/json", json!({"type": "object"}))
        .example(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}))
        .gives_as(200, "application/json", json!({"type": "object"}))
        .gives_nothing(202)
        .gives_as(400, "application/json", json!({"type": "object"}))
        .gives_as(404, "application/json", json!({"type": "object"})),
    );
    vec![installed().with(execute()), mcp]
}

fn installed() -> Group {
    let markdown = json!({"type": "string", "description": "An Agent Skill (SKILL.md)."});
    let manifest = json!({
        "id": "docs", "name": "Documentation", "mcp": {"url": "https://example.com/mcp"},
    });
    Group::new("skills", "What models and callers can have done.", ACCESS)
        .with(
            get("/skills", "list", "List the skills, without their commands")
                .query::<Page>()
                .gives::<List<SkillView>>(200),
        )
        .with(
            post("/skills", "create", "Install a skill")
                .takes::<Manifest>()
                .example(manifest.clone())
                .takes_as("text/markdown", markdown.clone())
                .gives::<SkillView>(201)
                .fails(INSTALLING),
        )
        .with(get("/skills/{id}", "get", "Show a skill with its commands").gives::<SkillView>(200))
        .with(
            put(
                "/skills/{id}",
                "replace",
                "Install a skill in place of another",
            )
            .takes::<Manifest>()
            .example(manifest)
            .takes_as("text/markdown", markdown)
            .gives::<SkillView>(200)
            .gives::<SkillView>(201)
            .fails(INSTALLING),
        )
        .with(
            patch("/skills/{id}", "update", "Enable or disable a skill")
                .takes::<UpdateSkill>()
                .example(json!({"status": "disabled"}))
                .gives::<SkillView>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            delete("/skills/{id}", "delete", "Remove a skill and its secrets")
                .gives::<Deleted>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            put(
                "/skills/{id}/secrets",
                "setSecrets",
                "Set a skill's secrets by name",
            )
            .about("`null` removes one, those that are not named stay. Nothing shows them again.")
            .takes::<BTreeMap<String, Option<String>>>()
            .example(json!({"TOKEN": "…"}))
            .gives::<SecretNames>(200)
            .fails(&[Code::Conflict]),
        )
        .with(
            post(
                "/skills/{id}/refresh",
                "refresh",
                "Read the tools of its MCP server again",
            )
            .gives::<SkillView>(200)
            .fails(INSTALLING),
        )
        .with(
            get(
                "/skills/{id}/executions",
                "executions",
                "List the last executions",
            )
            .query::<Page>()
            .gives::<List<Execution>>(200),
        )
}

fn execute() -> openclaw_openapi::Operation {
    post("/skills/{id}/execute", "execute", "Execute a command")
        .takes::<ExecuteSkill>()
        .example(json!({"command": "get", "parameters": {"location": "London"}}))
        .gives::<SkillResult>(200)
        .answer_example(json!({
            "skill": "weather-skill", "command": "get", "duration_ms": 210,
            "result": {"location": "London", "temperature": 9.5, "description": "overcast"},
        }))
        .fails(&[
            Code::BudgetExceeded,
            Code::Conflict,
            Code::PayloadTooLarge,
            Code::SkillFailed,
            Code::SkillTimeout,
        ])
}
