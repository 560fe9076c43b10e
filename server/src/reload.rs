//! The gateway as it is configured: by the file, and by what the operator changes while it runs.

use anyhow::{Result, anyhow};
use axum::Router;
use openclaw_auth::Secrets;
use openclaw_core::{
    BoxFuture, Ports,
    ledger::Step,
    queue::{Concurrency, Consumer, End, Job},
};
use openclaw_web::{App, Consumers, Documents, OVERLAY, app_of};
use parking_lot::RwLock;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// How often is looked whether the configuration was changed.
const LOOK: Duration = Duration::from_secs(1);

/// The value of a variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The router over the configuration that counts now.
#[derive(Clone, Default)]
pub(crate) struct LiveRouter(Arc<RwLock<Router>>);

impl LiveRouter {
    pub(crate) fn get(&self) -> Router {
        self.0.read().clone()
    }

    pub(crate) fn set(&self, router: Router) {
        *self.0.write() = router;
    }
}

/// Who works on jobs, over the configuration that counts now: an attempt takes the last one that is there
/// when it starts. What a topic allows at once is fixed at the start.
#[derive(Clone)]
pub(crate) struct LiveConsumers(Arc<RwLock<Consumers>>);

impl LiveConsumers {
    pub(crate) fn new(consumers: Consumers) -> Self {
        Self(Arc::new(RwLock::new(consumers)))
    }

    /// The same topics, by another configuration.
    pub(crate) fn set(&self, consumers: Consumers) {
        *self.0.write() = consumers;
    }

    /// A consumer for each topic there is.
    pub(crate) fn each(&self) -> Consumers {
        let first = self.0.read().clone();
        let live = |first: Arc<dyn Consumer>| -> Arc<dyn Consumer> {
            Arc::new(LiveConsumer {
                first,
                all: self.clone(),
            })
        };
        first.into_iter().map(live).collect()
    }
}

struct LiveConsumer {
    first: Arc<dyn Consumer>,
    all: LiveConsumers,
}

impl LiveConsumer {
    fn now(&self) -> Arc<dyn Consumer> {
        let all = self.all.0.read();
        let mut same = all.iter().filter(|one| one.topic() == self.topic());
        same.next().unwrap_or(&self.first).clone()
    }
}

impl Consumer for LiveConsumer {
    fn topic(&self) -> &'static str {
        self.first.topic()
    }

    fn time_limit(&self) -> Duration {
        self.now().time_limit()
    }

    fn lease(&self) -> Option<Duration> {
        self.now().lease()
    }

    fn pauses(&self) -> &[Duration] {
        self.first.pauses()
    }

    fn concurrency(&self) -> Concurrency {
        self.first.concurrency()
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        let consumer = self.now();
        Box::pin(async move { consumer.work(job).await })
    }

    fn give_up<'a>(&'a self, job: &'a Job, reason: &'a str) -> BoxFuture<'a, Vec<Step>> {
        let consumer = self.now();
        Box::pin(async move { consumer.give_up(job, reason).await })
    }
}

/// Where the configuration is read.
pub(crate) struct Configured {
    ports: Ports,
    secrets: Secrets,
    base: bytes::Bytes,
}

impl Configured {
    /// By `document`, the file's, and what stands over it in `ports`.
    pub(crate) fn new(ports: Ports, secrets: Secrets, document: &Value) -> Result<Self> {
        let base = serde_json::to_vec(document)?.into();
        Ok(Self {
            ports,
            secrets,
            base,
        })
    }

    async fn documents(&self) -> Result<Documents> {
        Ok(Documents {
            base: Some(self.base.clone()),
            overlay: self.ports.kv.get(OVERLAY).await?,
        })
    }

    /// The gateway as it is configured now, and by what.
    pub(crate) async fn app(&self) -> Result<(App, Documents)> {
        let documents = self.documents().await?;
        Ok((self.build(&documents, None)?, documents))
    }

    fn build(&self, documents: &Documents, before: Option<&App>) -> Result<App> {
        let (ports, secrets) = (self.ports.clone(), self.secrets.clone());
        app_of(ports, secrets, documents, &variable, before).map_err(|error| anyhow!(error))
    }

    /// Tells `changed` of each configuration that comes after `last`, of which `app` is, for ever. One that
    /// cannot be taken is told of in the log, and the last one stays.
    pub(crate) async fn watch(
        &self,
        (mut app, mut last): (App, Documents),
        changed: impl Fn(&App),
    ) {
        loop {
            sleep(LOOK).await;
            let documents = match self.documents().await {
                Ok(documents) if last == documents => continue,
                Ok(documents) => documents,
                Err(error) => {
                    tracing::error!(%error, "the configuration cannot be read");
                    continue;
                }
            };
            match self.build(&documents, Some(&app)) {
                Ok(next) => {
                    changed(&next);
                    tracing::info!("the configuration was changed");
                    app = next;
                }
                Err(error) => tracing::error!(%error, "the last configuration stays"),
            }
            last = documents;
        }
    }
}
