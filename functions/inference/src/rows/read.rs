//! What is read of requests and answers.

use super::table::{Output, Row, Unit};
use bytes::Bytes;
use http::HeaderMap;
use openclaw_chat::{AskedForward, Counted, ForwardBound, ForwardedAnswer};
use openclaw_core::{Error, Money, Result, json::Object};
use openclaw_providers::{Forward, ForwardContent, tokens};
use openclaw_schema::{
    config::Dialect,
    parse, parse_text,
    usage::{CompletionUsage, InputOutputUsage, TokenUsage},
};
use serde_json::Value;

/// The most pictures that one request may ask for: OpenAI's limit.
const MAX_PICTURES: u64 = 10;

/// A request, as far as it is looked at.
pub(super) struct Read {
    model: String,
    object: Object,
    /// Our estimate.
    prompt_tokens: u64,
    /// Bytes of the body: no token is shorter.
    bytes: u64,
    answers: u64,
}

impl Read {
    /// 400 that names the field.
    pub(super) fn of(row: &Row, body: &Bytes) -> Result<Self> {
        let object: Object = parse(parse_text(body)?, "")?;
        let model = match field::<String>(&object, "model")? {
            Some(model) if !model.is_empty() => model,
            _ => match row.default_model {
                Some(model) => model.into(),
                None => return Err(Error::invalid("model", "is required")),
            },
        };
        let given = |name: &&&str| object.get(name).is_some_and(|json| json != "null");
        if let Some(missing) = row.prompt.first().filter(|name| !given(name)) {
            return Err(Error::invalid(*missing, "is required"));
        }
        let texts = row.prompt.iter().filter_map(|name| object.get(name));
        let prompt_tokens = texts.map(|json| measure(row.unit, json)).sum();
        let answers = match row.output {
            Output::Pictures(_) => pictures(&object)?,
            _ => 1,
        };
        Ok(Self {
            model,
            prompt_tokens,
            bytes: body.len() as u64,
            answers,
            object,
        })
    }

    pub(super) fn asked(self, row: &Row) -> AskedForward {
        AskedForward {
            model: self.model,
            endpoint: row.endpoint,
            prompt_tokens: self.prompt_tokens,
            bound: ForwardBound {
                text_prompt: self.bytes,
                media_prompt: Some(0),
                completion: match row.output {
                    Output::Nothing => Some(0),
                    Output::Pictures(tokens) => Some(tokens.saturating_mul(self.answers)),
                    Output::Audio => None,
                },
                has_audio: row.output == Output::Audio,
            },
            answers: self.answers,
            forward: Forward {
                path: row.path,
                dialect: Dialect::Openai,
                content: ForwardContent::Json(self.object),
                headers: HeaderMap::new(),
                with_defaults: false,
            },
        }
    }
}

/// A field, parsed; the error names it.
pub(super) fn field<T: serde::de::DeserializeOwned>(
    object: &Object,
    name: &str,
) -> Result<Option<T>> {
    match object.get(name).filter(|json| *json != "null") {
        Some(json) => parse(json, name).map(Some),
        None => Ok(None),
    }
}

fn pictures(object: &Object) -> Result<u64> {
    let count = field::<u64>(object, "n")?.unwrap_or(1);
    match count {
        1..=MAX_PICTURES => Ok(count),
        _ => {
            let issue = format!("must be a whole number from 1 to {MAX_PICTURES}");
            Err(Error::invalid("n", issue))
        }
    }
}

/// Tokens of all texts in `json`. Lists of numbers are tokens already.
pub(super) fn measure(unit: Unit, json: &str) -> u64 {
    fn of(unit: Unit, value: &Value) -> u64 {
        match value {
            Value::String(text) if text.starts_with("data:") => tokens::PER_IMAGE,
            Value::String(text) => match unit {
                Unit::Token => tokens::estimate(text),
                Unit::Character => text.chars().count() as u64,
            },
            Value::Number(_) => 1,
            Value::Array(items) => items.iter().map(|item| of(unit, item)).sum(),
            Value::Object(fields) => fields.values().map(|item| of(unit, item)).sum(),
            Value::Null | Value::Bool(_) => 0,
        }
    }
    serde_json::from_str(json).map_or(0, |value| of(unit, &value))
}

/// How answers of a row are read and shown.
pub(super) fn answer_format(row: &Row) -> ForwardedAnswer {
    ForwardedAnswer {
        count: match row.output {
            Output::Nothing => count_input,
            Output::Pictures(_) | Output::Audio => count_both,
        },
        show: with_cost,
    }
}

/// Of answers without tokens out.
fn count_input(answer: &Bytes) -> Counted {
    let usage = usage_of(answer).unwrap_or_default();
    let told = CompletionUsage::read(&usage);
    // Jina's and vLLM's rerankers tell the total alone.
    let total = Object::of(&usage).and_then(|usage| usage.get("total_tokens")?.parse().ok());
    Counted {
        usage: TokenUsage {
            prompt_tokens: told.prompt_tokens.or(total),
            completion_tokens: Some(0),
            ..told
        },
        estimated_completion_tokens: 0,
    }
}

pub(super) fn count_both(answer: &Bytes) -> Counted {
    let usage = InputOutputUsage::read(&usage_of(answer).unwrap_or_default());
    Counted {
        usage: TokenUsage {
            completion_tokens: usage.completion_tokens.or(Some(0)),
            ..usage
        },
        estimated_completion_tokens: 0,
    }
}

pub(super) fn usage_of(answer: &Bytes) -> Option<String> {
    let mut answer: Object = serde_json::from_slice(answer).ok()?;
    answer.remove("usage")
}

/// The answer with `usage.cost`, where it is a JSON object; else as it came.
pub(super) fn with_cost(answer: &Bytes, _: &TokenUsage, cost: Money) -> Bytes {
    let Ok(mut object) = serde_json::from_slice::<Object>(answer) else {
        return answer.clone();
    };
    let mut usage = object.get("usage").and_then(Object::of).unwrap_or_default();
    usage.set("cost", cost.to_string());
    object.set("usage", usage.to_string());
    object.to_string().into()
}
