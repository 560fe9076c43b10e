//! `reconnect`.

use super::{streaming, text_of, words};
use openclaw_conformance::harness::{Account, Failure, Mock, Socket, hello, tag};
use openclaw_conformance::upstream::Script;
use serde_json::{Value, json};
use std::time::Duration;

/// Reads so many chunks; their text.
async fn read_some(socket: &mut Socket, count: usize) -> String {
    let mut text = String::new();
    for _ in 0..count {
        text += socket.expects("chat_chunk").await["content"]
            .as_str()
            .unwrap();
    }
    text
}

async fn not_resumed(socket: &mut Socket, frame: Value) {
    socket.send(&frame).await;
    let answer = socket.expects("reconnected").await;
    assert_eq!(answer["resumed"], false, "{answer}");
    assert_eq!(answer["replayed"], 0, "{answer}");
    if !socket.session.is_empty() {
        assert_eq!(answer["session"], *socket.session, "{answer}");
    }
}

async fn works(socket: &mut Socket) {
    socket.chat("works", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
}

#[tokio::test]
async fn what_was_missed_comes_in_order_and_the_rest_behind_it() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    first.chat("a", &streaming("gpt-4", &words(12, 150))).await;
    let mut text = read_some(&mut first, 2).await;
    let (session, last_seq) = (first.session.clone(), first.last_seq);
    first.cut();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let mut second = account.client.socket().await;
    assert_ne!(second.session, session);
    let answer = second.resume(&session, last_seq).await;
    assert_eq!(answer["resumed"], true);
    assert!(answer["replayed"].as_u64().unwrap() >= 1, "{answer}");
    let told = second.told().await;
    assert!(told.frames.len() as u64 > answer["replayed"].as_u64().unwrap());
    text += &told.joined();
    assert_eq!(text, text_of(12));
    told.completes(&text_of(12));
    assert_eq!(account.usage(1).await["total_requests"], 1);
}

#[tokio::test]
async fn it_can_be_done_again_and_again() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let session = socket.session.clone();
    socket.chat("a", &streaming("gpt-4", &words(16, 150))).await;
    let mut text = String::new();
    for _ in 0..4 {
        text += &read_some(&mut socket, 2).await;
        let last_seq = socket.last_seq;
        socket.cut();
        socket = account.client.socket().await;
        let answer = socket.resume(&session, last_seq).await;
        assert_eq!(answer["resumed"], true, "{answer}");
    }
    let told = socket.told().await;
    assert_eq!(text + &told.joined(), text_of(16));
    told.completes(&text_of(16));
    works(&mut socket).await;
}

#[tokio::test]
async fn from_the_very_first_frame() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    first.chat("a", &streaming("gpt-4", &words(4, 30))).await;
    let all = first.told().await;
    let session = first.session.clone();
    first.cut();
    let mut second = account.client.socket().await;
    let answer = second.resume(&session, 0).await;
    assert_eq!(answer["replayed"], all.frames.len());
    assert_eq!(second.told().await.frames, all.frames);
    works(&mut second).await;
}

#[tokio::test]
async fn behind_the_end_there_is_nothing_to_replay() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    works(&mut first).await;
    let (session, last_seq) = (first.session.clone(), first.last_seq);
    first.cut();
    let mut second = account.client.socket().await;
    let answer = second.resume(&session, last_seq).await;
    assert_eq!(
        (&answer["resumed"], &answer["replayed"]),
        (&json!(true), &json!(0))
    );
    works(&mut second).await;
}

#[tokio::test]
async fn a_connection_that_holds_the_session_is_closed_with_4409() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    first.chat("a", &streaming("gpt-4", &words(12, 150))).await;
    let mut text = read_some(&mut first, 2).await;
    let mut second = account.client.socket().await;
    // What comes on the old connection until then counts as not arrived.
    let answer = second.resume(&first.session, first.last_seq).await;
    assert_eq!(answer["resumed"], true, "{answer}");
    text += &second.told().await.joined();
    assert_eq!(text, text_of(12));
    while let Some(frame) = first.next_or_close(4409).await {
        assert_eq!(frame["id"], "a");
    }
    works(&mut second).await;
}

