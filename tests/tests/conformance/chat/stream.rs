//! Streams that go well, in both of our dialects and from both of the providers'.

use openclaw_conformance::{
    harness::{Account, Ended, chat},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const MODELS: [&str; 2] = ["gpt-4", "claude-3"];

fn script() -> Script {
    Script {
        text: Some("Grüße an \"alle\" ✓\nund mehr".into()),
        usage: Some(Usage {
            prompt_tokens: 12,
            completion_tokens: 5,
        }),
        ..Script::default()
    }
}

fn usage_of(event: &Value) -> (u64, u64, u64) {
    let tokens = |name: &str| {
        event["usage"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{event}"))
    };
    (
        tokens("prompt_tokens"),
        tokens("completion_tokens"),
        tokens("total_tokens"),
    )
}

#[tokio::test]
async fn openais_dialect_ends_with_done() {
    let account = Account::new().await;
    for model in MODELS {
        let stream = account.client.stream_openai(&chat(model, &script())).await;
        assert_eq!(stream.ended, Ended::Whole);
        assert_eq!(stream.text(), script().text.unwrap());
        assert_eq!(stream.finish_reasons(), ["stop"]);
        assert_eq!(stream.last_line(), "data: [DONE]");
        let events = stream.events();
        for event in &events {
            assert_eq!(event["object"], "chat.completion.chunk");
            assert!(
                event["id"].is_string() && event["model"].is_string(),
                "{event}"
            );
            assert_eq!(
                event["choices"].as_array().map(Vec::len),
                Some(1),
                "{event}"
            );
            assert!(event["usage"].is_null(), "nobody asked for it: {event}");
        }
        assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    }
}

#[tokio::test]
async fn include_usage_adds_it_in_a_chunk_without_choices() {
    let account = Account::new().await;
    for model in MODELS {
        let mut body = chat(model, &script());
        body["stream_options"] = json!({"include_usage": true});
        let stream = account.client.stream_openai(&body).await;
        let events = stream.events();
        let (last, others) = events.split_last().unwrap();
        assert_eq!(last["choices"], json!([]));
        assert_eq!(usage_of(last), (12, 5, 17));
        assert!(others.iter().all(|event| event["usage"].is_null()));
        assert_eq!(stream.last_line(), "data: [DONE]");
    }
}

#[tokio::test]
async fn the_seeds_dialect_is_json_on_every_data_line() {
    let account = Account::new().await;
    for model in MODELS {
        for asked in [json!(null), json!(true), json!(false)] {
            let mut body = chat(model, &script());
            body["stream"] = asked;
            let stream = account.client.stream_seed(&body).await;
            assert_eq!(stream.ended, Ended::Whole);
            assert_eq!(stream.text(), script().text.unwrap());
            assert_eq!(stream.finish_reasons(), ["stop"]);
            assert_eq!(stream.last_line(), "data:[DONE]");
            assert!(!stream.lines().contains(&"data: [DONE]".into()));
            let events = stream.events();
            for event in &events {
                assert!(event["choices"][0]["delta"].is_object(), "{event}");
            }
            let (last, others) = events.split_last().unwrap();
            assert_eq!(last["choices"][0]["finish_reason"], "stop");
            assert_eq!(usage_of(last), (12, 5, 17));
            assert!(others.iter().all(|event| event["usage"].is_null()));
        }
    }
}

/// The seed's JavaScript client parses what one read gave it line by line.
#[tokio::test]
async fn the_seeds_dialect_writes_each_event_by_itself() {
    let account = Account::new().await;
    for model in MODELS {
        // Whether the provider's events come apart, together or in pieces.
        for (chunk_delay_ms, split) in [(0, false), (20, false), (0, true)] {
            let script = Script {
                chunks: Some(12),
                chunk_delay_ms,
                split,
                ..Script::default()
            };
            let stream = account.client.stream_seed(&chat(model, &script)).await;
            for write in &stream.writes {
                assert!(
                    write.ends_with("\n\n"),
                    "a write ends in an event: {write:?}"
                );
                // The end's mark is none.
                let events = write.matches("data: ").count();
                assert!(events <= 1, "one event a write: {write:?}");
            }
        }
    }
}

#[tokio::test]
async fn how_the_providers_bytes_are_cut_does_not_matter() {
    let account = Account::new().await;
    for model in MODELS {
        let whole = account.client.stream_seed(&chat(model, &script())).await;
        for cut in ["split", "dribble"] {
            let script = Script {
                split: cut == "split",
                dribble: cut == "dribble",
                ..script()
            };
            let stream = account.client.stream_seed(&chat(model, &script)).await;
            assert_eq!(stream.text(), whole.text(), "{model} {cut}");
            let (last, expected) = (stream.events().pop(), whole.events().pop());
            assert_eq!(last.unwrap()["usage"], expected.unwrap()["usage"]);
            let stream = account.client.stream_openai(&chat(model, &script)).await;
            assert_eq!(stream.text(), whole.text(), "{model} {cut}");
        }
    }
}

#[tokio::test]
async fn the_head_comes_before_the_first_token_and_pings_in_the_silence() {
    let account = Account::new().await;
    for model in MODELS {
        let script = Script {
            delay_ms: 1300,
            ..script()
        };
        let body = chat(model, &script);
        let asked = Instant::now();
        let stream = account.client.open_seed(&body).await;
        assert!(
            asked.elapsed() < Duration::from_millis(1000),
            "{:?}",
            asked.elapsed()
        );
        assert!(stream.headers.contains_key("x-ratelimit-remaining"));
        let transcript = stream.read().await;
        assert!(transcript.first_data.unwrap() > Duration::from_millis(150));
        // The suite's gateway pings after 400 ms.
        let pings = transcript
            .lines()
            .iter()
            .filter(|line| line.starts_with(": ping"))
            .count();
        assert!((2..=5).contains(&pings), "{pings} pings");
        assert_eq!(transcript.text(), script.text.unwrap());
        let openai = account.client.stream_openai(&body).await;
        assert!(openai.lines().iter().any(|line| line.starts_with(": ping")));
        assert_eq!(openai.last_line(), "data: [DONE]");
    }
}

#[tokio::test]
async fn tokens_arrive_as_they_are_written() {
    let account = Account::new().await;
    let script = Script {
        chunks: Some(5),
        chunk_delay_ms: 150,
        ..Script::default()
    };
    let mut stream = account.client.open_openai(&chat("gpt-4", &script)).await;
    let mut arrivals = Vec::new();
    while let Some(write) = stream.write().await.expect("unbroken") {
        if write.contains("\"content\":\"w") {
            arrivals.push(Instant::now());
        }
    }
    assert_eq!(arrivals.len(), 5);
    // 600 ms from the first to the last; held back, they would come together.
    let spread = arrivals[4] - arrivals[0];
    assert!(spread > Duration::from_millis(300), "held back: {spread:?}");
}

#[tokio::test]
async fn a_stream_is_not_to_be_cached() {
    let account = Account::new().await;
    let stream = account.client.open_seed(&chat("gpt-4", &script())).await;
    assert_eq!(stream.headers["cache-control"], "no-cache");
}
