//! `x-openclaw-provider` and `x-openclaw-strategy` of requests whose keys may say how they are routed.

use openclaw_conformance::{
    harness::{Account, Client, Key, Mock, Reply, hello, tag},
    upstream::Script,
};
use serde_json::{Value, json};

const PROVIDER: &str = "x-openclaw-provider";
const STRATEGY: &str = "x-openclaw-strategy";

/// A client whose key may.
async fn allowed(account: &Account) -> Client {
    let key: Key = account.another_key(json!({"route_override": true})).await;
    assert_eq!(key.shown["route_override"], true);
    account.client.with(&key.secret)
}

async fn ask(client: &Client, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
    let mut request = client.request("POST", path).json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

fn asked(path: &str, text: &str) -> Value {
    let message = json!([{"role": "user", "content": text}]);
    match path {
        "/v1/responses" => json!({"model": "weighted", "input": text}),
        "/v1/completions" => json!({"model": "weighted", "prompt": text}),
        _ => json!({"model": "weighted", "messages": message, "max_tokens": 100}),
    }
}

#[tokio::test]
async fn only_the_providers_that_are_named_are_asked() {
    let account = Account::new().await;
    let client = allowed(&account).await;
    // Drawn by weight, eight answers of one are a chance in 65,536, and in ten of the other.
    for provider in ["mock-keyless", "mock-openai"] {
        for path in [
            "/v1/chat/completions",
            "/v1/messages",
            "/v1/responses",
            "/v1/completions",
        ] {
            for _ in 0..2 {
                let headers = [(PROVIDER, provider)];
                let reply = ask(&client, path, &asked(path, "hello"), &headers).await;
                assert_eq!(reply.status, 200, "{path}: {}", reply.text());
                assert_eq!(reply.header(PROVIDER), Some(provider), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn they_are_asked_in_the_order_in_which_they_are_named() {
    let account = Account::new().await;
    let client = allowed(&account).await;
    let failing = Script {
        tag: tag("route"),
        status: Some(401),
        fail_first: Some(1),
        ..Script::default()
    };
    for _ in 0..8 {
        let headers = [(PROVIDER, "mock-keyless, mock-openai"), (STRATEGY, "price")];
        let body = asked("/v1/chat/completions", "hello");
        let reply = ask(&client, "/v1/chat/completions", &body, &headers).await;
        assert_eq!(
            reply.header(PROVIDER),
            Some("mock-keyless"),
            "{}",
            reply.text()
        );
    }
    // The second is asked where the first fails, and no third.
    let body = asked("/v1/chat/completions", &failing.message());
    let headers = [(PROVIDER, "mock-keyless, mock-openai")];
    let reply = ask(&client, "/v1/chat/completions", &body, &headers).await;
    assert_eq!(
        reply.header(PROVIDER),
        Some("mock-openai"),
        "{}",
        reply.text()
    );
    let seen = Mock::get().report(&failing.tag).await.seen;
    assert_eq!(
        (&seen[0].body["model"], &seen[1].body["model"]),
        (&json!("seldom"), &json!("often"))
    );
}

#[tokio::test]
async fn a_response_in_the_background_goes_there_too() {
    let account = Account::new().await;
    let client = allowed(&account).await;
    for _ in 0..4 {
        let script = Script {
            tag: tag("route"),
            ..Script::default()
        };
        let mut body = asked("/v1/responses", &script.message());
        body["background"] = true.into();
        ask(
            &client,
            "/v1/responses",
            &body,
            &[(PROVIDER, "mock-keyless")],
        )
        .await
        .ok();
        let report = Mock::get()
            .report_when(&script.tag, |report| report.requests == 1)
            .await;
        assert_eq!(report.seen[0].body["model"], "seldom");
    }
}

#[tokio::test]
async fn an_answer_that_is_kept_is_kept_by_provider() {
    let account = Account::new().await;
    let client = allowed(&account).await;
    let body = hello("weighted");
    for (provider, kept) in [
        ("mock-openai", "miss"),
        ("mock-keyless", "miss"),
        ("mock-openai", "hit"),
    ] {
        let headers = [(PROVIDER, provider), ("x-openclaw-cache-ttl", "60")];
        let reply = ask(&client, "/v1/chat/completions", &body, &headers).await;
        assert_eq!(reply.header("x-openclaw-cache"), Some(kept), "{provider}");
        assert_eq!(reply.header(PROVIDER), Some(provider));
    }
}

#[tokio::test]
async fn others_may_not_and_what_is_wrong_is_named() {
    let account = Account::admin().await;
    let path = "/v1/chat/completions";
    for headers in [[(PROVIDER, "mock-openai")], [(STRATEGY, "price")]] {
        let refused = ask(&account.client, path, &hello("weighted"), &headers).await;
        assert_eq!(refused.status, 403, "{}", refused.text());
    }
    // Nor give what it has not.
    let more = json!({"name": "more", "route_override": true});
    account
        .client
        .post("/v1/keys", &more)
        .await
        .fails("forbidden");
    let client = allowed(&account).await;
    for (header, value) in [
        (PROVIDER, "mock-anthropic"),
        (PROVIDER, "nobody"),
        (PROVIDER, ","),
        (STRATEGY, "fastest"),
    ] {
        let refused = ask(&client, path, &hello("weighted"), &[(header, value)]).await;
        assert_eq!(refused.status, 400, "{value}: {}", refused.text());
        assert_eq!(refused.json()["error"]["param"], header, "{value}");
    }
}
