//! The controllable upstream itself, over raw sockets: the suite relies on what it sends and
//! how it ends.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test: what goes wrong is a failure"
)]

use openclaw_conformance::{
    harness::{Mock, chat, hello, tag},
    upstream::{Script, ToolCall, Usage},
};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// Sends a request on a connection of its own.
fn open(path: &str, body: &Value) -> TcpStream {
    let address = Mock::get().url().replace("http://", "");
    let mut socket = TcpStream::connect(&address).expect("it listens");
    socket.set_nodelay(true).expect("a socket");
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer k\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).expect("sent");
    socket
}

/// Everything it answers until the connection ends.
fn post(path: &str, body: &Value) -> String {
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = open(path, body).read_to_end(&mut answer);
    String::from_utf8(answer).expect("UTF-8")
}

/// The chunks of a chunked body, in order.
fn chunks(answer: &str) -> Vec<&str> {
    let mut rest = answer.split_once("\r\n\r\n").expect("a head").1;
    let mut chunks = Vec::new();
    while let Some((size, data)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a size");
        if size == 0 {
            break;
        }
        chunks.push(&data[..size]);
        rest = &data[size + 2..];
    }
    chunks
}

fn streamed(model: &str, script: &Script) -> Value {
    let mut body = chat(model, script);
    body["stream"] = true.into();
    body
}

const OPENAI: &str = "/v1/chat/completions";
const ANTHROPIC: &str = "/v1/messages";

#[test]
fn without_a_script_the_answer_is_small_and_has_a_length() {
    let answer = post(OPENAI, &hello("gpt-4"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains(&format!("content-length: {}", body.len())),
        "{head}"
    );
    assert!((400..700).contains(&body.len()), "{}", body.len());
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["usage"]["total_tokens"], 11 + 7);
}

#[test]
fn without_a_script_a_stream_has_64_chunks() {
    let mut body = hello("gpt-4");
    body["stream"] = true.into();
    let answer = post(OPENAI, &body);
    let contents = answer.matches("\"delta\":{\"content\":\"w").count();
    assert_eq!(contents, 64);
    assert!(answer.contains("data: [DONE]\n\n") && !answer.contains("usage"));
    body["stream_options"] = json!({"include_usage": true});
    assert!(post(OPENAI, &body).contains("\"completion_tokens\":64"));
    let messages = post(ANTHROPIC, &body);
    assert_eq!(messages.matches("event: content_block_delta").count(), 64);
}

