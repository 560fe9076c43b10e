//! What a chat is answered with. Providers add fields of their own.
#![expect(dead_code, reason = "only their schemas are used")]

use super::request::ToolCall;
use openclaw_core::openapi::ErrorResponse;
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// The answer to a chat.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub(super) struct ChatCompletion {
    /// The provider's id for it.
    id: String,
    /// Always `chat.completion`.
    object: String,
    /// Unix seconds.
    created: u64,
    /// The model that answered.
    model: String,
    /// As many as `n` said.
    choices: Vec<Choice>,
    /// What it took.
    usage: Usage,
}

/// One of the answers.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true), rename = "ChatChoice")]
struct Choice {
    /// From 0.
    index: u64,
    /// What the model says.
    message: AssistantMessage,
    /// Such as `stop`, `length`, `tool_calls` and `content_filter`.
    finish_reason: Option<String>,
}

/// What a model says.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
struct AssistantMessage {
    /// `assistant`.
    role: String,
    /// The text; `null` or absent where it only calls tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// What it calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tool_calls: Option<Vec<ToolCall>>,
    /// Its refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// Its reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    /// Its reasoning with the signatures that it wants back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thinking_blocks: Option<Vec<Map<String, Value>>>,
}

/// What a stream tells: a piece of the answer, or in the end why it breaks off.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum ChatCompletionEvent {
    Chunk(Box<ChatCompletionChunk>),
    Error(Box<ErrorResponse>),
}

/// A piece of an answer that streams.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub(super) struct ChatCompletionChunk {
    /// The same in all chunks of an answer.
    id: String,
    /// Always `chat.completion.chunk`.
    object: String,
    /// Unix seconds.
    created: u64,
    /// The model that answers.
    model: String,
    /// None in a chunk that only has the usage.
    choices: Vec<ChunkChoice>,
    /// What the answer took, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    /// Why the answer breaks off, in the last chunk of `POST /chat/completions/stream`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Map<String, Value>>,
    /// What the gateway itself is doing meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    openclaw: Option<Map<String, Value>>,
}

/// A piece of one of the answers.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true), rename = "ChatChunkChoice")]
struct ChunkChoice {
    /// Which answer.
    index: u64,
    /// What is new of it: `role`, `content`, `tool_calls` by their index.
    delta: Map<String, Value>,
    /// In its last chunk; `error` where it broke off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finish_reason: Option<String>,
}

/// What an answer took.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true), rename = "ChatUsage")]
struct Usage {
    /// Tokens in.
    prompt_tokens: u64,
    /// Tokens out.
    completion_tokens: u64,
    /// Both.
    total_tokens: u64,
    /// Dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
    /// `cached_tokens` and others, of the tokens in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt_tokens_details: Option<Map<String, Value>>,
    /// `reasoning_tokens` and others, of the tokens out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completion_tokens_details: Option<Map<String, Value>>,
}
