//! Skills.

mod egress;
mod execute;
mod install;
mod manage;
mod mcp_client;
mod mcp_server;
mod secrets;
mod weather;

use openclaw_conformance::harness::{Account, Mock, Reply};
use serde_json::{Value, json};

/// A skill with one command `run` of one http chain with these steps.
fn http_skill(id: &str, steps: Value) -> Value {
    json!({
        "id": id,
        "name": "A skill of the suite",
        "version": "1.0.0",
        "description": "For tests.",
        "commands": {"run": {
            "description": "Runs.",
            "parameters": {"type": "object", "properties": {"q": {"type": "string"}}},
            "execute": {"type": "http", "steps": steps},
        }},
    })
}

/// The URL of a path at the suite's web site.
fn site(path: &str) -> String {
    format!("{}/site/{path}", Mock::get().url())
}

async fn install(account: &Account, manifest: &Value) -> Value {
    account
        .client
        .post("/v1/skills", manifest)
        .await
        .succeeds(201)
}

async fn execute(account: &Account, skill: &str, command: &str, parameters: Value) -> Reply {
    let body = json!({"command": command, "parameters": parameters});
    let path = format!("/v1/skills/{skill}/execute");
    account.client.post(&path, &body).await
}

/// The result of the command `run`.
async fn run(account: &Account, skill: &str, parameters: Value) -> Value {
    execute(account, skill, "run", parameters).await.ok()["result"].clone()
}
