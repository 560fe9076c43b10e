use crate::{
    App, Result,
    error::{ApiError, number},
};
use http::HeaderMap;
use openclaw_auth::Caller;
use openclaw_core::ledger::{Durable, Outcome, Step};
use openclaw_rate_limit::{Admission, Window, admit};
use openclaw_schema::config::Limits;
use openclaw_usage::budget_exceeded;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where a request of a caller is counted, once. Handlers that have more to admit with it (a
/// chat's reservation) do so themselves through [`RequestQuota::admit`]; for all others the
/// [`AuthLayer`](crate::AuthLayer) has.
#[derive(Clone)]
pub struct RequestQuota {
    app: App,
    pub(crate) caller: Arc<Caller>,
    decision: Arc<Mutex<Option<Decision>>>,
}

/// How the request was counted.
#[derive(Clone, Copy)]
struct Decision {
    window: Window,
    counted: bool,
}

impl RequestQuota {
    /// For a request that the handler itself authenticated.
    pub fn new(app: App, caller: Arc<Caller>) -> Self {
        Self {
            app,
            caller,
            decision: Arc::default(),
        }
    }

    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Counts the request and applies `extra` with it, or neither: 429, or 402 where `extra` is
    /// refused, in which case the request still counts, without it. A request that was counted
    /// before is not counted again.
    ///
    /// Without `extra` it also sees to it that the key's use is noted; who has some writes again
    /// when the request is over, and takes [`RequestQuota::note_use`] along then.
    pub async fn admit(&self, extra: Vec<Step>) -> Result<Durable> {
        match self.decision() {
            None => {}
            Some(Decision { counted: true, .. }) => return self.apply(extra).await,
            Some(Decision { window, .. }) => {
                return Err(window.error(self.app.ports.clock.now()).into());
            }
        }
        match self.count(extra).await? {
            Some(durable) => Ok(durable),
            None => {
                self.count(Vec::new()).await?;
                Err(budget_exceeded().into())
            }
        }
    }

    /// 429 where this process knows that the minute's requests are used up: without a call, and
    /// before anything of the body is read.
    pub(crate) fn ensure_left(&self) -> Result<()> {
        let now = self.app.ports.clock.now();
        match self.app.full.find(&self.caller, self.limits(), now) {
            None => Ok(()),
            Some(window) => {
                self.decide(window, false);
                Err(window.error(now).into())
            }
        }
    }

    /// Applies `extra` for a request that has been counted.
    async fn apply(&self, extra: Vec<Step>) -> Result<Durable> {
        if extra.is_empty() {
            return Ok(Durable::now());
        }
        let ledger = &self.app.ports.ledger;
        match ledger.transact(&self.caller.account.id, extra).await? {
            Outcome::Applied(applied) => Ok(applied.durable),
            Outcome::Refused { .. } => Err(budget_exceeded().into()),
        }
    }

    fn limits(&self) -> &Limits {
        &self.app.config.limits
    }

    fn decide(&self, window: Window, counted: bool) {
        *self.lock() = Some(Decision { window, counted });
    }

    fn decision(&self) -> Option<Decision> {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Decision>> {
        self.decision.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The step that notes the use of the key now; `None` where this minute's is taken.
    pub fn note_use(&self) -> Option<Step> {
        let now = self.app.ports.clock.now();
        self.app.authenticator.note_use(&self.caller.key, now)
    }

    /// Notes the key's use beside the request: nobody waits for it, and losing it is harmless.
    fn spawn_note(&self) {
        let Some(note) = self.note_use() else {
            return;
        };
        let (ledger, caller) = (self.app.ports.ledger.clone(), self.caller.clone());
        self.app.ports.spawn.spawn(Box::pin(async move {
            let noted = ledger.transact(&caller.account.id, vec![note]).await;
            if let Ok(Outcome::Applied(applied)) = noted {
                let _ = applied.durable.await;
            }
        }));
    }

    /// Whether the request has been counted, or refused for its number.
    pub(crate) fn is_decided(&self) -> bool {
        self.decision().is_some()
    }

    /// `None` where `extra` was refused.
    async fn count(&self, extra: Vec<Step>) -> Result<Option<Durable>> {
        if extra.is_empty() {
            self.spawn_note();
        }
        let Caller { account, key } = &*self.caller;
        let ports = &self.app.ports;
        let now = ports.clock.now();
        let limits = self.limits();
        let admission = admit(&*ports.ledger, (account, key), limits, now, extra).await?;
        let (window, outcome) = match admission {
            Admission::ExtraRefused => return Ok(None),
            Admission::Admitted { window, durable } => (window, Ok(Some(durable))),
            Admission::Limited { window } => {
                self.app.full.insert(&self.caller, limits, window);
                (window, Err(ApiError(window.error(now))))
            }
        };
        self.decide(window, outcome.is_ok());
        outcome
    }

    /// `X-RateLimit-*`.
    pub fn write_headers(&self, headers: &mut HeaderMap) {
        if let Some(Decision { window, .. }) = self.decision() {
            headers.insert("x-ratelimit-limit", number(window.limit));
            headers.insert("x-ratelimit-remaining", number(window.remaining));
            headers.insert("x-ratelimit-reset", number(window.reset.as_second()));
        }
    }
}
