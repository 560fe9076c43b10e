//! Streams that fail, and the counts that are known by then.

use super::{MIDDLE, request};
use crate::{
    fakes::{Answer, Piece, bytes},
    world::{World, one_target},
};
use serde_json::{Value, json};

const START: &str = r#"{"type":"message_start","message":{"id":"msg_1","model":"claude","content":[],
    "usage":{"input_tokens":5000,"cache_read_input_tokens":20000,"output_tokens":1}}}"#;
const BLOCK: &str =
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
const TEXT: &str =
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}"#;
const STOP: &str =
    r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}"#;
const END: &str = r#"{"type":"message_stop"}"#;

fn events(events: &[&str], end: Option<Piece>) -> Answer {
    let events = events
        .iter()
        .map(|event| bytes(&format!("data: {}\n\n", event.replace('\n', ""))));
    Answer::events(events.chain(end).collect())
}

fn world(script: Vec<Answer>) -> World {
    let mut config = one_target("anthropic", json!({"attempts": 2}));
    config["models"][0]["targets"][0]["model"] = json!(MIDDLE);
    World::new(config, script)
}

fn asks() -> String {
    request(json!({"stream": true}))
}

/// Anthropic sends the head of a message before it knows whether it can answer.
#[test]
fn an_overload_before_any_content_is_tried_again() {
    let overload = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    for failing in [
        events(&[START, overload], None),
        events(&[START, BLOCK, r#"{"type":"ping"}"#, overload], None),
        events(&[START, BLOCK], Some(Piece::Breaks)),
        events(&[START, BLOCK], None),
    ] {
        let world = world(vec![
            failing,
            events(&[START, BLOCK, TEXT, STOP, END], None),
        ]);
        let reply = world.stream(&asks()).unwrap();
        assert_eq!(reply.served.attempts, 2);
        assert!(world.rest(reply.answer).iter().all(Result::is_ok));
    }
    // Afterwards it is not: what was shown would be shown twice.
    let world = world(vec![events(&[START, BLOCK, TEXT, overload], None)]);
    let reply = world.stream(&asks()).unwrap();
    assert_eq!(reply.served.attempts, 1);
    assert!(world.rest(reply.answer).last().unwrap().is_err());
}

#[test]
fn the_tokens_in_are_told_at_once_and_those_out_at_the_end() {
    let usage = |pieces: &[&str]| {
        let world = world(vec![events(pieces, Some(Piece::Breaks))]);
        let reply = world.stream(&asks()).unwrap();
        let chunks = world.rest(reply.answer).into_iter().filter_map(Result::ok);
        let usages: Vec<Value> = chunks
            .filter_map(|chunk| chunk.usage)
            .map(|usage| serde_json::to_value(usage).unwrap())
            .collect();
        usages.last().cloned()
    };
    let cut_off = usage(&[START, BLOCK, TEXT]);
    let told = json!({"prompt_tokens": 25_000, "cached_tokens": 20_000});
    assert_eq!(cut_off, Some(told.clone()));
    let mut whole = told;
    whole["completion_tokens"] = json!(2);
    assert_eq!(usage(&[START, BLOCK, TEXT, STOP, END]), Some(whole.clone()));
    // The stop_reason has come: without its end, too.
    assert_eq!(usage(&[START, BLOCK, TEXT, STOP]), Some(whole));
}
