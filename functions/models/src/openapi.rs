//! The endpoints, for the OpenAPI document.

use crate::{
    config_view::{ConfigView, VersionView},
    put_config::PutConfig,
    rollback_config::RollbackConfig,
    rows::RowView,
    test_provider::{ProviderTest, TestProvider},
    view::ModelView,
};
use openclaw_openapi::{Code, Group, Operation, delete, get, json, patch, post, put};
use openclaw_schema::{
    key::Scope,
    list::{Deleted, List, Page},
};
use openclaw_web::Access;
use serde_json::Value;

const OPERATOR: Option<Access> = Some(Access::Operator);

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    vec![models(), model_rows(), providers(), config()]
}

fn models() -> Group {
    let (access, about) = (
        Access::ScopeOrOperator(Scope::Models),
        "The models that can be called.",
    );
    Group::new("models", about, Some(access))
        .with(
            get("/models", "list", "List the models, all on one page")
                .gives::<List<ModelView<'_>>>(200),
        )
        .with(
            get("/models/{*id}", "get", "Show a model")
                .about("Ids with `/` and `:` may be percent-encoded or plain.")
                .gives::<ModelView<'_>>(200),
        )
}

/// A row of the configuration: its fields are those of the file's (docs/configuration.md).
fn takes_row(operation: Operation, fields: Value, required: &[&str], example: Value) -> Operation {
    let mut schema = json!({"type": "object", "properties": fields, "additionalProperties": true});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    operation
        .takes_as("application/json", schema)
        .example(example)
}

fn model_fields() -> Value {
    json!({
        "id": {"type": "string", "description": "What callers ask for."},
        "name": {"type": ["string", "null"]},
        "context_length": {"type": "integer", "minimum": 1},
        "capabilities": {"type": "array", "items": {"type": "string"}},
        "pricing": {"type": "object", "description": "Dollars per 1,000 tokens."},
        "targets": {"type": "array", "items": {"type": "object"}},
        "fallbacks": {"type": "array", "items": {"type": "string"}},
    })
}

fn provider_fields() -> Value {
    json!({
        "id": {"type": "string", "description": "What targets name."},
        "dialect": {"type": "string", "description": "Its wire format; `openai` by default."},
        "base_url": {"type": "string"},
        "api_key_env": {"type": ["string", "null"], "description": "The variable that holds its key."},
        "api_key": {
            "type": ["string", "null"], "writeOnly": true,
            "description": "Its key: sealed, and never shown. `null` removes it.",
        },
    })
}

fn model_rows() -> Group {
    let about = "The models of the configuration, for the operator.";
    let example = json!({
        "id": "gemma", "context_length": 32768, "targets": [{"provider": "local", "model": "gemma-3"}],
    });
    Group::new("models.config", about, OPERATOR)
        .with(
            takes_row(
                post("/models", "create", "Add a model"),
                model_fields(),
                &["id", "context_length", "targets"],
                example,
            )
            .gives::<RowView>(201)
            .fails(&[Code::Conflict]),
        )
        .with(
            takes_row(
                patch("/models/{*id}", "update", "Change a model"),
                model_fields(),
                &[],
                json!({"fallbacks": ["gpt-4o-mini"]}),
            )
            .about("What is absent stays, `null` removes.")
            .gives::<RowView>(200)
            .fails(&[Code::Conflict]),
        )
        .with(
            delete(
                "/models/{*id}",
                "delete",
                "Remove what run time says of a model",
            )
            .gives::<Deleted>(200)
            .fails(&[Code::InvalidRequest, Code::Conflict]),
        )
}

fn providers() -> Group {
    let about = "The providers of the configuration, for the operator.";
    let example = json!({
        "id": "local", "base_url": "http://127.0.0.1:8081/v1", "api_key": "…",
    });
    Group::new("providers", about, OPERATOR)
        .with(
            get("/providers", "list", "List the providers, all on one page")
                .gives::<List<RowView>>(200),
        )
        .with(
            takes_row(
                post("/providers", "create", "Add a provider"),
                provider_fields(),
                &["id", "base_url"],
                example,
            )
            .gives::<RowView>(201)
            .fails(&[Code::Conflict]),
        )
        .with(get("/providers/{id}", "get", "Show a provider").gives::<RowView>(200))
        .with(
            takes_row(
                patch("/providers/{id}", "update", "Change a provider"),
                provider_fields(),
                &[],
                json!({"api_key": "…"}),
            )
            .about("What is absent stays, `null` removes.")
            .gives::<RowView>(200)
            .fails(&[Code::Conflict]),
        )
        .with(
            delete(
                "/providers/{id}",
                "delete",
                "Remove what run time says of a provider",
            )
            .gives::<Deleted>(200)
            .fails(&[Code::InvalidRequest, Code::Conflict]),
        )
        .with(
            post(
                "/providers/{id}/test",
                "test",
                "Ask a provider for one token",
            )
            .takes::<TestProvider>()
            .example(json!({"model": "gpt-4o-mini"}))
            .gives::<ProviderTest>(200),
        )
}

fn config() -> Group {
    let about = "The configuration at run time, which stands over the file's, for the operator.";
    Group::new("config", about, OPERATOR)
        .with(
            get(
                "/config",
                "get",
                "Show the configuration, and where it comes from",
            )
            .gives::<ConfigView>(200),
        )
        .with(
            put("/config", "replace", "Replace what stands over the file")
                .takes::<PutConfig>()
                .example(json!({"version": 3, "config": {"limits": {"free": 60}}}))
                .gives::<ConfigView>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            get(
                "/config/history",
                "history",
                "List the versions, the newest first",
            )
            .query::<Page>()
            .gives::<List<VersionView>>(200),
        )
        .with(
            post("/config/rollback", "rollback", "Go back to a version")
                .takes::<RollbackConfig>()
                .example(json!({"version": 2}))
                .gives::<ConfigView>(200)
                .fails(&[Code::NotFound]),
        )
}
