use super::request::{Converted, passed_headers};
use axum::{
    Extension,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use openclaw_chat::{ensure_allowed, failed, find_model, guards, write_served};
use openclaw_core::json::Object;
use openclaw_providers::{Forward, ForwardContent, ForwardedBody, tokens};
use openclaw_schema::{chat::ChatRequest, config::Dialect};
use openclaw_web::{App, Json, RawJson, RequestId, RequestQuota, Result};
use serde::Serialize;

#[derive(Serialize)]
struct Count {
    input_tokens: u64,
}

/// `POST /messages/count_tokens`: a target of Anthropic's dialect counts; of all others the count is
/// our estimate.
pub(crate) async fn count_tokens(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    RequestId(id): RequestId,
    headers: HeaderMap,
    RawJson(mut body): RawJson,
) -> Result<Response> {
    if let Some(guards) = guards(&app, &gate)?
        && let Some(changed) = guards.request(&body)?
    {
        body = changed;
    }
    let (plan, estimate) = {
        // Nothing is generated, so nothing bounds it.
        let converted = Converted::with_default(&body, &headers, Some(1))?;
        let request = ChatRequest::parse(&converted.chat)?;
        let model = find_model(&app, &request.model)?;
        let key = &gate.caller().key;
        ensure_allowed(key, &model.id)?;
        let forward = Forward {
            path: "/messages/count_tokens",
            dialect: Dialect::Anthropic,
            content: ForwardContent::Json(
                serde_json::from_slice::<Object>(&body).unwrap_or_default(),
            ),
            headers: passed_headers(&headers),
            with_defaults: false,
        };
        let allowed = key.models.as_deref();
        let plan = app.providers.plan_forward(&model, forward, &id, allowed);
        (plan.ok(), tokens::estimate_prompt(&request))
    };
    gate.admit(vec![]).await?;
    let Some(plan) = plan else {
        let count = Count {
            input_tokens: estimate,
        };
        return Ok(Json(count).into_response());
    };
    let reply = match plan.forward(app.ports.clone()).await {
        Ok(reply) => reply,
        Err(failure) => return Ok(failed(failure)),
    };
    let mut response = match reply.answer.body {
        ForwardedBody::Whole(bytes) => Response::new(Body::from(bytes)),
        ForwardedBody::Stream(_) => Json(Count {
            input_tokens: estimate,
        })
        .into_response(),
    };
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    let served = &reply.served;
    write_served(
        response.headers_mut(),
        Some(&served.provider),
        served.attempts,
    );
    Ok(response)
}
