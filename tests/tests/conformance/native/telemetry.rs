//! OpenTelemetry: what a collector is sent.

use super::here;
use openclaw_conformance::{
    harness::{ADMIN_TOKEN, Account, Client, Mock, Options, Server, chat, eventually_within, tag},
    upstream::Script,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than the exporter waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// A place of the suite's site that keeps what it is sent.
fn collector(tag: &str) -> String {
    format!(
        "{}/site/answer?tag={tag}&body={{}}&type=application/json",
        Mock::get().url()
    )
}

/// What it was sent by now.
async fn sent(tag: &str) -> Vec<Value> {
    let seen = Mock::get().report(tag).await.seen;
    seen.into_iter().map(|request| request.body).collect()
}

/// The elements of lists under `path` in all of `documents`, in which `*` is each of a list's.
fn all<'a>(documents: &'a [Value], path: &[&str]) -> Vec<&'a Value> {
    path.iter().fold(documents.iter().collect(), |found, name| {
        let each = found.into_iter().filter_map(|one| one[*name].as_array());
        each.flatten().collect()
    })
}

fn attribute<'a>(of: &'a Value, name: &str) -> &'a Value {
    let attributes = of["attributes"].as_array().expect("attributes");
    let found = attributes.iter().find(|one| one["key"] == name);
    let value = &found.unwrap_or_else(|| panic!("no {name}: {of:#}"))["value"];
    value.as_object().unwrap().values().next().unwrap()
}

#[tokio::test]
async fn a_collector_is_told_of_each_request_and_what_it_took() {
    if !here() {
        return;
    }
    let (traces, metrics) = (tag("traces"), tag("metrics"));
    let options = Options {
        variables: vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", Mock::get().url().to_owned()),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector(&traces)),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", collector(&metrics)),
            ("OTEL_BSP_SCHEDULE_DELAY", "100".into()),
            ("OTEL_METRIC_EXPORT_INTERVAL", "200".into()),
        ],
        ..Options::default()
    };
    let server = Server::start("telemetry", options)
        .await
        .expect("a gateway");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let account = Account::on(&operator, json!({}), json!({})).await;
    let upstream = tag("traced");
    let script = Script {
        tag: upstream.clone(),
        text: Some("a secret answer".into()),
        ..Script::default()
    };
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = account.client.request("POST", "/v1/chat/completions");
    let request = request
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
        .json(&chat("gpt-4", &script));
    let answer = account.client.send(request).await;
    let id = answer.header("x-request-id").unwrap().to_owned();
    let usage = answer.ok()["usage"].clone();

    let path = ["resourceSpans", "scopeSpans", "spans"];
    let spans = eventually_within(PATIENCE, async || {
        let sent = sent(&traces).await;
        let spans = all(&sent, &path);
        (spans.len() >= 2).then(|| spans.into_iter().cloned().collect::<Vec<_>>())
    });
    let spans = spans.await.expect("spans");
    let root = spans
        .iter()
        .find(|span| span["parentSpanId"] == "00f067aa0ba902b7");
    let root = root.unwrap_or_else(|| panic!("no child of the caller's: {spans:#?}"));
    assert_eq!(
        (&root["traceId"], &root["name"]),
        (&trace.into(), &"chat gpt-4".into())
    );
    assert_eq!(attribute(root, "openclaw.request.id"), &json!(id));
    assert_eq!(attribute(root, "gen_ai.operation.name"), "chat");
    assert_eq!(attribute(root, "gen_ai.request.model"), "gpt-4");
    let told = |name| attribute(root, name).to_string().replace('"', "");
    assert_eq!(
        told("gen_ai.usage.input_tokens"),
        usage["prompt_tokens"].to_string()
    );
    assert_eq!(
        told("gen_ai.usage.output_tokens"),
        usage["completion_tokens"].to_string()
    );
    let call = spans
        .iter()
        .find(|span| span["parentSpanId"] == root["spanId"]);
    let call = call.unwrap_or_else(|| panic!("no call: {spans:#?}"));
    // What the provider was told is the span of the call.
    let seen = Mock::get().report(&upstream).await.seen.remove(0);
    let parent = seen.headers["traceparent"].as_str();
    assert_eq!(
        parent.split('-').nth(2).unwrap(),
        call["spanId"].as_str().unwrap()
    );
    let said = json!(spans).to_string();
    assert!(!said.contains("secret answer") && !said.contains(&account.key.secret));

    let path = ["resourceMetrics", "scopeMetrics", "metrics"];
    let names = eventually_within(PATIENCE, async || {
        let sent = sent(&metrics).await;
        let names = all(&sent, &path)
            .into_iter()
            .map(|metric| metric["name"].to_string());
        let names = Vec::from_iter(names);
        (!names.is_empty()).then_some(names)
    });
    let names = names.await.expect("measurements").join(" ");
    for name in [
        "gen_ai.client.token.usage",
        "gen_ai.client.operation.duration",
    ] {
        assert!(names.contains(name), "{names}");
    }
}
