//! The function of this isolate. Its first request builds it, because bindings and time exist only
//! inside of a request, and a later one builds it again when the configuration has changed.

use crate::{
    DurableLedger, FetchHttp, R2Blob, RequestSpawn, WorkerClock, WorkerRandom, WorkersKv, bindings,
    kv, log, signer::SubtleSigner,
};
use axum::Router;
use bytes::Bytes;
use futures_util::future::try_join;
use openclaw_core::{Blob, Clock, Ports, Timestamp, blob::NoBlob};
use openclaw_web::{App, CONFIG, Documents, Endpoints, OVERLAY};
use std::{cell::RefCell, sync::Arc, time::Duration};
use worker::{Env, kv::KvStore};

/// Seconds for which an isolate trusts a value that it read from KV, unless `OPENCLAW_CACHE_SECONDS` says
/// otherwise. KV's own cache adds its 30.
const CACHE_SECONDS: u64 = 25;

struct Held {
    app: App,
    router: Router,
    documents: Documents,
    /// When the configuration is to be read again.
    stale: Timestamp,
}

thread_local!(static HELD: RefCell<Option<Held>> = const { RefCell::new(None) });
// An isolate has the same bindings as long as it lives.
thread_local!(static ENV: RefCell<Option<Env>> = const { RefCell::new(None) });

/// The bindings of this isolate; none before its first request.
pub(crate) fn env() -> Option<Env> {
    ENV.with_borrow(Clone::clone)
}

/// The router of this isolate. The error names the fault in the Worker's configuration.
pub(crate) async fn router(env: &Env, endpoints: Endpoints) -> Result<Router, String> {
    held(env, endpoints, |held| held.router.clone()).await
}

/// The handlers' state in this isolate, for work that is no request. The error names the fault in the
/// Worker's configuration.
pub async fn app(env: &Env, endpoints: Endpoints) -> Result<App, String> {
    held(env, endpoints, |held| held.app.clone()).await
}

async fn held<T>(env: &Env, endpoints: Endpoints, look: fn(&Held) -> T) -> Result<T, String> {
    if let Some(seen) = fresh(env, look) {
        return Ok(seen);
    }
    let renewed = renew(env, endpoints).await;
    HELD.with_borrow(|held| match (held, renewed) {
        (None, Ok(())) => Err("nothing was built".into()),
        (None, Err(cause)) => Err(cause),
        (Some(held), Ok(())) => Ok(look(held)),
        (Some(held), Err(cause)) => {
            tracing::error!(
                cause,
                "the configuration cannot be taken; the last one stays"
            );
            Ok(look(held))
        }
    })
}

/// The function that is held, while it is fresh. The first request that finds it stale renews it, and
/// the others go on with it meanwhile.
fn fresh<T>(env: &Env, look: fn(&Held) -> T) -> Option<T> {
    let now = WorkerClock.now();
    HELD.with_borrow_mut(|held| {
        let held = held.as_mut()?;
        if now < held.stale {
            return Some(look(held));
        }
        held.stale = now + cache_time(env);
        None
    })
}

async fn renew(env: &Env, endpoints: Endpoints) -> Result<(), String> {
    let documents = read(env).await?;
    let same = |held: &Option<Held>| {
        held.as_ref()
            .is_some_and(|held| held.documents == documents)
    };
    if HELD.with_borrow(same) {
        return Ok(());
    }
    log::install(variable(env, "OPENCLAW_LOG").as_deref());
    ENV.set(Some(env.clone()));
    let ports = ports(env)?;
    let (app, router) = endpoints.build(ports, &documents, &|name| variable(env, name))?;
    let stale = WorkerClock.now() + cache_time(env);
    HELD.set(Some(Held {
        app,
        router,
        documents,
        stale,
    }));
    Ok(())
}

async fn read(env: &Env) -> Result<Documents, String> {
    let store = store(env)?;
    let (base, overlay) = try_join(document(&store, CONFIG), document(&store, OVERLAY)).await?;
    Ok(Documents { base, overlay })
}

async fn document(store: &KvStore, key: &str) -> Result<Option<Bytes>, String> {
    let read = kv::get(store, key).await;
    let read =
        read.map_err(|error| format!("the configuration cannot be read from KV: {error}"))?;
    Ok(read.map(|(document, _)| document))
}

fn store(env: &Env) -> Result<KvStore, String> {
    env.kv(bindings::KV).map_err(missing)
}

fn missing(error: worker::Error) -> String {
    format!("a binding is missing: {error}")
}

fn ports(env: &Env) -> Result<Ports, String> {
    let clock: Arc<dyn Clock> = Arc::new(WorkerClock);
    let kv = WorkersKv::new(store(env)?, clock.clone(), cache_time(env));
    let ledger = DurableLedger::bound(env, bindings::LEDGER, clock.clone()).map_err(missing)?;
    Ok(Ports {
        kv: Arc::new(kv),
        ledger: Arc::new(ledger),
        blob: blob(env),
        http: Arc::new(FetchHttp),
        // The platform resolves and connects; private networks are out of its reach.
        public_http: Arc::new(FetchHttp),
        clock,
        random: Arc::new(WorkerRandom),
        spawn: Arc::new(RequestSpawn),
        signer: Arc::new(SubtleSigner),
    })
}

/// The bucket, of functions that are bound to it.
fn blob(env: &Env) -> Arc<dyn Blob> {
    match R2Blob::bound(env, bindings::BLOBS, Arc::new(RequestSpawn)) {
        Ok(blob) => Arc::new(blob),
        Err(_) => Arc::new(NoBlob),
    }
}

fn cache_time(env: &Env) -> Duration {
    let seconds = variable(env, "OPENCLAW_CACHE_SECONDS").and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(CACHE_SECONDS).min(CACHE_SECONDS))
}

/// A variable or a secret: to the code they are the same.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = env.var(name).ok()?;
    Some(value.to_string())
}