#[tokio::test]
async fn a_session_that_is_unknown_goes_on_anew() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let other = account.client.socket().await.session;
    for session in [
        "sess_nothing",
        "",
        "nonsense",
        "../../sess_x",
        &format!("{other}x"),
        &other[..other.len() - 1],
        &"s".repeat(500),
    ] {
        let frame = json!({"type": "reconnect", "session": session, "last_seq": 0});
        socket.send_wrong(&frame).await;
        let answer = socket.frame().await;
        if answer["type"] == "error" {
            // What is no session's name at all may be said to be wrong.
            Failure::of(&answer["error"], "invalid_request")
                .1
                .names("session");
            continue;
        }
        assert_eq!(answer["type"], "reconnected", "{answer}");
        assert_eq!(answer["resumed"], false, "{session}: {answer}");
        assert_eq!(answer["session"], *socket.session);
    }
    works(&mut socket).await;
}

#[tokio::test]
async fn another_accounts_session_is_as_unknown() {
    let (account, stranger) = (Account::new().await, Account::new().await);
    let mut first = account.client.socket().await;
    first.chat("a", &streaming("gpt-4", &words(8, 100))).await;
    read_some(&mut first, 1).await;
    let mut thief = stranger.client.socket().await;
    let frame = json!({"type": "reconnect", "session": first.session, "last_seq": 0});
    not_resumed(&mut thief, frame).await;
    works(&mut thief).await;
    // And nothing happened to it.
    let told = first.told().await;
    told.completes(&text_of(8));
}

#[tokio::test]
async fn another_keys_session_is_as_unknown() {
    let account = Account::new().await;
    let key = account.another_key(json!({})).await;
    let first = account.client.socket().await;
    let mut other = account.client_with(&key.secret).socket().await;
    let frame = json!({"type": "reconnect", "session": first.session, "last_seq": 0});
    not_resumed(&mut other, frame).await;
    works(&mut other).await;
}

#[tokio::test]
async fn a_token_of_the_key_will_do() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    works(&mut first).await;
    let (session, last_seq) = (first.session.clone(), first.last_seq);
    first.cut();
    let token = super::token(&account).await;
    let mut second = account.client_with(&token).socket().await;
    assert_eq!(second.resume(&session, last_seq).await["resumed"], true);
    works(&mut second).await;
}

#[tokio::test]
async fn a_number_that_never_came_is_not_resumed_from() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    works(&mut first).await;
    let session = first.session.clone();
    first.cut();
    let mut second = account.client.socket().await;
    let frame = json!({"type": "reconnect", "session": session, "last_seq": 99});
    not_resumed(&mut second, frame).await;
    works(&mut second).await;
}

#[tokio::test]
async fn a_number_that_is_none_is_refused() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for last_seq in [json!("1"), json!(-1), json!(1.5), json!([])] {
        let frame = json!({"type": "reconnect", "session": "sess_x", "last_seq": last_seq});
        socket.send_wrong(&frame).await;
        let refusal = socket.expects("error").await;
        Failure::of(&refusal["error"], "invalid_request")
            .1
            .names("last_seq");
    }
    works(&mut socket).await;
}

#[tokio::test]
async fn without_a_session_it_is_a_courtesy() {
    let account = Account::new().await;
    let mut socket = account.client.dial().open().await;
    // The seed's literal, before auth and behind it.
    let frame = json!({"type": "reconnect", "reason": "connection_lost"});
    not_resumed(&mut socket, frame.clone()).await;
    socket.authenticate(&account.key.secret).await;
    not_resumed(&mut socket, frame).await;
    works(&mut socket).await;
}

#[tokio::test]
async fn before_auth_it_is_answered_behind_it() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    first.chat("a", &streaming("gpt-4", &words(5, 30))).await;
    let all = first.told().await;
    let session = first.session.clone();
    first.cut();
    let mut second = account.client.dial().open().await;
    let frame = json!({"type": "reconnect", "session": session, "last_seq": 0});
    second.send(&frame).await;
    second.is_silent_for(Duration::from_millis(300)).await;
    second.authenticate(&account.key.secret).await;
    let answer = second.expects("reconnected").await;
    assert_eq!(answer["resumed"], true, "{answer}");
    assert_eq!(answer["session"], session, "{answer}");
    assert_eq!(second.told().await.frames, all.frames);
}

