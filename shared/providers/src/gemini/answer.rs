//! The answer in, whole and in events: each event has the form of a whole answer.

use crate::{
    answer::{Chunk, Completion},
    dialect::{DecodeError, StreamDecoder, StreamEvent},
    sse::Event,
    tokens,
    vendor_error::VendorError,
};
use openclaw_schema::usage::TokenUsage;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    candidates: Vec<Candidate>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Counts>,
    model_version: String,
    response_id: String,
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Candidate {
    index: u32,
    content: Content,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content {
    parts: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Part {
    text: Option<String>,
    thought: bool,
    thought_signature: Option<String>,
    function_call: Option<Call>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Call {
    id: Option<String>,
    name: String,
    args: Option<Map<String, Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Counts {
    prompt_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
    tool_use_prompt_token_count: Option<u64>,
    prompt_tokens_details: Vec<Modality>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Modality {
    modality: String,
    token_count: u64,
}

impl Counts {
    /// What Gemini thought is counted beside what it said; both are paid for.
    fn usage(&self) -> TokenUsage {
        let sum = |counts: [Option<u64>; 2]| {
            let told = counts.iter().any(Option::is_some);
            let sum = counts.into_iter().flatten().fold(0, u64::saturating_add);
            told.then_some(sum)
        };
        let audio = self.prompt_tokens_details.iter();
        let audio = audio.filter(|part| part.modality == "AUDIO");
        let audio = audio.fold(0, |sum: u64, part| sum.saturating_add(part.token_count));
        TokenUsage {
            prompt_tokens: sum([self.prompt_token_count, self.tool_use_prompt_token_count]),
            cached_tokens: self.cached_content_token_count,
            audio_prompt_tokens: (audio > 0).then_some(audio),
            completion_tokens: sum([self.candidates_token_count, self.thoughts_token_count]),
            reasoning_tokens: self.thoughts_token_count,
            ..TokenUsage::default()
        }
    }

    /// OpenAI's `usage`.
    fn shown(&self) -> Value {
        let usage = self.usage();
        let (prompt, completion) = (usage.prompt(), usage.completion());
        let cached = usage.cached_tokens.unwrap_or_default();
        let reasoning = usage.reasoning_tokens.unwrap_or_default();
        json!({
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt.saturating_add(completion),
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        })
    }
}

/// What the parts of a candidate say in OpenAI's words: a message, or a delta.
struct Said {
    fields: Map<String, Value>,
    tokens: u64,
    calls: u32,
}

impl Said {
    /// `before` calls of this candidate came earlier, each with an index where `indexed`.
    fn new(parts: Vec<Part>, response: &str, before: u32, indexed: bool) -> Self {
        let (mut content, mut thoughts, mut calls) = (String::new(), String::new(), vec![]);
        let mut signature = None;
        let mut tokens = 0;
        for part in parts {
            if let Some(text) = part.text {
                tokens += tokens::estimate(&text);
                match part.thought {
                    true => thoughts.push_str(&text),
                    false => content.push_str(&text),
                }
            }
            let Some(call) = part.function_call else {
                signature = part.thought_signature.or(signature);
                continue;
            };
            let at = before + u32::try_from(calls.len()).unwrap_or_default();
            let arguments = Value::Object(call.args.unwrap_or_default()).to_string();
            tokens += tokens::estimate(&call.name) + tokens::estimate(&arguments);
            let id = call.id.unwrap_or_else(|| format!("call_{response}_{at}"));
            let mut call = json!({"id": id, "type": "function",
                "function": {"name": call.name, "arguments": arguments}});
            if indexed {
                call["index"] = at.into();
            }
            if let Some(signature) = part.thought_signature {
                call["extra_content"] = signed(&signature);
            }
            calls.push(call);
        }
        let count = u32::try_from(calls.len()).unwrap_or_default();
        let mut fields = Map::new();
        if !content.is_empty() {
            fields.insert("content".into(), content.into());
        }
        if !thoughts.is_empty() {
            fields.insert("reasoning_content".into(), thoughts.into());
        }
        if let Some(signature) = signature {
            fields.insert("extra_content".into(), signed(&signature));
        }
        if !calls.is_empty() {
            fields.insert("tool_calls".into(), calls.into());
        }
        Self {
            fields,
            tokens,
            calls: count,
        }
    }
}

/// As Google's compatible endpoint has it.
fn signed(signature: &str) -> Value {
    json!({"google": {"thought_signature": signature}})
}

/// OpenAI's `finish_reason`.
fn finish_reason(reason: &str, has_calls: bool) -> &'static str {
    match reason {
        "MAX_TOKENS" => "length",
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY" => {
            "content_filter"
        }
        _ if has_calls => "tool_calls",
        _ => "stop",
    }
}

fn read(json: &[u8]) -> Result<Answer, DecodeError> {
    let answer: Answer = serde_json::from_slice(json).map_err(|error| {
        let words = String::from_utf8_lossy(&json[..json.len().min(1000)]);
        format!("not an answer: {error}: {words}")
    })?;
    match answer.error {
        Some(_) => Err(DecodeError::Vendor(VendorError::read(json))),
        None => Ok(answer),
    }
}

impl Answer {
    fn is_blocked(&self) -> bool {
        let feedback = self.prompt_feedback.as_ref();
        feedback.is_some_and(|feedback| feedback.block_reason.is_some())
    }
}

pub(super) fn decode(body: &[u8], created: i64) -> Result<Completion, DecodeError> {
    let mut answer = read(body)?;
    if answer.candidates.is_empty() {
        if !answer.is_blocked() {
            return Err(DecodeError::Empty("an answer without candidates".into()));
        }
        answer.candidates.push(Candidate {
            finish_reason: Some("SAFETY".into()),
            ..Candidate::default()
        });
    }
    let (mut choices, mut tokens) = (vec![], 0);
    for candidate in answer.candidates {
        let said = Said::new(candidate.content.parts, &answer.response_id, 0, false);
        tokens += said.tokens;
        let mut message = said.fields;
        message.insert("role".into(), "assistant".into());
        message.entry("content").or_insert(Value::Null);
        message.insert("refusal".into(), Value::Null);
        let reason = candidate.finish_reason.unwrap_or_default();
        choices.push(json!({
            "index": candidate.index,
            "message": message,
            "logprobs": null,
            "finish_reason": finish_reason(&reason, said.calls > 0),
        }));
    }
    let mut completion = json!({
        "id": answer.response_id,
        "object": "chat.completion",
        "created": created,
        "model": answer.model_version,
        "choices": choices,
    });
    let counts = answer.usage_metadata;
    if let Some(counts) = &counts {
        completion["usage"] = counts.shown();
    }
    let usage = counts.map(|counts| counts.usage());
    Ok(Completion {
        body: completion.to_string().into(),
        is_verbatim: false,
        usage,
        estimated_completion_tokens: match usage {
            Some(usage) if usage.tells_completion() => 0,
            _ => tokens,
        },
    })
}

/// Reads one stream. It has no end mark: it is whole where the bytes end after a reason.
#[derive(Debug)]
pub(super) struct Decoder {
    created: i64,
    begun: bool,
    finished: bool,
    /// Of the first event: not all that follow have them.
    id: String,
    model: String,
    /// How many calls each candidate has made.
    calls: BTreeMap<u32, u32>,
}

impl Decoder {
    pub(super) const fn new(created: i64) -> Self {
        Self {
            created,
            begun: false,
            finished: false,
            id: String::new(),
            model: String::new(),
            calls: BTreeMap::new(),
        }
    }
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &Event) -> Result<StreamEvent, DecodeError> {
        let mut answer = read(&event.data)?;
        if answer.candidates.is_empty() && answer.is_blocked() {
            answer.candidates.push(Candidate {
                finish_reason: Some("SAFETY".into()),
                ..Candidate::default()
            });
        }
        if self.id.is_empty() {
            self.id = answer.response_id;
            self.model = answer.model_version;
        }
        let (mut choices, mut tokens, mut finished) = (vec![], 0, false);
        for candidate in answer.candidates {
            let calls = self.calls.entry(candidate.index).or_default();
            let said = Said::new(candidate.content.parts, &self.id, *calls, true);
            *calls += said.calls;
            tokens += said.tokens;
            let mut delta = said.fields;
            if !self.begun {
                delta.insert("role".into(), "assistant".into());
            }
            let reason = candidate.finish_reason;
            let reason = reason.map(|reason| finish_reason(&reason, *calls > 0));
            finished |= reason.is_some();
            choices.push(json!({
                "index": candidate.index, "delta": delta, "logprobs": null, "finish_reason": reason,
            }));
        }
        self.begun |= !choices.is_empty();
        self.finished |= finished;
        let usage = answer.usage_metadata.map(|counts| counts.usage());
        if choices.is_empty() && usage.is_none() {
            return Ok(StreamEvent::Nothing);
        }
        let has_choices = !choices.is_empty();
        let chunk = json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        });
        Ok(StreamEvent::Chunk(Chunk {
            json: chunk.to_string().into(),
            event: None,
            tokens,
            finished,
            has_choices,
            usage,
        }))
    }

    fn may_end(&self) -> bool {
        self.finished
    }
}
