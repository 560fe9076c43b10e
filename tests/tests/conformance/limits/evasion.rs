//! Requests that try to spend more than their budget holds.

use openclaw_conformance::{
    harness::{Account, Mock, chat, tag},
    upstream::Script,
};
use serde_json::{Value, json};

async fn with_budget(dollars: f64) -> Account {
    let account = json!({"tier": "enterprise", "rate_limit": 10_000, "monthly_budget": dollars});
    Account::with(account, json!({})).await
}

/// A request with a picture, and the tag under which the upstream counts it.
fn picture(url: &str) -> (Value, String) {
    let tag = tag("picture");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let content = json!([
        {"type": "text", "text": script.message()},
        {"type": "image_url", "image_url": {"url": url}},
    ]);
    let messages = json!([{"role": "user", "content": content}]);
    let body = json!({"model": "gpt-4", "max_tokens": 300, "messages": messages});
    (body, tag)
}

#[tokio::test]
async fn a_picture_is_held_by_its_most_tokens_however_it_comes() {
    // Were a byte held as a token, it would be $3.
    let data = format!("data:image/png;base64,{}", "A".repeat(100_000));
    for url in [data.as_str(), "https://example.com/a.png"] {
        // 48,169 tokens at $0.00003 are $1.45, 300 at $0.00006 are $0.02.
        let (body, tag) = picture(url);
        let poor = with_budget(1.0).await;
        poor.client.chat(&body).await.fails("budget_exceeded");
        assert_eq!(Mock::get().report(&tag).await.requests, 0);
        let (body, _) = picture(url);
        with_budget(2.0).await.client.chat(&body).await.ok();
    }
}

#[tokio::test]
async fn the_answer_has_one_bound() {
    let account = with_budget(1.0).await;
    let tag = tag("bounds");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let mut body = chat("dear", &script);
    body["max_completion_tokens"] = json!(1);
    body["max_tokens"] = json!(100);
    let failure = account.client.chat(&body).await.fails("invalid_request");
    assert_eq!(failure.details["field"], "max_tokens", "{failure:?}");
    assert_eq!(Mock::get().report(&tag).await.requests, 0);
    body["max_tokens"] = json!(1);
    account.client.chat(&body).await.ok();
    let seen = Mock::get().report(&tag).await.seen.remove(0).body;
    assert_eq!(seen["max_completion_tokens"], 1);
    assert!(seen.get("max_tokens").is_none(), "{seen}");
}

#[tokio::test]
async fn what_changes_the_price_needs_a_price() {
    let account = Account::new().await;
    let fields = [
        ("service_tier", json!("priority")),
        ("web_search_options", json!({})),
        ("store", json!(true)),
        ("audio", json!({"voice": "alloy", "format": "wav"})),
        ("modalities", json!(["text", "audio"])),
        ("tools", json!([{"type": "web_search"}])),
    ];
    for (name, value) in fields {
        let mut body = chat("gpt-4", &Script::default());
        body[name] = value.clone();
        let failure = account.client.chat(&body).await.fails("invalid_request");
        assert_eq!(failure.details["field"], name, "{failure:?}");
        body["model"] = json!("keyless");
        // A model without prices is free, whatever is asked of it.
        account.client.chat(&body).await.ok();
    }
}

#[tokio::test]
async fn an_answer_that_nobody_can_hold_is_not_asked_for() {
    let account = Account::new().await;
    let mut body = chat("gpt-4", &Script::default());
    body["n"] = json!(128);
    body["logprobs"] = json!(true);
    body["top_logprobs"] = json!(20);
    // 128 x 8,192 tokens x 1,688 bytes are 1.8 GB.
    let failure = account.client.chat(&body).await.fails("invalid_request");
    assert_eq!(failure.details["field"], "n", "{failure:?}");
}
