//! The client against scripted servers of each revision.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use futures_executor::block_on;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::AUTHORIZATION};
use openclaw_core::{Clock, HttpError, HttpRequest, Timestamp};
use openclaw_mcp::{Client, Limits, McpError, Peer};
use openclaw_testkit::{Fakes, ManualClock, Reply};
use serde_json::{Value, json};
use std::time::Duration;

const LIMITS: Limits = Limits {
    time: Duration::from_secs(30),
    answer: 2000,
};

fn client(fakes: &Fakes) -> Client {
    let token = HeaderValue::from_static("Bearer t");
    let peer = Peer {
        url: "https://mcp.test/mcp".parse().unwrap(),
        headers: HeaderMap::from_iter([(AUTHORIZATION, token)]),
    };
    Client::new(fakes.http.clone(), &fakes.ports(), peer, LIMITS)
}

fn result(id: u64, result: Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string()
}

fn error(id: u64, code: i64, data: Value) -> String {
    let error = json!({"code": code, "message": "no", "data": data});
    json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string()
}

fn ok(body: String) -> Reply {
    Reply::json(StatusCode::OK, body)
}

fn bad(body: String) -> Reply {
    Reply::json(StatusCode::BAD_REQUEST, body)
}

fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// What was sent: HTTP's method, the message's, the revision and the session in the headers.
fn sent(fakes: &Fakes) -> Vec<[String; 4]> {
    let requests = fakes.http.take_requests();
    let sent = requests.iter().map(|request| {
        assert_eq!(header(request, "authorization"), "Bearer t");
        let method = match request.body().is_empty() {
            true => String::new(),
            false => body(request)["method"].as_str().unwrap().into(),
        };
        let [revision, session] = ["mcp-protocol-version", "mcp-session-id"];
        [
            request.method().to_string(),
            method,
            header(request, revision).into(),
            header(request, session).into(),
        ]
    });
    sent.collect()
}

