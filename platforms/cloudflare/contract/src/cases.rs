//! testkit's contract, in whole.

use crate::{BINDINGS, ask::Ask};
use axum::extract::State;
use bytes::Bytes;
use openclaw_cloudflare::{DurableLedger, R2Blob, RequestSpawn, WorkersKv, bindings};
use openclaw_core::{Blob, Error, Kv, Ledger, Result as CoreResult, time};
use openclaw_testkit::{
    ManualClock,
    contract::{self, Case, Subject, Verdict},
};
use openclaw_web::{ApiError, App, Json};
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use worker::Env;

#[derive(Serialize)]
pub(crate) struct Verdicts {
    passed: Vec<&'static str>,
    failed: Vec<Failed>,
}

#[derive(Serialize)]
struct Failed {
    case: &'static str,
    why: String,
}

/// Runs every case; `account` distinguishes this run from those before.
pub(crate) async fn run(body: Bytes) -> Result<Json<Verdicts>, ApiError> {
    let run = Ask::read(&body)?.account;
    let clock = ManualClock::jumping(time::from_second(1_772_280_000));
    let (kv, ledger, blob) = stores(&clock)?;
    let mut verdicts = verdicts(&contract::kv(), kv, &clock, &run).await;
    verdicts.extend(self::verdicts(&contract::ledger(), ledger, &clock, &run).await);
    verdicts.extend(self::verdicts(&contract::blob(), blob, &clock, &run).await);
    Ok(Json(Verdicts::of(&verdicts)))
}

/// Runs the case of the queue that `key` names: each is a request of its own, because most of it is
/// waiting. Without one, the names of all.
pub(crate) async fn run_queue(
    State(app): State<App>,
    body: Bytes,
) -> Result<Json<Vec<Shown>>, ApiError> {
    let Ask { account, key, .. } = Ask::read(&body)?;
    let subject = Subject {
        store: app.ports.ledger.clone(),
        clock: app.ports.clock.clone(),
        spawn: app.ports.spawn.clone(),
        run: account,
    };
    let mut shown = vec![];
    for case in contract::queue() {
        let why = match case.name == key {
            true => case.check(&subject).await.result.err(),
            false => None,
        };
        let case = case.name;
        shown.push(Shown { case, why });
    }
    Ok(Json(shown))
}

/// A case, and why it failed if it ran and did.
#[derive(Serialize)]
pub(crate) struct Shown {
    case: &'static str,
    why: Option<String>,
}

impl Verdicts {
    fn of(verdicts: &[Verdict]) -> Self {
        let failed = verdicts.iter().filter_map(|verdict| {
            let why = verdict.result.clone().err()?;
            let case = verdict.case;
            Some(Failed { case, why })
        });
        let passed = verdicts.iter().filter(|verdict| verdict.result.is_ok());
        Self {
            passed: passed.map(|verdict| verdict.case).collect(),
            failed: failed.collect(),
        }
    }
}

async fn verdicts<S: Clone>(
    cases: &[Case<S>],
    store: S,
    clock: &ManualClock,
    run: &str,
) -> Vec<Verdict> {
    let subject = Subject {
        store,
        clock: Arc::new(clock.clone()),
        spawn: Arc::new(RequestSpawn),
        run: run.to_owned(),
    };
    contract::run(cases, &subject).await
}

type Stores = (Arc<dyn Kv>, Arc<dyn Ledger>, Arc<dyn Blob>);

/// The stores of this isolate as a function has them, but for the clock.
fn stores(clock: &ManualClock) -> CoreResult<Stores> {
    let clock = Arc::new(clock.clone());
    let open = |env: &Env| -> Option<Stores> {
        let store = env.kv(bindings::KV).ok()?;
        let kv = WorkersKv::new(store, clock.clone(), Duration::from_secs(25));
        let ledger = DurableLedger::bound(env, bindings::LEDGER, clock.clone()).ok()?;
        let blob = R2Blob::bound(env, bindings::BLOBS, Arc::new(RequestSpawn)).ok()?;
        Some((Arc::new(kv), Arc::new(ledger), Arc::new(blob)))
    };
    let opened = BINDINGS.with_borrow(|env| env.as_ref().and_then(open));
    opened.ok_or_else(|| Error::internal("no bindings"))
}
