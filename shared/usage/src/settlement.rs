//! A request's way from admission to settlement.

use crate::{
    Attempt, RENEW, Reservation, Spender, Status, Totals,
    attempt::MAX_ATTEMPTS,
    booking::{amend, book, row},
    budget::budget_exceeded,
    progress::Progress,
    reservation::later,
    upkeep,
};
use futures_util::{
    FutureExt,
    future::{self, Either, select},
};
use openclaw_core::{
    BoxFuture, Error, Ledger, Money, Ports, Result, Timestamp,
    ledger::{Durable, Outcome, Step},
};
use openclaw_schema::{config::Pricing, usage::TokenUsage};
use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

/// Follows one admitted request and settles it exactly once: by [`Settlement::settle`], or, when it
/// is dropped, as interrupted.
///
/// A request that takes long waits in [`Settlement::within`] or [`Settlement::finish`], which renew the
/// lease of its reservation, so that nobody else settles it.
///
/// It is a pointer: it moves through futures of which each has room for it.
pub struct Settlement(Option<Box<Open>>);

/// What the caller says that a request is about. It is written when the request is settled, and lost in a
/// crash: what is admitted is written into the account's busiest item, which has no room for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// The caller's `user`.
    pub user: Option<String>,
    /// The caller's `metadata`.
    pub metadata: BTreeMap<String, String>,
}

struct Open {
    ports: Ports,
    totals: Arc<Totals>,
    account: String,
    reservation: Reservation,
    admitted: Option<Durable>,
    progress: Progress,
    labels: Labels,
    renew_at: Timestamp,
    beside: Option<Beside>,
    note: Option<Step>,
    check: Option<Check>,
    checking: Option<BoxFuture<'static, Option<Error>>>,
}

/// How a wait ended.
#[derive(Debug)]
pub enum Waited<T> {
    /// With what was waited for.
    Done(T),
    /// With the time.
    Elapsed,
    /// The caller may not go on.
    Refused(Error),
}

/// Says at the settlement what is to be written with it.
type Beside = Box<dyn FnOnce() -> Option<Step> + Send>;

/// Says at a renewal why the caller may not go on, if it may not.
type Check = Box<dyn Fn() -> BoxFuture<'static, Option<Error>> + Send + Sync>;

impl Settlement {
    /// For an admitted request; `admitted` resolves when its admission is durable.
    pub fn new(
        ports: Ports,
        totals: Arc<Totals>,
        account: String,
        reservation: Reservation,
        admitted: Durable,
    ) -> Self {
        Self(Some(Box::new(Open {
            ports,
            totals,
            account,
            renew_at: later(reservation.started, RENEW),
            reservation,
            admitted: Some(admitted),
            progress: Progress::default(),
            labels: Labels::default(),
            beside: None,
            note: None,
            check: None,
            checking: None,
        })))
    }

    /// Asks `check`, whenever the lease is renewed, why the caller may not go on: its key may have
    /// been revoked, or its account suspended.
    #[must_use]
    pub fn checked_by(
        mut self,
        check: impl Fn() -> BoxFuture<'static, Option<Error>> + Send + Sync + 'static,
    ) -> Self {
        if let Some(open) = &mut self.0 {
            open.check = Some(Box::new(check));
        }
        self
    }

    /// Asks `step` once, when the request is settled, for what is to be written in the same
    /// transaction. It must demand nothing of what it finds, and its key be none of accounting's.
    /// It is lost where the settlement is.
    #[must_use]
    pub fn with(mut self, step: impl FnOnce() -> Option<Step> + Send + 'static) -> Self {
        if let Some(open) = &mut self.0 {
            open.beside = Some(Box::new(step));
        }
        self
    }

    /// Has `step` written with the settlement, in place of one that was noted before. It must demand
    /// nothing of what it finds, and its key be none of accounting's.
    pub fn note(&mut self, step: Step) {
        if let Some(open) = &mut self.0 {
            open.note = Some(step);
        }
    }

    /// Notes what the caller says that the request is about.
    pub fn label(&mut self, labels: Labels) {
        if let Some(open) = &mut self.0 {
            open.labels = labels;
        }
    }

    /// Waits until a crash can no longer forget that the request was admitted: before the first
    /// byte of its answer leaves.
    pub fn admitted(&mut self) -> impl Future<Output = Result<()>> + Send + use<> {
        let admitted = self.0.as_mut().and_then(|open| open.admitted.take());
        async {
            match admitted {
                Some(durable) => Ok(durable.await?),
                None => Ok(()),
            }
        }
    }

