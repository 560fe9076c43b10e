//! The stores on DynamoDB keep the contract of their ports. `OPENCLAW_DYNAMODB_URL` names a
//! DynamoDB Local; without it a test says that it was skipped.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "all of this is a test"
)]

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType},
};
use openclaw_aws::{DynamoKv, DynamoLedger, Settings, client};
use openclaw_core::{BoxFuture, Kv, Ledger, Spawn, time};
use openclaw_testkit::{
    ManualClock,
    contract::{self, Subject, Verdict},
};
use openclaw_tokio::HyperHttp;
use std::{sync::Arc, time::Duration};

struct Tasks;

impl Spawn for Tasks {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        tokio::spawn(task);
    }
}

/// A client of the DynamoDB Local that the environment names.
fn local(test: &str) -> Option<Client> {
    let Ok(url) = std::env::var("OPENCLAW_DYNAMODB_URL") else {
        eprintln!("{test} is skipped: OPENCLAW_DYNAMODB_URL is not set");
        return None;
    };
    let settings = Settings::new(|name| match name {
        "AWS_ENDPOINT_URL_DYNAMODB" => Some(url.clone()),
        "AWS_REGION" => Some("us-east-1".into()),
        "OPENCLAW_KV_TABLE" | "OPENCLAW_LEDGER_TABLE" => Some("made by the test".into()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".into()),
        _ => None,
    });
    Some(client(&settings.unwrap(), Arc::new(HyperHttp::new())))
}

/// Makes a table whose name no other run has, with these text keys.
async fn table(client: &Client, keys: &[&str]) -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let table = format!("{}-{}-{now}", keys.len(), std::process::id());
    let mut create = client.create_table().table_name(&table);
    for (key, kind) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
        let attribute = AttributeDefinition::builder()
            .attribute_name(*key)
            .attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder()
            .attribute_name(*key)
            .key_type(kind);
        create = create.attribute_definitions(attribute.build().unwrap());
        create = create.key_schema(key.build().unwrap());
    }
    let create = create.billing_mode(BillingMode::PayPerRequest);
    create.send().await.unwrap();
    table
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::jumping(time::from_second(1_772_280_000)))
}

fn subject<S>(store: S, clock: Arc<ManualClock>) -> Subject<S> {
    Subject {
        store,
        clock,
        spawn: Arc::new(Tasks),
        run: "dynamodb".into(),
    }
}

fn assert_kept(verdicts: &[Verdict]) {
    let broken: Vec<_> = verdicts
        .iter()
        .filter(|verdict| verdict.result.is_err())
        .collect();
    assert!(!verdicts.is_empty() && broken.is_empty(), "{broken:#?}");
}

#[tokio::test]
async fn dynamodb_kv_keeps_the_contract() {
    let Some(client) = local("dynamodb_kv_keeps_the_contract") else {
        return;
    };
    let table = table(&client, &["k"]).await;
    let (clock, fresh) = (clock(), Duration::from_secs(55));
    let store: Arc<dyn Kv> = Arc::new(DynamoKv::new(client, table, clock.clone(), fresh));
    let subject = subject(store, clock);
    assert_kept(&contract::run(&contract::kv(), &subject).await);
}

#[tokio::test]
async fn dynamodb_ledger_keeps_the_contract() {
    let Some(client) = local("dynamodb_ledger_keeps_the_contract") else {
        return;
    };
    let table = table(&client, &["a", "k"]).await;
    let clock = clock();
    let store = DynamoLedger::new(client, table, clock.clone(), Arc::new(Tasks));
    let subject = subject::<Arc<dyn Ledger>>(Arc::new(store), clock);
    assert_kept(&contract::run(&contract::ledger(), &subject).await);
}
