//! From a checked body to an admitted request.

use crate::{
    bound::{ensure_answer_fits, usage_bound},
    rounds::Rounds,
};
use bytes::Bytes;
use openclaw_core::{Code, Details, Error, Money};
use openclaw_providers::{Model, Plan, Served, tokens};
use openclaw_schema::{
    chat::ChatRequest,
    key::{Key, OnDisconnect},
};
use openclaw_usage::{Endpoint, Reservation, Settlement};
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
    /// The rounds that may follow, where skills are offered.
    pub rounds: Option<Box<dyn Rounds>>,
}

/// An admitted request: the calls to make, and the settlement that accounts for them.
pub struct AdmittedChat {
    pub(crate) plan: Plan,
    pub(crate) accounting: Accounting,
    pub(crate) on_disconnect: OnDisconnect,
    /// The rounds that may follow, where skills are offered.
    pub rounds: Option<Box<dyn Rounds>>,
}

/// The settlement of a request, and what its price depends on.
pub(crate) struct Accounting {
    pub(crate) settlement: Settlement,
    /// See [`ChatRequest::priced_fields`].
    priced_fields: Vec<String>,
}

impl PreparedChat {
    /// Checks what the model and the key demand, and builds the provider's request; 400, 403.
    pub fn new(
        app: &App,
        gate: &RequestQuota,
        RequestId(id): &RequestId,
        request: &ChatRequest<'_>,
        body: &Bytes,
        stream: bool,
    ) -> Result<Self> {
        let caller = gate.caller();
        let model = find_model(app, &request.model)?;
        ensure_allowed(&caller.key, &model.id)?;
        request.validate_for(model.max_output_tokens)?;
        if !stream {
            ensure_answer_fits(request, model.max_output_tokens)?;
        }
        let allowed = caller.key.models.as_deref();
        let plan = app
            .providers
            .plan(model, request, body.clone(), stream, id, allowed)?;
        let priced_fields = request.priced_fields();
        let serving = app.providers.serving(model, allowed);
        let max_cost = serving.map(|model| {
            let pricing = model.pricing.with_extras(&priced_fields);
            pricing.max_cost(&usage_bound(request, body.len(), model))
        });
        Ok(Self {
            plan,
            max_cost: max_cost.max().unwrap_or(Money::ZERO),
            reservation: Reservation {
                request: id.to_string(),
                key: caller.key.id.clone(),
                endpoint: Endpoint::Chat,
                model: model.id.clone(),
                pricing: model.pricing.with_extras(&priced_fields),
                started: app.ports.clock.now(),
                prompt_tokens: tokens::estimate_prompt(request),
                reserved: 0,
                counted: true,
                events: vec![],
                renewal: None,
            },
            priced_fields,
            rounds: None,
        })
    }

    /// Our estimate of the tokens in.
    pub const fn prompt_tokens(&self) -> u64 {
        self.reservation.prompt_tokens
    }

    /// Reserves and counts the request in one ledger call; 402, 429.
    pub async fn admit(self, gate: &RequestQuota) -> Result<AdmittedChat> {
        let settlement = gate.reserve(self.reservation, self.max_cost).await?;
        Ok(AdmittedChat {
            plan: self.plan,
            accounting: Accounting {
                settlement,
                priced_fields: self.priced_fields,
            },
            on_disconnect: gate.caller().key.on_disconnect,
            rounds: self.rounds,
        })
    }
}

impl Accounting {
    /// Notes who answered, after which failures.
    pub(crate) fn served(&mut self, served: &Served) {
        let Served {
            provider, model, ..
        } = served;
        let pricing = model.pricing.with_extras(&self.priced_fields);
        self.settlement.billed_failures(served.billed_failures);
        self.settlement.served_by(provider, &model.id, &pricing);
    }
}

fn find_model<'a>(app: &'a App, id: &str) -> Result<&'a Arc<Model>, Error> {
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

fn ensure_allowed(key: &Key, model: &String) -> Result<(), Error> {
    match &key.models {
        Some(allowed) if !allowed.contains(model) => Err(Error::new(
            Code::Forbidden,
            format!("The key may not use model '{model}'"),
        )),
        _ => Ok(()),
    }
}
