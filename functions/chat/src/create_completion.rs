use crate::{
    admit::PreparedChat,
    attach_files::attach_files,
    complete::complete,
    relay,
    stream_format::StreamFormat,
    tool_loop::{ToolLoop, skills_of},
};
use axum::{Extension, extract::State, response::Response};
use futures_util::FutureExt;
use openclaw_schema::chat::ChatRequest;
use openclaw_web::{App, RawJson, RequestId, RequestQuota, Result};

/// OpenAI's `POST /chat/completions`, plain or, with `stream: true`, as server-sent events.
pub(crate) async fn create_completion(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    id: RequestId,
    RawJson(body): RawJson,
) -> Result<Response> {
    let body = attach_files(&app, &gate, body).await?;
    // The parsed request ends with this block.
    let (prepared, skills, format) = {
        let request = ChatRequest::parse(&body)?;
        let format = request.stream.then_some(StreamFormat::OpenAi {
            include_usage: request.include_usage,
        });
        match skills_of(&request)? {
            None => {
                let stream = request.stream;
                let prepared = PreparedChat::new(&app, &gate, &id, &request, &body, stream)?;
                (Some(prepared), vec![], format)
            }
            Some(skills) => (None, skills, format),
        }
    };
    let prepared = match prepared {
        Some(prepared) => prepared,
        None => {
            let stream = format.is_some();
            ToolLoop::prepare(&app, &gate, &id, &body, stream, &skills)
                .boxed()
                .await?
        }
    };
    let admitted = prepared.admit(&gate).await?;
    match format {
        Some(format) => relay::respond(&app, admitted, format).await,
        None => complete(&app, admitted).await,
    }
}
