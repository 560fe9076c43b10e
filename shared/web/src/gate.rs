use crate::{
    App, Result,
    error::{ApiError, number},
};
use http::HeaderMap;
use openclaw_auth::Caller;
use openclaw_core::{
    Code, Error,
    ledger::{Durable, Outcome, Step},
};
use openclaw_rate_limit::{Admission, Window, admit};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a request of a caller is counted, once. Handlers that have more to admit with it (a
/// chat's reservation) do so themselves through [`Gate::admit`]; for all others the guard has.
#[derive(Clone)]
pub struct Gate {
    app: App,
    caller: Arc<Caller>,
    window: Arc<Mutex<Option<Window>>>,
}

impl Gate {
    /// For a request that the handler itself authenticated.
    pub fn new(app: App, caller: Arc<Caller>) -> Self {
        Self {
            app,
            caller,
            window: Arc::default(),
        }
    }

    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Counts the request and applies `extra` with it, or neither: 429, or 402 where `extra` is
    /// refused, in which case the request still counts, without it.
    ///
    /// Without `extra` it also sees to it that the key's use is noted; who has some writes again
    /// when the request is over, and takes [`Gate::note_use`] along then.
    pub async fn admit(&self, extra: Vec<Step>) -> Result<Durable> {
        match self.count(extra).await? {
            Some(durable) => Ok(durable),
            None => {
                self.count(Vec::new()).await?;
                let message = "The monthly budget of this key or account is used up";
                Err(Error::new(Code::BudgetExceeded, message).into())
            }
        }
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
        self.window().is_some()
    }

    /// `None` where `extra` was refused.
    async fn count(&self, extra: Vec<Step>) -> Result<Option<Durable>> {
        if extra.is_empty() {
            self.spawn_note();
        }
        let Caller { account, key } = &*self.caller;
        let ports = &self.app.ports;
        let now = ports.clock.now();
        let limits = &self.app.config.limits;
        let admission = admit(&*ports.ledger, (account, key), limits, now, extra).await?;
        let (window, outcome) = match admission {
            Admission::ExtraRefused => return Ok(None),
            Admission::Admitted { window, durable } => (window, Ok(Some(durable))),
            Admission::Limited { window } => (window, Err(ApiError(window.error(now)))),
        };
        *self.window.lock().unwrap_or_else(PoisonError::into_inner) = Some(window);
        outcome
    }

    fn window(&self) -> Option<Window> {
        *self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `X-RateLimit-*`.
    pub fn write_headers(&self, headers: &mut HeaderMap) {
        if let Some(window) = self.window() {
            headers.insert("x-ratelimit-limit", number(window.limit));
            headers.insert("x-ratelimit-remaining", number(window.remaining));
            headers.insert("x-ratelimit-reset", number(window.reset.as_second()));
        }
    }
}
