use super::{answer::message, events::EventStream, request::Converted};
use axum::{Extension, extract::State, response::Response};
use http::HeaderMap;
use openclaw_chat::{Asked, PreparedChat, complete, respond};
use openclaw_schema::chat::ChatRequest;
use openclaw_usage::Endpoint;
use openclaw_web::{App, RawJson, RequestId, RequestQuota, Result};

/// `POST /messages`, plain or, with `stream: true`, as server-sent events.
pub(crate) async fn create_message(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    id: RequestId,
    headers: HeaderMap,
    RawJson(body): RawJson,
) -> Result<Response> {
    let Converted {
        chat,
        model,
        stream,
        verbatim,
    } = Converted::new(&body, &headers)?;
    let prepared = {
        let request = ChatRequest::parse(&chat)?;
        let asked = Asked {
            request: &request,
            body: chat.clone(),
            stream,
            endpoint: Endpoint::Messages,
            verbatim: Some(verbatim),
        };
        PreparedChat::of(&app, &gate, &id, asked)?
    };
    let prompt_tokens = prepared.prompt_tokens();
    let admitted = prepared.admit(&gate).await?;
    match stream {
        true => {
            let writer = EventStream::new(&model, &id.0, prompt_tokens);
            respond(&app, admitted, Box::new(writer)).await
        }
        false => {
            let id = id.0.clone();
            let shape = Box::new(move |answer: &_, usage: &_, cost| {
                message(answer, &model, &id, usage, cost)
            });
            complete(&app, admitted, shape).await
        }
    }
}
