//! From target to target until one answers.

use crate::{
    answer::Completion,
    call::{AsItCame, Call, Mode, Streamed, Whole},
    fault::{Fault, Next},
    forward::Forwarded,
    order::{Candidate, below, candidates},
    plan::{Outgoing, Plan},
    reply::{Called, Failure, MAX_TOLD, Reply},
    stream::ChunkStream,
};
use http::{HeaderMap, HeaderValue};
use openclaw_core::{Details, Error, Ports, Random, span_of};
use openclaw_schema::config::Routing;
use std::{sync::Arc, time::Duration};

impl Plan {
    /// Sends it and waits for the whole answer.
    pub fn complete(
        self,
        ports: Ports,
    ) -> impl Future<Output = Result<Reply<Completion>, Failure>> + Send + 'static {
        run::<Whole>(self, ports)
    }

    /// Sends a request of another endpoint than the chat's, and waits for the answer; of one that
    /// streams, for its head.
    pub fn forward(
        self,
        ports: Ports,
    ) -> impl Future<Output = Result<Reply<Forwarded>, Failure>> + Send + 'static {
        run::<AsItCame>(self, ports)
    }

    /// Sends it and waits until something of the answer is there: a text, a call of a tool, or why
    /// it ended. From then on nothing is retried.
    pub fn stream(
        self,
        ports: Ports,
    ) -> impl Future<Output = Result<Reply<ChunkStream>, Failure>> + Send + 'static {
        run::<Streamed>(self, ports)
    }
}

/// Tries the model's targets and those of its fallbacks, each up to `routing.attempts` times. After
/// a prompt that was too long for one, only models with a larger context are tried. The failure is
/// that of the last call.
async fn run<M: Mode>(plan: Plan, ports: Ports) -> Result<Reply<M::Answer>, Failure> {
    let now = ports.clock.now();
    let mut failure = Failure {
        error: Error::internal("no target was tried"),
        provider: None,
        attempts: 0,
        billed_failures: 0,
        calls: vec![],
    };
    let mut too_short = 0;
    for candidate in candidates(&plan, &*ports.random, now) {
        if candidate.model.context_length <= too_short {
            continue;
        }
        let attempt = match Attempt::new(&plan, &ports, &candidate) {
            Ok(attempt) => attempt,
            // This one cannot be asked what another could; why another failed says more.
            Err(error) => {
                if failure.attempts == 0 {
                    failure.error = error;
                }
                continue;
            }
        };
        match attempt.run::<M>(&mut failure).await {
            Ok(answer) => {
                let served = candidate.served(failure);
                return Ok(Reply { answer, served });
            }
            Err(fault) => {
                failure.error = fault.error;
                failure.provider = Some(Arc::clone(&candidate.target().provider.id));
                match fault.next {
                    Next::Stop => break,
                    Next::Larger => too_short = candidate.model.context_length,
                    Next::Retry | Next::Move => {}
                }
            }
        }
    }
    Err(failure)
}

/// One target with its request.
struct Attempt<'a> {
    plan: &'a Plan,
    ports: &'a Ports,
    candidate: &'a Candidate,
    outgoing: Outgoing,
}

impl<'a> Attempt<'a> {
    /// An error is the caller's: this target cannot be asked that.
    fn new(plan: &'a Plan, ports: &'a Ports, candidate: &'a Candidate) -> Result<Self, Error> {
        let target = candidate.target();
        Ok(Self {
            plan,
            ports,
            candidate,
            outgoing: plan.encode(&candidate.model, target)?,
        })
    }

    /// Calls until the target answers, will not answer, or has been called often enough.
    /// `total` counts the calls.
    async fn run<M: Mode>(&self, total: &mut Failure) -> Result<M::Answer, Fault> {
        let routing = &self.plan.providers.routing;
        let mut calls = 1;
        loop {
            total.attempts += 1;
            let begun = self.ports.clock.now();
            let (health, slot) = (&self.plan.providers.health, self.candidate.target().slot);
            health.calling(slot, begun);
            let trace = self.plan.trace.as_ref();
            let parent = trace.map(|trace| trace.child(&*self.ports.random));
            let called = self.call::<M>(parent.as_deref()).await;
            if total.calls.len() < MAX_TOLD {
                let took = self.ports.clock.now().duration_since(begun);
                let span = parent.as_deref().and_then(span_of).map(str::to_owned);
                total
                    .calls
                    .push(self.told(called.as_ref().err(), took, span));
            }
            let fault = match called {
                Ok(answer) => {
                    health.took(slot, self.ports.clock.now().duration_since(begun));
                    return Ok(answer);
                }
                Err(fault) => fault,
            };
            self.count(&fault, calls);
            total.billed_failures += u32::from(fault.may_be_billed);
            let wait = backoff(routing, calls, fault.error.retry_after, &*self.ports.random);
            match wait {
                Some(wait) if fault.next == Next::Retry && calls < routing.attempts => {
                    if !wait.is_zero() {
                        self.ports.clock.sleep(wait).await;
                    }
                }
                _ => return Err(fault),
            }
            calls += 1;
        }
    }

