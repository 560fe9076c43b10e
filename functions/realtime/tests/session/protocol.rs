//! Frame by frame.

use crate::client::{Client, at, auth, chunk, completed};
use openclaw_core::{Code, Error};
use openclaw_function_realtime::{
    Close, Effect, Input, Limits, MAX_FIRST_FRAME, MAX_FRAME, MAX_RUNNING, Session,
};
use serde_json::json;

#[test]
fn auth_opens_the_session() {
    let mut client = Client::new(Limits::default());
    client.text(&json!({"type": "auth", "token": "t"}));
    assert!(matches!(&client.done()[..], [Effect::Authenticate(token, None)] if token == "t"));
    client.input(Input::Authenticated(Ok(auth("key_a"))));
    let frame = client.frame();
    assert_eq!(
        frame,
        json!({"type": "auth_ok", "session": "sess_1", "account": "acct_1", "expires_at": null})
    );
}

#[test]
fn a_wrong_credential_is_said_and_closes() {
    let mut client = Client::new(Limits::default());
    client.text(&json!({"type": "auth", "token": "t"}));
    client.done();
    client.input(Input::Authenticated(Err(Error::unauthorized("no"))));
    let frame = client.frame();
    assert_eq!(frame["error"]["code"], "unauthorized");
    assert!(frame.get("id").is_none() && frame.get("seq").is_none());
    assert!(matches!(
        client.done()[..],
        [Effect::Close(Close::Unauthorized), Effect::End]
    ));
}

#[test]
fn nothing_but_auth_ping_and_reconnect_comes_before_auth() {
    let mut client = Client::new(Limits::default());
    client.text(&json!({"type": "ping"}));
    assert_eq!(client.frame()["timestamp"], at(0).to_string());
    client.text(&json!({"type": "reconnect", "reason": "connection_lost"}));
    let answer =
        json!({"type": "reconnected", "session": "sess_1", "resumed": false, "replayed": 0});
    assert_eq!(client.frame(), answer);
    client.chat("a");
    let refused = client.frame();
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!("a"), &json!("unauthorized"))
    );
    client.text(&json!({"type": "cancel", "id": "a"}));
    assert_eq!(client.frame()["error"]["code"], "not_found");
    assert!(client.done().is_empty());
}

#[test]
fn who_does_not_authenticate_in_time_is_closed() {
    let mut client = Client::new(Limits::default());
    assert_eq!(client.session.deadline(), Some(at(10)));
    client.tick(at(10));
    assert_eq!(client.frame()["error"]["code"], "unauthorized");
    assert!(matches!(
        client.done()[..],
        [Effect::Close(Close::Unauthorized), Effect::End]
    ));
}

#[test]
fn what_comes_while_somebody_is_asked_waits_in_its_order() {
    let mut client = Client::new(Limits::default());
    client.text(&json!({"type": "auth", "token": "t"}));
    client.chat("a");
    client.text(&json!({"type": "ping"}));
    client.chat("b");
    assert_eq!(client.done().len(), 1, "only the question");
    client.input(Input::Authenticated(Ok(auth("key_a"))));
    assert_eq!(client.frame()["type"], "auth_ok");
    let starts = client.done();
    assert!(matches!(
        starts[..],
        [Effect::Start { run: 1, .. }, Effect::Start { run: 2, .. }]
    ));
    assert_eq!(client.frame()["type"], "pong");
}

#[test]
fn what_waits_may_make_the_rest_wait_again() {
    let mut client = Client::new(Limits::default());
    for frame in [
        json!({"type": "auth", "token": "t"}),
        json!({"type": "auth", "token": "u"}),
    ] {
        client.text(&frame);
    }
    client.text(&json!({"type": "ping"}));
    client.input(Input::Authenticated(Ok(auth("key_a"))));
    assert_eq!(client.frame()["type"], "auth_ok");
    assert!(client.frames.is_empty() && client.done().len() == 2);
    client.input(Input::Authenticated(Ok(auth("key_a"))));
    let frames = client.take_frames();
    assert_eq!(
        (&frames[0]["type"], &frames[1]["type"]),
        (&json!("auth_ok"), &json!("pong"))
    );
}

