//! `POST /completions`: a text that goes on, as editors ask for it
//! (<https://platform.openai.com/docs/api-reference/completions>).

use super::{
    read::{field, measure},
    table::Unit,
};
use axum::{Extension, extract::State, response::Response};
use http::HeaderMap;
use openclaw_chat::{
    AskedForward, ForwardBound, PreparedChat, StreamFormat, Writer, complete, openai_answer,
    respond,
};
use openclaw_core::{Error, Result as CoreResult, json::Object};
use openclaw_providers::{Completion, Forward, ForwardContent};
use openclaw_schema::{config::Dialect, parse, parse_text};
use openclaw_usage::Endpoint;
use openclaw_web::{App, RawJson, RequestId, RequestQuota, Result};
use serde::Deserialize;

/// The most answers that one request may ask for.
const MAX_ANSWERS: u64 = 128;

#[derive(Default, Deserialize)]
#[serde(default)]
struct StreamOptions {
    include_usage: bool,
}

pub(crate) async fn create_completion(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    id: RequestId,
    RawJson(body): RawJson,
) -> Result<Response> {
    let object: Object = parse(parse_text(&body)?, "")?;
    let stream = field::<bool>(&object, "stream")?.unwrap_or_default();
    let options = field::<StreamOptions>(&object, "stream_options")?;
    let include_usage = options.is_some_and(|options| options.include_usage);
    let asked = asked(object, body.len() as u64, stream)?;
    let admitted = PreparedChat::forward(&app, &gate, &id, asked)?;
    let admitted = admitted.admit(&gate).await?;
    if stream {
        let writer = Writer::new(StreamFormat::OpenAi { include_usage });
        return respond(&app, admitted, Box::new(writer)).await;
    }
    let shape = |answer: &Completion, usage: &_, cost| openai_answer(&answer.body, usage, cost);
    complete(&app, admitted, Box::new(shape)).await
}

fn asked(mut object: Object, bytes: u64, stream: bool) -> CoreResult<AskedForward> {
    let model = field::<String>(&object, "model")?;
    let model = model.ok_or_else(|| Error::invalid("model", "is required"))?;
    let prompt = object.get("prompt").filter(|json| *json != "null");
    let prompt = prompt.ok_or_else(|| Error::invalid("prompt", "is required"))?;
    // A list of texts is as many requests.
    let prompts = serde_json::from_str::<Vec<serde_json::Value>>(prompt);
    let prompts = prompts.map_or(1, |all| match all.first() {
        Some(serde_json::Value::Number(_)) | None => 1,
        Some(_) => all.len() as u64,
    });
    let texts = [Some(prompt), object.get("suffix")].into_iter().flatten();
    let prompt_tokens = texts.map(|json| measure(Unit::Token, json)).sum();
    let mut answers = 1;
    for name in ["n", "best_of"] {
        let count = field::<u64>(&object, name)?.unwrap_or(1);
        if !(1..=MAX_ANSWERS).contains(&count) {
            let issue = format!("must be a whole number from 1 to {MAX_ANSWERS}");
            return Err(Error::invalid(name, issue));
        }
        answers = answers.max(count);
    }
    // OpenAI writes 16 tokens where nothing is said; others go on to the end.
    let max_tokens = field::<u64>(&object, "max_tokens")?;
    let answers = answers.saturating_mul(prompts);
    if stream {
        object.set("stream_options", r#"{"include_usage":true}"#);
    }
    Ok(AskedForward {
        model,
        endpoint: Endpoint::Completions,
        prompt_tokens,
        bound: ForwardBound {
            text_prompt: bytes,
            media_prompt: Some(0),
            completion: max_tokens.map(|tokens| tokens.saturating_mul(answers)),
            has_audio: false,
        },
        answers: 1,
        forward: Forward {
            path: "/completions",
            dialect: Dialect::Openai,
            content: ForwardContent::Json(object),
            headers: HeaderMap::new(),
            with_defaults: true,
        },
    })
}
