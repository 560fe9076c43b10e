//! The endpoints, for the OpenAPI document. A chat's body is parsed by hand and borrowed
//! ([`openclaw_schema::chat`]), and its answer is the provider's bytes: what both look like stands here.

mod answer;
mod request;

use answer::{ChatCompletion, ChatCompletionEvent};
use openclaw_openapi::{Code, Group, Operation, json, post};
use openclaw_schema::key::Scope;
use openclaw_web::Access;
use request::ChatRequest;

const ACCESS: Option<Access> = Some(Access::Scope(Scope::Chat));

/// What a call of a model may end with.
const FAILS: &[Code] = &[
    Code::BudgetExceeded,
    Code::Conflict,
    Code::ProviderError,
    Code::ProviderUnavailable,
    Code::ProviderTimeout,
];

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    let about = "Answers of models to conversations, as OpenAI has them.";
    let completions = Group::new("chat.completions", about, ACCESS)
        .with(
            chat("/chat/completions", "create", "Have a model answer")
                .gives::<ChatCompletion>(200)
                .streams::<ChatCompletionEvent>()
                .about(
                    "With `stream: true` it answers server-sent events, each a `ChatCompletionChunk`, that end \
                     with `data: [DONE]`. Fields that are not named here go on to providers of OpenAI's dialect.",
                ),
        )
        .with(
            chat("/chat/completions/stream", "stream", "Have a model answer in a stream")
                .streams::<ChatCompletionEvent>()
                .about(
                    "Always streams. Each line that starts with `data: ` has a delta, the last one the usage; \
                     the end is `data:[DONE]` without the space.",
                ),
        );
    let items =
        json!({"type": "array", "minItems": 1, "maxItems": 50, "items": {"type": "object"}});
    let answers = json!({"type": "array", "items": {
        "type": "object",
        "required": ["status", "body"],
        "properties": {"status": {"type": "integer"}, "body": {"type": "object"}},
    }});
    let completions = completions.with(
        post("/chat/completions/batch", "batch", "Have a model answer up to 50 requests")
            .takes_as("application/json", items)
            .gives_as(200, "application/json", answers)
            .about(
                "An array of requests, run side by side, each counted and accounted as one of its own; an \
                 array of answers in the same order, each with its own status.",
            ),
    );
    vec![completions]
}

fn chat(path: &'static str, name: &'static str, summary: &'static str) -> Operation {
    post(path, name, summary)
        .takes::<ChatRequest>()
        .header(
            "x-openclaw-cache-ttl",
            "Seconds for which the answer is kept for requests that are exactly the same.",
        )
        .example(json!({
            "model": "gpt-4o-mini",
            "messages": [{"role": "user", "content": "Hello"}],
        }))
        .answer_example(json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1_772_280_000, "model": "gpt-4o-mini",
            "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Hello! What can I do for you?"},
            }],
            "usage": {
                "prompt_tokens": 8, "completion_tokens": 9, "total_tokens": 17, "cost": 0.0000066,
            },
        }))
        .fails(FAILS)
}
