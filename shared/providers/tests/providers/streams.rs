//! Streams: when they count as started, how they end, and that they are cancelled.

use crate::{
    fakes::{Answer, Piece, bytes},
    world::{HELLO, World, one_target},
};
use futures_util::StreamExt;
use openclaw_core::{Code, HttpError};
use openclaw_providers::Chunk;
use serde_json::json;
use std::time::Duration;

const FIRST: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
/// Shows nothing of the answer.
const ROLE: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
const FINISH: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn world(attempts: u32, script: Vec<Answer>) -> World {
    let routing = json!({"attempts": attempts, "idle_timeout_ms": 5000, "cooldown_failures": 1});
    World::new(one_target("openai", routing), script)
}

fn whole() -> Answer {
    Answer::events(vec![bytes(FIRST), bytes(FINISH), bytes(DONE)])
}

fn texts(chunks: Vec<Result<Chunk, openclaw_core::Error>>) -> Vec<Result<String, Code>> {
    let text = |chunk: Chunk| String::from_utf8(chunk.json.to_vec()).unwrap();
    chunks
        .into_iter()
        .map(|chunk| chunk.map(text).map_err(|error| error.code))
        .collect()
}

fn data(event: &str) -> Result<String, Code> {
    Ok(event.trim_start_matches("data: ").trim_end().into())
}

#[test]
fn what_fails_before_it_starts_is_tried_again() {
    let error = "event: error\ndata: {\"message\":\"x\"}\n\n";
    let pause = |ms| Piece::Pause(Duration::from_millis(ms));
    let passing = [
        Answer::Fails(HttpError::Broken("reset".into())),
        Answer::json(503, "{}"),
        Answer::events(vec![]),
        Answer::events(vec![Piece::Breaks]),
        Answer::events(vec![pause(99), Piece::Breaks]),
        Answer::events(vec![bytes("data: {\"error\":{}}\n\n")]),
        Answer::events(vec![bytes(error)]),
        Answer::events(vec![bytes(DONE)]),
        Answer::events(vec![bytes(ROLE), bytes(DONE)]),
        Answer::events(vec![bytes(ROLE), Piece::Breaks]),
        Answer::events(vec![bytes(ROLE), bytes(error)]),
        Answer::events(vec![
            bytes(ROLE),
            pause(2000),
            bytes("data: {\"error\":\"x\"}\n\n"),
        ]),
        Answer::Head(200, vec![], vec![bytes("<html>no</html>")]),
    ];
    for (at, answer) in passing.into_iter().enumerate() {
        let world = world(2, vec![answer, whole()]);
        let reply = world.stream(HELLO).unwrap();
        assert_eq!(reply.served.attempts, 2, "case {at}");
        assert_eq!(texts(world.rest(reply.answer)), [data(FIRST), data(FINISH)]);
    }
}

#[test]
fn nothing_is_tried_again_once_it_has_started() {
    let cut = [
        vec![bytes(FIRST), Piece::Breaks],
        vec![bytes(FIRST)],
        vec![bytes(FIRST), bytes("data: {\"choi")],
        vec![
            bytes(FIRST),
            bytes("data: {\"error\":{\"message\":\"x\"}}\n\n"),
            bytes(DONE),
        ],
        vec![bytes(FIRST), bytes("data: nonsense\n\n"), bytes(DONE)],
        vec![
            bytes(FIRST),
            bytes(&format!("data: {}", "x".repeat((32 << 20) + 1))),
        ],
    ];
    for (at, pieces) in cut.into_iter().enumerate() {
        let world = world(3, vec![Answer::events(pieces)]);
        let reply = world.stream(HELLO).unwrap();
        let chunks = texts(world.rest(reply.answer));
        assert_eq!(chunks, [data(FIRST), Err(Code::ProviderError)], "case {at}");
        assert_eq!((world.hosts().len(), world.open()), (1, 0));
    }
}

#[test]
fn an_answer_that_was_generated_and_cannot_be_read_is_not_asked_for_again() {
    let nonsense = || Answer::events(vec![bytes("data: nonsense\n\n")]);
    let large = || {
        Answer::events(vec![bytes(&format!(
            "data: {}",
            "x".repeat((32 << 20) + 1)
        ))])
    };
    for answer in [nonsense(), large()] {
        let world = world(3, vec![answer]);
        let failure = world.stream(HELLO).unwrap_err();
        assert_eq!(failure.error.code, Code::ProviderError);
        assert_eq!(failure.attempts, 1);
    }
}

#[test]
fn what_shows_nothing_is_held_back_and_then_comes_first() {
    let pieces = vec![
        bytes(ROLE),
        Piece::Pause(Duration::from_secs(3)),
        bytes(FIRST),
        bytes(FINISH),
    ];
    let world = world(1, vec![Answer::events(pieces)]);
    let start = world.clock.now();
    let reply = world.stream(HELLO).unwrap();
    assert_eq!(world.clock.now().duration_since(start).as_secs(), 3);
    let chunks = texts(world.rest(reply.answer));
    assert_eq!(chunks, [data(ROLE), data(FIRST), data(FINISH)]);
}

#[test]
fn three_limits_bound_the_wait_for_a_stream() {
    let routing = json!({"attempts": 3, "cooldown_failures": 0, "first_byte_timeout_ms": 700,
        "first_token_timeout_ms": 2000, "idle_timeout_ms": 500});
    let pause = |ms| Piece::Pause(Duration::from_millis(ms));
    let alive = || [pause(400), bytes(": ping\n\n")];
    let cases = [
        (Answer::Never, 700),
        (Answer::events(vec![Piece::Silence]), 500),
        (Answer::events(vec![bytes(ROLE), Piece::Silence]), 500),
        (Answer::events((0..9).flat_map(|_| alive()).collect()), 2000),
    ];
    for (answer, expected) in cases {
        let world = World::new(one_target("openai", routing.clone()), vec![answer]);
        let start = world.clock.now();
        let failure = world.stream(HELLO).unwrap_err();
        assert_eq!(
            (failure.error.code, failure.attempts),
            (Code::ProviderTimeout, 1)
        );
        let waited = world.clock.now().duration_since(start).as_millis();
        assert_eq!(waited, expected);
    }
}

