//! The function as this process holds it: built by its first request from what it read then, and
//! again when that has changed.

use crate::{
    DynamoKv, DynamoLedger, Settings, client,
    invocation::Begun,
    parameters::{self, Parameters},
};
use axum::Router;
use bytes::Bytes;
use openclaw_core::{Clock, Http, Ports, Timestamp};
use openclaw_tokio::{HyperHttp, SystemClock, SystemRandom};
use openclaw_web::{App, CONFIG, Endpoints};
use std::{
    env,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A function: its routes and the ports, and what was built of them.
pub(crate) struct Function {
    endpoints: Endpoints,
    settings: Settings,
    ports: Ports,
    held: Mutex<Option<Held>>,
}

struct Held {
    app: App,
    router: Router,
    read: Read,
    /// When it is to be read again.
    stale: Timestamp,
}

impl Held {
    fn built(&self) -> (App, Router) {
        (self.app.clone(), self.router.clone())
    }
}

/// What a function is built from.
#[derive(PartialEq)]
struct Read {
    config: Option<Bytes>,
    parameters: Parameters,
}

impl Function {
    /// Nothing is read, and nobody called, before the first request.
    pub(crate) fn new(settings: Settings, endpoints: Endpoints, begun: Begun) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let http: Arc<dyn Http> = Arc::new(HyperHttp::new());
        let spawn = Arc::new(begun);
        let db = client(&settings, http.clone());
        let (kv, ledger) = (&settings.kv_table, &settings.ledger_table);
        let kv = DynamoKv::new(db.clone(), kv.clone(), clock.clone(), settings.cache);
        let ledger = DynamoLedger::new(db, ledger.clone(), clock.clone(), spawn.clone());
        let ports = Ports {
            kv: Arc::new(kv),
            ledger: Arc::new(ledger),
            http,
            clock,
            random: Arc::new(SystemRandom),
            spawn,
        };
        Self {
            endpoints,
            settings,
            ports,
            held: Mutex::default(),
        }
    }

    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) const fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The app and its router. What can no longer be read, or is wrong, leaves the last good one in
    /// its place; the error says why there is none.
    pub(crate) async fn built(&self) -> Result<(App, Router), String> {
        if let Some(built) = self.fresh() {
            return Ok(built);
        }
        let read = self.read().await;
        let built = read.and_then(|read| self.renew(read));
        let held = self.lock();
        match (&*held, built) {
            (Some(held), Ok(())) => Ok(held.built()),
            (Some(held), Err(cause)) => {
                tracing::error!(
                    cause,
                    "the configuration cannot be taken; the last one stays"
                );
                Ok(held.built())
            }
            (None, built) => Err(built.err().unwrap_or_default()),
        }
    }

    /// What is held, as long as it need not be looked at.
    fn fresh(&self) -> Option<(App, Router)> {
        let mut held = self.lock();
        let held = held.as_mut()?;
        let now = self.ports.clock.now();
        if now < held.stale {
            return Some(held.built());
        }
        // Where the look fails, the next one is as far off.
        held.stale = now + self.settings.cache;
        None
    }

    async fn read(&self) -> Result<Read, String> {
        let config = self.ports.kv.get(CONFIG);
        let parameters = parameters::read(&self.settings, &*self.ports.http);
        let (config, parameters) = futures_util::join!(config, parameters);
        let config = config.map_err(|error| format!("the stored configuration: {error}"))?;
        Ok(Read {
            config,
            parameters: parameters?,
        })
    }

    fn renew(&self, read: Read) -> Result<(), String> {
        let mut held = self.lock();
        if held.as_ref().is_some_and(|held| held.read == read) {
            return Ok(());
        }
        let secret = |name: &str| {
            let parameter = read.parameters.get(name);
            parameter
                .map(|secret| secret.reveal().to_owned())
                .or_else(|| variable(name))
        };
        let (ports, config) = (self.ports.clone(), read.config.as_deref());
        let (app, router) = self.endpoints.build(ports, config, &secret)?;
        *held = Some(Held {
            app,
            router,
            read,
            stale: self.ports.clock.now() + self.settings.cache,
        });
        Ok(())
    }

    /// Nothing panics while it is held.
    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
