//! A function in this process. Its first request builds it from the stored configuration and the
//! secrets; a later one builds it again where these have changed.

use crate::{
    DynamoKv, DynamoLedger, S3Blob, Settings, client,
    invocation::InvocationTasks,
    parameters::{self, Parameters},
};
use axum::{Router, body::Body};
use lambda_http::{RequestExt, request::RequestContext};
use openclaw_core::{Clock, Http, Ports, Timestamp};
use openclaw_tokio::{HyperHttp, RingSigner, SystemClock, SystemRandom};
use openclaw_web::{App, Consumers, Documents, Endpoints, Peer, not_configured};
use std::{
    env,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tower::Service;

/// A function: its routes and the ports, and what was built of them.
pub(crate) struct Function {
    endpoints: Endpoints,
    settings: Settings,
    ports: Ports,
    built: Mutex<Option<Built>>,
}

/// The app and router of a function, with the documents that they were built from.
struct Built {
    app: App,
    router: Router,
    read: Read,
    /// When it is to be read again.
    stale: Timestamp,
}

impl Built {
    fn parts(&self) -> (App, Router) {
        (self.app.clone(), self.router.clone())
    }
}

/// The documents that a function is built from.
#[derive(PartialEq)]
struct Read {
    documents: Documents,
    parameters: Parameters,
}

impl Function {
    /// Nothing is read, and nobody called, before the first request.
    pub(crate) fn new(settings: Settings, endpoints: Endpoints, tasks: InvocationTasks) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let http: Arc<dyn Http> = Arc::new(HyperHttp::new());
        let spawn = Arc::new(tasks);
        let db = client(&settings, http.clone());
        let (kv, ledger) = (&settings.kv_table, &settings.ledger_table);
        let kv = DynamoKv::new(db.clone(), kv.clone(), clock.clone(), settings.cache);
        let ledger = DynamoLedger::new(db, ledger.clone(), clock.clone(), spawn.clone());
        let blob = S3Blob::new(settings.clone(), http.clone(), clock.clone(), spawn.clone());
        let ports = Ports {
            kv: Arc::new(kv),
            ledger: Arc::new(ledger),
            blob: Arc::new(blob),
            http,
            public_http: Arc::new(HyperHttp::public()),
            clock,
            random: Arc::new(SystemRandom),
            spawn,
            signer: Arc::new(RingSigner),
        };
        Self {
            endpoints,
            settings,
            ports,
            built: Mutex::default(),
        }
    }

    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Who works on the function's jobs.
    pub(crate) fn consumers(&self, app: &App) -> Consumers {
        self.endpoints.consumers(app)
    }

    pub(crate) const fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Answers a request by the router, or says that the function is not configured.
    pub(crate) async fn answer(&self, mut request: lambda_http::Request) -> http::Response<Body> {
        if let Some(peer) = peer(&request) {
            request.extensions_mut().insert(peer);
        }
        let mut router = match self.built().await {
            Ok((_, router)) => router,
            Err(cause) => return not_configured(&*self.ports.random, cause),
        };
        match router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// The app and its router. Where the documents cannot be read any more, or are wrong, the last good ones
    /// stay; the error says why there are none.
    pub(crate) async fn built(&self) -> Result<(App, Router), String> {
        if let Some(built) = self.fresh() {
            return Ok(built);
        }
        let read = self.read().await;
        let renewed = read.and_then(|read| self.renew(read));
        let built = self.lock();
        match (&*built, renewed) {
            (Some(last), Ok(())) => Ok(last.parts()),
            (Some(last), Err(cause)) => {
                tracing::error!(
                    cause,
                    "the configuration cannot be taken; the last one stays"
                );
                Ok(last.parts())
            }
            (None, renewed) => Err(renewed.err().unwrap_or_default()),
        }
    }

    /// The app and router, as long as nothing need be read again.
    fn fresh(&self) -> Option<(App, Router)> {
        let mut built = self.lock();
        let built = built.as_mut()?;
        let now = self.ports.clock.now();
        if now < built.stale {
            return Some(built.parts());
        }
        // Where the look fails, the next one is as far off.
        built.stale = now + self.settings.cache;
        None
    }

    async fn read(&self) -> Result<Read, String> {
        let documents = Documents::read(&*self.ports.kv).await;
        let documents = documents.map_err(|error| format!("the stored configuration: {error}"))?;
        // Which secrets there are to read, the configuration says: it names the providers' keys.
        let names = self.endpoints.secrets(&documents)?;
        let (settings, http) = (&self.settings, &*self.ports.http);
        let with_vendors = self.endpoints.uses_vendors();
        let parameters = parameters::read(settings, http, &names, with_vendors).await?;
        Ok(Read {
            documents,
            parameters,
        })
    }

    fn renew(&self, read: Read) -> Result<(), String> {
        let is_same = self.lock().as_ref().is_some_and(|built| built.read == read);
        if is_same {
            return Ok(());
        }
        let secret = |name: &str| {
            let parameter = read.parameters.get(name);
            parameter
                .map(|secret| secret.reveal().to_owned())
                .or_else(|| variable(name))
        };
        let ports = self.ports.clone();
        let (app, router) = self.endpoints.build(ports, &read.documents, &secret)?;
        *self.lock() = Some(Built {
            app,
            router,
            read,
            stale: self.ports.clock.now() + self.settings.cache,
        });
        Ok(())
    }

    /// Nothing panics while it is held.
    fn lock(&self) -> MutexGuard<'_, Option<Built>> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who asks, as API Gateway saw it.
fn peer(request: &lambda_http::Request) -> Option<Peer> {
    let address = match request.request_context_ref()? {
        RequestContext::ApiGatewayV1(context) => context.identity.source_ip.as_deref(),
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref(),
        _ => None,
    };
    address?.parse().ok().map(Peer)
}

/// A variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
