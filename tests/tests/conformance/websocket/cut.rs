//! The line broken at every point of a stream, and the session resumed.

use super::{streaming, text_of, words};
use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{Account, Cut, Relay, Socket, Told, chat},
    upstream::Script,
};
use serde_json::{Value, json};

/// More frames than a stream below has.
const POINTS: usize = 16;

/// Loses the line at `cut` and goes on with another; all frames of the only request, and whether
/// the line was lost before its end.
async fn told_across(account: &Account, cut: Cut, body: &Value) -> (Told, bool) {
    let relay = Relay::start(account.client.base_url(), cut).await;
    let dial = account.client.dial().through(relay.address);
    let mut first = dial.authenticated().await;
    first.chat("a", body).await;
    // Its pong shows that the request has arrived: the line may break from then on.
    first.send(&json!({"type": "ping"})).await;
    let mut told = Told::default();
    while told
        .frames
        .last()
        .is_none_or(|frame| frame["type"] == "chat_chunk")
    {
        match first.next().await {
            Some(frame) if frame["type"] == "pong" => {}
            Some(frame) => told.frames.push(frame),
            None => break,
        }
    }
    let lost = told
        .frames
        .last()
        .is_none_or(|frame| frame["type"] == "chat_chunk");
    if lost {
        let mut second = account.client.socket().await;
        let answer = second.resume(&first.session, first.last_seq).await;
        assert_eq!(answer["resumed"], true, "{cut:?}: {answer}");
        told.frames.extend(second.told().await.frames);
    }
    (told, lost)
}

/// What `body` tells is whole wherever the line breaks, and accounted once.
async fn is_whole_at_every_point(body: &Value, text: &str, points: usize) {
    let account = Account::new().await;
    // The first text frame is `auth_ok`.
    let cuts = (1..=points).flat_map(|frames| [Cut::Within(frames), Cut::After(frames + 1)]);
    let cuts: Vec<Cut> = cuts.collect();
    let all = join_all(cuts.iter().map(|cut| told_across(&account, *cut, body))).await;
    let mut lost = 0;
    for (cut, (told, was_lost)) in cuts.iter().zip(&all) {
        if body["stream"] == true {
            assert_eq!(told.joined(), text, "{cut:?}");
        }
        told.completes(text);
        let seqs: Vec<u64> = told
            .frames
            .iter()
            .map(|frame| frame["seq"].as_u64().unwrap())
            .collect();
        let expected = 1..=u64::try_from(told.frames.len()).unwrap();
        assert_eq!(seqs, expected.collect::<Vec<_>>(), "{cut:?}");
        lost += usize::from(*was_lost);
    }
    assert!(lost >= 2, "the line was never lost");
    let requests = cuts.len() as u64;
    let usage = account.usage(requests).await;
    assert_eq!(usage["total_requests"], requests, "{usage}");
    for nothing in ["errors", "interrupted", "estimated_requests"] {
        assert_eq!(usage[nothing], 0, "{nothing}: {usage}");
    }
}

#[tokio::test]
async fn a_slow_stream() {
    let body = streaming("gpt-4", &words(10, 60));
    is_whole_at_every_point(&body, &text_of(10), POINTS).await;
}

#[tokio::test]
async fn a_stream_that_comes_at_once() {
    let body = streaming("claude-3", &words(10, 0));
    is_whole_at_every_point(&body, &text_of(10), POINTS).await;
}

#[tokio::test]
async fn a_stream_of_strange_text() {
    let text = "é日本\u{2028}👩\u{200d}🚀\"\\\n\u{0}".repeat(4);
    let script = Script {
        text: Some(text.clone()),
        chunks: Some(9),
        chunk_delay_ms: 30,
        ..Script::default()
    };
    is_whole_at_every_point(&streaming("gpt-4", &script), &text, POINTS).await;
}

#[tokio::test]
async fn a_plain_answer() {
    let body = chat("gpt-4", &words(10, 60));
    is_whole_at_every_point(&body, &text_of(10), 2).await;
}

fn ends(told: &[Value]) -> usize {
    told.iter()
        .filter(|frame| frame["type"] == "chat_complete")
        .count()
}

/// The frames that come until the line is lost, or all three requests have ended.
async fn read(socket: &mut Socket) -> Vec<Value> {
    let mut told = Vec::new();
    while ends(&told) < 3 {
        match socket.next().await {
            Some(frame) if frame["type"] == "pong" => {}
            Some(frame) => told.push(frame),
            None => break,
        }
    }
    told
}

#[tokio::test]
async fn several_streams_at_once() {
    let account = Account::new().await;
    for frames in [0, 1, 3, 7, 12] {
        let relay = Relay::start(account.client.base_url(), Cut::AfterPong(frames)).await;
        let dial = account.client.dial().through(relay.address);
        let mut first = dial.authenticated().await;
        for id in ["a", "b", "c"] {
            first.chat(id, &streaming("gpt-4", &words(6, 50))).await;
        }
        first.send(&json!({"type": "ping"})).await;
        let mut told = read(&mut first).await;
        let mut second = account.client.socket().await;
        let answer = second.resume(&first.session, first.last_seq).await;
        assert_eq!(answer["resumed"], true, "{answer}");
        while ends(&told) < 3 {
            told.push(second.frame().await);
        }
        for id in ["a", "b", "c"] {
            let of_it = told.iter().filter(|frame| frame["id"] == id).cloned();
            let of_it = Told {
                frames: of_it.collect(),
            };
            of_it.streams(&text_of(6));
        }
    }
}
