//! Single questions to the stores, for tests that look from outside.

use axum::{extract::State, http::HeaderMap};
use bytes::Bytes;
use openclaw_core::{
    Error, Result as CoreResult,
    ledger::{Delta, Outcome, Step, When},
    queue::Job,
    time,
};
use openclaw_testkit::{Script, ScriptedConsumer, ScriptedEnd, sample};
use openclaw_usage::{Reservation, Spender};
use openclaw_web::{ApiError, App, Json};
use serde::{Deserialize, Serialize};

/// What is asked; each question reads what it needs.
#[derive(Deserialize)]
pub(crate) struct Ask {
    /// Whose items, or which run.
    #[serde(default)]
    pub(crate) account: String,
    /// An item's key, or a key in KV, or a case.
    #[serde(default)]
    pub(crate) key: String,
    /// What to write; nothing removes.
    value: Option<String>,
    /// What the counter must not pass.
    bound: Option<i64>,
    /// Seconds from now until what is written expires.
    expires: Option<i64>,
    /// Seconds since a request was admitted.
    #[serde(default)]
    age: i64,
}

impl Ask {
    pub(crate) fn read(body: &[u8]) -> CoreResult<Self> {
        serde_json::from_slice(body).map_err(|error| Error::invalid("body", error.to_string()))
    }
}

#[derive(Serialize)]
pub(crate) struct Added {
    applied: bool,
}

/// Adds 1 to the counter `n` of an item.
pub(crate) async fn add(State(app): State<App>, body: Bytes) -> Result<Json<Added>, ApiError> {
    let ask = Ask::read(&body)?;
    let step = Step::Add {
        key: ask.key,
        deltas: vec![Delta {
            field: "n".into(),
            by: 1,
            at_most: ask.bound,
        }],
        expires: ask
            .expires
            .map(|after| time::shift(app.ports.clock.now(), after)),
    };
    apply(&app, &ask.account, vec![step]).await
}

/// Stores a job that a worker of the contract's topic does at its first attempt.
pub(crate) async fn job(State(app): State<App>, body: Bytes) -> Result<Json<Added>, ApiError> {
    let ask = Ask::read(&body)?;
    let script = Script {
        ends: vec![ScriptedEnd::Done],
    };
    let (topic, now) = (ScriptedConsumer::TOPIC, app.ports.clock.now());
    let job = Job::named(&ask.account, topic, &ask.key, now, &script)?;
    apply(&app, &ask.account, vec![job.step()?]).await
}

/// Writes one item and removes another, in one transaction: two statements.
pub(crate) async fn replace(State(app): State<App>, body: Bytes) -> Result<Json<Added>, ApiError> {
    let ask = Ask::read(&body)?;
    let steps = vec![
        Step::Put {
            key: "written".into(),
            document: "x".into(),
            when: When::Absent,
            expires: None,
        },
        Step::Delete {
            key: ask.key,
            when: When::Present,
        },
    ];
    apply(&app, &ask.account, steps).await
}

/// Writes 140 items, or removes them, in seven transactions at once: all but the first go in one
/// call, and are more than goes into one statement.
pub(crate) async fn many(State(app): State<App>, body: Bytes) -> Result<Json<Added>, ApiError> {
    let ask = Ask::read(&body)?;
    let step = |at: usize| match &ask.value {
        Some(value) => Step::Put {
            key: format!("many/{at:03}"),
            document: value.clone().into(),
            when: When::Absent,
            expires: None,
        },
        None => Step::Delete {
            key: format!("many/{at:03}"),
            when: When::Present,
        },
    };
    let transactions = (0..7).map(|of| {
        let steps = (0..20).map(|at| step(of * 20 + at)).collect();
        apply(&app, &ask.account, steps)
    });
    let ended = futures_util::future::join_all(transactions).await;
    let mut applied = true;
    for end in ended {
        applied &= end?.0.applied;
    }
    Ok(Json(Added { applied }))
}

/// Admits a request that nobody is going to settle.
pub(crate) async fn reserve(State(app): State<App>, body: Bytes) -> Result<Json<Added>, ApiError> {
    let ask = Ask::read(&body)?;
    let reservation: Reservation = serde_json::from_value(serde_json::json!({
        "request": ask.key,
        "key": "key_1",
        "model": "m",
        "pricing": { "prompt": 1.0, "completion": 1.0 },
        "started": time::shift(app.ports.clock.now(), -ask.age),
        "prompt_tokens": 7,
        "reserved": 0,
    }))
    .map_err(Error::internal)?;
    let (account, key) = (sample::account(), sample::key());
    let spender = Spender {
        account: &account,
        key: &key,
    };
    apply(&app, &ask.account, reservation.steps(spender, 1000)?).await
}

async fn apply(app: &App, account: &str, steps: Vec<Step>) -> Result<Json<Added>, ApiError> {
    let outcome = app.ports.ledger.transact(account, steps).await;
    let applied = match outcome.map_err(Error::from)? {
        Outcome::Refused { .. } => false,
        Outcome::Applied(applied) => {
            applied.durable.await.map_err(Error::from)?;
            true
        }
    };
    Ok(Json(Added { applied }))
}

/// An item: its key, and its counter `n` or its document.
type Shown = (String, Option<i64>, Option<String>);

/// The items of an account.
pub(crate) async fn items(
    State(app): State<App>,
    body: Bytes,
) -> Result<Json<Vec<Shown>>, ApiError> {
    let ask = Ask::read(&body)?;
    let ledger = &app.ports.ledger;
    let found = ledger.query(&ask.account, &ask.key, None, 1000).await;
    let items = found.map_err(Error::from)?.into_iter();
    let shown = items.map(|(key, item)| {
        let count = item.counters().and_then(|counters| counters.get("n"));
        let text = item.document().map(|bytes| String::from_utf8_lossy(bytes));
        (key, count.copied(), text.map(Into::into))
    });
    Ok(Json(shown.collect()))
}

/// A value in KV.
pub(crate) async fn read(
    State(app): State<App>,
    body: Bytes,
) -> Result<Json<Option<String>>, ApiError> {
    let value = app.ports.kv.get(&Ask::read(&body)?.key).await;
    let value = value.map_err(Error::from)?;
    Ok(Json(
        value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ))
}

/// Writes a value to KV, or removes it.
pub(crate) async fn write(State(app): State<App>, body: Bytes) -> Result<Json<()>, ApiError> {
    let ask = Ask::read(&body)?;
    let kv = &app.ports.kv;
    let written = match ask.value {
        Some(value) => kv.put(&ask.key, value.into(), None).await,
        None => kv.delete(&ask.key).await,
    };
    Ok(Json(written.map_err(Error::from)?))
}

/// The headers that a handler gets.
pub(crate) async fn headers(headers: HeaderMap) -> Json<Vec<(String, String)>> {
    let shown = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.to_string(), value.into_owned())
    });
    Json(shown.collect())
}
