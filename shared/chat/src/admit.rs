//! From a checked body to an admitted request.

use crate::{
    auto::{AUTO, cheapest},
    bound::{ensure_answer_fits, usage_bound},
    cache::{Cache, Entry},
    continuation::Continuation,
    guard::guards,
    labels::labels,
    rounds::Rounds,
};
use bytes::Bytes;
use openclaw_core::{Code, Details, Error, Money};
use openclaw_guardrails::Guards;
use openclaw_providers::{
    Called, Failure, Forward, ForwardContent, Model, Plan, Served, Verbatim, tokens,
};
use openclaw_schema::{
    chat::ChatRequest,
    key::{Key, OnDisconnect},
    pricing::{Pricing, UsageBound},
};
use openclaw_usage::{Attempt, Endpoint, Labels, Reservation, Settlement};
use openclaw_web::{App, RequestId, RequestQuota, Result};
use std::sync::Arc;

/// A request that its model and its key allow, ready to be admitted. The parsed request is no longer
/// needed: a call may take minutes.
pub struct PreparedChat {
    /// The calls to make.
    pub plan: Plan,
    reservation: Reservation,
    /// The most that the call can cost.
    pub max_cost: Money,
    priced_fields: Vec<String>,
    /// How often the fixed price of an answer counts.
    answers: u64,
    labels: Labels,
    /// Where its answer is kept, where the caller asked for that.
    pub cache: Option<Cache>,
    /// The rounds that may follow, where skills are offered.
    pub rounds: Option<Box<dyn Rounds>>,
    guards: Option<Arc<Guards>>,
}

/// A chat that was asked, in whatever dialect.
pub struct Asked<'a> {
    /// The chat, which was parsed from `body`.
    pub request: &'a ChatRequest<'a>,
    /// OpenAI's body of it.
    pub body: Bytes,
    /// Whether the answer shall stream.
    pub stream: bool,
    /// The endpoint, for the usage row.
    pub endpoint: Endpoint,
    /// What `request` was converted from, where it was.
    pub verbatim: Option<Verbatim>,
}

/// A request of another endpoint than the chat's.
pub struct AskedForward {
    /// The model that was asked for.
    pub model: String,
    /// What is sent.
    pub forward: Forward,
    /// The endpoint, for the usage row.
    pub endpoint: Endpoint,
    /// Our estimate of the tokens in.
    pub prompt_tokens: u64,
    /// The most that it can take.
    pub bound: ForwardBound,
    /// How often the fixed price of an answer counts: pictures are priced one by one.
    pub answers: u64,
}

/// The most tokens that a request of another endpoint can take.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForwardBound {
    /// Tokens in that are text.
    pub text_prompt: u64,
    /// Tokens in of other kinds; `None` for the model's context.
    pub media_prompt: Option<u64>,
    /// Tokens out; `None` for the most that the model writes.
    pub completion: Option<u64>,
    /// Whether there is audio in it.
    pub has_audio: bool,
}

/// An admitted request: the calls to make, and the settlement that accounts for them.
pub struct AdmittedChat {
    pub(crate) plan: Plan,
    pub(crate) accounting: Accounting,
    pub(crate) on_disconnect: OnDisconnect,
    pub(crate) cache: Option<Cache>,
    /// The rounds that may follow, where skills are offered.
    pub rounds: Option<Box<dyn Rounds>>,
    pub(crate) guards: Option<Arc<Guards>>,
    pub(crate) continuation: Option<Continuation>,
}

/// The settlement of a request, and what its price depends on.
pub(crate) struct Accounting {
    pub(crate) settlement: Settlement,
    /// See [`ChatRequest::priced_fields`].
    priced_fields: Vec<String>,
    /// How often the fixed price of an answer counts.
    answers: u64,
}

impl PreparedChat {
    /// Checks what the model and the key demand, and builds the provider's request; 400, 403.
    pub fn new(
        app: &App,
        gate: &RequestQuota,
        id: &RequestId,
        request: &ChatRequest<'_>,
        body: &Bytes,
        stream: bool,
    ) -> Result<Self> {
        let asked = Asked {
            request,
            body: body.clone(),
            stream,
            endpoint: Endpoint::Chat,
            verbatim: None,
        };
        Self::of(app, gate, id, asked)
    }