    fn call<M: Mode>(
        &self,
        parent: Option<&str>,
    ) -> impl Future<Output = Result<M::Answer, Fault>> + Send {
        let target = self.candidate.target();
        let mut request = target.provider.request(
            &self.outgoing,
            &self.plan.request_id,
            self.ports.clock.now(),
        );
        if let (Some(parent), Some(trace)) = (parent, &self.plan.trace) {
            write_trace(request.headers_mut(), parent, trace.state());
        }
        let call = Call {
            ports: self.ports,
            providers: &self.plan.providers,
            target,
            format: self.outgoing.format,
        };
        M::call(call, request)
    }

    /// A call that is over, with the fault where it failed.
    fn told(&self, fault: Option<&Fault>, took: Duration, span: Option<String>) -> Called {
        let target = self.candidate.target();
        let status = match fault.map(|fault| &fault.error.details) {
            None => Some(200),
            Some(Some(Details::Provider { status, .. })) => *status,
            Some(_) => None,
        };
        Called {
            provider: Arc::clone(&target.provider.id),
            model: target.model.clone(),
            status,
            code: fault.map(|fault| fault.error.code),
            took,
            span,
        }
    }

    /// Notes a failure for the log, and for the target unless the request is to blame.
    fn count(&self, fault: &Fault, calls: u32) {
        let target = self.candidate.target();
        if fault.counts {
            self.plan.providers.failed(target.slot, self.ports);
        }
        tracing::warn!(
            request_id = self.plan.request_id,
            provider = &*target.provider.id,
            model = target.model,
            calls,
            next = ?fault.next,
            code = fault.error.code.as_str(),
            cause = fault.error.cause,
            "provider call failed"
        );
    }
}

/// `traceparent` and `tracestate`: each call is a span of its own.
fn write_trace(headers: &mut HeaderMap, parent: &str, state: Option<&str>) {
    let fields = [("traceparent", Some(parent)), ("tracestate", state)];
    for (name, value) in fields {
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
}

/// How long to wait after the `calls`th call: anything up to a bound that doubles with each
/// ("full jitter", so that those who failed together do not come back together), and no less than
/// the provider asked for. `None` when that is more than is ever waited.
fn backoff(
    routing: &Routing,
    calls: u32,
    retry_after: Option<Duration>,
    random: &dyn Random,
) -> Option<Duration> {
    let most = Duration::from_millis(routing.max_backoff_ms);
    let asked = retry_after.unwrap_or_default();
    if asked > most {
        return None;
    }
    let doubled = 1u64.checked_shl(calls - 1).unwrap_or(u64::MAX);
    let bound = routing.backoff_ms.saturating_mul(doubled);
    let bound = bound.min(routing.max_backoff_ms);
    let jitter = below(random, bound.saturating_add(1));
    Some(asked.max(Duration::from_millis(jitter)))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u64);

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0.to_le_bytes()[..bytes.len()]);
        }
    }

    #[test]
    fn waits_double_up_to_their_bound_with_full_jitter() {
        let routing = Routing {
            backoff_ms: 100,
            max_backoff_ms: 1000,
            ..Routing::default()
        };
        let wait = |calls, asked: Option<u64>, drawn| {
            let asked = asked.map(Duration::from_millis);
            backoff(&routing, calls, asked, &Fixed(drawn)).map(|wait| wait.as_millis())
        };
        assert_eq!(wait(1, None, 0), Some(0));
        assert_eq!(wait(1, None, 100), Some(100));
        assert_eq!(wait(1, None, 101), Some(0));
        assert_eq!(wait(3, None, 400), Some(400));
        assert_eq!(wait(9, None, 1000), Some(1000));
        assert_eq!(wait(9999, None, 1000), Some(1000));
        assert_eq!(wait(1, Some(700), 50), Some(700));
        assert_eq!(wait(1, Some(1001), 50), None);
    }
}
