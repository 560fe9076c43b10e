//! Answers that are kept for requests that are exactly the same, for those who ask for it.

use openclaw_conformance::{
    harness::{Account, Client, Mock, Reply, chat, tag},
    upstream::Script,
};
use serde_json::{Value, json};

fn body(tag: &str) -> Value {
    let script = Script {
        tag: tag.into(),
        text: Some("one two three".into()),
        ..Script::default()
    };
    chat("gpt-4", &script)
}

async fn ask(client: &Client, body: &Value, ttl: &str) -> Reply {
    let request = client.request("POST", "/v1/chat/completions").json(body);
    client
        .send(request.header("x-openclaw-cache-ttl", ttl))
        .await
}

#[tokio::test]
async fn the_same_request_is_answered_again_for_nothing() {
    let [account, other] = [Account::new().await, Account::new().await];
    let tag = tag("cache");
    let body = body(&tag);
    let first = ask(&account.client, &body, "60").await;
    assert_eq!(
        first.header("x-openclaw-cache"),
        Some("miss"),
        "{}",
        first.text()
    );
    let again = ask(&account.client, &body, "60").await;
    assert_eq!(again.header("x-openclaw-cache"), Some("hit"));
    assert_eq!(again.header("x-openclaw-attempts"), Some("0"));
    let (first, again) = (first.ok(), again.ok());
    assert_eq!(first["choices"], again["choices"]);
    assert_eq!(
        first["usage"]["total_tokens"],
        again["usage"]["total_tokens"]
    );
    assert_eq!(again["usage"]["cost"], json!(0.0));
    assert_eq!(account.usage(2).await["cost"], first["usage"]["cost"]);
    // Whoever does not ask for it, asks for another thing, or is another account, gets another answer.
    account.client.chat(&body).await.ok();
    let mut warmer = body.clone();
    warmer["temperature"] = json!(1);
    ask(&account.client, &warmer, "60").await.ok();
    ask(&other.client, &body, "60").await.ok();
    assert_eq!(Mock::get().report(&tag).await.requests, 4);
    let wrong = ask(&account.client, &body, "soon").await;
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.json()["error"]["param"], "x-openclaw-cache-ttl");
}

#[tokio::test]
async fn streams_share_it() {
    let account = Account::new().await;
    let tag = tag("cache");
    let mut body = body(&tag);
    body["stream"] = true.into();
    body["stream_options"] = json!({"include_usage": true});
    for told in ["miss", "hit"] {
        let request = account
            .client
            .request("POST", "/v1/chat/completions")
            .json(&body);
        let request = request.header("x-openclaw-cache-ttl", "60");
        let transcript = account.client.open(request).await.read().await;
        assert_eq!(transcript.headers["x-openclaw-cache"], told);
        assert_eq!(transcript.text(), "one two three");
        assert_eq!(transcript.last_line(), "data: [DONE]");
        let last = transcript.events().pop().unwrap();
        assert_eq!(last["usage"]["cost"] == json!(0.0), told == "hit", "{last}");
    }
    body["stream"] = false.into();
    let plain = ask(&account.client, &body, "60").await;
    assert_eq!(plain.header("x-openclaw-cache"), Some("hit"));
    assert_eq!(
        plain.ok()["choices"][0]["message"]["content"],
        "one two three"
    );
    assert_eq!(Mock::get().report(&tag).await.requests, 1);
}
