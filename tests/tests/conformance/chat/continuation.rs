//! Models with `continue = true`: where an answer breaks off, the next target goes on with it.

use openclaw_conformance::{
    harness::{Account, Mock, chat, hello, tag},
    upstream::{Script, ToolCall, Usage},
};
use serde_json::json;

fn breaking(tag: &str, failure: Script) -> Script {
    Script {
        tag: tag.into(),
        text: Some("one two three four five".into()),
        chunk_delay_ms: 10,
        fail_first: Some(1),
        then: Some(Box::new(Script {
            text: Some("three four five".into()),
            usage: Some(Usage {
                prompt_tokens: 20,
                completion_tokens: 10,
            }),
            ..Script::default()
        })),
        ..failure
    }
}

fn failures() -> [Script; 4] {
    [
        Script {
            cut_after: Some(2),
            ..Script::default()
        },
        Script {
            malformed_after: Some(2),
            ..Script::default()
        },
        Script {
            error_event_after: Some(2),
            ..Script::default()
        },
        // Until it has been silent for too long.
        Script {
            stall_after: Some(2),
            ..Script::default()
        },
    ]
}

/// Another caller's answer, so that the target is not cooled down.
async fn succeeds(model: &str) {
    let account = Account::new().await;
    account.client.chat(&hello(model)).await.ok();
}

