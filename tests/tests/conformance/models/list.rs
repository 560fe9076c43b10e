//! `GET /models`.

use openclaw_conformance::harness::Account;
use serde_json::json;

#[tokio::test]
async fn what_has_credentials_is_listed_and_nothing_else() {
    let account = Account::new().await;
    let list = account.client.get("/v1/models").await.ok();
    assert_eq!(
        (&list["object"], &list["has_more"]),
        (&json!("list"), &json!(false))
    );
    let models = list["data"].as_array().unwrap();
    let mut ids: Vec<_> = models
        .iter()
        .map(|model| model["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    // `unlisted` is configured, but its provider's key is not set.
    let expected = [
        "books-failures",
        "breaks-off",
        "breaks-off-claude",
        "claude-3",
        "claude-4",
        "claude-bedrock",
        "cooled",
        "dear",
        "down",
        "embedder",
        "falls-back",
        "flaky",
        "flaky-claude",
        "gemini-2",
        "goes-on",
        "goes-on-claude",
        "goes-on-dialects",
        "goes-on-last",
        "gpt-4",
        "keyless",
        "listener",
        "one-of-two",
        "painter",
        "priced-by-class",
        "refusing",
        "responder",
        "short-context",
        "short-writer",
        "vertex",
        "vertex-refused",
        "weighted",
        "with-defaults",
    ];
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn a_model_has_the_seeds_fields_and_openais() {
    let account = Account::new().await;
    let list = account.client.get("/v1/models").await.ok();
    let models = list["data"].as_array().unwrap();
    let gpt4 = models.iter().find(|model| model["id"] == "gpt-4").unwrap();
    assert_eq!(gpt4["name"], "GPT-4");
    assert_eq!(gpt4["provider"], "mock-openai");
    assert_eq!(gpt4["context_length"], 8192);
    assert_eq!(gpt4["pricing"], json!({"prompt": 0.03, "completion": 0.06}));
    assert_eq!(
        gpt4["capabilities"],
        json!(["chat", "completion", "function_calling"])
    );
    for model in models {
        assert_eq!(model["object"], "model");
        assert!(
            model["created"].is_u64() && model["owned_by"].is_string(),
            "{model}"
        );
    }
}
