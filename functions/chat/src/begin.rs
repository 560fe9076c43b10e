//! From a checked body to an admitted request.

use bytes::Bytes;
use openclaw_core::{Code, Details, Error, Money};
use openclaw_providers::{Model, Plan, tokens};
use openclaw_schema::{
    chat::ChatRequest,
    key::{Key, OnDisconnect},
};
use openclaw_usage::{Reservation, Spender, Ticket};
use openclaw_web::{App, Gate, RequestId, Result};
use std::sync::Arc;

/// An admitted request: what to do, and the ticket that accounts for it.
pub(crate) struct Begun {
    pub(crate) plan: Plan,
    pub(crate) ticket: Ticket,
    pub(crate) on_disconnect: OnDisconnect,
}

/// Checks what the model and the key demand, then reserves and counts the request in one ledger
/// call; 400, 402, 403, 429.
pub(crate) async fn begin(
    app: &App,
    gate: &Gate,
    RequestId(id): &RequestId,
    request: &ChatRequest<'_>,
    body: &Bytes,
    stream: bool,
) -> Result<Begun> {
    let caller = gate.caller();
    let model = find_model(app, &request.model)?;
    ensure_allowed(&caller.key, &model.id)?;
    request.validate_for(model.max_output_tokens)?;
    let plan = app
        .providers
        .plan(model, request, body.clone(), stream, id)?;
    let spender = Spender {
        account: &caller.account,
        key: &caller.key,
    };
    let prompt_tokens = tokens::estimate_prompt(request);
    let prompt_most = prompt_tokens.max(body.len() as u64);
    let serving = app.providers.serving(model);
    let most = serving.map(|model| most(model, request, prompt_most)).max();
    let most = most.unwrap_or(Money::ZERO);
    let reservation = Reservation {
        request: id.to_string(),
        key: caller.key.id.clone(),
        model: model.id.clone(),
        pricing: model.pricing,
        started: app.ports.clock.now(),
        prompt_tokens,
        reserved: 0,
        renewal: None,
    }
    .hold(spender, most);
    let admitted = gate.admit(reservation.steps(spender)?).await?;
    let account = caller.account.id.clone();
    let ticket = Ticket::new(
        app.ports.clone(),
        app.totals.clone(),
        account,
        reservation,
        admitted,
    );
    let gate = gate.clone();
    let ticket = ticket.with(move || gate.note_use());
    Ok(Begun {
        plan,
        ticket,
        on_disconnect: caller.key.on_disconnect,
    })
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

/// The most the request can cost at `model`: no token is shorter than a byte, which bounds the
/// prompt's, and no choice is longer than the model can write.
fn most(model: &Model, request: &ChatRequest<'_>, prompt: u64) -> Money {
    let completion = request.max_tokens.unwrap_or(model.max_output_tokens);
    let mut most = model.pricing.prompt.of(prompt);
    most += model
        .pricing
        .completion
        .of(completion.saturating_mul(request.n));
    most
}
