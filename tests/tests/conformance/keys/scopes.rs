//! What a key opens.

use openclaw_conformance::harness::{Account, hello};
use serde_json::json;

/// Each route that a scope of this issue opens.
const ROUTES: [(&str, &str, &str); 5] = [
    ("chat", "POST", "/v1/chat/completions"),
    ("chat", "POST", "/v1/chat/completions/stream"),
    ("models", "GET", "/v1/models"),
    ("analytics", "GET", "/v1/analytics/usage"),
    ("admin", "GET", "/v1/keys"),
];

#[tokio::test]
async fn a_key_without_the_scope_is_403() {
    let account = Account::new().await;
    for scope in ["chat", "models", "analytics", "admin"] {
        let key = account.another_key(json!({"scopes": [scope]})).await;
        let client = account.client_with(&key.secret);
        for (needed, method, path) in ROUTES {
            let request = client.request(method, path);
            let request = match method {
                "POST" => request.json(&hello("gpt-4")),
                _ => request,
            };
            let reply = client.send(request).await;
            if scope == needed || scope == "admin" {
                assert_eq!(reply.status, 200, "{scope} opens {path}: {}", reply.text());
            } else {
                reply.fails("forbidden");
            }
        }
    }
}
