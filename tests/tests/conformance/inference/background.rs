//! Responses with `background: true`: queued, made as jobs, asked for later.

use crate::own_server::{account as account_on, folder, patient_config, usage_on};
use openclaw_conformance::{
    harness::{Account, Client, Mock, Options, Server, Target, eventually_within, tag},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

const USAGE: Usage = Usage {
    prompt_tokens: 12,
    completion_tokens: 3,
};

/// Answers in so many pieces, with a second between two.
fn slow(tag: &str, pieces: usize) -> Script {
    Script {
        tag: tag.into(),
        chunks: Some(pieces),
        chunk_delay_ms: 1000,
        ..Script::default()
    }
}

fn asking(model: &str, script: &Script) -> Value {
    json!({"model": model, "input": script.message(), "background": true})
}

/// Asks, and gives the response's path.
async fn queue(account: &Account, body: &Value) -> String {
    let queued = account.client.post("/v1/responses", body).await.ok();
    assert_eq!(
        (&queued["status"], &queued["background"], &queued["output"]),
        (&json!("queued"), &json!(true), &json!([])),
        "{queued}"
    );
    format!("/v1/responses/{}", queued["id"].as_str().expect("an id"))
}

/// The same, once the provider is asked.
async fn in_progress(account: &Account, body: &Value, tag: &str) -> String {
    let path = queue(account, body).await;
    Mock::get()
        .report_when(tag, |report| report.requests == 1)
        .await;
    path
}

/// The response once it is neither queued nor in progress.
async fn ended(account: &Account, path: &str) -> Value {
    let response = eventually_within(Duration::from_secs(300), async || {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let response = account.client.get(path).await.ok();
        let is_pending = response["status"] == "queued" || response["status"] == "in_progress";
        (!is_pending).then_some(response)
    });
    response.await.expect("it ends")
}

#[tokio::test]
async fn a_response_is_made_without_its_caller() {
    let account = Account::new().await;
    let tag = tag("background");
    let script = Script {
        usage: Some(USAGE),
        ..slow(&tag, 3)
    };
    let asked = asking("gpt-4", &script);
    let path = queue(&account, &asked).await;
    // What is asked can be looked at, and not gone on from.
    let items = account
        .client
        .get(&format!("{path}/input_items"))
        .await
        .ok();
    assert_eq!(items["data"][0]["role"], "user");
    let mut early = json!({"model": "gpt-4", "input": "and?"});
    early["previous_response_id"] = path.trim_start_matches("/v1/responses/").into();
    let refused = account.client.post("/v1/responses", &early).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"]["param"], "previous_response_id");
    let response = ended(&account, &path).await;
    assert_eq!(response["status"], "completed", "{response}");
    assert_eq!(response["background"], true);
    assert_eq!(response["usage"]["output_tokens"], 3);
    assert!(response["usage"]["cost"].as_f64().unwrap() > 0.0);
    assert!(
        !response["output"][0]["content"][0]["text"]
            .as_str()
            .unwrap()
            .is_empty()
    );
    let after = account.client.post("/v1/responses", &early).await.ok();
    assert_eq!(after["previous_response_id"], response["id"]);
    // Both are accounted, once each; the request that asked for it is no third.
    let usage = account.usage(2).await;
    assert_eq!(
        (&usage["total_requests"], &usage["errors"]),
        (&json!(2), &json!(0)),
        "{usage}"
    );
    assert_eq!(Mock::get().report(&tag).await.requests, 1);
    let over = account
        .client
        .post(&format!("{path}/cancel"), &json!({}))
        .await;
    assert_eq!(over.status, 400, "{}", over.text());
}

#[tokio::test]
async fn a_target_that_has_responses_is_asked_for_one_in_the_foreground() {
    let account = Account::new().await;
    let tag = tag("background");
    let asked = json!({"model": "responder", "input": "hello", "user": tag, "background": true,
        "tools": [{"type": "web_search"}]});
    let path = queue(&account, &asked).await;
    let response = ended(&account, &path).await;
    assert_eq!(response["output"][0]["content"][0]["text"], "from afar");
    assert_eq!(
        (&response["status"], &response["background"]),
        (&json!("completed"), &json!(true))
    );
    let seen = Mock::get().report(&tag).await.seen.remove(0).body;
    assert_eq!(
        (seen.get("background"), &seen["store"]),
        (None, &json!(false))
    );
}

#[tokio::test]
async fn a_cancelled_response_ends_the_call() {
    let account = Account::new().await;
    let tag = tag("background");
    let path = in_progress(&account, &asking("gpt-4", &slow(&tag, 100)), &tag).await;
    let cancel = format!("{path}/cancel");
    for _ in 0..2 {
        let cancelled = account.client.post(&cancel, &json!({})).await.ok();
        assert_eq!(cancelled["status"], "cancelled");
    }
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    assert_eq!(account.client.get(&path).await.ok()["status"], "cancelled");
    // What was written until then is accounted.
    let usage = account.usage(1).await;
    assert_eq!(usage["interrupted"], 1, "{usage}");
    assert!(usage["completion_tokens"].as_u64().unwrap() > 0, "{usage}");
    account.client.delete(&path).await.ok();
    assert_eq!(account.client.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_deleted_response_ends_the_call() {
    let account = Account::new().await;
    let tag = tag("background");
    let path = in_progress(&account, &asking("gpt-4", &slow(&tag, 100)), &tag).await;
    account.client.delete(&path).await.ok();
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    assert_eq!(account.client.get(&path).await.status, 404);
}

#[tokio::test]
async fn what_fails_says_why() {
    let account = Account::new().await;
    let refusing = Script {
        status: Some(400),
        ..Script::default()
    };
    let cut = Script {
        error_event_after: Some(1),
        text: Some("one two three".into()),
        ..Script::default()
    };
    for (script, code) in [
        (refusing, "context_length_exceeded"),
        (cut, "provider_error"),
    ] {
        let path = queue(&account, &asking("gpt-4", &script)).await;
        let response = ended(&account, &path).await;
        assert_eq!(response["status"], "failed", "{response}");
        assert_eq!(response["error"]["code"], code, "{response}");
    }
    // What is wrong from the start is refused at once.
    for (fields, name) in [
        (json!({"store": false}), "store"),
        (json!({"stream": true}), "stream"),
        (json!({"temperature": 3}), "temperature"),
        (json!({"tools": [{"type": "web_search"}]}), "tools"),
    ] {
        let mut wrong = asking("gpt-4", &Script::default());
        for (field, value) in fields.as_object().unwrap() {
            wrong[field] = value.clone();
        }
        let reply = account.client.post("/v1/responses", &wrong).await;
        assert_eq!(reply.status, 400, "{fields}");
        assert_eq!(reply.json()["error"]["param"], name, "{fields}");
    }
}

/// A gateway that waits for its providers, on this data folder.
async fn waiting(data: &Path) -> Server {
    let options = Options {
        data: Some(data.into()),
        config: Some(patient_config()),
        ..Options::default()
    };
    Server::start("background", options)
        .await
        .expect("it starts")
}

#[tokio::test]
async fn a_killed_process_is_survived() {
    let data = folder();
    let mut server = waiting(data.path()).await;
    let mut account = account_on(&server).await;
    let tag = tag("background");
    let script = Script {
        tag: tag.clone(),
        never: true,
        fail_first: Some(1),
        text: Some("at last".into()),
        usage: Some(USAGE),
        ..Script::default()
    };
    let path = in_progress(&account, &asking("patient", &script), &tag).await;
    assert_eq!(
        account.client.get(&path).await.ok()["status"],
        "in_progress"
    );
    if Target::chosen() == Target::Lambda {
        server.kill_busy("inference").await;
    } else {
        server.kill().await;
        server = waiting(data.path()).await;
        account.client = Client::new(&server.base_url).with(&account.key.secret);
    }
    let response = ended(&account, &path).await;
    assert_eq!(response["status"], "completed", "{response}");
    assert_eq!(response["output"][0]["content"][0]["text"], "at last");
    // The call that was cut off is accounted, too, once its lease is over.
    let usage = eventually_within(Duration::from_secs(120), async || {
        let usage = usage_on(&server, &account).await;
        (usage["total_requests"] == 2).then_some(usage)
    });
    let usage = usage.await.expect("two rows");
    assert_eq!(usage["interrupted"], 1, "{usage}");
}
