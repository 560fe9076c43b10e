//! Skills whose commands are the tools of an MCP server.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use futures_executor::block_on;
use http::StatusCode;
use openclaw_core::Code;
use openclaw_egress::{Egress, PORTS, Policy};
use openclaw_schema::config;
use openclaw_skills::{Asked, Skills, manifest};
use openclaw_testkit::{Fakes, Reply};
use serde_json::{Value, json};
use std::time::Duration;

const ACCOUNT: &str = "acct_1";
const HOUR: Duration = Duration::from_secs(3600);

fn skills(fakes: &Fakes) -> Skills {
    let policy = Policy::new(&[], &PORTS).unwrap();
    let ports = fakes.ports();
    let egress = Egress::new(policy, &ports);
    Skills::new(ports, egress, &config::Skills::default(), None)
}

fn answers(fakes: &Fakes, result: Value) {
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": result});
    fakes
        .public_http
        .reply(Reply::json(StatusCode::OK, answer.to_string()));
}

fn tools(names: &[&str]) -> Value {
    let tool = |name: &&str| json!({"name": name, "inputSchema": {"type": "object"}});
    json!({"tools": names.iter().map(tool).collect::<Vec<_>>()})
}

/// The methods that the server was asked for.
fn asked(fakes: &Fakes) -> Vec<String> {
    let requests = fakes.public_http.take_requests().into_iter();
    let methods = requests.map(|request| {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        body["method"].as_str().unwrap().to_owned()
    });
    methods.collect()
}

fn install(fakes: &Fakes) {
    let skills = skills(fakes);
    let text = json!({"id": "far", "mcp": {"url": "https://mcp.test/mcp"}}).to_string();
    let manifest = manifest::parse(text.as_bytes()).unwrap();
    answers(fakes, tools(&["say"]));
    let manifest = block_on(skills.with_tools(ACCOUNT, manifest)).unwrap();
    block_on(skills.install(ACCOUNT, manifest)).unwrap();
}

fn says(fakes: &Fakes) -> Result<Value, Code> {
    answers(
        fakes,
        json!({"content": [{"type": "text", "text": "hello"}]}),
    );
    let parameters = json!({});
    let asked = Asked {
        account: ACCOUNT,
        request: "req_1",
        skill: "far",
        command: "say",
        parameters: &parameters,
        chat: None,
    };
    let executed = block_on(skills(fakes).execute(asked));
    executed
        .and_then(|executed| executed.result)
        .map_err(|error| error.code)
}

#[test]
fn tools_are_read_again_once_they_are_a_day_old() {
    let fakes = Fakes::default();
    install(&fakes);
    assert_eq!(says(&fakes), Ok(json!("hello")));
    fakes.clock.advance(23 * HOUR);
    assert_eq!(says(&fakes), Ok(json!("hello")));
    assert_eq!(asked(&fakes), ["tools/list", "tools/call", "tools/call"]);
    fakes.clock.advance(2 * HOUR);
    // They are read first here, because the tests' tasks run on the spot.
    answers(&fakes, tools(&["say", "sing"]));
    assert_eq!(says(&fakes), Ok(json!("hello")));
    assert_eq!(asked(&fakes), ["tools/list", "tools/call"]);
    let skill = block_on(skills(&fakes).find(ACCOUNT, "far")).unwrap();
    assert!(skill.manifest.commands.contains_key("sing"));
    assert_eq!(says(&fakes), Ok(json!("hello")));
    assert_eq!(asked(&fakes), ["tools/call"]);
}

#[test]
fn a_server_that_fails_to_tell_its_tools_fails_no_execution() {
    let fakes = Fakes::default();
    install(&fakes);
    fakes.clock.advance(25 * HOUR);
    fakes
        .public_http
        .reply(Reply::json(StatusCode::SERVICE_UNAVAILABLE, "later"));
    assert_eq!(says(&fakes), Ok(json!("hello")));
    let skill = block_on(skills(&fakes).find(ACCOUNT, "far")).unwrap();
    assert_eq!(skill.manifest.commands.len(), 1);
}

#[test]
fn what_becomes_of_a_call_has_its_code() {
    let fakes = Fakes::default();
    install(&fakes);
    let failed = json!({"content": [{"type": "text", "text": "no"}], "isError": true});
    answers(&fakes, failed);
    assert_eq!(says(&fakes), Err(Code::SkillFailed));
    let fakes = Fakes::default();
    install(&fakes);
    let long = "x".repeat(2 << 20);
    answers(&fakes, json!({"content": [{"type": "text", "text": long}]}));
    assert_eq!(says(&fakes), Err(Code::PayloadTooLarge));
}
