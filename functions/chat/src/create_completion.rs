use crate::{admit::PreparedChat, complete::complete, relay, stream_format::StreamFormat};
use axum::{Extension, extract::State, response::Response};
use openclaw_schema::chat::ChatRequest;
use openclaw_web::{App, RawJson, RequestId, RequestQuota, Result};

/// OpenAI's `POST /chat/completions`, plain or, with `stream: true`, as server-sent events.
pub(crate) async fn create_completion(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    id: RequestId,
    RawJson(body): RawJson,
) -> Result<Response> {
    // The parsed request ends with this block.
    let (prepared, format) = {
        let request = ChatRequest::parse(&body)?;
        let format = request.stream.then_some(StreamFormat::OpenAi {
            include_usage: request.include_usage,
        });
        let prepared = PreparedChat::new(&app, &gate, &id, &request, &body, request.stream)?;
        (prepared, format)
    };
    let admitted = prepared.admit(&app, &gate).await?;
    match format {
        Some(format) => relay::respond(&app, admitted, format).await,
        None => complete(&app, admitted).await,
    }
}