#[tokio::test]
async fn the_client_sees_one_whole_answer() {
    for failure in failures() {
        // The first breaks off; Claude is given its words as the beginning of its own.
        let account = Account::new().await;
        let tag = tag("continuation");
        let asked = chat("goes-on", &breaking(&tag, failure));
        let stream = account.client.stream_openai(&asked).await;
        assert_eq!(stream.text(), "one two three four five", "{stream:?}");
        assert_eq!(stream.finish_reasons(), ["stop"]);
        assert_eq!(stream.last_line(), "data: [DONE]");
        let events = stream.events();
        let ids = events.iter().map(|event| &event["id"]);
        assert!(ids.clone().all(|id| id == &events[0]["id"]), "{events:?}");
        let roles = events
            .iter()
            .filter(|event| !event["choices"][0]["delta"]["role"].is_null());
        assert_eq!(roles.count(), 1);
        let seen = Mock::get().report(&tag).await.seen;
        let last = seen[1].body["messages"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        assert_eq!((seen.len(), &last["role"]), (2, &json!("assistant")));
        succeeds("goes-on").await;
        // One row, with the tokens of both calls, each in its own price.
        let usage = account.usage(1).await;
        assert_eq!(
            (&usage["total_requests"], &usage["errors"]),
            (&json!(1), &json!(0)),
            "{usage}"
        );
        let cost = usage["cost"].as_f64().unwrap();
        assert!(cost > 30.0 * 0.01 / 1000.0, "{usage}");
        assert!(usage["completion_tokens"].as_u64().unwrap() > 10, "{usage}");
    }
}

#[tokio::test]
async fn callers_of_other_dialects_see_one_whole_answer_too() {
    for failure in failures() {
        let account = Account::new().await;
        let tag = tag("continuation");
        let text = breaking(&tag, failure.clone()).message();
        let message = json!([{"role": "user", "content": text}]);
        let asked = json!({"model": "goes-on-dialects", "messages": message, "max_tokens": 100, "stream": true});
        let stream = account.client.stream("/v1/messages", &asked).await;
        let events = stream.read().await.events();
        let deltas = events
            .iter()
            .filter_map(|event| event["delta"]["text"].as_str());
        assert_eq!(
            deltas.collect::<String>(),
            "one two three four five",
            "{events:?}"
        );
        let kinds: Vec<_> = events
            .iter()
            .map(|event| event["type"].as_str().unwrap())
            .collect();
        let starts = kinds.iter().filter(|kind| kind.ends_with("_start"));
        assert_eq!(
            (starts.count(), kinds[kinds.len() - 1]),
            (2, "message_stop"),
            "{kinds:?}"
        );
        // Claude gets the words so far, not the request as it came.
        let seen = Mock::get().report(&tag).await.seen;
        let last = seen[1].body["messages"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        assert_eq!(
            (&*seen[1].path, &last["role"]),
            ("/v1/messages", &json!("assistant"))
        );
        let again = breaking(&self::tag("continuation"), failure);
        let asked = json!({"model": "goes-on-dialects", "stream": true, "input": again.message()});
        let stream = account.client.stream("/v1/responses", &asked).await;
        let events = stream.read().await.events();
        let last = events.last().unwrap();
        assert_eq!(last["type"], "response.completed", "{events:?}");
        assert_eq!(
            last["response"]["output"][0]["content"][0]["text"],
            "one two three four five"
        );
        succeeds("goes-on-dialects").await;
        let usage = account.usage(2).await;
        assert_eq!(
            (&usage["total_requests"], &usage["errors"]),
            (&json!(2), &json!(0))
        );
    }
}

#[tokio::test]
async fn who_does_not_go_on_by_itself_is_told_to() {
    let account = Account::new().await;
    let tag = tag("continuation");
    let [cut, ..] = failures();
    let asked = chat("goes-on-claude", &breaking(&tag, cut));
    let stream = account.client.stream_seed(&asked).await;
    assert_eq!(stream.text(), "one two three four five");
    assert_eq!(stream.finish_reasons(), ["stop"]);
    let seen = Mock::get().report(&tag).await.seen;
    let messages = seen[1].body["messages"].as_array().unwrap();
    let [.., said, told] = &messages[..] else {
        panic!("{messages:?}")
    };
    assert_eq!(
        (&said["role"], &told["role"]),
        (&json!("assistant"), &json!("user"))
    );
    assert_eq!(said["content"], "one two ");
}

#[tokio::test]
async fn where_nobody_can_go_on_it_ends_as_an_error() {
    let account = Account::new().await;
    let [cut, ..] = failures();
    // All of them break off.
    let always = Script {
        fail_first: None,
        then: None,
        ..breaking(&tag("continuation"), cut.clone())
    };
    let tag_of_all = always.tag.clone();
    let stream = account
        .client
        .stream_openai(&chat("breaks-off", &always))
        .await;
    stream.fails_in_openai("provider_error");
    assert_eq!(Mock::get().report(&tag_of_all).await.requests, 2);
    // A call that began: nobody could go on with half of its arguments.
    let script = Script {
        tool_call: Some(ToolCall {
            id: "call_1".into(),
            name: "look".into(),
            arguments: json!({"at": "one two three four five"}),
        }),
        ..breaking(&tag("continuation"), cut.clone())
    };
    let tag_of_call = script.tag.clone();
    let stream = account
        .client
        .stream_openai(&chat("breaks-off", &script))
        .await;
    stream.fails_in_openai("provider_error");
    assert_eq!(Mock::get().report(&tag_of_call).await.requests, 1);
    // An answer that Claude streams as it came.
    let script = breaking(&tag("continuation"), cut.clone());
    let tag_of_message = script.tag.clone();
    let message = json!([{"role": "user", "content": script.message()}]);
    let asked =
        json!({"model": "goes-on-claude", "messages": message, "max_tokens": 100, "stream": true});
    let stream = account.client.stream("/v1/messages", &asked).await;
    let events = stream.read().await.events();
    assert_eq!(events.last().unwrap()["type"], "error", "{events:?}");
    assert_eq!(Mock::get().report(&tag_of_message).await.requests, 1);
    // A model that is not to.
    let tag = tag("continuation");
    let stream = account
        .client
        .stream_openai(&chat("flaky", &breaking(&tag, cut)))
        .await;
    assert_eq!(stream.text(), "one two ");
    stream.fails_in_openai("provider_error");
    assert_eq!(Mock::get().report(&tag).await.requests, 1);
}
