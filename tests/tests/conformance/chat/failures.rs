//! The provider failing before the first byte of an answer: plain JSON with its right status.

use openclaw_conformance::{
    harness::{ANTHROPIC_KEY, Account, Failure, Mock, OPENAI_KEY, Target, chat, hello, tag},
    upstream::Script,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const FLAKY: [(&str, &str); 2] = [("flaky", "mock-openai"), ("flaky-claude", "mock-anthropic")];

/// The failure of the same request as a plain answer and as the streams of both dialects.
async fn failures(body: &Value, code: &str) -> Vec<Failure> {
    let account = Account::new().await;
    let mut streamed = body.clone();
    streamed["stream"] = true.into();
    vec![
        account.client.chat(body).await.fails(code),
        account.client.chat(&streamed).await.fails(code),
        account
            .client
            .post("/v1/chat/completions/stream", body)
            .await
            .fails(code),
    ]
}

fn answering(status: u16) -> Script {
    Script {
        status: Some(status),
        ..Script::default()
    }
}

#[tokio::test]
async fn a_provider_that_keeps_failing_is_502() {
    for (model, provider) in FLAKY {
        for status in [500, 503, 429] {
            for failure in failures(&chat(model, &answering(status)), "provider_error").await {
                assert_eq!(failure.details["provider"], provider);
                assert_eq!(failure.details["status"], status);
            }
        }
    }
}

#[tokio::test]
async fn what_the_provider_refuses_is_the_callers_400() {
    for (model, says) in [
        ("flaky", "maximum context length"),
        ("flaky-claude", "too long"),
    ] {
        let tag = tag("refused");
        let script = Script {
            tag: tag.clone(),
            ..answering(400)
        };
        for failure in failures(&chat(model, &script), "context_length_exceeded").await {
            assert!(failure.message.contains(says), "{failure:?}");
        }
        assert_eq!(
            Mock::get().report(&tag).await.requests,
            3,
            "no use to try again"
        );
    }
}

#[tokio::test]
async fn wrong_credentials_are_our_fault_not_the_callers() {
    for (model, provider) in FLAKY {
        for status in [401, 403] {
            let script = Script {
                body: Some(format!(
                    "{{\"error\":{{\"message\":\"bad key {OPENAI_KEY}\"}}}}"
                )),
                ..answering(status)
            };
            for failure in failures(&chat(model, &script), "provider_error").await {
                assert_eq!(
                    failure.details,
                    json!({"provider": provider, "status": status})
                );
                assert!(!failure.message.contains("bad key"), "{failure:?}");
            }
        }
    }
}

#[tokio::test]
async fn no_error_echoes_html_or_a_providers_key() {
    let account = Account::new().await;
    for (model, _) in FLAKY {
        for status in [400, 404, 422, 500, 502, 503] {
            for key in [OPENAI_KEY, ANTHROPIC_KEY] {
                let object = json!({"error": {"message": format!("<b>key</b> {key} is wrong")}});
                // Only what a provider says about the request is the caller's business.
                let refusal = if status < 500 {
                    "invalid_request"
                } else {
                    "provider_error"
                };
                for (body, code) in [
                    (
                        format!("<html><body>oops Bearer {key} </body></html>"),
                        "provider_error",
                    ),
                    (object.to_string(), refusal),
                ] {
                    let script = Script {
                        body: Some(body),
                        ..answering(status)
                    };
                    let reply = account.client.chat(&chat(model, &script)).await;
                    reply.fails(code);
                    let text = reply.text();
                    assert!(
                        !text.contains(key) && !text.contains("<html"),
                        "{status}: {text}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_provider_that_hangs_up_is_502() {
    for (model, provider) in FLAKY {
        let tag = tag("hang-up");
        let script = Script {
            tag: tag.clone(),
            hang_up: true,
            ..Script::default()
        };
        let body = chat(model, &script);
        let failure = Account::new()
            .await
            .client
            .chat(&body)
            .await
            .fails("provider_error");
        assert_eq!(
            failure.details,
            json!({"provider": provider, "status": null})
        );
        assert!(
            Mock::get().report(&tag).await.requests >= 3,
            "it was tried again"
        );
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_502() {
    for (model, provider) in FLAKY {
        let script = Script {
            cut_after: Some(1),
            ..Script::default()
        };
        let body = chat(model, &script);
        let failure = Account::new()
            .await
            .client
            .chat(&body)
            .await
            .fails("provider_error");
        assert_eq!(failure.details["provider"], provider);
    }
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_502() {
    for (model, provider) in FLAKY {
        for text in ["<html>hello</html>", "{\"choices\":", ""] {
            let script = Script {
                status: Some(200),
                body: Some(text.into()),
                ..Script::default()
            };
            for failure in failures(&chat(model, &script), "provider_error").await {
                assert_eq!(failure.details["provider"], provider, "{text}");
            }
        }
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_503() {
    for failure in failures(&hello("down"), Target::chosen().unreachable_code()).await {
        assert_eq!(
            failure.details,
            json!({"provider": "unreachable", "status": null})
        );
    }
}

#[tokio::test]
async fn a_provider_that_never_answers_is_504() {
    for (model, provider) in FLAKY {
        let tag = tag("never");
        let script = Script {
            tag: tag.clone(),
            never: true,
            ..Script::default()
        };
        let asked = Instant::now();
        let body = chat(model, &script);
        let failure = Account::new()
            .await
            .client
            .chat(&body)
            .await
            .fails("provider_timeout");
        assert_eq!(
            failure.details,
            json!({"provider": provider, "status": null})
        );
        // 1.5 s a call, three calls at most.
        assert!(
            asked.elapsed() < Duration::from_secs(8),
            "{:?}",
            asked.elapsed()
        );
        Mock::get()
            .report_when(&tag, |report| report.cancelled == report.requests)
            .await;
    }
}

#[tokio::test]
async fn a_plain_answer_that_stalls_is_504() {
    let account = Account::new().await;
    let script = Script {
        delay_ms: 30_000,
        ..Script::default()
    };
    account
        .client
        .chat(&chat("flaky", &script))
        .await
        .fails("provider_timeout");
}

#[tokio::test]
async fn failed_requests_are_accounted_once() {
    let account = Account::new().await;
    account
        .client
        .chat(&chat("flaky", &answering(500)))
        .await
        .fails("provider_error");
    account
        .client
        .chat(&hello("down"))
        .await
        .fails(Target::chosen().unreachable_code());
    account
        .client
        .post("/v1/chat/completions/stream", &hello("down"))
        .await
        .fails(Target::chosen().unreachable_code());
    account.client.chat(&hello("gpt-4")).await.ok();
    let usage = account.usage(4).await;
    assert_eq!(
        (&usage["total_requests"], &usage["errors"]),
        (&json!(4), &json!(3))
    );
}