#[tokio::test]
async fn auth_reconnect_and_a_chat_may_be_sent_in_one_go() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    works(&mut first).await;
    let (session, last_seq) = (first.session.clone(), first.last_seq);
    first.cut();
    let mut second = account.client.dial().open().await;
    second
        .send(&json!({"type": "auth", "token": account.key.secret}))
        .await;
    second
        .send(&json!({"type": "reconnect", "session": session, "last_seq": last_seq}))
        .await;
    second.chat("b", &hello("gpt-4")).await;
    second.welcomed().await;
    assert_eq!(second.expects("reconnected").await["resumed"], true);
    second.last_seq = last_seq;
    assert_eq!(second.told().await.last()["id"], "b");
}

#[tokio::test]
async fn a_connection_with_requests_of_its_own_cannot_resume() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    works(&mut first).await;
    let mut second = account.client.socket().await;
    second.chat("b", &streaming("gpt-4", &words(8, 100))).await;
    let mut text = read_some(&mut second, 1).await;
    let frame = json!({"type": "reconnect", "session": first.session, "last_seq": 1});
    second.send(&frame).await;
    let mut conflicts = 0;
    loop {
        let frame = second.frame().await;
        match frame["type"].as_str() {
            Some("chat_chunk") => text += frame["content"].as_str().unwrap(),
            Some("error") => {
                assert!(frame.get("id").is_none(), "{frame}");
                Failure::of(&frame["error"], "conflict");
                conflicts += 1;
            }
            _ => break,
        }
    }
    assert_eq!((conflicts, text), (1, text_of(8)));
    works(&mut first).await;
}

#[tokio::test]
async fn what_runs_in_a_resumed_session_can_be_cancelled() {
    let (account, tag) = (Account::new().await, tag("ws-resume-cancel"));
    let mut first = account.client.socket().await;
    let script = Script {
        tag: tag.clone(),
        ..words(1000, 20)
    };
    first.chat("a", &streaming("gpt-4", &script)).await;
    read_some(&mut first, 2).await;
    let (session, last_seq) = (first.session.clone(), first.last_seq);
    first.cut();
    let mut second = account.client.socket().await;
    second.resume(&session, last_seq).await;
    second.send(&json!({"type": "cancel", "id": "a"})).await;
    second.told().await.fails("cancelled");
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    assert_eq!(account.usage(1).await["interrupted"], 1);
}

#[tokio::test]
async fn an_id_that_runs_is_still_taken() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    first.chat("a", &streaming("gpt-4", &words(10, 150))).await;
    read_some(&mut first, 1).await;
    let (session, last_seq) = (first.session.clone(), first.last_seq);
    first.cut();
    let mut second = account.client.socket().await;
    second.resume(&session, last_seq).await;
    second.chat("a", &hello("gpt-4")).await;
    let mut conflicts = 0;
    loop {
        let frame = second.frame().await;
        if frame["type"] == "error" {
            Failure::of(&frame["error"], "conflict");
            conflicts += 1;
        } else if frame["type"] == "chat_complete" {
            break;
        }
    }
    assert_eq!(conflicts, 1);
}

#[tokio::test]
async fn what_is_not_kept_is_not_resumed() {
    let account = Account::new().await;
    let mut first = account.client.socket().await;
    // Over 1 MiB in all, each within a message of API Gateway.
    let script = Script {
        text: Some("x".repeat(100_000)),
        chunks: Some(20),
        ..Script::default()
    };
    for _ in 0..6 {
        first.chat("a", &streaming("gpt-4", &script)).await;
        first.told().await;
    }
    let session = first.session.clone();
    first.cut();
    let mut second = account.client.socket().await;
    let frame = json!({"type": "reconnect", "session": session, "last_seq": 1});
    not_resumed(&mut second, frame).await;
    works(&mut second).await;
}
