//! `/providers`, and the operator's side of `/models`.

use super::{empty, late, seen};
use openclaw_conformance::{
    harness::{Account, Mock, OPENAI_KEY, Target, chat, hello, tag},
    upstream::Script,
};
use serde_json::json;

#[tokio::test]
async fn a_provider_and_a_model_of_run_time_answer_chats_until_they_are_gone() {
    let (server, operator) = empty().await;
    let account = Account::on(&operator, json!({}), json!({})).await;
    let provider = late();
    let made = operator
        .post("/v1/providers", &provider)
        .await
        .succeeds(201);
    assert_eq!(made["source"], "runtime");
    assert_eq!(made["has_sealed_key"], true);
    assert!(made["api_key"].is_null(), "{made}");
    operator
        .post("/v1/providers", &provider)
        .await
        .fails("conflict");

    let model = json!({
        "id": "late/model", "context_length": 8192, "targets": [{"provider": "late", "model": "gpt-4"}],
    });
    operator.post("/v1/models", &model).await.succeeds(201);
    let greeting = hello("late/model");
    seen(async || account.client.chat(&greeting).await.status == 200).await;
    seen(async || account.client.get("/v1/models/late/model").await.status == 200).await;

    let tag = tag("late");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    account.client.chat(&chat("late/model", &script)).await.ok();
    let asked = Mock::get().report(&tag).await.seen[0].clone();
    assert_eq!(
        asked.headers["authorization"],
        format!("Bearer {OPENAI_KEY}")
    );

    // What the operator sees has the key nowhere.
    for path in [
        "/v1/providers",
        "/v1/providers/late",
        "/v1/config",
        "/v1/config/history",
        "/v1/audit",
    ] {
        let shown = operator.get(path).await;
        shown.ok();
        assert!(!shown.text().contains(OPENAI_KEY), "{path}");
    }
    assert!(!server.log().contains(OPENAI_KEY));

    let change = json!({"name": "Late", "targets": null});
    operator
        .patch("/v1/models/late/model", &change)
        .await
        .blames("targets");
    let changed = operator
        .patch("/v1/models/late/model", &json!({"name": "Late"}))
        .await
        .ok();
    assert_eq!(
        (&changed["name"], &changed["context_length"]),
        (&json!("Late"), &json!(8192))
    );
    operator.delete("/v1/models/late/model").await.ok();
    seen(async || account.client.chat(&greeting).await.status == 400).await;
    account.client.chat(&greeting).await.fails("invalid_model");
    operator
        .delete("/v1/models/late/model")
        .await
        .fails("not_found");
    // One of the catalog is not theirs to remove.
    operator
        .delete("/v1/providers/openai")
        .await
        .fails("conflict");
    let catalog = operator.get("/v1/providers/openai").await.ok();
    assert_eq!(catalog["source"], "built_in");
}

#[tokio::test]
async fn a_test_says_what_is_wrong_with_a_provider() {
    let (_server, operator) = empty().await;
    let provider = late();
    operator
        .post("/v1/providers", &provider)
        .await
        .succeeds(201);
    let path = "/v1/providers/late/test";
    operator.post(path, &json!({})).await.blames("model");
    let asked = json!({"model": "gpt-4"});
    let tested = operator.post(path, &asked).await.ok();
    assert_eq!(
        (&tested["ok"], &tested["error"]),
        (&json!(true), &json!(null)),
        "{tested}"
    );

    let nowhere = json!({"base_url": "http://127.0.0.1:1/v1"});
    operator.patch("/v1/providers/late", &nowhere).await.ok();
    let tested = operator.post(path, &asked).await.ok();
    assert_eq!(tested["ok"], false);
    let code = Target::chosen().unreachable_code();
    assert_eq!(tested["error"]["code"], code, "{tested}");

    let keyless = json!({"api_key": null, "api_key_env": "OPENCLAW_CONFORMANCE_IS_NOT_SET"});
    let shown = operator.patch("/v1/providers/late", &keyless).await.ok();
    assert_eq!(shown["has_sealed_key"], false);
    let tested = operator.post(path, &asked).await.ok();
    assert_eq!(tested["error"]["code"], "unauthorized", "{tested}");
    operator
        .post("/v1/providers/nobody/test", &asked)
        .await
        .fails("not_found");
}

#[tokio::test]
async fn only_the_operator_changes_anything() {
    let (_server, operator) = empty().await;
    let account = Account::on(&operator, json!({}), json!({"scopes": ["admin"]})).await;
    let client = &account.client;
    let row = json!({"id": "mine", "base_url": "https://example.com/v1"});
    for path in ["/v1/providers", "/v1/models", "/v1/config/rollback"] {
        client.post(path, &row).await.fails("forbidden");
    }
    client.put("/v1/config", &row).await.fails("forbidden");
    client.get("/v1/config").await.fails("forbidden");
    client.get("/v1/audit").await.fails("forbidden");
    client.get("/v1/models").await.ok();
    operator.get("/v1/models").await.ok();
    assert_eq!(operator.get("/v1/config").await.ok()["version"], 0);
}
