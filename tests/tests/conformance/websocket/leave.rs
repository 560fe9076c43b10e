//! The client leaving.

use super::{streaming, text_of, words};
use openclaw_conformance::{
    harness::{Account, Mock, Socket, tag},
    upstream::Script,
};
use serde_json::json;

async fn with_a_long_stream(account: &Account, tag: &str, count: usize) -> Socket {
    let mut socket = account.client.socket().await;
    let script = Script {
        tag: tag.into(),
        ..words(count, 20)
    };
    socket.chat("a", &streaming("gpt-4", &script)).await;
    socket.expects("chat_chunk").await;
    socket
}

#[tokio::test]
async fn with_1000_what_runs_is_cancelled_and_the_session_ends() {
    let (account, tag) = (Account::new().await, tag("ws-leave"));
    let socket = with_a_long_stream(&account, &tag, 1000).await;
    let session = socket.session.clone();
    assert_eq!(socket.leave(1000).await, Some(1000));
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    let usage = account.usage(1).await;
    assert_eq!(
        (&usage["total_requests"], &usage["interrupted"]),
        (&json!(1), &json!(1))
    );
    let mut next = account.client.socket().await;
    assert_eq!(next.resume(&session, 1).await["resumed"], false);
}

#[tokio::test]
async fn otherwise_it_goes_on() {
    for code in [Some(1001), Some(3000), None] {
        let (account, tag) = (Account::new().await, tag("ws-lost"));
        let socket = with_a_long_stream(&account, &tag, 60).await;
        let session = socket.session.clone();
        match code {
            Some(code) => assert_eq!(socket.leave(code).await, Some(code)),
            None => socket.cut(),
        }
        let report = Mock::get()
            .report_when(&tag, |report| report.finished + report.cancelled == 1)
            .await;
        assert_eq!(report.finished, 1, "{code:?}");
        let usage = account.usage(1).await;
        assert_eq!(usage["interrupted"], 0, "{usage}");
        let mut next = account.client.socket().await;
        assert_eq!(next.resume(&session, 0).await["resumed"], true);
        next.told().await.streams(&text_of(60));
    }
}

#[tokio::test]
async fn without_a_request_nothing_is_accounted() {
    let account = Account::new().await;
    let socket = account.client.socket().await;
    assert_eq!(socket.leave(1000).await, Some(1000));
    assert_eq!(account.usage(0).await["total_requests"], 0);
}
