//! MCP servers whose tools are skills: the reference server, which wants a handshake and keeps sessions,
//! and one made with the official Python SDK, which speaks the stateless revision.

use super::execute;
use openclaw_conformance::harness::{
    ADMIN_TOKEN, Account, Client, Mock, Options, Server, chat, node, python, tag,
};
use openclaw_conformance::upstream::{Script, ToolCall};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

const TOKEN: &str = "Bearer the-token-of-the-peer";

/// An MCP server that runs as long as this is held.
struct Peer {
    address: String,
    _process: Child,
}

impl Peer {
    async fn start(mut command: Command, file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        command
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut process = command.kill_on_drop(true).spawn().expect("it starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let port = async {
            loop {
                let line = lines.next_line().await.expect("read").expect("a port");
                if let Some(port) = line.strip_prefix("port ") {
                    return port.to_owned();
                }
            }
        };
        let port = tokio::time::timeout(Duration::from_secs(60), port).await;
        let address = format!("127.0.0.1:{}", port.expect("a port within 60 s"));
        // What it says later goes nowhere, but must go.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            address,
            _process: process,
        }
    }

    fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }
}

/// A gateway that may ask these peers, and an account on it.
async fn gateway(peers: &[&Peer]) -> (Server, Account) {
    let addresses: Vec<_> = peers.iter().map(|peer| &peer.address).collect();
    let upstream = Mock::get().url();
    let config = format!(
        "[egress]\nallow = {addresses:?}\n\n[skills]\ntimeout_ms = 5000\n\n\
         [[providers]]\nid = \"mock\"\nbase_url = \"{upstream}/v1\"\napi_key_env = \"MOCK_OPENAI_KEY\"\n\n\
         [[models]]\nid = \"m\"\ncontext_length = 8192\ntargets = [{{ provider = \"mock\", model = \"m\" }}]\n"
    );
    let options = Options {
        config: Some(config),
        ..Options::default()
    };
    let server = Server::start("mcp", options).await.expect("it starts");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let fields = json!({"tier": "enterprise", "rate_limit": 10_000});
    let account = Account::on(&operator, fields, json!({})).await;
    (server, account)
}

async fn runs(account: &Account, skill: &str, command: &str, parameters: Value) -> Value {
    execute(account, skill, command, parameters).await.ok()["result"].clone()
}

#[tokio::test]
async fn the_reference_servers_tools_are_commands() {
    let peer = Peer::start(node(), "sdk/node/everything.cjs").await;
    let (_server, account) = gateway(&[&peer]).await;
    let manifest = json!({"id": "everything", "mcp": {"url": peer.url()}});
    let made = account
        .client
        .post("/v1/skills", &manifest)
        .await
        .succeeds(201);
    assert_eq!(made["name"], "everything");
    let commands = made["commands"].as_object().unwrap();
    assert_eq!(
        commands["echo"]["parameters"]["required"],
        json!(["message"])
    );
    assert_eq!(commands["echo"]["execute"]["revision"], "2025-11-25");
    let said = runs(&account, "everything", "echo", json!({"message": "hello"})).await;
    assert_eq!(said, "Echo: hello");
    let place = json!({"location": "New York"});
    let weather = runs(&account, "everything", "get-structured-content", place).await;
    assert!(weather["temperature"].is_number(), "{weather}");
    // A tool that tells its progress in a stream of events.
    let steps = json!({"duration": 1, "steps": 3});
    let long = runs(
        &account,
        "everything",
        "trigger-long-running-operation",
        steps,
    )
    .await;
    assert!(
        long.as_str().is_some_and(|said| said.contains("completed")),
        "{long}"
    );
    let image = runs(&account, "everything", "get-tiny-image", json!({})).await;
    assert!(
        image
            .as_array()
            .is_some_and(|parts| parts.iter().any(|part| part["type"] == "image"))
    );
    let steps = json!({"duration": 30, "steps": 3});
    let begun = Instant::now();
    execute(
        &account,
        "everything",
        "trigger-long-running-operation",
        steps,
    )
    .await
    .fails("skill_timeout");
    assert!(begun.elapsed() < Duration::from_secs(15));
    execute(&account, "everything", "echo", json!({"message": 7}))
        .await
        .blames("parameters.message");
    let same = account
        .client
        .post("/v1/skills/everything/refresh", &json!({}))
        .await
        .ok();
    assert_eq!(same["version"], made["version"]);
}