#[test]
fn openai_streams_role_content_finish_usage_done() {
    let script = Script {
        text: Some("One two".into()),
        usage: Some(Usage {
            prompt_tokens: 3,
            completion_tokens: 2,
        }),
        ..Script::default()
    };
    let mut body = streamed("gpt-4", &script);
    body["stream_options"] = json!({"include_usage": true});
    let answer = post(OPENAI, &body);
    let events = chunks(&answer);
    assert_eq!(events.len(), 6, "{events:?}");
    assert!(
        events
            .iter()
            .all(|event| event.starts_with("data: ") && event.ends_with("\n\n"))
    );
    assert!(events[0].contains(r#""delta":{"content":"","refusal":null,"role":"assistant"}"#));
    assert!(events[1].contains(r#""delta":{"content":"One "}"#));
    assert!(events[3].contains(r#""finish_reason":"stop""#));
    assert!(events[4].contains(r#""choices":[]"#) && events[4].contains(r#""total_tokens":5"#));
    assert_eq!(events[5], "data: [DONE]\n\n");
}

#[test]
fn anthropic_streams_its_events_in_order() {
    let script = Script {
        tool_call: Some(ToolCall {
            id: "toolu_1".into(),
            name: "get_weather".into(),
            arguments: json!({"location": "Paris"}),
        }),
        ..Script::default()
    };
    let answer = post(ANTHROPIC, &streamed("claude-3", &script));
    let events = answer
        .lines()
        .filter_map(|line| line.strip_prefix("event: "));
    let events: Vec<_> = events.collect();
    assert_eq!(
        events,
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    assert!(answer.contains("tool_use") && answer.contains("input_json_delta"));
}

#[test]
fn the_last_user_message_is_the_script_even_as_a_part() {
    let script = Script {
        text: Some("scripted".into()),
        ..Script::default()
    };
    let body = json!({"model": "claude-3", "messages": [
        {"role": "user", "content": "first"},
        {"role": "user", "content": [{"type": "text", "text": script.message()}]},
        {"role": "assistant", "content": "and after it"},
    ]});
    assert!(post(ANTHROPIC, &body).contains(r#""text":"scripted""#));
}

#[test]
fn a_wrong_script_is_refused() {
    let body = json!({"model": "m", "messages": [
        {"role": "user", "content": "{\"upstream\":{\"chunk\":1}}"},
    ]});
    let answer = post(OPENAI, &body);
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("unknown field"),
        "{answer}"
    );
}

#[test]
fn a_status_has_its_body_and_retry_after() {
    let script = Script {
        status: Some(429),
        retry_after: Some("7".into()),
        body: Some("<html>busy</html>".into()),
        fail_first: Some(1),
        tag: tag("status"),
        ..Script::default()
    };
    let body = chat("m", &script);
    let answer = post(OPENAI, &body);
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    assert!(
        answer.contains("retry-after: 7") && answer.contains("text/html"),
        "{answer}"
    );
    assert!(
        post(OPENAI, &body).starts_with("HTTP/1.1 200"),
        "only the first fails"
    );
}

#[test]
fn dribbled_and_split_events_are_the_same_bytes() {
    let whole = Script {
        text: Some("Ünï ✓".into()),
        ..Script::default()
    };
    let split = Script {
        split: true,
        ..whole.clone()
    };
    let dribble = Script {
        dribble: true,
        ..whole.clone()
    };
    let whole = post(OPENAI, &streamed("m", &whole));
    let (split, dribble) = (streamed("m", &split), streamed("m", &dribble));
    let (split, dribble) = (raw(&split), raw(&dribble));
    let whole = chunks(&whole).concat().into_bytes();
    assert_eq!(whole, split.concat());
    assert_eq!(whole, dribble.concat());
    assert!(dribble.iter().all(|chunk| chunk.len() == 1));
}

/// The chunks of a chunked answer whose chunks may split characters.
fn raw(body: &Value) -> Vec<Vec<u8>> {
    let mut answer = Vec::new();
    open(OPENAI, body).read_to_end(&mut answer).expect("an end");
    // One character a byte, so that sizes still count bytes.
    let letters: String = answer.iter().map(|byte| char::from(*byte)).collect();
    let mut rest = letters.split_once("\r\n\r\n").expect("a head").1.chars();
    let mut chunks = Vec::new();
    loop {
        let size: String = rest.by_ref().take_while(|letter| *letter != '\n').collect();
        let size = usize::from_str_radix(size.trim(), 16).expect("a size");
        if size == 0 {
            return chunks;
        }
        chunks.push(
            rest.by_ref()
                .take(size)
                .map(|letter| letter as u8)
                .collect(),
        );
        rest.by_ref().take(2).for_each(drop);
    }
}

#[test]
fn failures_come_where_they_are_asked_for() {
    let script = |script: Script| {
        post(
            OPENAI,
            &streamed(
                "m",
                &Script {
                    chunks: Some(4),
                    ..script
                },
            ),
        )
    };
    let cut = script(Script {
        cut_after: Some(2),
        ..Script::default()
    });
    assert!(
        cut.contains("w1 ") && !cut.contains("w2 ") && !cut.ends_with("0\r\n\r\n"),
        "{cut}"
    );
    let malformed = script(Script {
        malformed_after: Some(2),
        ..Script::default()
    });
    assert!(
        malformed.contains("{\"content\n\n") && malformed.contains("[DONE]"),
        "{malformed}"
    );
    let error = script(Script {
        error_event_after: Some(9),
        ..Script::default()
    });
    assert!(error.contains("w3 ") && error.contains("\"error\"") && !error.contains("[DONE]"));
    let hung_up = script(Script {
        hang_up: true,
        ..Script::default()
    });
    assert_eq!(hung_up, "");
}

#[test]
fn head_and_body_wait_apart() {
    let script = Script {
        head_delay_ms: 100,
        delay_ms: 300,
        ..Script::default()
    };
    let started = Instant::now();
    let mut socket = open(OPENAI, &streamed("m", &script));
    let mut head = [0; 15];
    socket.read_exact(&mut head).expect("a head");
    let head_after = started.elapsed();
    socket.read_to_end(&mut Vec::new()).expect("an end");
    assert!(head_after >= Duration::from_millis(100), "{head_after:?}");
    assert!(head_after < Duration::from_millis(300), "{head_after:?}");
    assert!(started.elapsed() >= Duration::from_millis(400));
}

#[tokio::test]
async fn what_was_seen_and_how_it_ended_is_told() {
    let tag = tag("control");
    let script = Script {
        tag: tag.clone(),
        chunks: Some(1000),
        chunk_delay_ms: 10,
        ..Script::default()
    };
    let mut socket = open(OPENAI, &streamed("m", &script));
    socket.read_exact(&mut [0; 100]).expect("some");
    let report = Mock::get().report(&tag).await;
    assert_eq!(
        (report.requests, report.cancelled, report.finished),
        (1, 0, 0)
    );
    assert_eq!(report.seen[0].headers["authorization"], "Bearer k");
    assert_eq!(report.seen[0].body["model"], "m");
    drop(socket);
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;

    let never = Script {
        chunks: None,
        never: true,
        ..script.clone()
    };
    let socket = open(OPENAI, &chat("m", &never));
    // A client that leaves before it was heard is not told of.
    Mock::get()
        .report_when(&tag, |report| report.requests == 2)
        .await;
    drop(socket);
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 2)
        .await;

    let quick = Script {
        chunks: Some(2),
        ..script
    };
    post(OPENAI, &chat("m", &quick));
    let report = Mock::get().report(&tag).await;
    assert_eq!(
        (report.requests, report.cancelled, report.finished),
        (3, 2, 1)
    );
}
