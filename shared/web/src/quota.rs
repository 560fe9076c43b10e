use crate::{
    App, Result,
    error::{ApiError, number},
};
use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderMap;
use openclaw_auth::{Caller, Holder};
use openclaw_core::{
    Code, Error, Money, Timestamp, TraceContext,
    ledger::{Durable, Outcome, Step, When},
    time,
};
use openclaw_providers::{PROVIDER_HEADER, RouteOverride, STRATEGY_HEADER};
use openclaw_rate_limit::{Admission, Window, admit, running_limit};
use openclaw_schema::{account::Account, config::Limits, event::EventType};
use openclaw_usage::{Reservation, Retention, Settlement, Spender, budget_exceeded, refused};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// How often an admission is tried on what has become of its account and key meanwhile.
const MAX_CHANGES: usize = 20;

/// Where a request of a caller is counted, once. Handlers that have more to admit with it (a
/// chat's reservation) do so themselves through [`RequestQuota::admit`]; for all others the
/// [`AuthLayer`](crate::AuthLayer) has.
#[derive(Clone)]
pub struct RequestQuota {
    app: App,
    pub(crate) caller: Arc<Caller>,
    decision: Arc<Mutex<Option<Decision>>>,
    /// Whether a settlement accounts for the request, and logs it.
    is_accounted: Arc<AtomicBool>,
    trace: Option<Arc<TraceContext>>,
    route: Arc<RouteHeaders>,
}

/// What a request's headers say of its routing, unread.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct RouteHeaders {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strategy: Option<String>,
}

impl RouteHeaders {
    fn of(headers: &HeaderMap) -> Self {
        let header = |name: &str| {
            let value = headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Self {
            provider: header(PROVIDER_HEADER),
            strategy: header(STRATEGY_HEADER),
        }
    }
}

/// How the request was counted.
#[derive(Clone, Copy)]
struct Decision {
    window: Window,
    counted: bool,
}

/// How counting a request with further steps went.
enum Counted {
    /// All was applied; resolves when a crash can no longer lose it.
    Whole(Durable),
    /// Nothing was: the step with this index was refused.
    Without(usize),
}

impl RequestQuota {
    /// For a request that the handler itself authenticated.
    pub fn new(app: App, caller: Arc<Caller>) -> Self {
        Self {
            app,
            caller,
            decision: Arc::default(),
            is_accounted: Arc::default(),
            trace: None,
            route: Arc::default(),
        }
    }

    /// For work that goes on after its request was counted and answered.
    pub fn counted_before(app: App, caller: Arc<Caller>, route: RouteHeaders) -> Self {
        let mut quota = Self::new(app, caller);
        quota.route = Arc::new(route);
        let Holder { account, key, .. } = &**quota.caller;
        let now = quota.app.ports.clock.now();
        let window = Window::closed((account, key), quota.limits(), now);
        quota.decide(window, true);
        quota
    }

    /// The same for a request with these headers: the trace that it belongs to, and its routing.
    #[must_use]
    pub fn with_headers(mut self, headers: &HeaderMap) -> Self {
        let route = RouteHeaders::of(headers);
        if route.provider.is_some() || route.strategy.is_some() {
            self.route = Arc::new(route);
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let trace = header("traceparent")
            .and_then(|parent| TraceContext::parse(parent, header("tracestate")));
        self.trace = trace.map(Arc::new);
        self
    }

    /// The trace that the request belongs to.
    pub fn trace(&self) -> Option<Arc<TraceContext>> {
        self.trace.clone()
    }

    /// What the request's headers say of its routing.
    pub fn route_headers(&self) -> &RouteHeaders {
        &self.route
    }

    /// What the request says of its own routing; 400, 403 where its key may not.
    pub fn route(&self) -> Result<Option<RouteOverride>, Error> {
        let RouteHeaders { provider, strategy } = &*self.route;
        if provider.is_none() && strategy.is_none() {
            return Ok(None);
        }
        if !self.caller.key.route_override {
            let message = format!(
                "The key may not say how its requests are routed ({PROVIDER_HEADER}, {STRATEGY_HEADER})"
            );
            return Err(Error::new(Code::Forbidden, message));
        }
        RouteOverride::read(provider.as_deref(), strategy.as_deref()).map(Some)
    }

    /// Whether a settlement accounts for the request, and logs it.
    pub(crate) fn is_accounted(&self) -> bool {
        self.is_accounted.load(Ordering::Relaxed)
    }

    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Counts the request and applies `extra` with it, or neither: 429, or 402 where `extra` is
    /// refused, in which case the request still counts, without it. 401 or 403 where the key was
    /// revoked, its secret replaced or its account suspended, however short a time ago. A request
    /// that was counted before is not counted again.
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
        match self.count(&extra).await? {
            Counted::Whole(durable) => Ok(durable),
            Counted::Without(step) => {
                drop(self.count(&[]).await?);
                Err(error_of(&extra, step).into())
            }
        }
    }

