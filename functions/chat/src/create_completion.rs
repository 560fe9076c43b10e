use crate::{
    attach_files::attach_files,
    tool_loop::{ToolLoop, skills_of},
};
use axum::{Extension, extract::State, response::Response};
use futures_util::FutureExt;
use http::HeaderMap;
use openclaw_chat::{Cache, PreparedChat, StreamFormat, Writer, complete, openai_answer, respond};
use openclaw_providers::Completion;
use openclaw_schema::chat::ChatRequest;
use openclaw_web::{App, RawJson, RequestId, RequestQuota, Result};

/// OpenAI's `POST /chat/completions`, plain or, with `stream: true`, as server-sent events.
pub(crate) async fn create_completion(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    id: RequestId,
    headers: HeaderMap,
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
    let mut prepared = match prepared {
        Some(prepared) => prepared,
        None => {
            let stream = format.is_some();
            ToolLoop::prepare(&app, &gate, &id, &body, stream, &skills)
                .boxed()
                .await?
        }
    };
    prepared.cache = Cache::of(&app.ports, &gate.caller().account.id, &headers, &body)?;
    let admitted = prepared.admit(&gate).await?;
    match format {
        Some(format) => respond(&app, admitted, Box::new(Writer::new(format))).await,
        None => {
            let shape =
                |answer: &Completion, usage: &_, cost| openai_answer(&answer.body, usage, cost);
            complete(&app, admitted, Box::new(shape)).await
        }
    }
}
