//! The official OpenAI SDKs, and what applications build on them, unmodified (`sdk/`).

use openclaw_conformance::harness::{Account, minute_with, node, python, run};
use serde_json::json;
use tokio::process::Command;

/// The script checks everything itself and says so at its end.
async fn passes(mut command: Command, file: &str) {
    let account = Account::new().await;
    let limited = account.another_key(json!({"rate_limit": 1})).await;
    let scoped = account.another_key(json!({"scopes": ["models"]})).await;
    minute_with(20).await;
    command.env("OPENCLAW_LIMITED_KEY", limited.secret);
    command.env("OPENCLAW_MODELS_KEY", scoped.secret);
    let said = run(command, file, &account.key.secret).await;
    assert!(said.ends_with("all checks passed\n"), "{said}");
}

#[tokio::test]
async fn the_python_sdk_works() {
    passes(python(), "sdk/python/openai_sdk.py").await;
}

#[tokio::test]
async fn the_node_sdk_works() {
    passes(node(), "sdk/node/openai_sdk.cjs").await;
}

#[tokio::test]
async fn the_python_sdk_works_on_files() {
    passes(python(), "sdk/python/openai_files.py").await;
}

#[tokio::test]
async fn the_node_sdk_works_on_files() {
    passes(node(), "sdk/node/openai_files.cjs").await;
}

#[tokio::test]
async fn langchain_works() {
    passes(python(), "sdk/python/langchain_sdk.py").await;
}

#[tokio::test]
async fn litellm_works() {
    passes(python(), "sdk/python/litellm_sdk.py").await;
}

#[tokio::test]
async fn vercels_ai_sdk_works() {
    passes(node(), "sdk/node/ai_sdk.cjs").await;
}
