//! Streams.

use crate::own_server::{account, patient};
use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{Ended, Target, chat},
    upstream::Script,
};
use serde_json::json;

/// How many at once: on Lambda each has a process of its own, and all are transactions on one item of
/// DynamoDB Local, which conflict.
fn many() -> u64 {
    match Target::chosen() {
        Target::Native | Target::Workers => 1000,
        Target::Lambda => 100,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_slow_streams_all_complete() {
    let many = many();
    let server = patient().await;
    let account = account(&server).await;
    let script = Script {
        chunks: Some(8),
        // 3.5 s in all, so that all are open at once.
        chunk_delay_ms: 500,
        ..Script::default()
    };
    let body = chat("patient", &script);
    let transcripts = join_all((0..many).map(|_| account.client.stream_seed(&body))).await;
    for transcript in &transcripts {
        assert_eq!(transcript.ended, Ended::Whole);
        assert_eq!(transcript.text(), "w0 w1 w2 w3 w4 w5 w6 w7 ");
        assert_eq!(transcript.last_line(), "data:[DONE]");
    }
    let usage = account.usage(many).await;
    assert_eq!(usage["total_requests"], json!(many));
    assert_eq!(usage["completion_tokens"], json!(8 * many));
    assert_eq!(
        (&usage["errors"], &usage["interrupted"]),
        (&json!(0), &json!(0))
    );
}
