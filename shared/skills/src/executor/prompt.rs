//! A model call.

use super::{Call, Executor};
use crate::template::{Renderer, Scope};
use bytes::Bytes;
use futures_util::FutureExt;
use openclaw_core::{BoxFuture, Code, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The chat path, for the caller of a skill: limits, budgets and accounting are chat's.
pub trait Chat: Send + Sync {
    /// Sends the body of `POST /chat/completions` and gives the answer's body, or the error that it is.
    fn complete(&self, body: Bytes) -> BoxFuture<'_, Result<Bytes>>;
}

/// `{"type": "prompt", …}`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "PromptExecutor")
)]
pub struct Prompt {
    /// The model's id.
    pub model: String,
    /// What the model is told first, as it stands: no template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// The same as a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// What it is asked, as a template.
    pub prompt: String,
    /// Tokens of its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// As in a chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// As in a chat. With JSON the result is the value that the model wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_format: Option<Value>,
}

/// The part of an answer that is the result.
#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

impl Executor for Prompt {
    fn execute<'a>(&'a self, call: &'a Call<'a>) -> BoxFuture<'a, Result<Value>> {
        self.ask(call).boxed()
    }
}

impl Prompt {
    async fn ask(&self, call: &Call<'_>) -> Result<Value> {
        let chat = call.chat.ok_or_else(|| {
            let message = "The skill calls a model, which cannot be done from here";
            Error::new(Code::SkillFailed, message)
        })?;
        let body = self.body(call)?;
        let answer = chat.complete(body.to_string().into()).await?;
        let answer: Answer = serde_json::from_slice(&answer).map_err(Error::internal)?;
        let first = answer.choices.into_iter().next();
        let text = first.and_then(|choice| choice.message.content);
        let text = text.unwrap_or_default();
        if self.response_format.is_none() {
            return Ok(Value::String(text));
        }
        serde_json::from_str(&text).map_err(|_| {
            Error::new(
                Code::SkillFailed,
                "The model's answer is not the JSON that was asked for",
            )
        })
    }

    fn body(&self, call: &Call<'_>) -> Result<Value> {
        let mut scope = Scope::new();
        scope.set("parameters", call.parameters);
        let mut renderer = Renderer::default();
        let mut render = |source: &str, path: &str| {
            let text = renderer.text(source, &scope);
            text.map_err(|problem| super::http::template_failed(path, &problem))
        };
        let mut messages = Vec::new();
        if let Some(instructions) = &self.instructions {
            messages.push(json!({"role": "system", "content": instructions}));
        }
        if let Some(system) = &self.system {
            let system = render(system, "system")?;
            messages.push(json!({"role": "system", "content": system}));
        }
        let prompt = render(&self.prompt, "prompt")?;
        messages.push(json!({"role": "user", "content": prompt}));
        let mut body = json!({"model": self.model, "messages": messages});
        for (name, value) in [
            ("max_tokens", self.max_tokens.map(Value::from)),
            ("temperature", self.temperature.map(Value::from)),
            ("response_format", self.response_format.clone()),
        ] {
            if let Some(value) = value {
                body[name] = value;
            }
        }
        Ok(body)
    }
}
