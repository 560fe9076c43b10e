//! Answers that take longer than anything a runtime waits for by itself: 30 s behind a response or
//! behind a client that left, and a reservation's lease.

use super::{account, operator, patient};
use futures_util::future::join;
use openclaw_conformance::{
    harness::{Account, Mock, chat, eventually_within, minute_with, tag},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than a lease, and than what is left behind a client may run on Workers.
const LONG: Duration = Duration::from_secs(50);

const TOKENS: Usage = Usage {
    prompt_tokens: 11,
    completion_tokens: 4,
};

/// Silent for long, then an answer.
fn silent() -> Script {
    Script {
        text: Some("at last".into()),
        delay_ms: u64::try_from(LONG.as_millis()).expect("it fits"),
        usage: Some(TOKENS),
        ..Script::default()
    }
}

fn counts(usage: &Value) -> [u64; 4] {
    [
        "total_requests",
        "interrupted",
        "prompt_tokens",
        "completion_tokens",
    ]
    .map(|name| usage[name].as_u64().expect("a count"))
}

#[tokio::test]
async fn a_long_silence_ends_in_an_answer_and_one_row() {
    let server = patient().await;
    let (plain, streaming) = (account(&server).await, account(&server).await);
    let body = chat("patient", &silent());
    // What the stream's headers say of the minute is looked at when they come, with the first heartbeat.
    minute_with(20).await;
    // By hand: what its headers say of the minute is older than the client's checks allow.
    let asked = plain.client.request("POST", "/v1/chat/completions");
    let asked = async { asked.json(&body).send().await?.json::<Value>().await };
    let (answer, stream) = join(asked, streaming.client.stream_seed(&body)).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer["choices"][0]["message"]["content"], "at last");
    assert_eq!(stream.text(), "at last");
    assert_eq!(stream.last_line(), "data:[DONE]");
    for account in [plain, streaming] {
        assert_eq!(counts(&account.usage(1).await), [1, 0, 11, 4]);
    }
}

#[tokio::test]
async fn a_long_answer_is_drained_and_accounted_behind_a_client_that_left() {
    let server = patient().await;
    let fields = json!({"tier": "enterprise", "rate_limit": 1000});
    let key = json!({"on_disconnect": "drain"});
    let account = Account::on(&operator(&server), fields, key).await;
    let tag = tag("long-drain");
    let script = Script {
        tag: tag.clone(),
        chunks: Some(50),
        chunk_delay_ms: 1000,
        usage: Some(TOKENS),
        ..Script::default()
    };
    let mut stream = account.client.open_seed(&chat("patient", &script)).await;
    stream.read_some(2).await;
    drop(stream);
    let finished = eventually_within(LONG + Duration::from_secs(10), async || {
        let report = Mock::get().report(&tag).await;
        (report.finished + report.cancelled > 0).then_some(report)
    });
    let report = finished.await.expect("an end");
    assert_eq!((report.finished, report.cancelled), (1, 0));
    assert_eq!(counts(&account.usage(1).await), [1, 0, 11, 4]);
}