    /// Waits for `work`, at most `limit`, and renews the lease meanwhile. There is one timer at a
    /// time.
    pub async fn within<T>(
        &mut self,
        limit: Duration,
        mut work: impl Future<Output = T> + Unpin,
    ) -> Waited<T> {
        let Some(open) = &mut self.0 else {
            return Waited::Done(work.await);
        };
        let mut left = limit;
        loop {
            let slice = open.renew_when_due().min(left);
            let timer = open.ports.clock.sleep(slice);
            let refused = poll_fn(|context| open.poll_refused(context));
            match select(&mut work, select(refused, timer)).await {
                Either::Left((done, _)) => return Waited::Done(done),
                Either::Right((Either::Left((error, _)), _)) => return Waited::Refused(error),
                Either::Right((Either::Right(_), _)) => {}
            }
            left -= slice;
            if left.is_zero() {
                return Waited::Elapsed;
            }
        }
    }

    /// Waits for `work` however long it takes, and renews the lease meanwhile; an error says why
    /// the caller may not go on.
    pub async fn finish<T>(&mut self, mut work: impl Future<Output = T> + Unpin) -> Result<T> {
        loop {
            match self.within(Duration::MAX, &mut work).await {
                Waited::Done(done) => return Ok(done),
                Waited::Refused(error) => return Err(error),
                Waited::Elapsed => {}
            }
        }
    }

    /// A provider is being called: from here on the tokens in are accounted.
    pub fn calling(&mut self) {
        self.update(|progress| progress.called = true);
    }

    /// So many calls failed although the provider may have worked on them: it may bill their
    /// prompts.
    pub fn billed_failures(&mut self, calls: u32) {
        self.update(|progress| progress.billed_failures = calls);
    }

    /// These calls of providers were made.
    pub fn attempted(&mut self, calls: impl IntoIterator<Item = Attempt>) {
        self.update(|progress| {
            progress.attempts.extend(calls);
            progress.attempts.truncate(MAX_ATTEMPTS);
        });
    }

    /// The response cache answers.
    pub fn cache_hit(&mut self) {
        self.update(|progress| progress.cache = true);
    }

    /// It fails with this error.
    pub fn failed(&mut self, error: &Error) {
        self.update(|progress| progress.code = Some(error.code.as_str().into()));
    }

    /// Something of a stream's answer is there; the first time counts.
    pub fn first_token(&mut self) {
        let Some(open) = &mut self.0 else {
            return;
        };
        if open.progress.first_token_ms.is_none() {
            let waited = open
                .ports
                .clock
                .now()
                .duration_since(open.reservation.started);
            open.progress.first_token_ms = u64::try_from(waited.as_millis()).ok();
        }
    }

    /// This model answered at this provider, at these prices.
    pub fn served_by(&mut self, provider: &str, model: &str, pricing: &Pricing) {
        self.update(|progress| {
            progress.provider = Some(provider.to_string());
            progress.served_model = Some(model.to_string());
            progress.pricing = Some(pricing.clone());
        });
    }

    /// About so many more tokens came out.
    pub fn generated(&mut self, tokens: u64) {
        self.update(|progress| progress.completion_estimate += tokens);
    }

    /// The provider's own counts; those that it leaves out are as before.
    pub fn counted(&mut self, usage: TokenUsage) {
        self.update(|progress| progress.usage.update(usage));
    }

    /// The answer's tokens if it ended now, by the provider's counts or our estimates, and what they
    /// cost; with those of the rounds before.
    pub fn usage(&self) -> (TokenUsage, Money) {
        let Some(open) = &self.0 else {
            return Default::default();
        };
        let (usage, _) = open.progress.answer_usage(open.reservation.prompt_tokens);
        let pricing = open.progress.pricing.as_ref();
        let cost = pricing.unwrap_or(&open.reservation.pricing).cost(&usage);
        match &open.progress.earlier {
            None => (usage, cost),
            Some(earlier) => {
                let cost = earlier.cost.saturating_add(cost.nanos());
                (earlier.usage.plus(usage), Money::from_nanos(cost))
            }
        }
    }

    /// Before a model is called again for the same request, with a prompt of about so many tokens: what
    /// the request has cost by now and the `max_cost` of the call are held back in place of what was. 402
    /// where a budget does not allow that; then the rounds before are what the request comes to.
    pub async fn next_round(
        &mut self,
        prompt_tokens: u64,
        max_cost: Money,
        spender: Spender<'_>,
    ) -> Result<()> {
        match &mut self.0 {
            Some(open) => open.next_round(prompt_tokens, max_cost, spender).await,
            None => Ok(()),
        }
    }

    /// Settles, once; resolves when the row is durable.
    ///
    /// Boxed: a stream that is open for minutes has no room in it for what it does at its end.
    pub fn settle(&mut self, status: Status) -> BoxFuture<'static, Result<()>> {
        match self.0.take() {
            Some(open) => Box::pin(open.settle(status)),
            None => Box::pin(future::ready(Ok(()))),
        }
    }

    fn update(&mut self, change: impl FnOnce(&mut Progress)) {
        if let Some(open) = &mut self.0 {
            change(&mut open.progress);
        }
    }
}

