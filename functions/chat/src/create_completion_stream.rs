use crate::{begin::begin, dialect::Dialect, relay};
use axum::{Extension, extract::State, response::Response};
use openclaw_schema::chat::ChatRequest;
use openclaw_web::{App, Gate, RawJson, RequestId, Result};

/// The same request, but it always streams, in the seed's dialect ([`Dialect::Seed`]).
pub(crate) async fn create_completion_stream(
    State(app): State<App>,
    Extension(gate): Extension<Gate>,
    id: RequestId,
    RawJson(body): RawJson,
) -> Result<Response> {
    let request = ChatRequest::parse(&body)?;
    let begun = begin(&app, &gate, &id, &request, &body, true).await?;
    relay::respond(&app, begun, Dialect::Seed).await
}
