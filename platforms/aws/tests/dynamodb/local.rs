//! DynamoDB Local, tables in it, and a network that may fail on the way.

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType},
};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http::Response;
use openclaw_aws::{DynamoLedger, S3Blob, Settings, client};
use openclaw_core::{BoxFuture, Clock, Http, HttpError, HttpRequest, HttpResponse, Spawn};
use openclaw_tokio::HyperHttp;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Tasks on the test's runtime.
pub(crate) struct Tasks;

impl Spawn for Tasks {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        tokio::spawn(task);
    }
}

/// The fate of a call.
pub(crate) enum Fate {
    /// It is done, and its answer lost.
    Lost,
    /// It is not done: this is answered, an error of DynamoDB's by its name.
    Refused(&'static str),
    /// There is no connection.
    Unreachable,
}

/// The way to DynamoDB: counts the calls by their operations.
#[derive(Default)]
pub(crate) struct Way {
    http: HyperHttp,
    fates: Mutex<VecDeque<Fate>>,
    calls: Mutex<Vec<String>>,
}

impl Way {
    /// Of the next calls.
    pub(crate) fn is_to(&self, fates: impl IntoIterator<Item = Fate>) {
        self.fates.lock().unwrap().extend(fates);
    }

    /// The operations since the last time.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

impl Http for Way {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let operation = request.headers()["x-amz-target"].to_str().unwrap();
        let operation = operation.rsplit('.').next().unwrap().to_owned();
        self.calls.lock().unwrap().push(operation);
        match self.fates.lock().unwrap().pop_front() {
            None => self.http.send(request),
            Some(Fate::Lost) => {
                let sent = self.http.send(request);
                async {
                    let answer = sent.await?;
                    // All of it has come, and the server is done.
                    answer.into_body().count().await;
                    Err(HttpError::Broken("in the middle".into()))
                }
                .boxed()
            }
            Some(Fate::Unreachable) => async { Err(HttpError::Connect("refused".into())) }.boxed(),
            Some(Fate::Refused(name)) => async move { Ok(refusal(name)) }.boxed(),
        }
    }
}

/// As DynamoDB's API reference has an error.
fn refusal(name: &str) -> HttpResponse {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{name}");
    let body = serde_json::json!({"__type": kind, "message": "not now"}).to_string();
    let status = if name.starts_with("Internal") {
        500
    } else {
        400
    };
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(stream::iter([Ok(Bytes::from(body))]).boxed())
        .unwrap()
}

/// Settings for what `variable` of the environment names, at an endpoint of this `name`.
fn settings(variable: &str, endpoint: &str) -> Option<Settings> {
    let Ok(url) = std::env::var(variable) else {
        eprintln!("skipped: {variable} is not set");
        return None;
    };
    let settings = Settings::new(|name| match name {
        name if name == endpoint => Some(url.clone()),
        "OPENCLAW_BLOBS_BUCKET" => Some("blobs-of-the-contract".into()),
        "AWS_REGION" => Some("us-east-1".into()),
        "OPENCLAW_KV_TABLE" | "OPENCLAW_LEDGER_TABLE" => Some("made by the test".into()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".into()),
        _ => None,
    });
    Some(settings.unwrap())
}

/// A client of the DynamoDB Local that the environment names.
pub(crate) fn local(way: Arc<Way>) -> Option<Client> {
    let settings = settings("OPENCLAW_DYNAMODB_URL", "AWS_ENDPOINT_URL_DYNAMODB")?;
    Some(client(&settings, way))
}

/// A store in a bucket of the S3 that the environment names.
pub(crate) async fn blobs(clock: Arc<dyn Clock>) -> Option<S3Blob> {
    let settings = settings("OPENCLAW_S3_URL", "AWS_ENDPOINT_URL_S3")?;
    let http = Arc::new(HyperHttp::new());
    let bucket = format!("{}/{}", settings.s3, settings.bucket);
    let make = http::Request::put(bucket).body(Bytes::new()).unwrap();
    assert!(http.send(make).await.unwrap().status().is_success());
    Some(S3Blob::new(settings, http, clock, Arc::new(Tasks)))
}

/// Makes a table whose name no other has, with these text keys.
pub(crate) async fn table(client: &Client, keys: &[&str]) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let table = format!("test-{now}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
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

/// A ledger with a table of its own, and the way to it.
pub(crate) async fn ledger(clock: Arc<dyn Clock>) -> Option<(DynamoLedger, Arc<Way>)> {
    let way = Arc::new(Way::default());
    let client = local(way.clone())?;
    let table = table(&client, &["a", "k"]).await;
    way.calls();
    Some((
        DynamoLedger::new(client, table, clock, Arc::new(Tasks)),
        way,
    ))
}