impl Drop for Settlement {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            let spawn = open.ports.spawn.clone();
            spawn.spawn(Box::pin(async move {
                let request = open.reservation.request.clone();
                if let Err(error) = open.settle(Status::Interrupted).await {
                    let cause = error.cause.unwrap_or_default();
                    tracing::error!(request, cause, "an interrupted request was not settled");
                }
            }));
        }
    }
}

impl Open {
    async fn settle(mut self: Box<Self>, status: Status) -> Result<()> {
        let beside = self.beside.take().and_then(|step| step());
        let beside = Vec::from_iter(beside.into_iter().chain(self.note.take()));
        let (ledger, account) = (&*self.ports.ledger, &self.account);
        let now = self.ports.clock.now();
        let row = row(&self.reservation, &self.progress, &self.labels, status, now);
        let reservation = &self.reservation;
        let applied = match book(ledger, account, reservation, &row, beside.clone()).await? {
            Some(applied) => applied,
            None => amend(ledger, account, reservation, &row, beside).await?,
        };
        self.totals.add(&row);
        row.log(account);
        applied.durable.await?;
        self.ensure_upkeep(now);
        Ok(())
    }

    /// In a task of its own: nobody waits for it.
    fn ensure_upkeep(self, now: Timestamp) {
        if !self.totals.is_first_today(&self.account, now) {
            return;
        }
        let ports = self.ports.clone();
        ports.spawn.spawn(Box::pin(async move {
            let ensured = upkeep::ensure(&*self.ports.ledger, &self.account, now).await;
            if let Err(error) = ensured {
                let cause = error.cause.unwrap_or_default();
                tracing::warn!(cause, "an account has no job for its log");
            }
        }));
    }

    async fn next_round(
        &mut self,
        prompt_tokens: u64,
        max_cost: Money,
        spender: Spender<'_>,
    ) -> Result<()> {
        let spent = self.progress.spent(&self.reservation, Status::Completed);
        let next = Reservation {
            prompt_tokens,
            ..self.reservation.clone()
        };
        let most = spent.cost.saturating_add(max_cost.nanos());
        let next = next.hold(spender, Money::from_nanos(most));
        self.progress = Progress {
            earlier: Some(Box::new(spent)),
            attempts: std::mem::take(&mut self.progress.attempts),
            first_token_ms: self.progress.first_token_ms,
            ..Progress::default()
        };
        let now = self.ports.clock.now();
        let mut steps = vec![next.renew(now, self.progress.clone())?];
        steps.extend(next.hold_instead(self.reservation.reserved, spender));
        match self.ports.ledger.transact(&self.account, steps).await? {
            Outcome::Applied(_) => {
                self.reservation = next;
                self.renew_at = later(now, RENEW);
                Ok(())
            }
            // A sweep took it for dead; its settlement finds that out.
            Outcome::Refused { step: 0 } => Err(Error::internal("a reservation is gone")),
            Outcome::Refused { .. } => Err(budget_exceeded()),
        }
    }

    /// Ready when a check found that the caller may not go on.
    fn poll_refused(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        if let Some(checking) = &mut self.checking {
            let refused = ready!(checking.poll_unpin(context));
            self.checking = None;
            if let Some(error) = refused {
                return Poll::Ready(error);
            }
        }
        Poll::Pending
    }

    /// Renews the lease where it is time to, and says how long it is until the next time, at most
    /// [`RENEW`]. It happens in a task of its own: a slow ledger holds no answer up, and for a
    /// failed renewal there is the next.
    fn renew_when_due(&mut self) -> Duration {
        let now = self.ports.clock.now();
        if now < self.renew_at {
            return self.renew_at.duration_since(now).min(RENEW);
        }
        self.renew_at = later(now, RENEW);
        // One that still runs is as good as another.
        if self.checking.is_none() {
            self.checking = self.check.as_ref().map(|check| check());
        }
        let step = self.reservation.renew(now, self.progress.clone());
        let (ledger, account) = (self.ports.ledger.clone(), self.account.clone());
        let request = self.reservation.request.clone();
        self.ports.spawn.spawn(Box::pin(async move {
            // Refused means settled: at the request's end, which was quicker, or by a sweep, which
            // the request's end is going to find out.
            if let Err(error) = write(&*ledger, &account, step).await {
                let cause = error.cause.unwrap_or_default();
                tracing::warn!(request, cause, "a reservation was not renewed");
            }
        }));
        RENEW
    }
}

async fn write(ledger: &dyn Ledger, account: &str, step: Result<Step>) -> Result<()> {
    if let Outcome::Applied(applied) = ledger.transact(account, vec![step?]).await? {
        applied.durable.await?;
    }
    Ok(())
}
