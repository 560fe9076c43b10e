//! What clients of each revision send, and what they get.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use http::{HeaderMap, HeaderName, HeaderValue};
use openclaw_mcp::{
    Tool,
    server::{Identity, Message, Method, Reply, Request, read},
};
use serde_json::{Value, json};

const US: Identity = Identity {
    name: "us",
    version: "1",
    instructions: "Use them well.",
};

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pairs = pairs.iter().map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    pairs.collect()
}

fn request(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": "a", "method": method, "params": params})
}

fn with_handshake(method: &str, params: Value) -> Result<Message, Reply> {
    let headers = headers(&[("mcp-protocol-version", "2025-06-18")]);
    read(&headers, request(method, params).to_string().as_bytes())
}

fn stateless(method: &'static str, mut params: Value) -> (HeaderMap, Value) {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let version = ("mcp-protocol-version", "2026-07-28");
    (
        headers(&[version, ("mcp-method", method)]),
        request(method, params),
    )
}

fn is_request(read: Result<Message, Reply>) -> Request {
    match read {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

/// The status and the code of a refusal.
fn refusal(read: Result<Message, Reply>) -> (u16, i64) {
    let reply = read.unwrap_err();
    let body = reply.body.unwrap();
    assert_eq!(body["jsonrpc"], "2.0");
    (reply.status, body["error"]["code"].as_i64().unwrap())
}

fn of_stateless((headers, body): (HeaderMap, Value)) -> Result<Message, Reply> {
    read(&headers, body.to_string().as_bytes())
}

fn result(reply: Reply) -> Value {
    assert_eq!(reply.status, 200);
    let body = reply.body.unwrap();
    assert_eq!(
        (&body["jsonrpc"], &body["id"]),
        (&json!("2.0"), &json!("a"))
    );
    body["result"].clone()
}

#[test]
fn a_handshake_agrees_on_a_revision() {
    for (asked, agreed) in [
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
    ] {
        let body = request("initialize", json!({"protocolVersion": asked}));
        let request = is_request(read(&HeaderMap::new(), body.to_string().as_bytes()));
        let result = result(request.introduce(&US));
        assert_eq!(result["protocolVersion"], agreed);
        assert_eq!(result["serverInfo"], json!({"name": "us", "version": "1"}));
        assert_eq!(result["capabilities"], json!({"tools": {}}));
        assert!(result.get("resultType").is_none());
    }
}

#[test]
fn discovery_names_the_revisions() {
    let request = is_request(of_stateless(stateless("server/discover", json!({}))));
    let result = result(request.introduce(&US));
    let revisions = json!(["2026-07-28", "2025-11-25", "2025-06-18"]);
    assert_eq!(result["supportedVersions"], revisions);
    assert_eq!(result["resultType"], "complete");
    let server = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(server["name"], "us");
    assert_eq!(result["cacheScope"], "private");
}

#[test]
fn a_ping_is_answered_with_nothing() {
    let ping = is_request(with_handshake("ping", json!({})));
    assert_eq!(result(ping.introduce(&US)), json!({}));
}

#[test]
fn notes_and_answers_are_taken_without_a_word() {
    for body in [
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
    ] {
        let note = read(&HeaderMap::new(), body.to_string().as_bytes());
        assert!(matches!(note, Ok(Message::Note)), "{body}");
    }
    let accepted = Reply {
        status: 202,
        body: None,
    };
    assert_eq!(Reply::accepted(), accepted);
}

#[test]
fn what_is_no_request_is_refused() {
    for (body, code) in [
        ("{", -32700),
        ("\u{ff}", -32700),
        ("[]", -32600),
        ("7", -32600),
        ("{}", -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
    ] {
        let read = read(&HeaderMap::new(), body.as_bytes());
        assert_eq!(refusal(read), (400, code), "{body}");
    }
}

#[test]
fn errors_have_the_status_that_clients_of_the_revision_read() {
    assert_eq!(
        refusal(with_handshake("prompts/list", json!({}))),
        (200, -32601)
    );
    assert_eq!(
        refusal(with_handshake("server/discover", json!({}))),
        (200, -32601)
    );
    assert_eq!(
        refusal(with_handshake("tools/call", json!({}))),
        (200, -32602)
    );
    let list = json!({"name": "t", "arguments": []});
    assert_eq!(refusal(with_handshake("tools/call", list)), (200, -32602));
    assert_eq!(
        refusal(with_handshake("tools/list", json!({"cursor": 7}))),
        (200, -32602)
    );
    assert_eq!(
        refusal(of_stateless(stateless("prompts/list", json!({})))),
        (404, -32601)
    );
    assert_eq!(
        refusal(of_stateless(stateless("initialize", json!({})))),
        (404, -32601)
    );
    assert_eq!(
        refusal(of_stateless(stateless("tools/call", json!({})))),
        (400, -32602)
    );
}

#[test]
fn a_stateless_request_says_all_of_it_twice() {
    let with = |name: &'static str, value: &'static str| {
        let (mut headers, body) = stateless("tools/list", json!({}));
        match value {
            "" => drop(headers.remove(name)),
            _ => drop(headers.insert(name, HeaderValue::from_static(value))),
        }
        refusal(of_stateless((headers, body)))
    };
    assert_eq!(with("mcp-method", ""), (400, -32020));
    assert_eq!(with("mcp-method", "tools/call"), (400, -32020));
    assert_eq!(with("mcp-protocol-version", ""), (400, -32020));
    assert_eq!(with("mcp-protocol-version", "2025-11-25"), (400, -32020));
    assert_eq!(with("mcp-protocol-version", "2027-01-01"), (400, -32020));
    for key in ["protocolVersion", "clientCapabilities"] {
        let (headers, mut body) = stateless("tools/list", json!({}));
        let meta = body["params"]["_meta"].as_object_mut().unwrap();
        meta.remove(&format!("io.modelcontextprotocol/{key}"));
        assert_eq!(
            refusal(of_stateless((headers, body))),
            (400, -32602),
            "{key}"
        );
    }
    let call = || stateless("tools/call", json!({"name": "t"}));
    assert_eq!(refusal(of_stateless(call())), (400, -32020));
    let (mut headers, body) = call();
    headers.insert("mcp-name", HeaderValue::from_static("=?base64?dA==?="));
    let request = is_request(of_stateless((headers, body)));
    let name = "t".into();
    let arguments = json!({});
    assert_eq!(request.method, Method::CallTool { name, arguments });
}

#[test]
fn an_unknown_revision_learns_the_known_ones() {
    let (_, mut body) = stateless("tools/list", json!({}));
    body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("1900-01-01");
    let unknown = headers(&[("mcp-protocol-version", "1900-01-01")]);
    let reply = read(&unknown, body.to_string().as_bytes()).unwrap_err();
    let data = &reply.body.unwrap()["error"]["data"];
    assert_eq!(data["requested"], "1900-01-01");
    assert_eq!(data["supported"][0], "2026-07-28");
}

fn tool(name: &str) -> Tool {
    Tool {
        name: name.into(),
        title: None,
        description: None,
        input_schema: json!({"type": "object"}),
        output_schema: None,
    }
}

#[test]
fn tools_come_in_order_and_in_pages() {
    let names = |result: &Value| -> Vec<String> {
        let tools = result["tools"].as_array().unwrap().iter();
        tools
            .map(|tool| tool["name"].as_str().unwrap().into())
            .collect()
    };
    let tools: Vec<_> = (0..250)
        .rev()
        .map(|at| tool(&format!("t{at:03}")))
        .collect();
    let (mut seen, mut params) = (vec![], json!({}));
    for pages in 1.. {
        let request = is_request(with_handshake("tools/list", params.clone()));
        let page = result(request.list(tools.clone(), &US));
        seen.extend(names(&page));
        match page.get("nextCursor") {
            Some(cursor) => params = json!({"cursor": cursor}),
            None => {
                assert_eq!(pages, 3);
                break;
            }
        }
    }
    assert_eq!((seen.len(), seen.is_sorted()), (250, true));
    let request = is_request(of_stateless(stateless("tools/list", json!({}))));
    let page = result(request.list(vec![tool("t")], &US));
    assert_eq!(
        (&page["ttlMs"], &page["resultType"]),
        (&json!(60000), &json!("complete"))
    );
}

#[test]
fn results_are_texts_and_structures_and_failures_are_told_to_the_model() {
    let call = || is_request(with_handshake("tools/call", json!({"name": "t"})));
    let called = |outcome| result(call().called(outcome, &US));
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let structured = json!({"content": text(r#"{"a":1}"#), "structuredContent": {"a": 1}});
    assert_eq!(called(Ok(json!({"a": 1}))), structured);
    assert_eq!(
        called(Ok(json!("plain"))),
        json!({"content": text("plain")})
    );
    // Only the stateless revision has structures that are no objects.
    assert_eq!(called(Ok(json!([1]))), json!({"content": text("[1]")}));
    let failed = json!({"content": text("why"), "isError": true});
    assert_eq!(called(Err("why".into())), failed);
    let (mut headers, body) = stateless("tools/call", json!({"name": "t"}));
    headers.insert("mcp-name", HeaderValue::from_static("t"));
    let request = is_request(of_stateless((headers, body)));
    let listed = result(request.called(Ok(json!([1])), &US));
    assert_eq!(listed["structuredContent"], json!([1]));
    let reply = request.no_tool("t");
    assert_eq!(
        (reply.status, &reply.body.unwrap()["error"]["code"]),
        (400, &json!(-32602))
    );
}

#[test]
fn arguments_are_repeated_where_the_tool_wants_it() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string", "x-mcp-header": "City"}}});
    let params = json!({"name": "t", "arguments": {"city": "Łódź"}});
    let (mut headers, body) = stateless("tools/call", params);
    headers.insert("mcp-name", HeaderValue::from_static("t"));
    let request = is_request(of_stateless((headers.clone(), body)));
    let missing = request.check_arguments(&headers, &schema).unwrap_err();
    assert_eq!(
        (missing.status, &missing.body.unwrap()["error"]["code"]),
        (400, &json!(-32020))
    );
    headers.insert(
        "mcp-param-city",
        HeaderValue::from_static("=?base64?xYHDs2TFug==?="),
    );
    assert_eq!(request.check_arguments(&headers, &schema), Ok(()));
    let request = is_request(with_handshake("tools/call", json!({"name": "t"})));
    assert_eq!(request.check_arguments(&HeaderMap::new(), &schema), Ok(()));
}