    /// The same for a chat that was asked in another dialect.
    pub fn of(
        app: &App,
        gate: &RequestQuota,
        id: &RequestId,
        mut asked: Asked<'_>,
    ) -> Result<Self> {
        let Some(guards) = guards(app, gate)? else {
            return Self::planned(app, gate, id, asked);
        };
        if let Some(verbatim) = asked.verbatim.take() {
            asked.verbatim = guarded_verbatim(&guards, verbatim, asked.stream)?;
        }
        let mut prepared = match guards.request(&asked.body)? {
            None => Self::planned(app, gate, id, asked)?,
            Some(body) => {
                let request = ChatRequest::parse(&body)?;
                let asked = Asked {
                    request: &request,
                    body: body.clone(),
                    ..asked
                };
                Self::planned(app, gate, id, asked)?
            }
        };
        prepared.guards = Some(guards);
        Ok(prepared)
    }

    fn planned(
        app: &App,
        gate: &RequestQuota,
        RequestId(id): &RequestId,
        asked: Asked<'_>,
    ) -> Result<Self> {
        let Asked {
            request,
            body,
            stream,
            endpoint,
            verbatim,
        } = asked;
        let caller = gate.caller();
        let model = match &*request.model {
            AUTO if app.providers.model(AUTO).is_none() => {
                let models = app.providers.models().map(Arc::clone);
                cheapest(models, request, &caller.key)?
            }
            id => find_model(app, id)?,
        };
        ensure_allowed(&caller.key, &model.id)?;
        // In other dialects a bound above the model's own is held within it.
        if endpoint == Endpoint::Chat {
            request.validate_for(model.max_output_tokens)?;
        }
        if !stream {
            ensure_answer_fits(request, model.max_output_tokens)?;
        }
        let allowed = caller.key.models.as_deref();
        let bytes = body.len();
        let providers = &app.providers;
        let plan = providers.plan(&model, request, body, stream, id, allowed, verbatim)?;
        let plan = routed(plan, gate)?;
        let priced_fields = request.priced_fields();
        let serving = app.providers.serving(&model, allowed);
        let max_cost = serving.map(|model| {
            let pricing = model.pricing.with_extras(&priced_fields);
            pricing.max_cost(&usage_bound(request, bytes, &model))
        });
        Ok(Self {
            plan,
            max_cost: max_cost.max().unwrap_or(Money::ZERO),
            reservation: Reservation {
                request: id.to_string(),
                key: caller.key.id.clone(),
                endpoint,
                model: model.id.clone(),
                pricing: model.pricing.with_extras(&priced_fields),
                started: app.ports.clock.now(),
                prompt_tokens: tokens::estimate_prompt(request),
                counted: true,
                stream,
                ..Reservation::default()
            },
            labels: labels(request)?,
            priced_fields,
            answers: 1,
            cache: None,
            rounds: None,
            guards: None,
        })
    }

    /// The same for a request of another endpoint than the chat's.
    pub fn forward(
        app: &App,
        gate: &RequestQuota,
        RequestId(id): &RequestId,
        mut asked: AskedForward,
    ) -> Result<Self> {
        let guards = guards(app, gate)?;
        if let (Some(guards), ForwardContent::Json(object)) = (&guards, &mut asked.forward.content)
        {
            guards.request_object(object)?;
        }
        let caller = gate.caller();
        let model = find_model(app, &asked.model)?;
        ensure_allowed(&caller.key, &model.id)?;
        let allowed = caller.key.models.as_deref();
        let providers = &app.providers;
        let plan = providers.plan_forward(&model, asked.forward, id, allowed)?;
        let plan = routed(plan, gate)?;
        let serving = providers.serving(&model, allowed);
        let max_cost = serving.map(|model| {
            let pricing = several(&model.pricing, asked.answers);
            pricing.max_cost(&UsageBound {
                completion: asked.bound.completion.unwrap_or(model.max_output_tokens),
                text_prompt: asked.bound.text_prompt,
                media_prompt: asked.bound.media_prompt.unwrap_or(model.context_length),
                audio: asked.bound.has_audio,
            })
        });
        Ok(Self {
            plan,
            max_cost: max_cost.max().unwrap_or(Money::ZERO),
            reservation: Reservation {
                request: id.to_string(),
                key: caller.key.id.clone(),
                endpoint: asked.endpoint,
                model: model.id.clone(),
                pricing: several(&model.pricing, asked.answers),
                started: app.ports.clock.now(),
                prompt_tokens: asked.prompt_tokens,
                counted: true,
                ..Reservation::default()
            },
            labels: Labels::default(),
            priced_fields: vec![],
            answers: asked.answers,
            cache: None,
            rounds: None,
            guards,
        })
    }

    /// Our estimate of the tokens in.
    pub const fn prompt_tokens(&self) -> u64 {
        self.reservation.prompt_tokens
    }

