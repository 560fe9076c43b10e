use crate::{begin::begin, complete::complete, dialect::Dialect, relay};
use axum::{Extension, extract::State, response::Response};
use openclaw_schema::chat::ChatRequest;
use openclaw_web::{App, Gate, RawJson, RequestId, Result};

/// OpenAI's `POST /chat/completions`, plain or, with `stream: true`, as server-sent events.
pub(crate) async fn create_completion(
    State(app): State<App>,
    Extension(gate): Extension<Gate>,
    id: RequestId,
    RawJson(body): RawJson,
) -> Result<Response> {
    let request = ChatRequest::parse(&body)?;
    let begun = begin(&app, &gate, &id, &request, &body, request.stream).await?;
    if request.stream {
        let dialect = Dialect::OpenAi {
            include_usage: request.include_usage,
        };
        relay::respond(&app, begun, dialect).await
    } else {
        complete(&app, begun).await
    }
}