#[tokio::test]
async fn a_stateless_server_with_a_secret_is_used_once_the_secret_is_there() {
    let peer = Peer::start(python(), "sdk/python/mcp_server.py").await;
    let (_server, account) = gateway(&[&peer]).await;
    let client = &account.client;
    let plain = json!({"id": "plain", "mcp": {"url": peer.url()}});
    let refused = client
        .post("/v1/skills", &plain)
        .await
        .fails("skill_failed");
    assert!(refused.message.contains("401"), "{refused:?}");
    let headers = json!({"authorization": "{{ secrets.TOKEN }}"});
    let manifest = json!({"id": "peer", "mcp": {"url": peer.url(), "headers": headers}});
    let made = client.post("/v1/skills", &manifest).await.succeeds(201);
    assert_eq!(made["commands"], json!({}));
    let secrets = json!({"TOKEN": TOKEN});
    let put = client
        .request("PUT", "/v1/skills/peer/secrets")
        .json(&secrets);
    client.send(put).await.ok();
    let made = client
        .post("/v1/skills/peer/refresh", &json!({}))
        .await
        .ok();
    let commands = made["commands"].as_object().unwrap();
    assert_eq!(commands["add"]["execute"]["revision"], "2026-07-28");
    assert!(
        !made.to_string().contains("the-token-of-the-peer"),
        "{made}"
    );
    let sum = runs(&account, "peer", "add", json!({"a": 2, "b": 40})).await;
    assert_eq!(sum["sum"], 42, "{sum}");
    let failed = execute(&account, "peer", "refuse", json!({}))
        .await
        .fails("skill_failed");
    assert!(
        failed.message.contains("the peer does not want to"),
        "{failed:?}"
    );
    execute(&account, "peer", "dawdle", json!({}))
        .await
        .fails("skill_timeout");
    // A server that has another tool has another version.
    runs(&account, "peer", "grow", json!({})).await;
    let grown = client
        .post("/v1/skills/peer/refresh", &json!({}))
        .await
        .ok();
    assert_ne!(grown["version"], made["version"]);
    assert_eq!(
        runs(&account, "peer", "more", json!({"word": "ha"})).await,
        json!({"result": "haha"})
    );
    // A model may call them, too.
    let tag = tag("mcp");
    let script = Script {
        tag: tag.clone(),
        tool_call: Some(ToolCall {
            id: "call_1".into(),
            name: "peer__add".into(),
            arguments: json!({"a": 1, "b": 2}),
        }),
        then: Some(Box::new(Script {
            text: Some("three".into()),
            ..Script::default()
        })),
        ..Script::default()
    };
    let mut body = chat("m", &script);
    body["skills"] = json!(["peer"]);
    let answer = client.chat(&body).await.ok();
    assert_eq!(answer["choices"][0]["message"]["content"], "three");
    let told = Mock::get().report(&tag).await.seen[1].body["messages"].to_string();
    assert!(told.contains(r#"{\"sum\":3}"#), "{told}");
}

#[tokio::test]
async fn a_server_that_may_not_be_asked_or_is_none_is_no_skill() {
    let account = Account::new().await;
    let install = async |url: String| {
        let manifest = json!({"id": "far", "mcp": {"url": url}});
        account.client.post("/v1/skills", &manifest).await
    };
    install("http://127.0.0.1:9/mcp".into())
        .await
        .fails("skill_failed");
    install("https://169.254.169.254/mcp".into())
        .await
        .fails("skill_failed");
    // The suite's upstream is no MCP server.
    install(format!("{}/nowhere", Mock::get().url()))
        .await
        .fails("skill_failed");
    install("no url".into()).await.fails("skill_failed");
    account
        .client
        .unlimited()
        .get("/v1/skills/far")
        .await
        .fails("not_found");
    let nothing = account
        .client
        .post("/v1/skills/weather-skill/refresh", &json!({}))
        .await;
    nothing.fails("conflict");
}
