//! Dollars a month. The model `dear` costs 0.01 dollars a token out and nothing a token in, and
//! the scripts use exactly as many tokens as the request reserves, unless they say otherwise.

use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{Account, Mock, chat, tag},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};

/// A request that reserves `reserved` cents and costs `used`.
fn costing(reserved: u64, used: u64) -> Value {
    let mut body = chat("dear", &script(used));
    body["max_tokens"] = reserved.into();
    body
}

fn script(used: u64) -> Script {
    Script {
        text: Some("ok".into()),
        usage: Some(Usage {
            prompt_tokens: 5,
            completion_tokens: used,
        }),
        ..Script::default()
    }
}

async fn with_budget(dollars: f64) -> Account {
    let account = json!({"tier": "enterprise", "rate_limit": 10_000, "monthly_budget": dollars});
    Account::with(account, json!({})).await
}

#[tokio::test]
async fn what_does_not_fit_any_more_is_402() {
    let account = with_budget(1.0).await;
    account.client.chat(&costing(50, 50)).await.ok();
    account.client.chat(&costing(50, 50)).await.ok();
    let failure = account
        .client
        .chat(&costing(1, 1))
        .await
        .fails("budget_exceeded");
    assert!(failure.param.is_none(), "{failure:?}");
    account
        .client
        .post("/v1/chat/completions/stream", &costing(1, 1))
        .await
        .fails("budget_exceeded");
    assert_eq!(account.usage(2).await["cost"], 1.0);
    account.update(json!({"monthly_budget": 2.0})).await;
    account.client.chat(&costing(1, 1)).await.ok();
}

#[tokio::test]
async fn racing_requests_never_overshoot() {
    let account = with_budget(1.0).await;
    let tag = tag("budget");
    let script = Script {
        tag: tag.clone(),
        delay_ms: 200,
        ..script(10)
    };
    let mut body = chat("dear", &script);
    body["max_tokens"] = 10.into();
    let replies = join_all((0..40).map(|_| account.client.chat(&body))).await;
    let succeeded = replies.iter().filter(|reply| reply.status == 200).count();
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        reply.fails("budget_exceeded");
    }
    assert_eq!(
        (succeeded, Mock::get().report(&tag).await.requests),
        (10, 10)
    );
    assert_eq!(account.usage(10).await["cost"], 1.0);
}

#[tokio::test]
async fn what_was_reserved_and_not_used_is_given_back() {
    let account = with_budget(1.0).await;
    account.client.chat(&costing(100, 1)).await.ok();
    account.client.chat(&costing(99, 1)).await.ok();
    let seed = account.client.stream_seed(&costing(98, 1)).await;
    assert_eq!(seed.last_line(), "data:[DONE]");
    account.usage(3).await;
    let openai = account.client.stream_openai(&costing(97, 1)).await;
    assert_eq!(openai.last_line(), "data: [DONE]");
    assert_eq!(account.usage(4).await["cost"], 0.04);
}

#[tokio::test]
async fn a_failed_request_costs_nothing() {
    let account = with_budget(1.0).await;
    let mut refused = chat(
        "dear",
        &Script {
            status: Some(422),
            ..Script::default()
        },
    );
    refused["max_tokens"] = 100.into();
    account.client.chat(&refused).await.fails("invalid_request");
    account.client.chat(&costing(100, 100)).await.ok();
}

#[tokio::test]
async fn without_max_tokens_the_models_own_limit_is_reserved() {
    let account = with_budget(0.99).await;
    // `dear` writes at most 100 tokens: 1 dollar.
    account
        .client
        .chat(&chat("dear", &script(1)))
        .await
        .fails("budget_exceeded");
    account.client.chat(&costing(99, 1)).await.ok();
}

#[tokio::test]
async fn a_key_has_a_budget_of_its_own() {
    let account = with_budget(10.0).await;
    let key = account.another_key(json!({"monthly_budget": 0.2})).await;
    let client = account.client_with(&key.secret);
    client.chat(&costing(20, 20)).await.ok();
    client.chat(&costing(1, 1)).await.fails("budget_exceeded");
    account.client.chat(&costing(20, 20)).await.ok();
}

#[tokio::test]
async fn a_fallback_that_costs_more_is_reserved_for() {
    // The model itself costs nothing, and cannot be reached; its fallback costs 0.0075 dollars.
    let tag = tag("dear-fallback");
    let script = Script {
        tag: tag.clone(),
        ..script(1)
    };
    let mut body = chat("falls-back", &script);
    body["max_tokens"] = 100.into();
    let account = with_budget(0.007).await;
    account.client.chat(&body).await.fails("budget_exceeded");
    assert_eq!(Mock::get().report(&tag).await.requests, 0);
}
