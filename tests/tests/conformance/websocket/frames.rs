//! Frames that are not what they must be.

use super::{streaming, text_of, words};
use openclaw_conformance::harness::{
    Account, Failure, Mock, Socket, Target, chat, gateway, hello, tag,
};
use openclaw_conformance::upstream::Script;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// The next frame is an error that ends nothing.
async fn refused(socket: &mut Socket, code: &str) -> Failure {
    let refusal = socket.expects("error").await;
    assert!(refusal.get("id").is_none(), "{refusal}");
    Failure::of(&refusal["error"], code).1
}

/// The connection is as good as before.
async fn still_works(socket: &mut Socket) {
    socket.chat("works", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
}

#[tokio::test]
async fn ping_is_answered_before_and_behind_auth() {
    let account = Account::new().await;
    let mut socket = account.client.dial().open().await;
    for _ in 0..2 {
        socket.send(&json!({"type": "ping"})).await;
        let pong = socket.expects("pong").await;
        let told: jiff::Timestamp = pong["timestamp"].as_str().unwrap().parse().unwrap();
        let off = told.duration_since(openclaw_conformance::harness::now());
        assert!(off.as_secs().abs() < 5, "{pong}");
        socket.authenticate(&account.key.secret).await;
    }
}

#[tokio::test]
async fn the_protocols_own_ping_is_answered() {
    let mut socket = gateway().await.anonymous().dial().open().await;
    socket.message(Message::Ping("hello".into())).await;
    assert_eq!(socket.pong().await, "hello");
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_and_the_connection_stays() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for text in [
        "",
        "{",
        "nonsense",
        "[]",
        "[{\"type\":\"ping\"}]",
        "null",
        "1",
        "\"ping\"",
        "{}{}",
        "{\"type\":\"ping\"",
        "{'type':'ping'}",
        "{\"type\":\"ping\",}",
        "\u{feff}{}",
        "NaN",
    ] {
        socket.text(text).await;
        refused(&mut socket, "invalid_request").await;
    }
    socket.text(&"[".repeat(100_000)).await;
    refused(&mut socket, "invalid_request").await;
    still_works(&mut socket).await;
}

#[tokio::test]
async fn before_auth_too() {
    let mut socket = gateway().await.anonymous().dial().open().await;
    socket.text("{").await;
    refused(&mut socket, "invalid_request").await;
    socket.send(&json!({"type": "ping"})).await;
    socket.expects("pong").await;
}

#[tokio::test]
async fn a_type_that_is_missing_or_no_text_is_refused() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for frame in [
        json!({}),
        json!({"type": null}),
        json!({"type": 1}),
        json!({"type": ["ping"]}),
    ] {
        socket.send_wrong(&frame).await;
        refused(&mut socket, "invalid_request").await.names("type");
    }
    still_works(&mut socket).await;
}

#[tokio::test]
async fn an_unknown_type_is_refused_with_the_id_it_carries() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for kind in ["chats", "", "AUTH", "pong", "chat_complete"] {
        socket.send_wrong(&json!({"type": kind})).await;
        refused(&mut socket, "invalid_request").await.names("type");
        socket.send_wrong(&json!({"type": kind, "id": "a"})).await;
        let told = socket.told().await;
        assert_eq!(told.last()["id"], "a");
        told.fails("invalid_request").names("type");
    }
    still_works(&mut socket).await;
}

#[tokio::test]
async fn an_unknown_type_with_the_id_of_what_runs_does_not_end_it() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket.chat("a", &streaming("gpt-4", &words(8, 100))).await;
    socket
        .send_wrong(&json!({"type": "chats", "id": "a"}))
        .await;
    let (mut refusals, mut text) = (0, String::new());
    loop {
        let frame = socket.frame().await;
        match frame["type"].as_str() {
            Some("error") => {
                assert!(frame.get("id").is_none(), "{frame}");
                refusals += 1;
            }
            Some("chat_chunk") => text += frame["content"].as_str().unwrap(),
            _ => break,
        }
    }
    assert_eq!((refusals, text), (1, text_of(8)));
}

#[tokio::test]
async fn an_id_must_be_text_of_1_to_128_characters() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let long = "a".repeat(129);
    for id in [
        None,
        Some(Value::Null),
        Some(json!("")),
        Some(json!(long)),
        Some(json!(7)),
        Some(json!(["a"])),
        Some(json!({"id": "a"})),
        Some(json!(true)),
    ] {
        let mut frame = hello("gpt-4");
        frame["type"] = "chat".into();
        if let Some(id) = id {
            frame["id"] = id;
        }
        socket.send_wrong(&frame).await;
        refused(&mut socket, "invalid_request").await.names("id");
    }
    still_works(&mut socket).await;
    assert_eq!(account.usage(1).await["total_requests"], 1);
}

