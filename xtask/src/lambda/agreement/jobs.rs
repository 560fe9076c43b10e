//! How jobs get to the functions that own their topics.

use super::{constant, properties, resource, template, text};
use crate::workers;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The dispatcher sees jobs and nothing else, hands each to the function that owns its topic, as on Workers,
/// and is told of invocations that fail.
#[test]
fn jobs_come_to_the_function_that_owns_their_topic() {
    let template = template();
    let variables = &properties(&template, "JobsFunction")["Environment"]["Variables"];
    let code = text("platforms/aws/src/dispatch.rs");
    for name in variables.as_object().unwrap().keys() {
        assert!(code.contains(&format!("needed(\"{name}\")")), "{name}");
    }
    let rows = variables["OPENCLAW_TOPICS"].as_str().unwrap();
    let topics = BTreeSet::from_iter(rows.split_whitespace().map(str::to_owned));
    let owned = |(topic, owner): (String, &str)| {
        let row = format!("{topic}=${{{}}}/", resource(owner));
        let found = topics.iter().find(|one| one.starts_with(&row));
        found.unwrap_or_else(|| panic!("no {row}")).clone()
    };
    let expected = workers::topics();
    let owners = BTreeSet::from_iter(expected.iter().map(|(_, owner)| resource(owner)));
    let rows = BTreeSet::from_iter(expected.into_iter().map(owned));
    assert_eq!(topics, rows);
    let statement = |policy: &str| {
        let policy = properties(&template, policy);
        let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 1);
        assert_eq!(statements[0]["Action"], "lambda:InvokeFunction");
        (policy["Roles"].clone(), statements[0]["Resource"].clone())
    };
    let named = |names: &BTreeSet<String>, ending: &str| {
        json!(Vec::from_iter(
            names.iter().map(|name| format!("{name}{ending}"))
        ))
    };
    let itself = json!("JobsFunction.Arn");
    let with_itself = BTreeSet::from_iter(owners.iter().cloned().chain(["JobsFunction".into()]));
    let calls = (json!(["JobsFunctionRole"]), named(&with_itself, ".Arn"));
    assert_eq!(statement("JobsCalls"), calls);
    assert_eq!(
        statement("JobsFailures"),
        (named(&owners, "Role"), itself.clone())
    );
    assert_eq!(
        statement("JobsScheduled"),
        (json!(["JobsScheduler"]), itself.clone())
    );
    for function in with_itself {
        let config = properties(&template, &function.replace("Function", "Invocations"));
        assert_eq!(config["FunctionName"], function);
        assert_eq!(
            config["DestinationConfig"]["OnFailure"]["Destination"],
            itself
        );
    }
}

#[test]
fn the_stream_of_the_ledger_shows_jobs_alone() {
    let template = template();
    let stream = properties(&template, "JobsStream");
    assert_eq!(stream["EventSourceArn"], "LedgerTable.StreamArn");
    assert_eq!(stream["FunctionName"], "JobsFunction");
    let ledger = properties(&template, "LedgerTable");
    assert_eq!(
        ledger["StreamSpecification"],
        json!({"StreamViewType": "NEW_IMAGE"})
    );
    let filters = stream["FilterCriteria"]["Filters"].as_array().unwrap();
    let patterns = filters
        .iter()
        .map(|filter| serde_json::from_str::<Value>(filter["Pattern"].as_str().unwrap()).unwrap());
    let key = constant("platforms/aws/src/ledger/layout.rs", "KEY");
    let prefix = format!("-{}", constant("shared/core/src/queue/job.rs", "JOBS"));
    let pattern = json!({
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"Keys": {key: {"S": [{"prefix": prefix}]}}},
    });
    assert_eq!(Vec::from_iter(patterns), [pattern]);
}
