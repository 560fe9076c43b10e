use crate::{admit::PreparedChat, relay, stream_format::StreamFormat};
use axum::{Extension, extract::State, response::Response};
use openclaw_schema::chat::ChatRequest;
use openclaw_web::{App, RawJson, RequestId, RequestQuota, Result};

/// The same request, but it always streams, each line with a delta ([`StreamFormat::DeltaOnly`]).
pub(crate) async fn create_completion_stream(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    id: RequestId,
    RawJson(body): RawJson,
) -> Result<Response> {
    let prepared = {
        let request = ChatRequest::parse(&body)?;
        PreparedChat::new(&app, &gate, &id, &request, &body, true)?
    };
    let admitted = prepared.admit(&app, &gate).await?;
    relay::respond(&app, admitted, StreamFormat::DeltaOnly).await
}
