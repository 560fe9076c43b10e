//! `model: "auto"`: the cheapest that can do what is needed.

use openclaw_conformance::{
    harness::{Account, Mock, chat, tag},
    upstream::Script,
};
use serde_json::{Value, json};

/// The models that a key may use, so that what other cases configure does not matter.
const MODELS: [&str; 3] = ["gpt-4", "claude-3", "embedder"];

/// The model that the upstream was asked for.
async fn chosen(account: &Account, fields: Value) -> String {
    let tag = tag("auto");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let mut body = chat("auto", &script);
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    account.client.chat(&body).await.ok();
    let seen = Mock::get().report(&tag).await.seen.remove(0);
    seen.body["model"].as_str().unwrap().into()
}

#[tokio::test]
async fn the_cheapest_model_that_fits_answers() {
    let account = Account::with(json!({"tier": "pro"}), json!({"models": MODELS})).await;
    // Claude's tokens out are dearer, its tokens in cheaper.
    assert_eq!(
        chosen(&account, json!({"max_tokens": 1000})).await,
        "gpt-4-0613"
    );
    assert_eq!(
        chosen(&account, json!({"max_tokens": 1})).await,
        "claude-3-opus-20240229"
    );
    // GPT-4 has no room for that.
    let long = "word ".repeat(9000);
    let messages = json!([{"role": "system", "content": long}, chat("auto", &Script {
        tag: "auto-long".into(),
        ..Script::default()
    })["messages"][0]]);
    let body = json!({"model": "auto", "messages": messages, "max_tokens": 1000});
    account.client.chat(&body).await.ok();
    let usage = account.usage(3).await;
    let models = usage["by_model"].as_array().unwrap();
    let claude = models
        .iter()
        .find(|row| row["model"] == "claude-3")
        .unwrap();
    assert_eq!(claude["requests"], 2, "{usage}");
}

#[tokio::test]
async fn what_no_model_can_do_is_refused() {
    let account = Account::with(json!({"tier": "pro"}), json!({"models": MODELS})).await;
    let picture = json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}});
    let body = json!({"model": "auto", "messages": [{"role": "user", "content": [picture]}]});
    let reply = account.client.chat(&body).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert_eq!(reply.json()["error"]["code"], "invalid_model");
}
