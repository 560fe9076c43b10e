//! The function that works on a session being killed.

use super::here;
use crate::own_server::operator;
use openclaw_conformance::{
    harness::{
        Account, Failure, Mock, Options, Server, Socket, chat, eventually_within, hello, tag,
    },
    upstream::Script,
};
use serde_json::json;
use std::time::{Duration, Instant};

/// Lambda repeats what failed after a minute.
const REPEATED: Duration = Duration::from_secs(80);

/// Whoever speaks has the session looked at: a killed one's hold is over after 15 s.
const LOOKED_AT: Duration = Duration::from_secs(25);

/// A lease of what runs is over after 45 s; the report settles what it finds then.
const SETTLED: Duration = Duration::from_secs(60);

/// Two connections are all that the account may have.
async fn two() -> Server {
    let upstream = Mock::get().url();
    let config = format!(
        "[limits]\nfree = 1000\n\n[limits.connections]\nfree = 2\n\n\
         [[providers]]\nid = \"mock\"\nbase_url = \"{upstream}/v1\"\n\n\
         [[models]]\nid = \"gpt-4\"\ncontext_length = 8192\n\
         targets = [{{ provider = \"mock\", model = \"m\" }}]\n"
    );
    let options = Options {
        config: Some(config),
        ..Options::default()
    };
    let server = Server::start("killed-sockets", options).await;
    server.expect("it starts")
}

async fn streaming(account: &Account) -> Socket {
    let mut socket = account.client.socket().await;
    let endless = Script {
        chunks: Some(10_000),
        chunk_delay_ms: 50,
        tag: tag("ws-killed"),
        ..Script::default()
    };
    let mut body = chat("gpt-4", &endless);
    body["stream"] = true.into();
    socket.chat("a", &body).await;
    for _ in 0..3 {
        socket.expects("chat_chunk").await;
    }
    socket
}

/// Behind the chunks that were on their way: an error that says what happened, and the end. Who is
/// not silent sends a ping every second.
async fn is_cut_off(socket: &mut Socket, within: Duration, is_silent: bool) {
    let killed = Instant::now();
    let refusal = loop {
        assert!(killed.elapsed() < within, "still nothing");
        match socket.frame_within(Duration::from_secs(1)).await {
            Some(frame) if frame["type"] == "chat_chunk" => {}
            Some(frame) => break frame,
            None if is_silent => {}
            None => socket.send(&json!({"type": "ping"})).await,
        }
    };
    assert!(refusal.get("id").is_none(), "{refusal}");
    Failure::of(&refusal["error"], "internal_error");
    socket.is_closed_with(1001).await;
}

#[tokio::test]
async fn a_killed_ones_sessions_end_and_their_requests_are_settled() {
    if !here() {
        return;
    }
    let server = two().await;
    let account = Account::on(&operator(&server), json!({"tier": "free"}), json!({})).await;
    let (mut speaking, mut silent) = (streaming(&account).await, streaming(&account).await);
    assert_eq!(server.kill_busy("realtime").await, 2);
    let session = speaking.session.clone();
    let goes_on = async {
        is_cut_off(&mut speaking, LOOKED_AT, false).await;
        // Its place is free, and its session gone.
        let mut next = account.client.socket().await;
        assert_eq!(next.resume(&session, 3).await["resumed"], false);
    };
    tokio::join!(goes_on, is_cut_off(&mut silent, REPEATED, true));
    let settled = eventually_within(SETTLED, async || {
        let usage = account.client.get("/v1/analytics/usage?period=24h").await;
        let usage = usage.ok();
        (usage["total_requests"] == 2).then_some(usage)
    });
    let usage = settled.await.expect("it is settled");
    assert_eq!(
        (&usage["interrupted"], &usage["errors"]),
        (&json!(2), &json!(0))
    );
}

/// Whoever opens connections and says nothing takes no invocation's time.
#[tokio::test]
async fn nobody_waits_for_a_client_that_does_not_authenticate() {
    if !here() {
        return;
    }
    let server = two().await;
    let account = Account::on(&operator(&server), json!({"tier": "free"}), json!({})).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(account.client.dial().open().await);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.kill_busy("realtime").await, 0);
    let mut in_time = silent.remove(0);
    in_time.authenticate(&account.key.secret).await;
    tokio::time::sleep(Duration::from_secs(16)).await;
    // It is remembered for as long as it may be open.
    in_time.chat("a", &hello("gpt-4")).await;
    assert_eq!(in_time.told().await.last()["type"], "chat_complete");
    // A schedule closes the others, whatever they do.
    for late in silent {
        let mut late = late;
        let refusal = late.expects("error").await;
        Failure::of(&refusal["error"], "unauthorized");
        late.is_closed_with(4401).await;
    }
}
