//! Who may call.

use openclaw_web::Access;
use serde_json::{Value, json};

/// How a key or token is presented.
const KEYS: [&str; 4] = ["bearer", "xApiKey", "apiKeyHeader", "apiKeyQuery"];

pub(crate) fn schemes() -> Value {
    json!({
        "bearer": {
            "type": "http", "scheme": "bearer",
            "description": "An API key (`oc_live_…`, `oc_test_…`) or a token of `POST /auth/token`."
        },
        "xApiKey": {
            "type": "apiKey", "in": "header", "name": "x-api-key",
            "description": "An API key or a token, as Anthropic's SDKs send it."
        },
        "apiKeyHeader": {
            "type": "apiKey", "in": "header", "name": "api-key",
            "description": "An API key or a token, as Azure's clients send it."
        },
        "apiKeyQuery": {
            "type": "apiKey", "in": "query", "name": "api_key",
            "description": "An API key or a token. A header wins; query strings are never logged."
        },
        "operator": {
            "type": "http", "scheme": "bearer",
            "description": "The operator's token (`OPENCLAW_ADMIN_TOKEN`)."
        },
    })
}

/// An operation's `security`; the names in it are scopes of the key.
pub(crate) fn requirement(access: Option<Access>) -> Value {
    let keys = |scopes: &[&str]| KEYS.map(|name| json!({ name: scopes })).to_vec();
    let operator = json!({"operator": []});
    Value::Array(match access {
        None => vec![],
        Some(Access::Key) => keys(&[]),
        Some(Access::Scope(scope)) => keys(&[scope.as_str()]),
        Some(Access::ScopeOrOperator(scope)) => {
            let mut all = keys(&[scope.as_str()]);
            all.push(operator);
            all
        }
        Some(Access::Operator) => vec![operator],
    })
}
