//! Answers as compatible servers really send them: taken by what their bytes are.

use crate::{
    fakes::{Answer, Piece, bytes},
    world::{HELLO, WHOLE, World, one_target},
};
use flate2::{Compression, write::GzEncoder};
use openclaw_core::Error;
use openclaw_providers::Chunk;
use serde_json::{Value, json};
use std::io::Write;

/// An event of a stream.
fn chunk(delta: Value, finish: Value) -> String {
    let choices = json!([{"index": 0, "delta": delta, "finish_reason": finish}]);
    let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices});
    format!("data: {chunk}\n\n")
}

fn role() -> String {
    chunk(json!({"role": "assistant", "content": ""}), Value::Null)
}

fn text(text: &str) -> String {
    chunk(json!({"content": text}), Value::Null)
}

fn finish() -> String {
    chunk(json!({}), json!("stop"))
}

const DONE: &str = "data: [DONE]\n\n";

fn world(answer: Answer) -> World {
    let routing = json!({"attempts": 2, "cooldown_failures": 0});
    World::new(one_target("openai", routing), vec![answer])
}

/// The chunks of a stream that is answered with these events.
fn streamed(events: &[String]) -> Vec<Result<Chunk, Error>> {
    let events = events.iter().map(|event| bytes(event)).collect();
    let world = world(Answer::events(events));
    let reply = world.stream(HELLO).expect("a start");
    assert_eq!(reply.served.attempts, 1);
    world.rest(reply.answer)
}

fn values(chunks: Vec<Result<Chunk, Error>>) -> Vec<Value> {
    let value = |chunk: Result<Chunk, Error>| serde_json::from_slice(&chunk.expect("whole").json);
    chunks
        .into_iter()
        .map(|chunk| value(chunk).unwrap())
        .collect()
}

/// All that the chunks of a whole stream say.
fn said(events: &[String]) -> String {
    let text = |chunk: &Value| {
        chunk["choices"][0]["delta"]["content"]
            .as_str()
            .map(str::to_owned)
    };
    values(streamed(events)).iter().filter_map(text).collect()
}

#[test]
fn a_usage_chunk_without_choices_ends_a_whole_answer() {
    let usage = r#"data: {"id":"c","choices":null,"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13}}"#;
    let events = [
        role(),
        text("Hello"),
        finish(),
        format!("{usage}\n\n"),
        DONE.into(),
    ];
    let chunks = values(streamed(&events));
    let last = chunks.last().unwrap();
    assert_eq!((chunks.len(), &last["choices"]), (4, &json!([])));
    assert_eq!(last["usage"]["completion_tokens"], 3);
}

#[test]
fn an_empty_finish_reason_is_no_end() {
    let delta = json!({"content": "lo wor"});
    let events = [text("Hel"), chunk(delta, json!(""))];
    let mut chunks = streamed(&events);
    assert!(chunks.pop().unwrap().is_err(), "the provider died");
    let chunks = values(chunks);
    assert!(chunks[1]["choices"][0]["finish_reason"].is_null());
}

#[test]
fn what_is_no_chunk_in_a_stream_is_passed_over() {
    for odd in [
        "data: \n\n",
        "data:\n\n",
        "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        "event: ping\ndata: pong\n\n",
        "data: {\"type\":\"ping\"}\n\n",
        ": comment\n\n",
        "retry: 100\n\n",
    ] {
        let odd = odd.to_owned();
        let events = [
            odd.clone(),
            role(),
            odd.clone(),
            text("Hello"),
            odd.clone(),
            finish(),
            odd,
            DONE.into(),
        ];
        assert_eq!(said(&events), "Hello");
    }
}