fn initialized(revision: &str) -> Value {
    json!({"protocolVersion": revision, "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}})
}

/// The answers of a server that wants a handshake: a refusal, the handshake with a session.
fn script_handshake(fakes: &Fakes) {
    fakes.http.reply(bad(error(1, -32000, Value::Null)));
    let session = HeaderValue::from_static("s1");
    let begun = ok(result(2, initialized("2025-06-18")));
    fakes
        .http
        .reply(begun.header("mcp-session-id".parse().unwrap(), session));
    fakes.http.reply(Reply::json(StatusCode::ACCEPTED, ""));
}

#[test]
fn a_stateless_server_is_asked_once_and_told_everything() {
    let fakes = Fakes::default();
    let mut client = client(&fakes);
    let schema = json!({"type": "object", "properties": {"city": {"type": "string", "x-mcp-header": "City"}}});
    fakes.http.reply(ok(result(
        1,
        json!({"resultType": "complete", "structuredContent": 7}),
    )));
    let call = block_on(client.call("wëather", &json!({"city": "Oslo"}), Some(&schema)));
    assert_eq!(call.unwrap().into_value(), 7);
    assert_eq!(client.revision(), Some("2026-07-28"));
    let [request] = &fakes.http.take_requests()[..] else {
        panic!("one request")
    };
    assert_eq!(
        (request.method(), header(request, "mcp-method")),
        (&Method::POST, "tools/call")
    );
    assert_eq!(header(request, "mcp-name"), "=?base64?d8OrYXRoZXI=?=");
    assert_eq!(header(request, "mcp-param-city"), "Oslo");
    assert_eq!(
        header(request, "accept"),
        "application/json, text/event-stream"
    );
    let params = &body(request)["params"];
    assert_eq!(params["arguments"], json!({"city": "Oslo"}));
    assert_eq!(
        params["_meta"]["io.modelcontextprotocol/protocolVersion"],
        "2026-07-28"
    );
    // Nothing is left to end.
    drop(client);
    assert_eq!(fakes.http.take_requests().len(), 0);
}

#[test]
fn a_server_with_sessions_is_greeted_asked_and_left() {
    let fakes = Fakes::default();
    let mut client = client(&fakes);
    script_handshake(&fakes);
    fakes.http.reply(ok(result(3, text("a"))));
    fakes.http.reply(ok(result(4, text("b"))));
    for expected in ["a", "b"] {
        let call = block_on(client.call("t", &json!({}), None)).unwrap();
        assert_eq!(call.into_value(), expected);
    }
    assert_eq!(client.revision(), Some("2025-06-18"));
    drop(client);
    let expected = [
        ["POST", "tools/call", "2026-07-28", ""],
        ["POST", "initialize", "", ""],
        ["POST", "notifications/initialized", "2025-06-18", "s1"],
        ["POST", "tools/call", "2025-06-18", "s1"],
        ["POST", "tools/call", "2025-06-18", "s1"],
        ["DELETE", "", "2025-06-18", "s1"],
    ];
    assert_eq!(sent(&fakes), expected.map(|line| line.map(str::to_owned)));
}

#[test]
fn a_session_that_is_gone_begins_anew() {
    let fakes = Fakes::default();
    let mut client = client(&fakes).expecting("2025-11-25");
    fakes.http.reply(ok(result(1, initialized("2025-11-25"))));
    fakes.http.reply(Reply::json(StatusCode::ACCEPTED, ""));
    fakes.http.reply(ok(result(2, text("a"))));
    assert!(block_on(client.call("t", &json!({}), None)).is_ok());
    fakes.http.reply(Reply::json(StatusCode::NOT_FOUND, "gone"));
    fakes.http.reply(ok(result(4, initialized("2025-11-25"))));
    fakes.http.reply(Reply::json(StatusCode::ACCEPTED, ""));
    fakes.http.reply(ok(result(5, text("b"))));
    let call = block_on(client.call("t", &json!({}), None)).unwrap();
    assert_eq!(call.into_value(), "b");
}

#[test]
fn a_server_that_became_stateless_is_found_out() {
    let fakes = Fakes::default();
    let mut client = client(&fakes).expecting("2025-11-25");
    fakes
        .http
        .reply(bad(error(1, -32022, json!({"supported": ["2026-07-28"]}))));
    fakes.http.reply(ok(result(2, text("a"))));
    assert!(block_on(client.call("t", &json!({}), None)).is_ok());
    assert_eq!(client.revision(), Some("2026-07-28"));
}

#[test]
fn the_refusals_of_a_stateless_server_are_final() {
    for (status, code) in [
        (400, -32020),
        (400, -32021),
        (400, -32022),
        (404, -32601),
        (200, -32602),
    ] {
        let fakes = Fakes::default();
        let status = StatusCode::from_u16(status).unwrap();
        fakes
            .http
            .reply(Reply::json(status, error(1, code, Value::Null)));
        let called = block_on(client(&fakes).call("t", &json!({}), None));
        let Err(McpError::Refused { error, .. }) = called else {
            panic!("{called:?}")
        };
        assert_eq!(error.code, code);
        assert_eq!(fakes.http.take_requests().len(), 1, "{code}");
    }
    // Nor does a handshake hide what was wrong at first.
    let fakes = Fakes::default();
    fakes.http.reply(bad(error(1, -32602, Value::Null)));
    fakes.http.reply(bad(error(2, -32022, Value::Null)));
    let called = block_on(client(&fakes).call("t", &json!({}), None));
    assert!(called.unwrap_err().to_string().contains("-32602"));
}

#[test]
fn answers_come_as_events_too() {
    let fakes = Fakes::default();
    let note = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}});
    let asked = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let other = result(9, text("other"));
    let answer = result(1, text("mine"));
    let stream = format!(
        ": hello\n\nid: 1\ndata:\n\ndata: {note}\n\ndata: {asked}\n\ndata: {other}\n\nevent: message\ndata: {answer}\n\n"
    );
    for size in [1, 7, 4096] {
        let pieces: Vec<_> = stream.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
        fakes.http.reply(Reply::events(pieces).then_hang());
        let call = block_on(client(&fakes).call("t", &json!({}), None)).unwrap();
        assert_eq!(call.into_value(), "mine");
    }
    fakes
        .http
        .reply(Reply::events([format!("data: {note}\n\n")]));
    let cut = block_on(client(&fakes).call("t", &json!({}), None)).unwrap_err();
    assert!(matches!(cut, McpError::Protocol(_)), "{cut}");
}