#[test]
fn a_providers_row_has_limits_of_its_own() {
    let mut config = one_target("openai", json!({"attempts": 1}));
    config["providers"][0]["first_byte_timeout_ms"] = json!(123);
    let world = World::new(config, vec![Answer::Never]);
    let start = world.clock.now();
    world.stream(HELLO).unwrap_err();
    assert_eq!(world.clock.now().duration_since(start).as_millis(), 123);
}

/// As shipped: a provider that accepts the connection and says nothing is left within a minute.
#[test]
fn a_dead_provider_is_left_within_a_minute() {
    for answer in [Answer::Never, Answer::events(vec![Piece::Silence])] {
        let world = World::new(one_target("openai", json!({})), vec![answer]);
        let start = world.clock.now();
        world.stream(HELLO).unwrap_err();
        let waited = world.clock.now().duration_since(start);
        assert!(waited <= Duration::from_secs(60), "{waited:?}");
    }
}

#[test]
fn silence_ends_a_stream() {
    let pause = || Piece::Pause(Duration::from_secs(4));
    let pieces = vec![
        bytes(FIRST),
        pause(),
        bytes(": ping\n\n"),
        pause(),
        bytes(FIRST),
        Piece::Silence,
    ];
    let world = world(1, vec![Answer::events(pieces)]);
    let start = world.clock.now();
    let reply = world.stream(HELLO).unwrap();
    let chunks = texts(world.rest(reply.answer));
    assert_eq!(
        chunks,
        [data(FIRST), data(FIRST), Err(Code::ProviderTimeout)]
    );
    assert_eq!(world.clock.now().duration_since(start).as_secs(), 13);
}

#[test]
fn the_end_mark_may_be_missing_after_a_finish() {
    let world = world(1, vec![Answer::events(vec![bytes(FIRST), bytes(FINISH)])]);
    let reply = world.stream(HELLO).unwrap();
    assert_eq!(texts(world.rest(reply.answer)), [data(FIRST), data(FINISH)]);
}

#[test]
fn dropping_a_stream_cancels_the_call() {
    let world = world(1, vec![Answer::events(vec![bytes(FIRST), Piece::Silence])]);
    let reply = world.stream(HELLO).unwrap();
    assert_eq!(world.open(), 1);
    drop(reply);
    assert_eq!(world.open(), 0);
    assert!(world.tasks.0.lock().unwrap().is_empty());
}

/// Or every stream would cost its connection.
#[test]
fn the_bytes_after_the_end_are_read_without_anyone_waiting() {
    let pause = |ms| Piece::Pause(Duration::from_millis(ms));
    for (pieces, ms) in [
        (vec![bytes(FIRST), bytes(DONE)], 0),
        (vec![bytes(FIRST), bytes(DONE), pause(20)], 20),
        (vec![bytes(FIRST), bytes(DONE), Piece::Silence], 1000),
    ] {
        let world = world(1, vec![Answer::events(pieces)]);
        let start = world.clock.now();
        let reply = world.stream(HELLO).unwrap();
        assert_eq!(texts(world.rest(reply.answer)), [data(FIRST)]);
        assert_eq!(world.clock.now(), start);
        let tasks = std::mem::take(&mut *world.tasks.0.lock().unwrap());
        assert_eq!(tasks.len(), usize::from(ms > 0));
        tasks.into_iter().for_each(|task| world.clock.run(task));
        assert_eq!(world.clock.now().duration_since(start).as_millis(), ms);
        assert_eq!(world.open(), 0);
    }
}

#[test]
fn who_waits_for_something_else_reads_them_meanwhile() {
    let pause = Piece::Pause(Duration::from_millis(20));
    let pieces = vec![bytes(FIRST), bytes(DONE), pause];
    let world = world(1, vec![Answer::events(pieces)]);
    let mut answer = world.stream(HELLO).unwrap().answer;
    let start = world.clock.now();
    world.clock.run(async {
        while answer.next().await.is_some() {}
        answer.ended().await;
    });
    assert_eq!(world.clock.now().duration_since(start).as_millis(), 20);
    assert_eq!(world.open(), 0);
    drop(answer);
    assert!(world.tasks.0.lock().unwrap().is_empty());
}

#[test]
fn breaking_off_counts_against_a_target_and_finishing_for_it() {
    let mut config = one_target("openai", json!({"cooldown_failures": 2, "attempts": 1}));
    config["models"][0]["targets"] = json!([
        {"provider": "a", "model": "x", "weight": 1_000_000}, {"provider": "a", "model": "y"}]);
    let asked_last = |script: Vec<Answer>| {
        let calls = script.len();
        let world = World::new(config.clone(), script);
        for _ in 0..calls {
            let reply = world.stream(HELLO).unwrap();
            world.rest(reply.answer);
        }
        let body = world.last_request().into_body();
        serde_json::from_slice::<serde_json::Value>(&body).unwrap()["model"].clone()
    };
    let cut = || Answer::events(vec![bytes(FIRST), Piece::Breaks]);
    assert_eq!(asked_last(vec![cut(), cut(), whole()]), "y");
    assert_eq!(asked_last(vec![cut(), whole(), cut(), whole()]), "x");
}