    /// Reserves and counts the request in one ledger call; 402, 429.
    pub async fn admit(self, gate: &RequestQuota) -> Result<AdmittedChat> {
        let tokens = self.reservation.prompt_tokens;
        let continuation = match self.reservation.stream {
            true => Continuation::new(&self.plan, tokens, self.max_cost, gate),
            false => None,
        };
        let mut settlement = gate.reserve(self.reservation, self.max_cost).await?;
        settlement.label(self.labels);
        let has_rounds = self.rounds.is_some();
        Ok(AdmittedChat {
            plan: self.plan.traced(gate.trace()),
            accounting: Accounting {
                settlement,
                priced_fields: self.priced_fields,
                answers: self.answers,
            },
            on_disconnect: gate.caller().key.on_disconnect,
            cache: self.cache,
            rounds: self.rounds,
            guards: self.guards,
            // Rounds of skills have their own.
            continuation: continuation.filter(|_| !has_rounds),
        })
    }
}

impl AdmittedChat {
    /// The same, which ends when it is dropped, whatever the key says of clients that leave.
    #[must_use]
    pub fn ending_when_dropped(mut self) -> Self {
        self.on_disconnect = OnDisconnect::default();
        self
    }
}

impl Accounting {
    /// Notes that nobody answered.
    pub(crate) fn failed(&mut self, failure: &Failure) {
        self.settlement.attempted(failure.calls.iter().map(attempt));
        self.settlement.billed_failures(failure.billed_failures);
        self.settlement.failed(&failure.error);
    }

    /// Takes an answer that was kept: it costs nothing.
    pub(crate) fn cached(&mut self, entry: &Entry) {
        let answer = entry.completion();
        self.settlement.calling();
        self.settlement.cache_hit();
        self.settlement
            .served_by(&entry.provider, &entry.model, &Pricing::default());
        self.settlement
            .generated(answer.estimated_completion_tokens);
        self.settlement.counted(answer.usage.unwrap_or_default());
    }

    /// Notes who answered, after which failures.
    pub(crate) fn served(&mut self, served: &Served) {
        let Served {
            provider, model, ..
        } = served;
        let pricing = model.pricing.with_extras(&self.priced_fields);
        let pricing = several(&pricing, self.answers);
        self.settlement.attempted(served.calls.iter().map(attempt));
        self.settlement.billed_failures(served.billed_failures);
        self.settlement.served_by(provider, &model.id, &pricing);
    }
}

/// What a request as its caller wrote it becomes; `None` where it must be converted, so that what it
/// streams can be looked at.
fn guarded_verbatim(
    guards: &Guards,
    mut verbatim: Verbatim,
    stream: bool,
) -> Result<Option<Verbatim>, Error> {
    if stream && guards.looks_at_answers() {
        return match verbatim.unconvertible {
            None => Ok(None),
            Some((field, issue)) => Err(Error::invalid(field, issue)),
        };
    }
    // The model's name is put in front, wherever it goes.
    let whole = [br#"{"model":"""#, &*verbatim.fields].concat();
    if let Some(body) = guards.request(&whole)? {
        verbatim.fields = body.slice(br#"{"model":"""#.len()..);
    }
    Ok(Some(verbatim))
}

/// The plan as the request's headers want it.
fn routed(plan: Plan, gate: &RequestQuota) -> Result<Plan, Error> {
    match gate.route()? {
        Some(route) => plan.routed(route),
        None => Ok(plan),
    }
}

/// These prices for so many answers at once, of which each has its fixed price.
fn several(pricing: &Pricing, answers: u64) -> Pricing {
    let each = |price: Money| {
        let answers = i64::try_from(answers).unwrap_or(i64::MAX);
        Money::from_nanos(price.nanos().saturating_mul(answers))
    };
    Pricing {
        request: pricing.request.map(each),
        ..pricing.clone()
    }
}

/// A call of a provider for the request log.
fn attempt(called: &Called) -> Attempt {
    Attempt {
        provider: called.provider.to_string(),
        model: called.model.clone(),
        status: called.status,
        code: called.code.map(|code| code.as_str().to_owned()),
        duration_ms: u64::try_from(called.took.as_millis()).unwrap_or(u64::MAX),
        span: called.span.clone(),
    }
}

/// The model of that id; 400 with those that there are.
pub fn find_model(app: &App, id: &str) -> Result<Arc<Model>, Error> {
    app.providers.model(id).ok_or_else(|| {
        let available_models = app
            .providers
            .models()
            .map(|model| model.id.clone())
            .collect();
        Error::new(Code::InvalidModel, format!("Model '{id}' not found"))
            .with_details(Details::Models { available_models })
    })
}

/// 403 where the key may not use the model.
pub fn ensure_allowed(key: &Key, model: &String) -> Result<(), Error> {
    match &key.models {
        Some(allowed) if !allowed.contains(model) => Err(Error::new(
            Code::Forbidden,
            format!("The key may not use model '{model}'"),
        )),
        _ => Ok(()),
    }
}
