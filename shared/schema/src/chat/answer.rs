//! Answers of a chat, whole (`chat.completion`) and in pieces (`chat.completion.chunk`), as far as other
//! formats have words for what is in them.

use super::Text;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// An answer, or a chunk of one.
#[derive(Debug, Deserialize)]
pub struct Answer<'a> {
    /// Usually one.
    #[serde(borrow)]
    pub choices: Vec<Choice<'a>>,
}

/// A choice.
#[derive(Debug, Deserialize)]
pub struct Choice<'a> {
    /// Its number.
    #[serde(default)]
    pub index: u32,
    /// Of a whole answer.
    #[serde(borrow)]
    pub message: Option<Said<'a>>,
    /// Of a chunk.
    #[serde(borrow)]
    pub delta: Option<Said<'a>>,
    /// Why it ended.
    #[serde(borrow)]
    pub finish_reason: Option<Text<'a>>,
}

/// What a model said, or a piece of it.
#[derive(Debug, Deserialize)]
pub struct Said<'a> {
    /// A text, or parts, as several vendors write them; see [`Said::text`].
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    /// In place of an answer.
    #[serde(borrow)]
    pub refusal: Option<Text<'a>>,
    #[serde(borrow)]
    reasoning_content: Option<Text<'a>>,
    #[serde(borrow)]
    reasoning: Option<Text<'a>>,
    /// Tools that it calls.
    #[serde(borrow)]
    pub tool_calls: Option<Vec<Call<'a>>>,
}

/// A call of a tool, or a piece of one.
#[derive(Debug, Deserialize)]
pub struct Call<'a> {
    /// In a stream the number of the call that it is a piece of; some vendors leave it out.
    pub index: Option<u32>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Debug, Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    /// JSON, as a text.
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
}

impl Said<'_> {
    /// Its text; empty where it has none.
    pub fn text(&self) -> String {
        let json = self.content.map_or("null", RawValue::get);
        match serde_json::from_str(json) {
            Ok(Value::String(text)) => text,
            Ok(Value::Array(parts)) => {
                let texts = parts.iter().filter_map(|part| part["text"].as_str());
                texts.collect()
            }
            // Half a surrogate pair: there is no text for it alone.
            _ => String::new(),
        }
    }

    /// What it thought: vendors have two names for that, and some write both.
    pub fn thoughts(&self) -> &str {
        let known = [&self.reasoning_content, &self.reasoning];
        let mut texts = known.into_iter().flatten().map(|text| &*text.0);
        texts.find(|text| !text.is_empty()).unwrap_or_default()
    }
}

impl Call<'_> {
    /// Its id: in a stream only in the first piece; empty where it has none.
    pub fn id(&self) -> &str {
        text_of(self.id.as_ref())
    }

    /// The function's name: in a stream only in the first piece; empty where it has none.
    pub fn name(&self) -> &str {
        let function = self.function.as_ref();
        text_of(function.and_then(|function| function.name.as_ref()))
    }

    /// The function's arguments; empty where it has none.
    pub fn arguments(&self) -> &str {
        let function = self.function.as_ref();
        text_of(function.and_then(|function| function.arguments.as_ref()))
    }
}

fn text_of<'a>(text: Option<&'a Text<'_>>) -> &'a str {
    text.map_or("", |text| &text.0)
}
