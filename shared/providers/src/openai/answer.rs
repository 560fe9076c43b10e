//! What is read of an answer: whether it is one, its usage, and its texts where they must be
//! counted.

use crate::{dialect::DecodeError, tokens};
use memchr::memchr;
use openclaw_schema::{
    chat::Text,
    usage::{CompletionUsage, TokenUsage},
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What is read of an answer or a chunk.
#[derive(Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    pub(super) index: u32,
    #[serde(borrow)]
    pub(super) finish_reason: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<Said<'a>>,
    #[serde(borrow)]
    message: Option<Said<'a>>,
}

/// A message or a part of one. Raw, because vendors write more than OpenAI there: what cannot be
/// read shall not stop it from being passed on.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
    /// DeepSeek's, llama.cpp's and vLLM's.
    #[serde(borrow)]
    reasoning_content: Option<&'a RawValue>,
    /// OpenRouter's and Groq's.
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
}

impl<'a> Choice<'a> {
    /// Of an answer its message, of a chunk what it adds.
    fn said(&self) -> Option<&Said<'a>> {
        self.delta.as_ref().or(self.message.as_ref())
    }
}

impl Said<'_> {
    fn tokens(&self) -> u64 {
        let texts = [
            self.content,
            self.refusal,
            self.reasoning_content,
            self.reasoning,
        ];
        let texts: u64 = texts.into_iter().flatten().map(of_text).sum();
        texts + self.tool_calls.map_or(0, of_calls)
    }
}

/// Tokens of a JSON string; without escapes it need not be decoded.
fn of_text(raw: &RawValue) -> u64 {
    let json = raw.get();
    match json
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(text) if memchr(b'\\', text.as_bytes()).is_none() => tokens::estimate(text),
        Some(_) => serde_json::from_str::<String>(json).map_or(0, |text| tokens::estimate(&text)),
        None => tokens::estimate(json),
    }
}

fn of_calls(raw: &RawValue) -> u64 {
    let calls: Vec<Call<'_>> = serde_json::from_str(raw.get()).unwrap_or_default();
    calls
        .iter()
        .filter_map(|call| call.function.as_ref())
        .flat_map(|function| [&function.name, &function.arguments])
        .flatten()
        .map(|text| tokens::estimate(&text.0))
        .sum()
}

impl Answer<'_> {
    pub(super) fn parse(bytes: &[u8]) -> Result<Answer<'_>, DecodeError> {
        let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8: {error}"))?;
        let answer: Answer<'_> = serde_json::from_str(text)
            .map_err(|error| format!("not what it should be: {error}"))?;
        match answer.error {
            Some(error) => Err(format!("error in the answer: {}", error.get())),
            None => Ok(answer),
        }
    }

    pub(super) fn usage(&self) -> Option<TokenUsage> {
        Some(CompletionUsage::read(self.usage?.get()))
    }

    /// The JSON string that is all that a chunk says, through its one choice, which goes on.
    pub(super) fn only_text(&self) -> Option<&str> {
        let [choice] = self.choices.as_deref()? else {
            return None;
        };
        let said = choice.said()?;
        let more = [
            said.refusal,
            said.reasoning_content,
            said.reasoning,
            said.tool_calls,
        ];
        let goes_on = choice.finish_reason.is_none() && self.usage.is_none();
        let text = said.content?.get();
        (goes_on && more.iter().all(Option::is_none) && text.starts_with('"')).then_some(text)
    }

    pub(super) fn tokens(&self) -> u64 {
        let choices = self.choices.iter().flatten();
        choices
            .filter_map(|choice| choice.said())
            .map(Said::tokens)
            .sum()
    }
}