#[test]
fn an_index_of_null_is_the_first() {
    // Text alone, twice: the second chunk is known by the first.
    for index in [r#""index":null,"#, ""] {
        let text = format!(r#"data: {{"choices":[{{{index}"delta":{{"content":"x"}}}}]}}"#);
        let stop =
            format!(r#"data: {{"choices":[{{{index}"delta":{{}},"finish_reason":"stop"}}]}}"#);
        let events = [&text, &text, &stop].map(|event| format!("{event}\n\n"));
        assert_eq!(said(&events), "xx");
        for chunk in values(streamed(&events)) {
            assert_eq!(chunk["choices"][0]["index"], 0, "{chunk}");
        }
    }
}

#[test]
fn a_stream_that_shows_no_choice_is_no_answer() {
    let filter = r#"data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[]}"#;
    for end in ["", DONE] {
        let world = world(Answer::events(vec![bytes(&format!("{filter}\n\n{end}"))]));
        world.then(Answer::events(vec![bytes(
            &[text("Hello"), finish()].concat(),
        )]));
        let reply = world.stream(HELLO).unwrap();
        assert_eq!(reply.served.attempts, 2, "{end}");
    }
}

#[test]
fn a_picture_in_an_event_passes() {
    let url = format!("data:image/png;base64,{}", "A".repeat(1_500_000));
    let picture = chunk(
        json!({"images": [{"type": "image_url", "image_url": {"url": url}}]}),
        Value::Null,
    );
    // As the first event that shows anything, too.
    for events in [
        vec![text("Here"), picture.clone(), finish(), DONE.into()],
        vec![picture, finish(), DONE.into()],
    ] {
        let chunks = values(streamed(&events));
        let shown = chunks
            .iter()
            .filter(|chunk| chunk["choices"][0]["delta"].get("images").is_some());
        assert_eq!(shown.count(), 1);
    }
}

#[test]
fn a_stream_is_one_whatever_its_label() {
    let body = [role(), text("Hello"), finish(), DONE.into()].concat();
    for kind in [
        "text/plain; charset=utf-8",
        "application/json",
        "text/html",
        "",
    ] {
        for start in ["", "\n\n", "\u{feff}", ": hello\n\n"] {
            let pieces = vec![bytes(start), bytes(&body)];
            let world = world(Answer::Head(
                200,
                vec![("content-type", kind.into())],
                pieces,
            ));
            let reply = world.stream(HELLO).unwrap();
            assert_eq!(reply.served.attempts, 1, "{kind}");
            assert_eq!(values(world.rest(reply.answer)).len(), 3, "{kind}");
        }
    }
}

#[test]
fn a_whole_answer_to_a_stream_is_given_as_one() {
    for kind in ["application/json", "text/event-stream"] {
        let pieces = vec![bytes("\n \n"), bytes(WHOLE)];
        let world = world(Answer::Head(
            200,
            vec![("content-type", kind.into())],
            pieces,
        ));
        let reply = world.stream(HELLO).unwrap();
        let chunks = world.rest(reply.answer);
        let usage = chunks.last().unwrap().as_ref().unwrap().usage;
        assert!(usage.is_some());
        let chunks = values(chunks);
        assert_eq!(chunks[0]["choices"][0]["delta"]["content"], "yes");
        assert_eq!(chunks[0]["object"], "chat.completion.chunk");
        assert_eq!(chunks[1]["choices"][0]["finish_reason"], "stop");
        assert_eq!(chunks[2]["choices"], json!([]));
        assert_eq!(chunks[2]["usage"]["total_tokens"], 4);
    }
}

#[test]
fn a_stream_in_place_of_a_whole_answer_is_put_together() {
    let body = [role(), text("Hel"), text("lo"), finish(), DONE.into()].concat();
    for kind in ["text/event-stream", "application/json"] {
        let world = world(Answer::Head(
            200,
            vec![("content-type", kind.into())],
            vec![bytes(&body)],
        ));
        let reply = world.complete(HELLO).unwrap();
        assert_eq!(reply.served.attempts, 1);
        let answer: Value = serde_json::from_slice(&reply.answer.body).unwrap();
        assert_eq!(answer["object"], "chat.completion");
        assert_eq!(answer["choices"][0]["message"]["content"], "Hello");
        assert_eq!(answer["choices"][0]["finish_reason"], "stop");
        assert!(reply.answer.estimated_completion_tokens > 0);
    }
}

#[test]
fn a_stream_in_place_of_a_whole_answer_that_ends_early_is_none() {
    let body = [role(), text("Hel")].concat();
    let world = world(Answer::Head(200, vec![], vec![bytes(&body)]));
    assert!(world.complete(HELLO).is_err());
}

#[test]
fn numbers_that_are_none_do_not_spoil_an_answer() {
    let event = r#"data: {"choices":[{"index":0,"delta":{"content":"NaN"},"logprobs":{"content":[{"logprob":-Infinity}]}}]}"#;
    let chunks = values(streamed(&[format!("{event}\n\n"), finish(), DONE.into()]));
    assert_eq!(chunks[0]["choices"][0]["delta"]["content"], "NaN");
    assert!(chunks[0]["choices"][0]["logprobs"]["content"][0]["logprob"].is_null());
}

#[test]
fn two_calls_of_tools_stay_two() {
    let call = |id: &str, name: &str, index: Value| {
        let function = json!({"name": name, "arguments": "{}"});
        let mut call = json!({"id": id, "type": "function", "function": function});
        if !index.is_null() {
            call["index"] = index;
        }
        chunk(json!({"tool_calls": [call]}), Value::Null)
    };
    for index in [Value::Null, json!(0)] {
        let events = [
            call("a", "f", index.clone()),
            call("b", "g", index),
            chunk(json!({}), json!("tool_calls")),
            DONE.into(),
        ];
        let chunks = values(streamed(&events));
        let indices: Vec<_> = chunks[..2]
            .iter()
            .map(|chunk| chunk["choices"][0]["delta"]["tool_calls"][0]["index"].clone())
            .collect();
        assert_eq!(indices, [json!(0), json!(1)]);
    }
}

#[test]
fn an_answer_that_is_compressed_unasked_is_decoded() {
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(vec![], Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        Piece::Bytes(encoder.finish().unwrap().into())
    };
    let head = || vec![("content-encoding", "gzip".to_owned())];
    let plain = world(Answer::Head(200, head(), vec![gzip(WHOLE)]));
    assert_eq!(plain.complete(HELLO).unwrap().answer.body, WHOLE);
    let asked = plain.last_request();
    assert_eq!(asked.headers()["accept-encoding"], "identity");

    let events = [text("Hello"), finish(), DONE.into()].concat();
    let stream = world(Answer::Head(200, head(), vec![gzip(&events)]));
    let reply = stream.stream(HELLO).unwrap();
    assert_eq!(values(stream.rest(reply.answer)).len(), 2);

    let refused = world(Answer::Head(
        400,
        head(),
        vec![gzip(r#"{"error":{"message":"bad words"}}"#)],
    ));
    let failure = refused.complete(HELLO).unwrap_err();
    assert!(failure.error.message.contains("bad words"), "{failure:?}");
}
