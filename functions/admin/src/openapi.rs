//! The endpoints, for the OpenAPI document.

use crate::list_keys::Whose;
use openclaw_openapi::{Code, Group, delete, get, json, patch, post, put};
use openclaw_schema::{
    account::{Account, AccountGuardrails, CreateAccount, CurrentAccount, UpdateAccount},
    audit::{AuditEntry, AuditFilter},
    key::{CreateKey, KeySpending, NewKey, RotateKey, Scope, UpdateKey},
    list::{Deleted, List, Page},
};
use openclaw_web::Access;

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    vec![account(), guardrails(), accounts(), keys(), audit()]
}

fn account() -> Group {
    let about = "The account of the key that asks.";
    Group::new("account", about, Some(Access::Key)).with(
        get(
            "/account",
            "get",
            "Show whose key this is, and what is left to it",
        )
        .gives::<CurrentAccount>(200),
    )
}

fn guardrails() -> Group {
    let about = "What the account of the key lets into its chats and out of them.";
    Group::new("guardrails", about, Some(Access::Scope(Scope::Admin)))
        .with(
            get("/account/guardrails", "get", "Show the guardrails").gives::<AccountGuardrails>(200),
        )
        .with(
            put("/account/guardrails", "set", "Set the guardrails, in place of all that were there")
                .takes::<AccountGuardrails>()
                .example(json!({"guardrails": [
                    {"name": "personal data", "action": "redact", "pii": ["email", "phone", "card"]},
                    {"name": "plans", "on": "output", "action": "block", "patterns": ["(?i)project titan"]},
                    {"name": "length", "action": "block", "max_input_characters": 50000},
                ]}))
                .gives::<AccountGuardrails>(200)
                .fails(&[Code::Conflict]),
        )
}

fn accounts() -> Group {
    let about = "Accounts, for the operator.";
    Group::new("accounts", about, Some(Access::Operator))
        .with(
            get(
                "/accounts",
                "list",
                "List accounts in the order of their ids",
            )
            .query::<Page>()
            .gives::<List<Account>>(200),
        )
        .with(
            post("/accounts", "create", "Create an account")
                .takes::<CreateAccount>()
                .example(json!({"name": "Example Ltd", "tier": "pro", "monthly_budget": 100}))
                .gives::<Account>(201),
        )
        .with(get("/accounts/{id}", "get", "Show an account").gives::<Account>(200))
        .with(
            patch("/accounts/{id}", "update", "Change an account")
                .about("What is absent stays, `null` removes.")
                .takes::<UpdateAccount>()
                .example(json!({"status": "suspended"}))
                .gives::<Account>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            delete(
                "/accounts/{id}",
                "delete",
                "Delete an account with everything in it",
            )
            .gives::<Deleted>(200)
            .fails(&[Code::Conflict]),
        )
        .with(
            get("/accounts/{id}/export", "export", "Export what is stored of an account")
                .about(
                    "JSON lines: `{\"type\", \"id\", \"data\"}` for each thing, without secrets and the bytes of \
                     files; the last line is `{\"type\": \"end\"}`.",
                )
                .gives_as(200, "application/jsonl", json!({"type": "string"})),
        )
}

fn audit() -> Group {
    let about = "Changes of accounts, keys and the configuration, for the operator.";
    Group::new("audit", about, Some(Access::Operator)).with(
        get("/audit", "list", "List changes, the newest first")
            .query::<AuditFilter>()
            .query::<Page>()
            .gives::<List<AuditEntry>>(200),
    )
}

fn keys() -> Group {
    let about = "API keys: those of the key's own account, or for the operator those of any.";
    Group::new("keys", about, Some(Access::ScopeOrOperator(Scope::Admin)))
        .with(
            get("/keys", "list", "List keys in the order of their ids")
                .query::<Whose>()
                .query::<Page>()
                .gives::<List<KeySpending>>(200)
                .fails(&[Code::NotFound]),
        )
        .with(
            post(
                "/keys",
                "create",
                "Create a key, whose text is shown this once",
            )
            .takes::<CreateKey>()
            .example(json!({"name": "backend", "scopes": ["chat", "models"], "rate_limit": 60}))
            .gives::<NewKey<KeySpending>>(201)
            .fails(&[Code::NotFound, Code::Conflict]),
        )
        .with(
            get("/keys/{id}", "get", "Show a key and what it has spent").gives::<KeySpending>(200),
        )
        .with(
            patch("/keys/{id}", "update", "Change a key")
                .about("What is absent stays, `null` removes.")
                .takes::<UpdateKey>()
                .example(json!({"rate_limit": 120, "models": null}))
                .gives::<KeySpending>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            delete(
                "/keys/{id}",
                "delete",
                "Revoke a key and its tokens for good",
            )
            .gives::<Deleted>(200)
            .fails(&[Code::Conflict]),
        )
        .with(
            post(
                "/keys/{id}/rotate",
                "rotate",
                "Give a key a new secret, shown this once",
            )
            .takes::<RotateKey>()
            .example(json!({"grace_period": 3600}))
            .gives::<NewKey<KeySpending>>(200)
            .fails(&[Code::Conflict]),
        )
}