#[test]
fn where_frames_overtake_each_other_a_chat_waits_for_its_auth() {
    let limits = Limits {
        unordered: true,
        ..Limits::default()
    };
    let mut client = Client::new(limits);
    client.chat("a");
    assert!(client.done().is_empty() && client.frames.is_empty());
    client.authenticate();
    assert!(matches!(client.done()[..], [Effect::Start { run: 1, .. }]));
}

#[test]
fn an_answer_is_chunks_and_one_end() {
    let mut client = Client::ready();
    client.chat("a");
    client.done();
    client.input(Input::Event(1, chunk("Hel")));
    client.input(Input::Event(1, chunk("lo")));
    client.input(Input::Event(1, completed("Hello")));
    client.input(Input::Event(1, chunk("too late")));
    let frames = client.take_frames();
    assert_eq!(
        frames[0],
        json!({"type": "chat_chunk", "id": "a", "seq": 1, "content": "Hel", "finished": false})
    );
    assert_eq!(
        frames[2],
        json!({"type": "chat_complete", "id": "a", "seq": 3, "content": "Hello", "model": "m",
            "finish_reason": "stop", "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    );
    assert_eq!(frames.len(), 3);
}

#[test]
fn a_request_that_is_cancelled_ends_once() {
    let mut client = Client::ready();
    client.chat("a");
    client.done();
    client.text(&json!({"type": "cancel", "id": "a"}));
    let frame = client.frame();
    assert_eq!(
        (&frame["id"], &frame["error"]["code"]),
        (&json!("a"), &json!("cancelled"))
    );
    assert!(matches!(client.done()[..], [Effect::Cancel(1)]));
    client.chat("a");
    client.input(Input::Event(1, chunk("of the first")));
    assert!(client.frames.is_empty());
    client.input(Input::Event(2, chunk("of the second")));
    assert_eq!(client.frame()["content"], "of the second");
}

#[test]
fn an_id_that_runs_is_not_taken_twice() {
    let mut client = Client::ready();
    client.chat("a");
    client.chat("a");
    let frame = client.frame();
    assert_eq!(frame["error"]["code"], "conflict");
    assert_eq!(frame["error"]["details"]["field"], "id");
    assert!(frame.get("id").is_none());
    client.text(&json!({"type": "bogus", "id": "a"}));
    assert!(
        client.frame().get("id").is_none(),
        "that would end the one that runs"
    );
    client.text(&json!({"type": "bogus", "id": "b"}));
    assert_eq!(client.frame()["id"], "b");
}

#[test]
fn fields_that_are_wrong_are_named() {
    let wrong = [
        (json!({"id": "a"}), "type"),
        (json!({"type": 7}), "type"),
        (json!({"type": "bogus"}), "type"),
        (json!({"type": "auth"}), "token"),
        (json!({"type": "auth", "token": ""}), "token"),
        (json!({"type": "chat"}), "id"),
        (json!({"type": "chat", "id": 7}), "id"),
        (json!({"type": "chat", "id": "é".repeat(129)}), "id"),
        (json!({"type": "chat", "id": "a", "n": 2}), "n"),
        (json!({"type": "skill_execute", "id": "a"}), "skill"),
        (
            json!({"type": "workflow_start", "id": "a", "workflow": []}),
            "workflow",
        ),
        (json!({"type": "cancel"}), "id"),
        (json!({"type": "reconnect", "session": 1}), "session"),
        (
            json!({"type": "reconnect", "session": "s", "last_seq": -1}),
            "last_seq",
        ),
        (
            json!({"type": "reconnect", "session": "s", "last_seq": "1"}),
            "last_seq",
        ),
    ];
    for (frame, field) in wrong {
        let mut client = Client::ready();
        client.text(&frame);
        let error = client.frame();
        assert_eq!(error["error"]["details"]["field"], field, "{frame}");
        assert!(client.done().is_empty(), "{frame}");
    }
    for text in [
        "",
        "{",
        "[]",
        "7",
        "\"ping\"",
        "{\"type\":\"ping\",\"type\":\"ping\"}",
    ] {
        let mut client = Client::ready();
        client.input(Input::Text(text));
        assert_eq!(client.frame()["error"]["code"], "invalid_request", "{text}");
    }
    let mut client = Client::ready();
    client.text(&json!({"type": "ch\u{61}t", "id": "é".repeat(128), "stream": true}));
    assert!(matches!(client.done()[..], [Effect::Start { .. }]));
}

#[test]
fn only_so_many_run_at_once() {
    let mut client = Client::ready();
    for number in 0..MAX_RUNNING {
        client.chat(&number.to_string());
    }
    assert!(client.frames.is_empty());
    client.chat("more");
    let frame = client.frame();
    assert_eq!(
        (&frame["id"], &frame["error"]["code"]),
        (&json!("more"), &json!("rate_limit_exceeded"))
    );
    client.input(Input::Event(1, completed("")));
    client.take_frames();
    client.chat("more");
    assert!(client.frames.is_empty());
}

#[test]
fn a_token_that_ended_is_renewed_by_another_auth() {
    let mut client = Client::new(Limits::default());
    client.text(&json!({"type": "auth", "token": "t"}));
    let mut short = auth("key_a");
    short.expires_at = Some(at(60));
    client.input(Input::Authenticated(Ok(short.clone())));
    client.take_frames();
    client.done();
    client.now = at(60);
    client.chat("a");
    assert_eq!(client.frame()["error"]["code"], "unauthorized");
    client.text(&json!({"type": "auth", "token": "u"}));
    assert!(
        matches!(&client.done()[..], [Effect::Authenticate(_, Some(known))] if *known == short)
    );
    client.input(Input::Authenticated(Ok(auth("key_a"))));
    assert_eq!(client.frame()["type"], "auth_ok");
    client.chat("a");
    assert!(matches!(client.done()[..], [Effect::Start { .. }]));
}

#[test]
fn another_key_changes_nothing() {
    let mut client = Client::ready();
    client.text(&json!({"type": "auth", "token": "u"}));
    client.done();
    let refused = Error::new(Code::Conflict, "another key's");
    client.input(Input::Authenticated(Err(refused)));
    assert_eq!(client.frame()["error"]["code"], "conflict");
    client.chat("a");
    assert!(matches!(client.done()[..], [Effect::Start { .. }]));
}

#[test]
fn a_lost_connection_loses_nothing() {
    let mut client = Client::ready();
    client.chat("a");
    client.done();
    client.input(Input::Event(1, chunk("one")));
    client.input(Input::Lost);
    assert!(matches!(client.done()[..], [Effect::Release(_)]));
    client.take_frames();
    client.input(Input::Event(1, chunk("two")));
    client.input(Input::Event(1, completed("onetwo")));
    assert!(client.frames.is_empty());
    assert!(client.session.can_resume("key_a", 1));
    assert!(!client.session.can_resume("key_b", 1), "another's");
    assert!(!client.session.can_resume("key_a", 4), "from the future");
    client.input(Input::Attached(auth("key_a"), 1));
    let frames = client.take_frames();
    assert_eq!(
        frames[0],
        json!({"type": "reconnected", "session": "sess_1", "resumed": true, "replayed": 2})
    );
    assert_eq!(
        (&frames[1]["seq"], &frames[1]["content"]),
        (&json!(2), &json!("two"))
    );
    assert_eq!(
        (&frames[2]["seq"], &frames[2]["type"]),
        (&json!(3), &json!("chat_complete"))
    );
    assert!(client.done().is_empty());
}

#[test]
fn a_session_outlives_its_connection_for_two_minutes() {
    let mut client = Client::ready();
    client.chat("a");
    client.done();
    client.now = at(5);
    client.input(Input::Lost);
    client.done();
    assert_eq!(client.session.deadline(), Some(at(125)));
    client.tick(at(124));
    assert!(client.session.can_resume("key_a", 0));
    client.tick(at(125));
    assert!(matches!(
        client.done()[..],
        [Effect::Cancel(1), Effect::End]
    ));
    assert!(!client.session.can_resume("key_a", 0));
}

#[test]
fn nothing_is_too_old_for_a_client_that_lost_its_connection() {
    let mut client = Client::ready();
    client.chat("a");
    client.input(Input::Event(1, chunk("old")));
    client.now = at(60);
    client.input(Input::Lost);
    client.tick(at(130));
    client.input(Input::Event(1, chunk("new")));
    assert!(client.session.can_resume("key_a", 0));
}

#[test]
fn what_is_not_kept_is_not_resumed() {
    let limits = Limits {
        replay: 300,
        ..Limits::default()
    };
    let mut client = Client::new(limits);
    client.authenticate();
    client.chat("a");
    for _ in 0..5 {
        client.input(Input::Event(1, chunk("0123456789")));
    }
    assert!(
        !client.session.can_resume("key_a", 0),
        "more than 300 bytes"
    );
    assert!(client.session.can_resume("key_a", 3));
    client.tick(at(121));
    client.chat("b");
    assert!(!client.session.can_resume("key_a", 4), "too old");
    assert!(client.session.can_resume("key_a", 5));
}

#[test]
fn a_session_with_requests_does_not_leave_for_another() {
    let mut client = Client::ready();
    client.chat("a");
    client.done();
    client.text(&json!({"type": "reconnect", "session": "sess_2", "last_seq": 3}));
    assert_eq!(client.frame()["error"]["code"], "conflict");
    client.input(Input::Event(1, completed("")));
    client.take_frames();
    client.text(&json!({"type": "reconnect", "session": "sess_2", "last_seq": 3}));
    assert!(matches!(&client.done()[..],
        [Effect::Resume { session, last_seq: 3, .. }] if session == "sess_2"));
    client.text(&json!({"type": "ping"}));
    assert!(client.frames.is_empty());
    client.input(Input::NotResumed);
    let frames = client.take_frames();
    assert_eq!(
        frames[0],
        json!({"type": "reconnected", "session": "sess_1", "resumed": false, "replayed": 0})
    );
    assert_eq!(frames[1]["type"], "pong");
}

#[test]
fn who_left_for_another_session_takes_what_waits_along() {
    let mut client = Client::ready();
    client.text(&json!({"type": "reconnect", "session": "sess_2"}));
    client.text(&json!({"type": "ping"}));
    client.done();
    assert_eq!(
        client.session.take_deferred(),
        [json!({"type": "ping"}).to_string()]
    );
    client.input(Input::Left);
    assert!(matches!(client.done()[..], [Effect::End]), "and its place");
}

#[test]
fn a_wish_to_resume_waits_for_auth() {
    let mut client = Client::new(Limits::default());
    client.text(&json!({"type": "reconnect", "session": "sess_2", "last_seq": 1}));
    assert!(client.frames.is_empty() && client.done().is_empty());
    client.authenticate();
    assert!(matches!(client.done()[..], [Effect::Resume { .. }]));
}

#[test]
fn its_own_session_is_replayed_where_it_is() {
    let mut client = Client::ready();
    client.chat("a");
    client.input(Input::Event(1, completed("x")));
    let sent = client.frame();
    client.done();
    client.text(&json!({"type": "reconnect", "session": "sess_1", "last_seq": 0}));
    let frames = client.take_frames();
    assert_eq!(frames[0]["replayed"], 1);
    assert_eq!(frames[1], sent);
    assert!(client.done().is_empty());
}

#[test]
fn a_client_that_is_done_ends_the_session() {
    let mut client = Client::ready();
    client.chat("a");
    client.done();
    client.input(Input::Closed(Some(1000)));
    assert!(matches!(
        client.done()[..],
        [Effect::Release(_), Effect::Cancel(1), Effect::End]
    ));
    for code in [None, Some(1001), Some(1006)] {
        let mut client = Client::ready();
        client.input(Input::Closed(code));
        assert!(
            matches!(client.done()[..], [Effect::Release(_)]),
            "{code:?}"
        );
    }
}

#[test]
fn who_does_not_read_is_closed_and_cancelled() {
    let mut client = Client::ready();
    client.chat("a");
    client.done();
    client.input(Input::Overrun);
    assert!(matches!(
        client.done()[..],
        [
            Effect::Close(Close::Overrun),
            Effect::Release(_),
            Effect::Cancel(1),
            Effect::End
        ]
    ));
}

#[test]
fn what_is_no_text_or_too_long_closes() {
    for (input, close) in [
        (Input::Binary, Close::Binary),
        (Input::TooLong, Close::TooLong),
    ] {
        let mut client = Client::ready();
        client.input(input);
        assert!(
            matches!(client.done()[..], [Effect::Close(why), Effect::Release(_)] if why == close)
        );
    }
    let mut client = Client::ready();
    client.input(Input::Text(&" ".repeat(MAX_FRAME + 1)));
    assert!(matches!(
        client.done()[..],
        [Effect::Close(Close::TooLong), Effect::Release(_)]
    ));
}

#[test]
fn a_long_frame_before_authentication_closes_and_after_it_does_not() {
    let long = |length: usize| {
        let ping = r#"{"type":"ping"}"#;
        format!("{ping}{}", " ".repeat(length - ping.len()))
    };
    let mut client = Client::new(Limits::default());
    client.input(Input::Text(&long(MAX_FIRST_FRAME)));
    assert_eq!(client.frame()["type"], "pong");
    client.input(Input::Text(&long(MAX_FIRST_FRAME + 1)));
    assert!(matches!(
        client.done()[..],
        [Effect::Close(Close::TooLong), Effect::End]
    ));
    // A request may be sent right after `auth`.
    let mut client = Client::new(Limits::default());
    client.text(&json!({"type": "auth", "token": "t"}));
    client.input(Input::Text(&long(MAX_FRAME)));
    client.done();
    client.input(Input::Authenticated(Ok(auth("key_a"))));
    assert_eq!(client.frame()["type"], "auth_ok");
    assert_eq!(client.frame()["type"], "pong");
}

#[test]
fn a_planned_end_waits_for_what_runs() {
    let mut client = Client::ready();
    client.chat("a");
    client.done();
    client.input(Input::Shutdown);
    let reason = json!({"type": "reconnect", "reason": "server_shutdown"});
    assert_eq!(client.frame(), reason);
    client.chat("b");
    assert_eq!(client.frame()["error"]["code"], "provider_unavailable");
    assert!(client.done().is_empty());
    client.input(Input::Event(1, completed("x")));
    assert_eq!(client.frame()["type"], "chat_complete");
    assert!(matches!(
        client.done()[..],
        [
            Effect::Close(Close::GoingAway),
            Effect::Release(_),
            Effect::End
        ]
    ));
}

#[test]
fn a_place_is_held_for_as_long_as_there_is_a_connection() {
    let mut client = Client::ready();
    assert_eq!(client.session.deadline(), Some(at(150)));
    client.tick(at(150));
    assert!(matches!(client.done()[..], [Effect::Renew(_)]));
    assert_eq!(client.session.deadline(), Some(at(300)));
}

#[test]
fn who_authenticated_after_the_connection_was_lost_gives_the_place_back() {
    let mut client = Client::new(Limits::default());
    client.text(&json!({"type": "auth", "token": "t"}));
    client.input(Input::Lost);
    client.done();
    client.input(Input::Authenticated(Ok(auth("key_a"))));
    assert!(matches!(client.done()[..], [Effect::Release(_)]));
}

#[test]
fn what_a_crash_cut_off_ends_with_an_error() {
    let mut client = Client::ready();
    client.chat("a");
    client.input(Input::Event(1, chunk("half")));
    client.take_frames();
    client.done();
    let saved = client.session.save();
    client.session = Session::load(&saved, client.now, Limits::default()).unwrap();
    assert!(!client.session.is_busy());
    client.text(&json!({"type": "ping"}));
    let frames = client.take_frames();
    assert_eq!(
        (&frames[0]["id"], &frames[0]["seq"]),
        (&json!("a"), &json!(2))
    );
    assert_eq!(frames[0]["error"]["code"], "internal_error");
    assert_eq!(frames[1]["type"], "pong");
}

/// As an earlier version stored it: the names of its fields stay.
#[test]
fn a_session_of_an_earlier_version_is_loaded() {
    let saved = json!({
        "id": "sess_1", "born": at(0),
        "grant": {"account": "acct_1", "key": "key_a", "expires_at": null, "slot": 7},
        "renewal": at(150), "line": {"Lost": at(1)}, "held": [], "wanted": null,
        "running": [], "runs": 3, "last": 2,
        "frames": [[at(0), "{\"seq\":1}"], [at(1), "{\"seq\":2}"]],
    });
    let mut client = Client::new(Limits::default());
    let loaded = Session::load(saved.to_string().as_bytes(), at(2), Limits::default());
    client.session = loaded.unwrap();
    assert!(client.session.can_resume("key_a", 1));
    client.now = at(2);
    client.input(Input::Attached(auth("key_a"), 1));
    assert_eq!(client.frame()["replayed"], 1);
    assert_eq!(client.frame()["seq"], 2);
}