    /// Counts the request and writes its reservation, which holds back `max_cost` where there is a budget;
    /// as [`RequestQuota::admit`]. The settlement notes the key's use, and asks at each renewal of the lease
    /// whether the caller may go on.
    pub async fn reserve(&self, reservation: Reservation, max_cost: Money) -> Result<Settlement> {
        let (app, caller) = (&self.app, &self.caller);
        let spender = Spender {
            account: &caller.account,
            key: &caller.key,
        };
        let reservation = Reservation {
            kept: Retention::from(&app.config.analytics),
            trace: self.trace.as_ref().map(|trace| trace.trace_id().to_owned()),
            trace_parent: self.trace.as_ref().map(|trace| trace.parent().to_owned()),
            run: caller.run().map(str::to_owned),
            ..reservation.hold(spender, max_cost)
        };
        let max_running = running_limit(&caller.account, self.limits());
        let admitted = self.admit(reservation.steps(spender, max_running)?).await?;
        self.is_accounted.store(true, Ordering::Relaxed);
        let settlement = Settlement::new(
            app.ports.clone(),
            app.totals.clone(),
            caller.account.id.clone(),
            reservation,
            admitted,
        );
        let noting = self.clone();
        let settlement = settlement.with(move || noting.note_use());
        let (app, caller) = (app.clone(), caller.clone());
        Ok(settlement.checked_by(move || {
            let (app, caller) = (app.clone(), caller.clone());
            async move {
                let confirmed = app.authenticator.confirm(&app.ports, &caller).await;
                // Where the ledger does not say, the next look may.
                let is_refusal = |error: &Error| {
                    matches!(
                        error.code,
                        Code::Unauthorized | Code::Forbidden | Code::AccountSuspended
                    )
                };
                confirmed.err().filter(is_refusal)
            }
            .boxed()
        }))
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
        let account = &self.caller.account.id;
        match ledger.transact(account, extra.clone()).await? {
            Outcome::Applied(applied) => Ok(applied.durable),
            Outcome::Refused { step } => Err(error_of(&extra, step).into()),
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

    /// Tells the account's webhooks that a window is full, where one wants to know: once, of all processes that
    /// see it. Nobody waits for it, and losing it is harmless.
    fn spawn_tell(&self, account: &Account, window: Window, now: Timestamp) {
        let minute = window.reset.as_second();
        let data = || json!({"limit": window.limit, "reset_time": window.reset.to_string()});
        let kind = EventType::RateLimitExceeded;
        let Ok(Some(tell)) = account.tell(kind, &minute.to_string(), now, data) else {
            return;
        };
        let told = Step::Put {
            key: format!("told/limit/{minute}"),
            document: Bytes::from_static(b"1"),
            when: When::Absent,
            // Longer than anybody sees the window.
            expires: Some(time::shift(window.reset, 2 * time::MINUTE)),
        };
        let (ledger, account) = (self.app.ports.ledger.clone(), account.id.clone());
        self.app.ports.spawn.spawn(Box::pin(async move {
            if let Ok(Outcome::Applied(applied)) = ledger.transact(&account, vec![told, tell]).await
            {
                let _ = applied.durable.await;
            }
        }));
    }

    /// Whether the request has been counted, or refused for its number.
    pub(crate) fn is_decided(&self) -> bool {
        self.decision().is_some()
    }

    /// Counts the request with `extra`, or neither.
    async fn count(&self, extra: &[Step]) -> Result<Counted> {
        let (ports, limits) = (&self.app.ports, self.limits());
        let authenticator = &self.app.authenticator;
        let mut caller = self.caller.clone();
        for _ in 0..MAX_CHANGES {
            let now = ports.clock.now();
            let checked = authenticator.check(ports, &caller).await;
            let (checked, check) = checked.map_err(|error| self.turned_away(error))?;
            let of = (&checked.account, &checked.key);
            match admit(&*ports.ledger, of, limits, now, check, extra.to_vec()).await? {
                Admission::Changed => {
                    let confirmed = authenticator.confirm(ports, &checked).await;
                    caller = confirmed.map_err(|error| self.turned_away(error))?;
                }
                Admission::ExtraRefused { step } => return Ok(Counted::Without(step)),
                Admission::Admitted { window, durable } => {
                    self.decide(window, true);
                    if extra.is_empty() {
                        self.spawn_note();
                    }
                    return Ok(Counted::Whole(durable));
                }
                Admission::Limited { window } => {
                    self.app.full.insert(&checked, limits, window);
                    self.decide(window, false);
                    self.spawn_tell(&checked.account, window, now);
                    return Err(window.error(now).into());
                }
            }
        }
        let message = "The account's keys change all the time";
        Err(Error::new(Code::ProviderUnavailable, message).into())
    }

    /// Of a caller who may not call: there is nothing to count.
    fn turned_away(&self, error: Error) -> ApiError {
        let Holder { account, key, .. } = &**self.caller;
        let now = self.app.ports.clock.now();
        let window = Window::closed((account, key), self.limits(), now);
        self.decide(window, false);
        error.into()
    }

    /// The window that the request was counted in; `None` before that.
    pub fn window(&self) -> Option<Window> {
        self.decision().map(|decision| decision.window)
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

/// The error where the step with that index was refused.
fn error_of(extra: &[Step], step: usize) -> Error {
    extra.get(step).map_or_else(budget_exceeded, refused)
}
