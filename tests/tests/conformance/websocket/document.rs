//! `docs/asyncapi.yaml`. What it says of frames, every case of this folder holds against them.

use openclaw_conformance::harness::{Document, Sender, node_modules};
use openclaw_core::Code;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn client(frame: Value) -> Result<(), String> {
    Document::get().check(Sender::Client, &frame)
}

fn server(frame: Value) -> Result<(), String> {
    Document::get().check(Sender::Server, &frame)
}

#[tokio::test]
async fn it_is_an_asyncapi_document() {
    let path = node_modules().join("@asyncapi/specs/schemas/3.0.0.json");
    let schema = std::fs::read_to_string(path).expect("the specification's schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let document = &Document::get().json;
    let wrong: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(wrong, [""; 0]);
    // And what is none is found.
    for (at, value) in [
        ("/asyncapi", json!("9.0.0")),
        ("/operations/ping/action", json!("answer")),
        ("/components/messages/ping/payload/type", json!("thing")),
        ("/channels/realtime/adress", json!("/v1/ws")),
    ] {
        let mut broken = document.clone();
        match broken.pointer_mut(at) {
            Some(place) => *place = value,
            None => broken["channels"]["realtime"]["adress"] = value,
        }
        assert!(!validator.is_valid(&broken), "{at}");
    }
}

#[tokio::test]
async fn every_message_is_somebodys_and_has_right_examples() {
    let document = Document::get();
    let all = document.messages();
    let names: BTreeSet<&str> = all.iter().map(|(_, name)| name.as_str()).collect();
    let messages = &document.json["components"]["messages"];
    let messages = messages.as_object().expect("messages");
    assert_eq!(names, messages.keys().map(String::as_str).collect());
    let listed = &document.json["channels"]["realtime"]["messages"];
    let listed = listed.as_object().expect("messages");
    assert_eq!(names, listed.keys().map(String::as_str).collect());
    for (sender, name) in &all {
        let examples = messages[name]["examples"].as_array().expect("examples");
        assert!(!examples.is_empty(), "{name}");
        for example in examples {
            document.check(*sender, &example["payload"]).expect(name);
        }
    }
}

#[tokio::test]
async fn its_error_codes_and_types_are_the_tables() {
    let error = &Document::get().json["components"]["schemas"]["error"]["properties"];
    let listed = |name: &str| -> BTreeSet<String> {
        serde_json::from_value(error[name]["enum"].clone()).expect("a list")
    };
    let codes = Code::ALL.map(|code| code.as_str().to_string());
    assert_eq!(listed("code"), codes.into());
    let kinds = Code::ALL.map(|code| code.kind().to_string());
    assert_eq!(listed("type"), kinds.into());
}

#[tokio::test]
async fn what_it_does_not_know_is_found() {
    let pong = json!({"type": "pong", "timestamp": "2026-02-28T12:00:00Z"});
    server(pong.clone()).expect("as it must be");
    assert!(client(pong.clone()).is_err(), "of the wrong side");
    for (name, value) in [
        ("type", json!("pang")),
        ("type", Value::Null),
        ("timestamp", json!("yesterday")),
        ("timestamp", json!("2026-02-28T12:00:00+01:00")),
        ("timestamp", Value::Null),
        ("surprise", json!(1)),
    ] {
        let mut wrong = pong.clone();
        wrong[name] = value;
        assert!(server(wrong.clone()).is_err(), "{wrong}");
    }
    let error = json!({"code": "not_found", "message": "No", "type": "api_error", "param": null});
    server(json!({"type": "error", "error": error})).expect("of no request");
    server(json!({"type": "error", "id": "a", "seq": 1, "error": error})).expect("of one");
    for wrong in [
        json!({"type": "error", "id": "a", "error": error}),
        json!({"type": "error", "seq": 1, "error": error}),
        json!({"type": "error", "error": {"code": "not_found"}}),
        json!({"type": "chat_chunk", "id": "a", "seq": 0, "content": "", "finished": false}),
        json!({"type": "chat_chunk", "id": "a", "seq": 1, "content": "", "finished": true}),
        json!({"type": "reconnected", "session": "sess_a", "resumed": false, "replayed": 1}),
    ] {
        assert!(server(wrong.clone()).is_err(), "{wrong}");
    }
    for wrong in [
        json!({"type": "auth"}),
        json!({"type": "cancel", "id": "a".repeat(129)}),
        json!({"type": "chat", "id": "a", "model": "gpt-4", "messages": []}),
        json!({"type": "reconnect", "session": "sess_a", "last_seq": -1}),
    ] {
        assert!(client(wrong.clone()).is_err(), "{wrong}");
    }
}

#[tokio::test]
#[should_panic(expected = "docs/asyncapi.yaml")]
async fn a_case_that_sends_what_it_does_not_know_fails() {
    let account = openclaw_conformance::harness::Account::new().await;
    let mut socket = account.client.socket().await;
    socket.send(&json!({"type": "chats", "id": "a"})).await;
}
