use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::header::CONTENT_TYPE;
use openclaw_core::{
    Error, Ports, Result as CoreResult, documents,
    ledger::{Item, Value as Stored},
    time,
};
use openclaw_usage::{HOT_DAYS, archived};
use openclaw_web::{App, Id, Result, streamed};
use serde_json::{Value, json};

/// What is exported: how keys in the account's ledger begin, and what that is called.
const KINDS: [(&str, &str); 16] = [
    ("key/", "key"),
    ("used/", "key_use"),
    ("webhooks", "webhooks"),
    ("delivery/", "delivery"),
    ("skill/", "skill"),
    ("skill-run/", "skill_execution"),
    ("workflow/", "workflow"),
    ("run/", "run"),
    ("file/", "file"),
    ("upload/", "upload"),
    ("response/", "response"),
    ("hour/", "usage_hour"),
    ("sum/", "usage_hour"),
    ("label/", "label_hour"),
    ("row/", "request"),
    ("log/", "request"),
];

/// Fields that hold secrets, or tell of them, in what the gateway stores of keys and webhooks.
const SECRET: [&str; 4] = ["hash", "previous", "secret", "previous_secret"];

/// Items that are read at a time.
const READ: usize = 200;

/// Everything that is stored of an account but secrets and the bytes of its files, a line of JSON for each thing:
/// `{"type", "id", "data"}`; the last one is `{"type": "end"}`. 404.
pub(crate) async fn export_account(State(app): State<App>, Id(id): Id) -> Result<Response> {
    let account = app.directory().account(&id).await?;
    let first = line("account", &id, &json!(account));
    let kinds = stream::iter(KINDS);
    let (ports, old) = (app.ports.clone(), old_requests(&app.ports, &id));
    let lines = kinds.flat_map(move |kind| items(ports.clone(), id.clone(), kind));
    let last = stream::iter([Ok(Bytes::from_static(b"{\"type\":\"end\"}\n"))]);
    let all = stream::iter([first]).chain(lines).chain(old).chain(last);
    let body = streamed(all.map_err(axum::Error::new).boxed());
    Ok(([(CONTENT_TYPE, "application/jsonl")], body).into_response())
}

/// The lines of one kind.
fn items(
    ports: Ports,
    account: String,
    (prefix, kind): (&'static str, &'static str),
) -> impl futures_util::Stream<Item = CoreResult<Bytes>> + Send {
    stream::try_unfold(Some(None), move |after: Option<Option<String>>| {
        let (ports, account) = (ports.clone(), account.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let page = ports
                .ledger
                .query(&account, prefix, after.as_deref(), READ)
                .await?;
            let next = match page.last() {
                Some((key, _)) if page.len() == READ => Some(Some(key.clone())),
                _ => None,
            };
            let mut lines = vec![];
            for (key, item) in &page {
                lines.extend_from_slice(&line(kind, &key[prefix.len()..], &data(kind, item)?)?);
            }
            Ok::<_, Error>(Some((Bytes::from(lines), next)))
        }
    })
    .try_filter(|lines| std::future::ready(!lines.is_empty()))
}

/// The lines of requests that the ledger has no longer.
fn old_requests(
    ports: &Ports,
    account: &str,
) -> impl futures_util::Stream<Item = CoreResult<Bytes>> + Send + use<> {
    let kept_until = time::shift(ports.clock.now(), -HOT_DAYS * time::DAY);
    archived(ports, account, kept_until)
        .and_then(|row| std::future::ready(line("request", &row.request, &json!(row))))
}

fn line(kind: &str, id: &str, data: &Value) -> CoreResult<Bytes> {
    let mut line = documents::encode(&json!({"type": kind, "id": id, "data": data}))?.to_vec();
    line.push(b'\n');
    Ok(line.into())
}

fn data(kind: &str, item: &Item) -> CoreResult<Value> {
    let mut data = match &item.value {
        Stored::Counters(counters) => json!(counters),
        Stored::Document(document) => documents::decode(document)?,
    };
    if matches!(kind, "key" | "webhooks") {
        without_secrets(&mut data);
    }
    Ok(data)
}

fn without_secrets(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(without_secrets),
        Value::Object(object) => {
            object.retain(|name, _| !SECRET.contains(&name.as_str()));
            object.values_mut().for_each(without_secrets);
        }
        _ => {}
    }
}
