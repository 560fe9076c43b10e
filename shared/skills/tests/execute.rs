//! Executions over ports in memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use futures_executor::block_on;
use http::StatusCode;
use openclaw_auth::Sealer;
use openclaw_core::{Code, HttpError, Ledger, Timestamp, ledger::Outcome};
use openclaw_egress::{Egress, PORTS, Policy};
use openclaw_schema::config;
use openclaw_skills::{Asked, Executed, ExecutionStatus, Skills, manifest};
use openclaw_testkit::{Fakes, ManualClock, Reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ACCOUNT: &str = "acct_1";

fn skills(fakes: &Fakes) -> Skills {
    let ports = fakes.ports();
    let policy = Policy::new(&[], &PORTS).unwrap();
    let egress = Egress::new(policy, &ports);
    let sealer = Sealer::parse("a master key of the tests with 32 bytes").unwrap();
    Skills::new(ports, egress, &config::Skills::default(), Some(sealer))
}

fn install(skills: &Skills, steps: Value) {
    let manifest = json!({
        "id": "s", "name": "S", "version": "1",
        "commands": {"run": {"execute": {"type": "http", "steps": steps}}},
    });
    let manifest = manifest::parse(manifest.to_string().as_bytes()).unwrap();
    block_on(skills.install(ACCOUNT, manifest)).unwrap();
}

fn execute(skills: &Skills) -> Executed {
    let parameters = json!({});
    let asked = Asked {
        account: ACCOUNT,
        request: "req_1",
        skill: "s",
        command: "run",
        parameters: &parameters,
        chat: None,
    };
    block_on(skills.execute(asked)).unwrap()
}

#[test]
fn what_is_stored_of_secrets_does_not_show_them_and_opens_for_the_skill() {
    let fakes = Fakes::default();
    let skills = skills(&fakes);
    install(
        &skills,
        json!([{"url": "https://example.com/", "headers": {"x": "{{ secrets.A }}"}}]),
    );
    let change = BTreeMap::from([("A".to_owned(), Some("hush-hush".to_owned()))]);
    block_on(skills.set_secrets(ACCOUNT, "s", change)).unwrap();
    for (key, item) in block_on(fakes.ledger.query(ACCOUNT, "", None, 100)).unwrap() {
        assert!(!format!("{item:?}").contains("hush"), "{key}");
    }
    fakes
        .public_http
        .reply(Reply::json(StatusCode::OK, "{\"seen\":\"hush-hush\"}"));
    let executed = execute(&skills);
    assert_eq!(executed.result.unwrap(), json!({"seen": "[secret]"}));
    assert_eq!(
        fakes.public_http.take_requests()[0].headers()["x"],
        "hush-hush"
    );
}

#[test]
fn neither_errors_nor_their_causes_show_a_secret() {
    let fakes = Fakes::default();
    let skills = skills(&fakes);
    install(
        &skills,
        json!([{"url": "https://example.com/{{ secrets.A }}"}]),
    );
    let change = BTreeMap::from([("A".to_owned(), Some("hush/hush".to_owned()))]);
    block_on(skills.set_secrets(ACCOUNT, "s", change)).unwrap();
    for reply in [
        Reply::fail(HttpError::Connect("hush/hush is not found".into())),
        Reply::fail(HttpError::Broken("hush%2Fhush broke".into())),
        Reply::json(StatusCode::FORBIDDEN, "no hush/hush here"),
    ] {
        fakes.public_http.reply(reply);
        let executed = execute(&skills);
        let kept = serde_json::to_string(&executed.execution).unwrap();
        let error = executed.result.unwrap_err();
        assert_eq!(error.code, Code::SkillFailed);
        let all = format!("{error:?} {kept}");
        assert!(!all.contains("hush"), "{all}");
        assert_eq!(executed.execution.status, ExecutionStatus::Failed);
    }
}

#[test]
fn an_execution_ends_with_its_time_and_cancels_what_it_does() {
    let fakes = Fakes::new(ManualClock::jumping(Timestamp::default()));
    let skills = skills(&fakes);
    install(&skills, json!([{"url": "https://example.com/"}]));
    fakes.public_http.reply(Reply::never());
    let executed = execute(&skills);
    assert_eq!(executed.result.unwrap_err().code, Code::SkillTimeout);
    assert_eq!(executed.execution.code.as_deref(), Some("skill_timeout"));
    assert_eq!(fakes.public_http.cancelled(), 1);
}

#[test]
fn kept_executions_are_listed_the_newest_first() {
    let fakes = Fakes::default();
    let skills = skills(&fakes);
    install(&skills, json!([{"url": "https://example.com/"}]));
    for n in 0..3 {
        fakes
            .public_http
            .reply(Reply::json(StatusCode::OK, n.to_string()));
        let executed = execute(&skills);
        let step = skills.keep("s", &executed.execution).unwrap();
        let kept = block_on(fakes.ledger.transact(ACCOUNT, vec![step])).unwrap();
        assert!(matches!(kept, Outcome::Applied(_)));
        fakes.clock.advance(std::time::Duration::from_millis(1500));
    }
    let listed = block_on(skills.executions(ACCOUNT, "s", 2)).unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed[0].started_at > listed[1].started_at);
}

/// Manifests that were stored must still be read.
#[test]
fn stored_manifests_are_read() {
    let stored = r#"{"id":"s","name":"S","version":"1","description":"","commands":{"run":{"description":"",
        "parameters":{"type":"object"},"execute":{"type":"http","steps":[{"id":"a","method":"POST",
        "url":"https://example.com/","query":{"q":1},"headers":{"x":"y"},"body":{"z":null},
        "errors":[{"when":"{{ 1 }}","code":"not_found","message":"m"}]}],"result":"{{ steps.a.body }}"}}}}"#;
    let manifest: openclaw_skills::Manifest = serde_json::from_str(stored).unwrap();
    let again = serde_json::to_value(&manifest).unwrap();
    let execute = &again["commands"]["run"]["execute"];
    assert_eq!(execute["steps"][0]["errors"][0]["code"], "not_found");
    assert_eq!(execute["result"], "{{ steps.a.body }}");
}
