//! Money is the vendor's invoice: what it counted is taken, what it left out is estimated.

use openclaw_conformance::{
    harness::{Account, Mock, chat, tag},
    upstream::Script,
};
use serde_json::{Value, json};

/// The upstream's whole answer.
fn verbatim(body: &str) -> Script {
    let kind = match body.starts_with('{') {
        true => "application/json",
        false => "text/event-stream",
    };
    Script {
        status: Some(200),
        body: Some(body.into()),
        headers: [("content-type".to_owned(), kind.to_owned())].into(),
        ..Script::default()
    }
}

/// An answer of OpenAI's with this `usage`; it says one token.
fn completion(usage: Value) -> Script {
    let answer = json!({
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
        "usage": usage,
    });
    verbatim(&answer.to_string())
}

/// A stream of OpenAI's that says four tokens, with this `usage` in the chunk that says them.
fn stream(usage: Value) -> Script {
    let chunk = |delta: Value, finish: Value| {
        json!({
            "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        })
    };
    let mut first = chunk(json!({"content": "Hello there my friend"}), Value::Null);
    first["usage"] = usage;
    let last = chunk(json!({}), json!("stop"));
    verbatim(&format!(
        "data: {first}\n\ndata: {last}\n\ndata: [DONE]\n\n"
    ))
}

/// Dollars as nano-dollars: sums are compared exactly.
fn nanos(dollars: &Value) -> u64 {
    (dollars.as_f64().expect("a number") * 1e9).round() as u64
}

/// `gpt-4` costs 30,000 nano-dollars a token in and 60,000 out.
fn assert_whole(usage: &Value, completion: u64, total: &Value) {
    let prompt = usage["prompt_tokens"].as_u64().unwrap();
    assert!(prompt > 0, "{usage}");
    assert_eq!(usage["completion_tokens"], completion, "{usage}");
    assert_eq!(usage["total_tokens"], prompt + completion, "{usage}");
    assert_eq!(nanos(&usage["cost"]), prompt * 30_000 + completion * 60_000);
    assert_eq!(total["prompt_tokens"], prompt, "{total}");
    assert_eq!(total["completion_tokens"], completion, "{total}");
    assert_eq!(nanos(&total["cost"]), nanos(&usage["cost"]));
}

#[tokio::test]
async fn counts_that_were_not_told_are_estimated_and_the_others_taken() {
    // `usage`, the tokens out, and whether one of both is an estimate.
    let cases = [
        (json!({}), 1, 1),
        (json!(null), 1, 1),
        (json!({"completion_tokens": 25}), 25, 1),
        (json!({"prompt_tokens": 10}), 1, 1),
        (
            json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
            1,
            1,
        ),
        (json!({"prompt_tokens": 10, "completion_tokens": 25}), 25, 0),
        // xAI counts reasoning beside the completion: 120 - 10.
        (
            json!({"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 120,
                "completion_tokens_details": {"reasoning_tokens": 100}}),
            110,
            0,
        ),
    ];
    for (usage, completion_tokens, estimated) in cases {
        let account = Account::new().await;
        let body = chat("gpt-4", &completion(usage.clone()));
        let answer = account.client.chat(&body).await.ok();
        let total = account.usage(1).await;
        assert_whole(&answer["usage"], completion_tokens, &total);
        assert_eq!(total["estimated_requests"], estimated, "{usage}");
        if let Some(told) = usage["prompt_tokens"].as_u64().filter(|told| *told > 0) {
            assert_eq!(answer["usage"]["prompt_tokens"], told);
        }
    }
}

#[tokio::test]
async fn a_streams_counts_are_told_or_not_like_an_answers() {
    let cases = [
        (json!({"prompt_tokens_details": {"cached_tokens": 0}}), 4),
        (json!({"prompt_tokens": 10}), 4),
        (json!({"completion_tokens": 25}), 25),
    ];
    for (usage, completion_tokens) in cases {
        let account = Account::new().await;
        let body = chat("gpt-4", &stream(usage.clone()));
        let shown = account.client.stream_seed(&body).await.events();
        let total = account.usage(1).await;
        assert_whole(&shown.last().unwrap()["usage"], completion_tokens, &total);
        assert_eq!(total["estimated_requests"], 1, "{usage}");
    }
}

#[tokio::test]
async fn a_claude_stream_that_ends_early_keeps_the_exact_input() {
    let start = json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
        "usage": {"input_tokens": 5000, "cache_read_input_tokens": 20000, "output_tokens": 1},
    }});
    let block = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    let text = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}});
    let events = [start, block, text].map(|event| {
        let kind = event["type"].as_str().unwrap().to_owned();
        format!("event: {kind}\ndata: {event}\n\n")
    });
    let account = Account::new().await;
    let body = chat("claude-3", &verbatim(&events.concat()));
    account
        .client
        .post("/v1/chat/completions/stream", &body)
        .await;
    let total = account.usage(1).await;
    assert_eq!(
        (&total["prompt_tokens"], &total["completion_tokens"]),
        (&json!(25_000), &json!(1))
    );
    assert_eq!(
        total["estimated_requests"], 1,
        "the tokens out were not told"
    );
}

#[tokio::test]
async fn each_class_of_tokens_has_its_price() {
    let answer = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "ok"}],
        "usage": {"input_tokens": 3, "cache_creation_input_tokens": 12304,
            "cache_read_input_tokens": 1000, "output_tokens": 550},
    });
    let account = Account::new().await;
    let body = chat("priced-by-class", &verbatim(&answer.to_string()));
    let usage = account.client.chat(&body).await.ok()["usage"].clone();
    assert_eq!(usage["prompt_tokens"], 13_307);
    assert_eq!(
        usage["prompt_tokens_details"],
        json!({"cached_tokens": 1000, "cache_write_tokens": 12304})
    );
    // 3 + 1.25 x 12,304 + 0.1 x 1,000 = 15,483 at $0.001, and 550 at $0.01.
    assert_eq!(nanos(&usage["cost"]), 20_983_000_000);
    assert_eq!(nanos(&account.usage(1).await["cost"]), 20_983_000_000);
}

#[tokio::test]
async fn a_call_that_a_provider_may_have_worked_on_is_booked_with_its_prompt() {
    let never = Script {
        never: true,
        ..Script::default()
    };
    let cut = Script {
        cut_after: Some(0),
        ..Script::default()
    };
    for (script, calls) in [(never, 1), (cut, 3)] {
        let account = Account::new().await;
        let tag = tag("booked");
        let script = Script {
            tag: tag.clone(),
            ..script
        };
        let failed = account.client.chat(&chat("books-failures", &script)).await;
        assert!(failed.status >= 500, "{failed:?}");
        assert_eq!(Mock::get().report(&tag).await.requests, calls);
        let total = account.usage(1).await;
        assert_eq!(
            (&total["errors"], &total["estimated_requests"]),
            (&json!(1), &json!(1))
        );
        let prompt = total["prompt_tokens"].as_u64().unwrap();
        assert!(prompt > 0 && prompt.is_multiple_of(calls as u64), "{total}");
        assert_eq!(nanos(&total["cost"]), prompt * 1_000_000);
    }
}

#[tokio::test]
async fn a_refusal_costs_nothing() {
    let account = Account::new().await;
    let script = Script {
        status: Some(400),
        ..Script::default()
    };
    account
        .client
        .chat(&chat("gpt-4", &script))
        .await
        .fails("context_length_exceeded");
    assert_eq!(account.usage(1).await["cost"], 0.0);
}
