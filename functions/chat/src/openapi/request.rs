//! The body of a chat.
#![expect(dead_code, reason = "only their schemas are used")]

use schemars::JsonSchema;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A chat. Fields of a vendor's own go on to it as they came.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub(super) struct ChatRequest {
    /// The model's id, or `PROVIDER/MODEL`.
    model: String,
    /// At least one.
    #[schemars(length(min = 1))]
    messages: Vec<Message>,
    /// Whether the answer streams.
    stream: Option<bool>,
    /// What a stream shows.
    stream_options: Option<StreamOptions>,
    /// Tokens of the answer at most.
    #[schemars(range(min = 1))]
    max_tokens: Option<u64>,
    /// The same; both only with the same value.
    #[schemars(range(min = 1))]
    max_completion_tokens: Option<u64>,
    /// 0 to 2.
    #[schemars(range(min = 0, max = 2))]
    temperature: Option<f64>,
    /// 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    top_p: Option<f64>,
    /// -2 to 2.
    #[schemars(range(min = -2, max = 2))]
    presence_penalty: Option<f64>,
    /// -2 to 2.
    #[schemars(range(min = -2, max = 2))]
    frequency_penalty: Option<f64>,
    /// Where the answer stops.
    stop: Option<TextOrList>,
    /// Answers.
    #[schemars(range(min = 1, max = 128))]
    n: Option<u64>,
    /// For answers that repeat.
    seed: Option<i64>,
    /// Whether the tokens' probabilities come with them.
    logprobs: Option<bool>,
    /// How many other tokens.
    #[schemars(range(min = 0, max = 20))]
    top_logprobs: Option<u64>,
    /// By token.
    logit_bias: Option<BTreeMap<String, f64>>,
    /// What the model may call.
    tools: Option<Vec<Tool>>,
    /// `none`, `auto`, `required`, or one of the tools.
    tool_choice: Option<Value>,
    /// Whether several tools may be called at once.
    parallel_tool_calls: Option<bool>,
    /// The form of the answer: text, JSON, or JSON by a schema.
    response_format: Option<Map<String, Value>>,
    /// How much the model reasons.
    reasoning_effort: Option<String>,
    /// Anthropic's field for reasoning.
    thinking: Option<Map<String, Value>>,
    /// Who it is for; kept with the usage.
    user: Option<String>,
    /// At most 16 short texts; kept with the usage.
    metadata: Option<BTreeMap<String, String>>,
    /// Ids of skills that the gateway offers to the model, and executes.
    skills: Option<Vec<String>>,
}

/// What a stream shows.
#[derive(JsonSchema)]
struct StreamOptions {
    /// Whether a last chunk has the usage.
    #[serde(default)]
    include_usage: bool,
}

/// One text, or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum TextOrList {
    Text(String),
    List(Vec<String>),
}

/// One turn of the conversation.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true), rename = "ChatMessage")]
struct Message {
    /// Who says it.
    role: Role,
    /// What.
    content: Option<Content>,
    /// A name for the participant.
    name: Option<String>,
    /// What the assistant called.
    tool_calls: Option<Vec<ToolCall>>,
    /// What a tool's result belongs to.
    tool_call_id: Option<String>,
    /// The assistant's refusal.
    refusal: Option<String>,
    /// The assistant's reasoning, as `DeepSeek` and vLLM tell it.
    reasoning_content: Option<String>,
    /// The assistant's reasoning with its signatures, as Anthropic tells it.
    thinking_blocks: Option<Vec<Map<String, Value>>>,
    /// Files whose text goes before the content.
    file_ids: Option<Vec<String>>,
}

/// Who says a message.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", rename = "ChatRole")]
enum Role {
    System,
    Developer,
    User,
    Assistant,
    Tool,
    Function,
}

/// A text, or parts of several kinds.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "ChatContent")]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

/// A piece of a message.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true), rename = "ContentPart")]
struct Part {
    /// `text`, `image_url`, `input_audio` or `file`.
    r#type: String,
    /// Of `text`.
    text: Option<String>,
    /// Of `image_url`: an https or `data:` URL.
    image_url: Option<ImageUrl>,
    /// Of `input_audio`.
    input_audio: Option<InputAudio>,
    /// Of `file`.
    file: Option<FilePart>,
}

/// A picture.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
struct ImageUrl {
    /// An https URL of a public host, or a `data:` URL.
    url: String,
    /// How closely it is looked at.
    detail: Option<String>,
}

/// Sound.
#[derive(JsonSchema)]
struct InputAudio {
    /// In base64.
    data: String,
    /// Such as `wav`.
    format: String,
}

/// A file of the account, or one that comes with the request.
#[derive(JsonSchema)]
#[schemars(rename = "ChatFile")]
struct FilePart {
    /// `file_…`.
    file_id: Option<String>,
    /// A `data:` URL.
    file_data: Option<String>,
    /// Its name.
    filename: Option<String>,
}

/// What a model may call.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true), rename = "ChatTool")]
struct Tool {
    /// `function`.
    r#type: String,
    /// The function.
    function: Option<Function>,
}

/// A function of the caller's.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true), rename = "ToolFunction")]
struct Function {
    /// Its name.
    name: String,
    /// What it is good for.
    description: Option<String>,
    /// The JSON Schema of its parameters.
    parameters: Option<Map<String, Value>>,
    /// Whether the model keeps to the schema.
    strict: Option<bool>,
}

/// A call of a tool.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub(super) struct ToolCall {
    /// What the result names.
    id: String,
    /// `function`.
    r#type: String,
    /// The function that is called.
    function: FunctionCall,
}

/// A call of a function.
#[derive(JsonSchema)]
pub(super) struct FunctionCall {
    /// Which.
    name: String,
    /// JSON, as the model wrote it.
    arguments: String,
}
