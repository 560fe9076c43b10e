//! The provider failing after the first byte: never looks like success, and is accounted.

use openclaw_conformance::{
    harness::{Account, Mock, chat, tag},
    upstream::Script,
};
use serde_json::json;

const MODELS: [&str; 2] = ["flaky", "flaky-claude"];

/// Streams a script whose third chunk fails in both of our dialects, and checks what came.
async fn fails(model: &str, script: Script, code: &str) {
    let tag = tag("midstream");
    let script = Script {
        tag: tag.clone(),
        chunks: Some(5),
        chunk_delay_ms: 30,
        ..script
    };
    let body = chat(model, &script);
    let account = Account::new().await;

    let openai = account.client.stream_openai(&body).await;
    assert_eq!(openai.text(), "w0 w1 ", "{model}");
    assert_eq!(openai.finish_reasons(), [""; 0]);
    openai.fails_in_openai(code);

    let seed = account.client.stream_seed(&body).await;
    assert_eq!(seed.text(), "w0 w1 ", "{model}");
    assert_eq!(seed.finish_reasons(), ["error"]);
    seed.fails_in_seed(code);

    let report = Mock::get().report(&tag).await;
    assert_eq!(
        report.requests, 2,
        "nothing is retried once the client has bytes"
    );
    let usage = account.usage(2).await;
    assert_eq!(
        (&usage["total_requests"], &usage["errors"]),
        (&json!(2), &json!(2))
    );
    let tokens = usage["completion_tokens"].as_u64().unwrap();
    assert!(
        (2..=10).contains(&tokens),
        "what came is accounted: {usage}"
    );
}

#[tokio::test]
async fn a_connection_that_breaks() {
    for model in MODELS {
        let script = Script {
            cut_after: Some(2),
            ..Script::default()
        };
        fails(model, script, "provider_error").await;
    }
}

#[tokio::test]
async fn an_event_that_is_no_json() {
    for model in MODELS {
        let script = Script {
            malformed_after: Some(2),
            ..Script::default()
        };
        fails(model, script, "provider_error").await;
    }
}

#[tokio::test]
async fn an_error_event() {
    for model in MODELS {
        let script = Script {
            error_event_after: Some(2),
            ..Script::default()
        };
        fails(model, script, "provider_error").await;
    }
}

#[tokio::test]
async fn silence_for_too_long() {
    for model in MODELS {
        let script = Script {
            stall_after: Some(2),
            ..Script::default()
        };
        fails(model, script, "provider_timeout").await;
    }
}

#[tokio::test]
async fn an_end_without_a_finish() {
    // Everything but the finish: the connection breaks behind the last word.
    for model in MODELS {
        let script = Script {
            chunks: Some(2),
            cut_after: Some(2),
            ..Script::default()
        };
        let account = Account::new().await;
        let stream = account.client.stream_openai(&chat(model, &script)).await;
        assert_eq!(stream.text(), "w0 w1 ");
        stream.fails_in_openai("provider_error");
    }
}

#[tokio::test]
async fn a_failure_behind_the_first_heartbeat() {
    // The client had waited for a heartbeat without a word from the provider, so its stream was
    // opened: what fails from then on fails within the stream, and is retried until it has words.
    let tag = tag("late");
    let script = Script {
        tag: tag.clone(),
        head_delay_ms: 700,
        status: Some(500),
        ..Script::default()
    };
    let account = Account::new().await;
    let stream = account.client.stream_openai(&chat("flaky", &script)).await;
    assert_eq!(stream.text(), "");
    stream.fails_in_openai("provider_error");
    assert!(!stream.headers.contains_key("x-openclaw-provider"));
    assert!(Mock::get().report(&tag).await.requests > 1);
    assert_eq!(account.usage(1).await["errors"], json!(1));
}
