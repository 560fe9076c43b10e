//! `POST /audio/transcriptions`: what was said
//! (<https://platform.openai.com/docs/api-reference/audio/createTranscription>).

use super::{
    forms::{self, Field},
    read::{count_both, usage_of, with_cost},
};
use axum::{Extension, extract::State, response::Response};
use bytes::Bytes;
use http::HeaderMap;
use openclaw_chat::{
    AskedForward, Counted, ForwardBound, ForwardedAnswer, PreparedChat, forward, guards,
};
use openclaw_core::{Error, Result as CoreResult, json::Object};
use openclaw_guardrails::Guards;
use openclaw_providers::Forward;
use openclaw_schema::{config::Dialect, usage::TokenUsage};
use openclaw_usage::Endpoint;
use openclaw_web::{App, RawBody, RequestId, RequestQuota, Result};

/// Bytes of a second of speech, as it is usually compressed: for an estimate where the provider
/// tells no length.
const BYTES_A_SECOND: u64 = 4_000;

/// The least bytes of a second of speech: no codec in use takes less.
const LEAST_BYTES_A_SECOND: u64 = 500;

pub(crate) async fn transcribe(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    id: RequestId,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response> {
    let mut fields = forms::read(&headers, body).await?;
    if let Some(guards) = guards(&app, &gate)? {
        look_at(&guards, &mut fields)?;
    }
    let find = |name: &str| fields.iter().find(|field| field.name == name);
    let required = |name: &str| Error::invalid(name.to_owned(), "is required");
    let model = find("model").ok_or_else(|| required("model"))?;
    let model = String::from_utf8_lossy(&model.bytes).into_owned();
    let bytes = find("file").ok_or_else(|| required("file"))?.bytes.len() as u64;
    let asked = AskedForward {
        model,
        endpoint: Endpoint::Transcriptions,
        prompt_tokens: bytes.div_ceil(BYTES_A_SECOND),
        bound: ForwardBound {
            text_prompt: 0,
            media_prompt: Some(bytes.div_ceil(LEAST_BYTES_A_SECOND)),
            completion: None,
            has_audio: true,
        },
        answers: 1,
        forward: Forward {
            path: "/audio/transcriptions",
            dialect: Dialect::Openai,
            content: forms::write(&fields)?,
            headers: HeaderMap::new(),
            with_defaults: false,
        },
    };
    let prepared = PreparedChat::forward(&app, &gate, &id, asked)?;
    let admitted = prepared.admit(&gate).await?;
    let answer = ForwardedAnswer {
        count,
        show: with_cost,
    };
    forward(&app, admitted, answer).await
}

/// The account's guardrails over the texts of a form. Pieces of a transcript would pass by them.
fn look_at(guards: &Guards, fields: &mut [Field]) -> CoreResult<()> {
    for field in fields {
        let text = String::from_utf8_lossy(&field.bytes);
        match &*field.name {
            "prompt" => {
                if let Some(changed) = guards.request_text(&text)? {
                    field.bytes = changed.into();
                }
            }
            "stream" if &*text == "true" && guards.looks_at_answers() => {
                let issue = "must be false where guardrails look at answers";
                return Err(Error::invalid("stream", issue));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Tokens, or, of models that are priced by time, seconds: they count as tokens of audio.
fn count(answer: &Bytes) -> Counted {
    let usage = usage_of(answer).as_deref().and_then(Object::of);
    let seconds = usage.as_ref().and_then(|usage| usage.get("seconds"));
    let duration = serde_json::from_slice::<Object>(answer).ok();
    let duration = duration.as_ref().and_then(|answer| answer.get("duration"));
    let seconds = seconds.or(duration).map(|json| json.trim_matches('"'));
    let seconds = seconds.and_then(|text| text.parse::<f64>().ok());
    match seconds {
        Some(seconds) => {
            let seconds = seconds.max(0.0).ceil() as u64;
            Counted {
                usage: TokenUsage {
                    prompt_tokens: Some(seconds),
                    audio_prompt_tokens: Some(seconds),
                    completion_tokens: Some(0),
                    ..TokenUsage::default()
                },
                estimated_completion_tokens: 0,
            }
        }
        None => count_both(answer),
    }
}
