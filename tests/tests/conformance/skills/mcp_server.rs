//! `POST /mcp`: an account's skills for clients of the Model Context Protocol.

use super::install;
use openclaw_conformance::harness::{
    ADMIN_TOKEN, Account, Client, Mock, Options, Reply, Server, node, python, run,
};
use serde_json::{Value, json};
use tokio::process::Command;

/// An account with the skill `finder` of two commands: one that finds, one that fails.
async fn with_skill() -> Account {
    let account = Account::new().await;
    let url = Mock::get().url();
    let get = |path: &str| json!({"type": "http", "steps": [{"url": format!("{url}{path}")}]});
    let mut look = get("/v1/models");
    look["result"] = json!({
        "topic": "{{ parameters.topic }}",
        "found": "{{ steps.step_1.body.data[0].id }}",
    });
    let parameters = json!({
        "type": "object",
        "properties": {"topic": {"type": "string"}},
        "required": ["topic"],
    });
    let manifest = json!({
        "id": "finder", "name": "Finder", "version": "1", "commands": {
            "look": {"description": "Finds things.", "parameters": parameters, "execute": look},
            "fail": {"execute": get("/nowhere")},
        },
    });
    install(&account, &manifest).await;
    account
}

async fn asks(client: &Client, method: &str, params: Value) -> Reply {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    client.post("/v1/mcp", &message).await
}

/// The same as the stateless revision has it.
async fn asks_stateless(client: &Client, method: &str, mut params: Value) -> Reply {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let mut request = client.request("POST", "/v1/mcp").json(&message);
    request = request.header("mcp-protocol-version", "2026-07-28");
    request = request.header("mcp-method", method);
    if let Some(name) = params["name"].as_str() {
        request = request.header("mcp-name", name);
    }
    client.send(request).await
}

/// The code of an answer's error.
fn code(reply: &Reply, status: u16) -> i64 {
    assert_eq!(reply.status, status, "{}", reply.text());
    reply.json()["error"]["code"].as_i64().expect("a code")
}

#[tokio::test]
async fn a_handshake_begins_without_a_session() {
    let account = Account::new().await;
    let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}});
    let reply = asks(&account.client, "initialize", params).await;
    assert!(reply.header("mcp-session-id").is_none());
    assert_eq!(reply.ok()["result"]["protocolVersion"], "2025-06-18");
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let noted = account.client.post("/v1/mcp", &note).await;
    assert_eq!((noted.status, noted.body.len()), (202, 0));
    assert_eq!(
        asks(&account.client, "ping", json!({})).await.ok()["result"],
        json!({})
    );
}

#[tokio::test]
async fn tools_are_those_of_the_active_skills_and_called_by_their_names() {
    let account = with_skill().await;
    let names = async || {
        let list = asks(&account.client, "tools/list", json!({})).await.ok();
        let tools = list["result"]["tools"].as_array().unwrap().clone();
        let names = tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        names().await,
        ["finder__fail", "finder__look", "weather-skill__get"]
    );
    let look = json!({"name": "finder__look", "arguments": {"topic": "owls"}});
    let found = json!({"topic": "owls", "found": "mock"});
    for reply in [
        asks(&account.client, "tools/call", look.clone()).await,
        asks_stateless(&account.client, "tools/call", look).await,
    ] {
        let result = &reply.ok()["result"];
        assert_eq!(result["structuredContent"], found);
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), found);
        assert!(
            result
                .get("isError")
                .is_none_or(|is_error| is_error == false)
        );
    }
    let executions = account
        .client
        .get("/v1/skills/finder/executions")
        .await
        .ok();
    assert_eq!(executions["data"].as_array().unwrap().len(), 2);
    account
        .client
        .patch("/v1/skills/finder", &json!({"status": "disabled"}))
        .await
        .ok();
    assert_eq!(names().await, ["weather-skill__get"]);
}

