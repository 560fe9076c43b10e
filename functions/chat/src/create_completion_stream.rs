use crate::{
    attach_files::attach_files,
    tool_loop::{ToolLoop, skills_of},
};
use axum::{Extension, extract::State, response::Response};
use futures_util::FutureExt;
use http::HeaderMap;
use openclaw_chat::{Cache, PreparedChat, StreamFormat, Writer, respond};
use openclaw_schema::chat::ChatRequest;
use openclaw_web::{App, RawJson, RequestId, RequestQuota, Result};

/// The same request, but it always streams, each line with a delta ([`StreamFormat::DeltaOnly`]).
pub(crate) async fn create_completion_stream(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    id: RequestId,
    headers: HeaderMap,
    RawJson(body): RawJson,
) -> Result<Response> {
    let body = attach_files(&app, &gate, body).await?;
    let (prepared, skills) = {
        let request = ChatRequest::parse(&body)?;
        match skills_of(&request)? {
            None => {
                let prepared = PreparedChat::new(&app, &gate, &id, &request, &body, true)?;
                (Some(prepared), vec![])
            }
            Some(skills) => (None, skills),
        }
    };
    let mut prepared = match prepared {
        Some(prepared) => prepared,
        None => {
            ToolLoop::prepare(&app, &gate, &id, &body, true, &skills)
                .boxed()
                .await?
        }
    };
    prepared.cache = Cache::of(&app.ports, &gate.caller().account.id, &headers, &body)?;
    let admitted = prepared.admit(&gate).await?;
    respond(
        &app,
        admitted,
        Box::new(Writer::new(StreamFormat::DeltaOnly)),
    )
    .await
}