#[tokio::test]
async fn the_id_of_what_runs_is_a_conflict_and_ends_nothing() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let tag = tag("ws-duplicate");
    let second = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    socket.chat("a", &streaming("gpt-4", &words(8, 100))).await;
    socket.chat("a", &chat("gpt-4", &second)).await;
    let failure = refused(&mut socket, "conflict").await;
    assert_eq!(failure.details["field"], "id");
    socket.told().await.streams(&text_of(8));
    assert_eq!(Mock::get().report(&tag).await.requests, 0);
    assert_eq!(account.usage(1).await["total_requests"], 1);
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let account = Account::new().await;
    let mut socket = account.client.dial().open().await;
    let auth = json!({"type": "auth", "token": account.key.secret, "version": 9, "id": "msg_1"});
    socket.send(&auth).await;
    socket.welcomed().await;
    socket
        .send(&json!({"type": "ping", "id": 7, "payload": {}}))
        .await;
    socket.expects("pong").await;
    let mut body = hello("gpt-4");
    body["mood"] = json!({"good": true});
    socket.chat("a", &body).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
}

#[tokio::test]
async fn binary_messages_are_closed_with_1003() {
    let account = Account::new().await;
    for authenticated in [false, true] {
        let mut socket = account.client.dial().open().await;
        if authenticated {
            socket.authenticate(&account.key.secret).await;
        }
        socket
            .message(Message::binary(b"{\"type\":\"ping\"}".to_vec()))
            .await;
        socket.is_closed_with(1003).await;
    }
}

#[tokio::test]
async fn a_message_may_come_in_pieces() {
    let mut socket = gateway().await.anonymous().dial().open().await;
    // Two fragments, masked with zeros (RFC 6455, 5.2), a ping between them.
    let mut bytes = vec![0x01, 0x80 | 8, 0, 0, 0, 0];
    bytes.extend(b"{\"type\":");
    bytes.extend([0x89, 0x80, 0, 0, 0, 0]);
    bytes.extend([0x80, 0x80 | 7, 0, 0, 0, 0]);
    bytes.extend(b"\"ping\"}");
    socket.raw(&bytes).await;
    socket.expects("pong").await;
}

/// Natively said why (RFC 6455, 7.4.1), elsewhere where the platform does.
fn is_broken_off_with(seen: Option<u16>, code: u16) {
    let is_said = seen == Some(code);
    let may_be_silent = Target::chosen() != Target::Native;
    assert!(
        is_said || may_be_silent && [None, Some(1002), Some(1006)].contains(&seen),
        "{seen:?} in place of {code}"
    );
}

#[tokio::test]
async fn text_that_is_no_utf8_is_not_taken() {
    let mut socket = gateway().await.anonymous().dial().open().await;
    socket.raw(&[0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]).await;
    if Target::chosen() == Target::Workers {
        // workerd hands on U+FFFD in its place, which a client may as well have sent.
        refused(&mut socket, "invalid_request").await;
        return;
    }
    is_broken_off_with(socket.closed().await, 1007);
}

#[tokio::test]
async fn what_breaks_the_protocol_ends_the_connection_and_not_the_session() {
    let account = Account::new().await;
    let unmasked = &[0x81, 0x01, b'1'][..];
    let reserved_bit = &[0xc1, 0x81, 0, 0, 0, 0, b'1'];
    let piece_of_nothing = &[0x80, 0x81, 0, 0, 0, 0, b'1'];
    let long_ping = &[&[0x89, 0xfe, 0, 126, 0, 0, 0, 0][..], &[b'p'; 126]].concat();
    // RFC 6455, 5.
    for bytes in [unmasked, reserved_bit, piece_of_nothing, long_ping] {
        let mut socket = account.client.socket().await;
        let session = socket.session.clone();
        socket.raw(bytes).await;
        // workerd takes the first, and breaks off at the others in its own time.
        if Target::chosen() != Target::Workers {
            is_broken_off_with(socket.closed().await, 1002);
        }
        let mut next = account.client.socket().await;
        assert_eq!(next.resume(&session, 0).await["resumed"], true);
    }
}
