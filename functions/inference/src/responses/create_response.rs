use super::{
    background::enqueue,
    events::{EventStream, Keeping, own, priced},
    output::{Frame, output},
    request::{Converted, previous},
    store::Stored,
};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use openclaw_chat::{Asked, PreparedChat, complete, respond};
use openclaw_core::{Error, Money, Result as CoreResult, json::Object};
use openclaw_providers::Completion;
use openclaw_schema::{chat::ChatRequest, parse, parse_text, usage::TokenUsage};
use openclaw_usage::Endpoint;
use openclaw_web::{App, Json, RawJson, RequestId, RequestQuota, Result};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// `POST /responses`, plain or, with `stream: true`, as server-sent events.
pub(crate) async fn create_response(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    id: RequestId,
    RawJson(body): RawJson,
) -> Result<Response> {
    let account = gate.caller().account.id.clone();
    let fields: Object = parse(parse_text(&body)?, "")?;
    let before = match previous(&fields)? {
        Some(id) => Some(before(&app, &account, &id).await?),
        None => None,
    };
    let in_background = (fields.get("background") == Some("true")).then(|| fields.clone());
    let converted = Converted::new(fields, before)?;
    let (prepared, frame) = {
        let request = ChatRequest::parse(&converted.chat)?;
        let created = app.ports.clock.now().as_second();
        let frame = Frame::new(&converted, request.model.to_string(), &id.0, created);
        let asked = Asked {
            request: &request,
            body: converted.chat.clone(),
            stream: converted.stream,
            endpoint: Endpoint::Responses,
            verbatim: Some(converted.verbatim.clone()),
        };
        (PreparedChat::of(&app, &gate, &id, asked)?, frame)
    };
    if let Some(asked) = in_background {
        if converted.stream {
            let issue = "must not be true in the background: ask for the response by its id";
            return Err(Error::invalid("stream", issue).into());
        }
        let stored = queued(asked, converted, &frame);
        let response = enqueue(&app, &gate, &frame, stored).await?;
        return Ok(Json(response).into_response());
    }
    let keeping = converted.store.then(|| Keeping {
        ports: app.ports.clone(),
        account,
        items: converted.items,
        before: converted.before,
    });
    let admitted = prepared.admit(&gate).await?;
    if converted.stream {
        let writer = EventStream::new(frame, keeping);
        return respond(&app, admitted, Box::new(writer)).await;
    }
    let made = Arc::new(Mutex::new(None));
    let (slot, response_id) = (made.clone(), frame.id.clone());
    let shape = Box::new(move |answer: &Completion, usage: &TokenUsage, cost| {
        let shown = whole(&frame, answer, usage, cost)?;
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = serde_json::from_slice::<Value>(&shown).ok();
        Ok(shown)
    });
    let response = complete(&app, admitted, shape).await?;
    let made = made.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Some(made), Some(keeping)) = (made, keeping) {
        keeping.keep(made, &response_id).await?;
    }
    Ok(response)
}

/// The response that a request goes on from; 400 while it is being made.
async fn before(app: &App, account: &str, id: &str) -> CoreResult<Stored> {
    let (stored, head) = Stored::find(&app.ports, account, id).await?;
    match head.status {
        None => Ok(stored),
        Some(_) => {
            let issue = "has no answer: it is queued, in progress or cancelled";
            Err(Error::invalid("previous_response_id", issue))
        }
    }
}

/// The response as it stands before anyone works on it, with what was asked.
fn queued(mut asked: Object, converted: Converted, frame: &Frame) -> Stored {
    // It is among the items.
    asked.remove("input");
    Stored {
        response: frame.response("queued", vec![]),
        items: converted.items,
        before: converted.before,
        request: Some(asked.to_string()),
    }
}

fn whole(frame: &Frame, answer: &Completion, usage: &TokenUsage, cost: Money) -> CoreResult<Bytes> {
    if answer.is_verbatim {
        let response = serde_json::from_slice(&answer.body).map_err(Error::internal)?;
        let mut response = own(frame, response);
        response.set("usage", priced(&response, usage, cost));
        return Ok(response.to_string().into());
    }
    let (output, finish) = output(frame, &answer.body)?;
    let response = frame.ended(&finish, output, usage, cost);
    Ok(response.to_string().into())
}