#[tokio::test]
async fn failures_are_told_to_the_model() {
    let account = with_skill().await;
    for (name, arguments, words) in [
        ("finder__fail", json!({}), "404"),
        ("finder__look", json!({"topic": 7}), "parameters.topic"),
        ("finder__look", json!({}), "topic"),
    ] {
        let params = json!({"name": name, "arguments": arguments});
        let result = asks(&account.client, "tools/call", params).await.ok()["result"].clone();
        assert_eq!(result["isError"], true, "{result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(words), "{text}");
        assert!(result.get("structuredContent").is_none(), "{result}");
    }
}

#[tokio::test]
async fn errors_are_of_json_rpc_with_their_status() {
    let account = with_skill().await;
    let client = &account.client;
    for name in ["finder__nothing", "nothing__look", "finder", "", "__"] {
        let params = json!({"name": name});
        assert_eq!(
            code(&asks(client, "tools/call", params.clone()).await, 200),
            -32602
        );
        let stateless = asks_stateless(client, "tools/call", params).await;
        assert_eq!(code(&stateless, 400), -32602);
    }
    assert_eq!(
        code(&asks(client, "prompts/list", json!({})).await, 200),
        -32601
    );
    assert_eq!(
        code(
            &asks_stateless(client, "prompts/list", json!({})).await,
            404
        ),
        -32601
    );
    for body in [
        json!([]),
        json!({"jsonrpc": "1.0", "id": 1, "method": "ping"}),
    ] {
        assert_eq!(code(&client.post("/v1/mcp", &body).await, 400), -32600);
    }
    let text = client
        .request("POST", "/v1/mcp")
        .header("content-type", "application/json");
    assert_eq!(code(&client.send(text.body("{")).await, 400), -32700);
    let mismatch = client
        .request("POST", "/v1/mcp")
        .header("mcp-protocol-version", "2026-07-28");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(code(&client.send(mismatch.json(&list)).await, 400), -32602);
    let old = client
        .request("POST", "/v1/mcp")
        .header("mcp-protocol-version", "1900-01-01");
    assert_eq!(code(&client.send(old.json(&list)).await, 400), -32022);
}

#[tokio::test]
async fn there_is_nothing_to_get_or_delete() {
    let account = Account::new().await;
    let client = account.client.unlimited();
    for method in ["GET", "DELETE"] {
        let reply = client.send(client.request(method, "/v1/mcp")).await;
        reply.fails("method_not_allowed");
    }
}

#[tokio::test]
async fn it_is_behind_the_same_keys_and_limits() {
    let account = with_skill().await;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let nobody = Client::new(account.client.base_url());
    nobody.post("/v1/mcp", &list).await.fails("unauthorized");
    let chat = account.another_key(json!({"scopes": ["chat"]})).await;
    let chat = account.client.with(&chat.secret);
    chat.post("/v1/mcp", &list).await.fails("forbidden");
    openclaw_conformance::harness::minute_with(10).await;
    let limited = account.another_key(json!({"rate_limit": 2})).await;
    let limited = account.client.with(&limited.secret);
    let look = json!({"name": "finder__look", "arguments": {"topic": "owls"}});
    asks(&limited, "tools/list", json!({})).await.ok();
    asks(&limited, "tools/call", look.clone()).await.ok();
    asks(&limited, "tools/call", look)
        .await
        .fails("rate_limit_exceeded");
    // Another account has its own.
    let other = Account::new().await;
    let list = asks(&other.client, "tools/list", json!({})).await.ok();
    assert_eq!(list["result"]["tools"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn pages_of_other_origins_may_not_call() {
    let options = Options {
        config: Some("[cors]\norigins = [\"https://good.example\"]\n".into()),
        ..Options::default()
    };
    let server = Server::start("mcp-origins", options)
        .await
        .expect("it starts");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let account = Account::on(&operator, json!({"tier": "pro"}), json!({})).await;
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let from = async |origin: Option<&str>| {
        let mut request = account.client.request("POST", "/v1/mcp").json(&ping);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        account.client.send(request).await
    };
    from(None).await.ok();
    from(Some("https://good.example")).await.ok();
    for origin in ["https://bad.example", "http://good.example", "null"] {
        from(Some(origin)).await.fails("forbidden");
    }
}

/// The script checks everything itself and says so at its end.
async fn passes(command: Command, file: &str) {
    let account = with_skill().await;
    let said = run(command, file, &account.key.secret).await;
    assert!(said.ends_with("all checks passed\n"), "{said}");
}

#[tokio::test]
async fn the_python_sdk_works() {
    passes(python(), "sdk/python/mcp_sdk.py").await;
}

#[tokio::test]
async fn the_node_sdks_work() {
    passes(node(), "sdk/node/mcp_sdk.cjs").await;
}