#[test]
fn in_a_session_a_server_is_answered_and_a_stream_that_ended_goes_on() {
    let fakes = Fakes::new(ManualClock::jumping(Timestamp::UNIX_EPOCH));
    let mut client = client(&fakes);
    script_handshake(&fakes);
    let asks = |id: &str, method: &str| json!({"jsonrpc": "2.0", "id": id, "method": method});
    let begun = format!(
        "retry: 700\nid: e1\ndata:\n\ndata: {}\n\ndata: {}\n\n",
        asks("p", "ping"),
        asks("r", "roots/list")
    );
    fakes.http.reply(Reply::events([begun]));
    for _ in 0..2 {
        fakes.http.reply(Reply::json(StatusCode::ACCEPTED, ""));
    }
    let broken = HttpError::Broken("reset".into());
    fakes
        .http
        .reply(Reply::events(["retry: 9\n\n"]).then_fail(broken));
    let answer = format!("id: e2\ndata: {}\n\n", result(3, text("at last")));
    fakes.http.reply(Reply::events([answer]));
    let call = block_on(client.call("t", &json!({}), None)).unwrap();
    assert_eq!(call.into_value(), "at last");
    // 700 ms, then 9 ms.
    assert_eq!(fakes.clock.now().as_millisecond(), 709);
    let sent = &fakes.http.take_requests()[4..];
    let [alive, refused, first, second] = sent else {
        panic!("{sent:?}")
    };
    assert_eq!(
        body(alive),
        json!({"jsonrpc": "2.0", "id": "p", "result": {}})
    );
    let error = &body(refused)["error"]["code"];
    assert_eq!((&body(refused)["id"], error), (&json!("r"), &json!(-32601)));
    for resumed in [first, second] {
        assert_eq!(resumed.method(), Method::GET);
        assert_eq!(header(resumed, "last-event-id"), "e1");
        assert_eq!(header(resumed, "mcp-session-id"), "s1");
    }
    // One that does not keep its streams.
    fakes.http.reply(Reply::events(["id: e1\ndata:\n\n"]));
    fakes
        .http
        .reply(Reply::json(StatusCode::METHOD_NOT_ALLOWED, ""));
    let cut = block_on(client.call("t", &json!({}), None)).unwrap_err();
    assert!(cut.to_string().contains("ended without"), "{cut}");
}

#[test]
fn tools_are_read_page_by_page_and_bad_ones_left_out() {
    let fakes = Fakes::default();
    let tool = |name: &str, schema: Value| json!({"name": name, "inputSchema": schema});
    let wrong = json!({"type": "object", "x-mcp-header": "A"});
    let first = json!({"tools": [tool("a", json!({"type": "object"})), tool("b", wrong)], "nextCursor": "c1"});
    fakes.http.reply(ok(result(1, first)));
    fakes
        .http
        .reply(ok(result(2, json!({"tools": [{"name": "c"}]}))));
    let tools = block_on(client(&fakes).tools()).unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(tools[1].input_schema, json!({"type": "object"}));
    assert_eq!(
        body(&fakes.http.take_requests()[1])["params"]["cursor"],
        "c1"
    );
    // A server that has no last page is not read for ever.
    for id in 1..=51 {
        fakes
            .http
            .reply(ok(result(id, json!({"tools": [], "nextCursor": "c"}))));
    }
    assert!(block_on(client(&fakes).tools()).is_err());
    assert_eq!(fakes.http.take_requests().len(), 50);
}

#[test]
fn answers_that_are_none_are_errors() {
    let too_long = "x".repeat(2001);
    let event = format!("data: {too_long}\n\n");
    for (reply, expected) in [
        (ok("{".into()), "is wrong"),
        (ok("[]".into()), "is wrong"),
        (
            ok(r#"{"jsonrpc":"2.0","id":1}"#.into()),
            "no answer of JSON-RPC",
        ),
        (ok(result(1, json!([]))), "no answer of JSON-RPC"),
        (
            ok(result(1, json!({"resultType": "input_required"}))),
            "asks for more input",
        ),
        (
            ok(result(1, json!({"resultType": "task"}))),
            "resultType is unknown",
        ),
        (ok(result(1, json!({"content": 7}))), "is wrong"),
        (ok(too_long), "more than 2000 bytes"),
        (Reply::events([event]), "more than 2000 bytes"),
        (
            Reply::json(StatusCode::UNAUTHORIZED, "who?"),
            "status 401: who?",
        ),
    ] {
        let fakes = Fakes::default();
        fakes.http.reply(reply);
        let error = block_on(client(&fakes).call("t", &json!({}), None)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn time_ends_a_call_and_the_server_is_told() {
    let fakes = Fakes::default();
    let mut client = client(&fakes);
    script_handshake(&fakes);
    fakes.http.reply(Reply::never());
    let arguments = json!({});
    let mut call = Box::pin(client.call("t", &arguments, None));
    assert!(call.as_mut().now_or_never().is_none());
    let cancelled = fakes.http.cancelled();
    fakes.clock.advance(LIMITS.time);
    let timeout = call.as_mut().now_or_never().unwrap().unwrap_err();
    assert_eq!(timeout, McpError::Timeout(LIMITS.time));
    drop(call);
    assert_eq!(fakes.http.cancelled(), cancelled + 1);
    fakes.http.take_requests();
    for _ in 0..2 {
        fakes.http.reply(Reply::json(StatusCode::ACCEPTED, ""));
    }
    drop(client);
    let told = fakes.http.take_requests();
    let cancelled = body(&told[0]);
    assert_eq!(cancelled["method"], "notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], 3);
    assert_eq!(told[1].method(), Method::DELETE);
}
