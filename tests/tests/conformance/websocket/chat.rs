//! `chat`.

use super::{streaming, text_of, words};
use openclaw_conformance::{
    harness::{Account, chat, hello},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const MODELS: [&str; 2] = ["gpt-4", "claude-3"];

/// Quotes, escapes, several planes, a zero-width joiner, what JSON need not escape and must.
const STRANGE: &str =
    "\"\\ /\u{8}\u{c}\n\r\t\u{1} é 日本語 👩\u{200d}🚀 \u{2028}\u{feff}<b>&amp;</b> \u{10ffff} .";

fn costing(text: &str) -> Script {
    Script {
        text: Some(text.into()),
        usage: Some(Usage {
            prompt_tokens: 21,
            completion_tokens: 8,
        }),
        ..Script::default()
    }
}

fn usage_of(frame: &Value) -> [u64; 3] {
    let tokens = |name: &str| frame["usage"][name].as_u64().expect("a count");
    ["prompt_tokens", "completion_tokens", "total_tokens"].map(tokens)
}

#[tokio::test]
async fn without_stream_one_frame_answers() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for model in MODELS {
        let text = "Hello! How can I help you?";
        let rest = account.client.chat(&chat(model, &costing(text))).await.ok();
        for stream in [json!(false), Value::Null] {
            let mut body = chat(model, &costing(text));
            body["stream"] = stream;
            socket.chat("msg_123", &body).await;
            let told = socket.told().await;
            assert_eq!(told.frames.len(), 1, "{told:?}");
            let complete = told.completes(text);
            assert_eq!(complete["id"], "msg_123");
            assert_eq!(complete["model"], rest["model"]);
            assert_eq!(complete["finish_reason"], "stop");
            assert_eq!(usage_of(complete), [21, 8, 29]);
        }
    }
}

#[tokio::test]
async fn with_stream_chunks_come_that_are_the_whole() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for model in MODELS {
        let text = "Hello! How can I help you?";
        let rest = account.client.chat(&chat(model, &costing(text))).await.ok();
        for chunk_delay_ms in [0, 20] {
            let script = Script {
                chunk_delay_ms,
                ..costing(text)
            };
            socket.chat("s", &streaming(model, &script)).await;
            let told = socket.told().await;
            let complete = told.streams(text);
            assert_eq!(complete["model"], rest["model"]);
            assert_eq!(complete["finish_reason"], "stop");
            assert_eq!(usage_of(complete), [21, 8, 29]);
        }
    }
}

#[tokio::test]
async fn seq_begins_with_1_and_rises_by_one_over_all_requests() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let mut seen = Vec::new();
    for id in ["a", "b", "c"] {
        socket.chat(id, &streaming("gpt-4", &words(3, 0))).await;
        let told = socket.told().await;
        seen.extend(
            told.frames
                .iter()
                .map(|frame| frame["seq"].as_u64().unwrap()),
        );
    }
    assert!(seen.len() >= 6, "{seen:?}");
    let expected = 1..=u64::try_from(seen.len()).unwrap();
    assert_eq!(seen, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn text_arrives_byte_by_byte_as_it_was_written() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for model in MODELS {
        for chunks in [1, 7, 1000] {
            let script = Script {
                text: Some(STRANGE.into()),
                chunks: Some(chunks),
                ..Script::default()
            };
            socket.chat("plain", &chat(model, &script)).await;
            socket.told().await.completes(STRANGE);
            socket.chat("stream", &streaming(model, &script)).await;
            socket.told().await.streams(STRANGE);
        }
    }
}

#[tokio::test]
async fn an_id_may_be_any_text() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let long = "é".repeat(128);
    for id in ["1", " ", STRANGE, "a\u{0}b", &long] {
        socket.chat(id, &hello("gpt-4")).await;
        assert_eq!(socket.told().await.last()["id"], id);
    }
}

#[tokio::test]
async fn a_long_text_arrives_whole() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let long = "All work and no play makes Jack a dull boy. ".repeat(2000);
    let script = Script {
        text: Some(long.clone()),
        chunks: Some(50),
        ..Script::default()
    };
    socket.chat("plain", &chat("gpt-4", &script)).await;
    socket.told().await.completes(&long);
    socket.chat("stream", &streaming("gpt-4", &script)).await;
    socket.told().await.streams(&long);
}

#[tokio::test]
async fn tokens_arrive_as_they_are_written() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket.chat("a", &streaming("gpt-4", &words(5, 300))).await;
    let mut arrivals = Vec::new();
    loop {
        let frame = socket.frame().await;
        if frame["type"] != "chat_chunk" {
            break;
        }
        arrivals.push(Instant::now());
    }
    // 1.2 s from the first to the last; held back, they would come together.
    let spread = *arrivals.last().unwrap() - arrivals[0];
    assert!(spread > Duration::from_millis(600), "held back: {spread:?}");
}

#[tokio::test]
async fn each_is_accounted_once_with_the_usage_it_told() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let mut sum = [0; 3];
    for (at, model) in MODELS.iter().cycle().take(6).enumerate() {
        let script = costing("Hello there, how are you?");
        let body = if at % 3 == 0 {
            chat(model, &script)
        } else {
            streaming(model, &script)
        };
        socket.chat(&at.to_string(), &body).await;
        let used = usage_of(socket.told().await.last());
        for (sum, used) in sum.iter_mut().zip(used) {
            *sum += used;
        }
    }
    account.usage(6).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let usage = account.usage(6).await;
    assert_eq!(usage["total_requests"], 6);
    assert_eq!(usage["prompt_tokens"], sum[0]);
    assert_eq!(usage["completion_tokens"], sum[1]);
    assert_eq!(usage["total_tokens"], sum[2]);
    for nothing in ["errors", "interrupted", "estimated_requests"] {
        assert_eq!(usage[nothing], 0, "{nothing}: {usage}");
    }
}

#[tokio::test]
async fn an_id_may_be_used_again_behind_the_end() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for count in 1..4 {
        socket
            .chat("again", &streaming("gpt-4", &words(count, 0)))
            .await;
        socket.told().await.streams(&text_of(count));
    }
}
