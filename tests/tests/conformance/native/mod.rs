//! What only the self-hosted server promises: its process, its data folder, its commands. Each
//! case has a server of its own.

mod commands;
mod crash;
mod shutdown;
mod start;

use openclaw_conformance::harness::{Account, Client, Native, Options, Target};
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;

/// Whether these cases can run.
fn here() -> bool {
    Target::is_native_or_skips("only the native runtime is a process with a data folder")
}

fn folder() -> TempDir {
    TempDir::with_prefix("openclaw-conformance-").expect("a folder")
}

/// A server on this data folder.
async fn on(name: &str, data: &Path) -> Native {
    let options = Options {
        data: Some(data.into()),
        ..Options::default()
    };
    Native::start(name, options).await.expect("it starts")
}

fn operator(server: &Native) -> Client {
    let token = openclaw_conformance::harness::ADMIN_TOKEN;
    Client::new(&server.base_url).operator(token)
}

/// An account that no limit bothers.
async fn account(server: &Native) -> Account {
    let fields = json!({"tier": "enterprise", "rate_limit": 1_000_000});
    Account::on(&operator(server), fields, json!({})).await
}

/// Usage as it is seen on a server that was started anew.
async fn usage_on(server: &Native, account: &Account) -> serde_json::Value {
    let client = Client::new(&server.base_url).with(&account.key.secret);
    client.get("/v1/analytics/usage?period=24h").await.ok()
}
