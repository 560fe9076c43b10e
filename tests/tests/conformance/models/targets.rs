//! Where models are served, for the operator.

use openclaw_conformance::harness::{
    ADMIN_TOKEN, Account, Client, Mock, Options, Server, eventually, hello,
};
use serde_json::{Value, json};

/// A gateway of its own, whose targets stay cool for longer than a case takes.
async fn gateway() -> (Server, Client) {
    let config = format!(
        r#"
[routing]
cooldown_failures = 2
cooldown_ms = 600000

[[providers]]
id = "works"
base_url = "{}/v1"
api_key_env = "MOCK_OPENAI_KEY"

[[providers]]
id = "gone"
base_url = "http://127.0.0.1:1/v1"

[[models]]
id = "two-places"
context_length = 8192
targets = [
  {{ provider = "gone", model = "first", weight = 1000000 }},
  {{ provider = "works", model = "gpt-4", weight = 1 }},
]
"#,
        Mock::get().url()
    );
    let options = Options {
        config: Some(config),
        ..Options::default()
    };
    let server = Server::start("targets", options).await.expect("a gateway");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    (server, operator)
}

#[tokio::test]
async fn a_target_that_cools_down_is_shown_to_the_operator_alone() {
    let (_server, operator) = gateway().await;
    let shown = operator.get("/v1/models/two-places").await.ok();
    let target = |provider: &str, model: &str, weight: u32| json!({"provider": provider, "model": model, "weight": weight, "cooling_down_until": null});
    let targets = json!([
        target("gone", "first", 1_000_000),
        target("works", "gpt-4", 1)
    ]);
    assert_eq!(shown["targets"], targets);

    let scopes = json!({"scopes": ["chat", "models"]});
    let account = Account::on(&operator, json!({}), scopes).await;
    // Of several processes each counts what itself has seen.
    let cooled = eventually(async || {
        account.client.chat(&hello("two-places")).await.ok();
        let shown = operator.get("/v1/models/two-places").await.ok();
        let targets = shown["targets"].as_array().unwrap().clone();
        targets[0]["cooling_down_until"]
            .is_string()
            .then_some(targets)
    });
    let cooled = cooled.await.expect("a cooldown is shown");
    assert_eq!(cooled[1]["cooling_down_until"], Value::Null);

    let list = operator.get("/v1/models").await.ok();
    let listed = list["data"].as_array().unwrap().iter();
    let listed = listed.clone().find(|model| model["id"] == "two-places");
    assert!(listed.unwrap()["targets"][0]["cooling_down_until"].is_string());
    // Other names of that provider share a state of their own.
    let other = operator.get("/v1/models/gone/another").await.ok();
    assert_eq!(other["targets"], json!([target("gone", "another", 1)]));

    let own = account.client.get("/v1/models/two-places").await.ok();
    assert!(own.get("targets").is_none(), "{own}");
    let own = account.client.get("/v1/models").await.ok();
    let own = own["data"].as_array().unwrap();
    assert!(own.iter().all(|model| model.get("targets").is_none()));
}
