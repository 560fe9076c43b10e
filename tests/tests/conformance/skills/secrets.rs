//! `PUT /skills/{id}/secrets`, and that nothing shows them.

use super::{execute, http_skill, install, run, site};
use openclaw_conformance::harness::{Account, Mock, tag};
use serde_json::json;

const SECRET: &str = "s3cret/of+the \"suite\"";

#[tokio::test]
async fn a_secret_reaches_the_request_and_nothing_else() {
    let account = Account::new().await;
    let tag = tag("secret");
    let steps = json!([{
        "method": "POST",
        "url": format!("{}?tag={tag}&u={{{{ secrets.TOKEN }}}}", site("echo")),
        "query": {"q": "{{ secrets.TOKEN }}"},
        "headers": {"authorization": "Bearer {{ secrets.TOKEN }}"},
        "body": {"token": "{{ secrets.TOKEN }}"},
    }]);
    install(&account, &http_skill("sealed", steps)).await;
    let path = "/v1/skills/sealed/secrets";
    let set = account.client.put(path, &json!({"TOKEN": SECRET})).await;
    assert_eq!(set.ok()["names"], json!(["TOKEN"]));
    assert!(!set.text().contains("s3cret"));
    let reply = execute(&account, "sealed", "run", json!({})).await;
    let seen = Mock::get().report(&tag).await.seen.remove(0);
    assert_eq!(seen.headers["authorization"], format!("Bearer {SECRET}"));
    assert_eq!(seen.body["token"], SECRET);
    // The site echoes all of it, in each of its forms; the answer has none.
    let result = reply.ok()["result"].clone();
    assert_eq!(result["headers"]["authorization"], "Bearer [secret]");
    assert_eq!(result["body"]["token"], "[secret]");
    assert!(!reply.text().contains("s3cret"), "{}", reply.text());
    for path in [
        "/v1/skills/sealed",
        "/v1/skills",
        "/v1/skills/sealed/executions",
    ] {
        let shown = account.client.get(path).await;
        shown.ok();
        assert!(!shown.text().contains("s3cret"), "{path}");
    }
}

#[tokio::test]
async fn an_error_does_not_repeat_a_secret() {
    let account = Account::new().await;
    let steps = json!([{
        "url": site("answer"),
        "query": {"status": "401", "body": "the token {{ secrets.TOKEN }} is wrong", "type": "text/plain"},
    }]);
    install(&account, &http_skill("refused", steps)).await;
    let path = "/v1/skills/refused/secrets";
    account
        .client
        .put(path, &json!({"TOKEN": "hush-hush"}))
        .await
        .ok();
    let reply = execute(&account, "refused", "run", json!({})).await;
    let failure = reply.fails("skill_failed");
    assert!(
        failure.message.contains("the token [secret] is wrong"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn secrets_are_changed_by_name_and_stay_with_their_skill() {
    let account = Account::new().await;
    let steps = json!([{"url": site("echo"), "headers": {
        "x-a": "{{ secrets.A is defined }}", "x-b": "{{ secrets.B is defined }}"}}]);
    let manifest = http_skill("kept", steps);
    install(&account, &manifest).await;
    let path = "/v1/skills/kept/secrets";
    let put = async |change: serde_json::Value| account.client.put(path, &change).await;
    put(json!({"A": "first"})).await.ok();
    let names = put(json!({"B": "second"})).await.ok()["names"].clone();
    assert_eq!(names, json!(["A", "B"]));
    account.client.put("/v1/skills/kept", &manifest).await.ok();
    let seen = run(&account, "kept", json!({})).await;
    assert_eq!(
        (&seen["headers"]["x-a"], &seen["headers"]["x-b"]),
        (&json!("true"), &json!("true"))
    );
    assert_eq!(put(json!({"A": null})).await.ok()["names"], json!(["B"]));
    account.client.delete("/v1/skills/kept").await.ok();
    install(&account, &manifest).await;
    let seen = run(&account, "kept", json!({})).await;
    assert_eq!(
        seen["headers"]["x-b"], "false",
        "a new skill has none of the old one's"
    );
}

#[tokio::test]
async fn what_is_no_secret_is_refused() {
    let account = Account::new().await;
    install(
        &account,
        &http_skill("strict", json!([{"url": site("echo")}])),
    )
    .await;
    let put = async |skill: &str, change: serde_json::Value| {
        account
            .client
            .put(&format!("/v1/skills/{skill}/secrets"), &change)
            .await
    };
    put("strict", json!({"A": 7})).await.blames("A");
    put("strict", json!({"A": ""})).await.blames("A");
    put("strict", json!({"A": "x".repeat(4097)}))
        .await
        .blames("A");
    put("strict", json!({"7-x": "y"}))
        .await
        .fails("invalid_request");
    put("no-such-skill", json!({"A": "b"}))
        .await
        .fails("not_found");
    let many = (0..33).map(|n| (format!("N{n}"), json!("value")));
    let many = serde_json::Value::Object(many.collect());
    put("strict", many).await.fails("conflict");
}
