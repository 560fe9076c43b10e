//! What a model answered in one round: its message, and the tools that it calls.

use openclaw_core::{Error, Result, json::Object};
use serde::Deserialize;
use serde_json::Value;

/// A call of a tool.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// The id that the tool's answer names.
    pub(super) id: String,
    /// The tool.
    pub(super) name: String,
    /// JSON, as a text.
    pub(super) arguments: String,
}

/// A round's answer: OpenAI's `chat.completion` with one choice.
#[derive(Debug)]
pub(super) struct Turn {
    completion: Object,
    choice: Object,
    message: Object,
    /// `message.tool_calls`, each as it came.
    raw_calls: Vec<Object>,
}

impl Turn {
    pub(super) fn read(completion: &[u8]) -> Result<Self> {
        let completion: Object = serde_json::from_slice(completion).map_err(Error::internal)?;
        let choices = completion.get("choices").unwrap_or_default();
        let choices: Vec<Object> = serde_json::from_str(choices).map_err(Error::internal)?;
        let choice = choices.into_iter().next().unwrap_or_default();
        let message = choice.get("message").and_then(Object::of);
        let message = message.unwrap_or_default();
        let raw_calls = message.get("tool_calls").map(serde_json::from_str);
        Ok(Self {
            completion,
            raw_calls: raw_calls.and_then(Result::ok).unwrap_or_default(),
            choice,
            message,
        })
    }

    /// The calls, in their order.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.raw_calls.iter().filter_map(read_call).collect()
    }

    /// The message as one of the conversation that goes on.
    pub(super) fn message(&self) -> String {
        let mut message = self.message.clone();
        message.set("role", r#""assistant""#);
        // What only answers have; several vendors refuse it in a request.
        message.remove("annotations");
        for name in ["refusal", "audio", "function_call"] {
            if message.get(name) == Some("null") {
                message.remove(name);
            }
        }
        message.to_string()
    }

    /// The answer without the calls that are `hidden`: those that the caller knows nothing of.
    pub(super) fn without(mut self, hidden: impl Fn(&str) -> bool) -> String {
        let shown = self.raw_calls.iter().filter(|raw| {
            let call = read_call(raw);
            call.is_none_or(|call| !hidden(&call.name))
        });
        let shown: Vec<_> = shown.map(Object::to_string).collect();
        match shown.is_empty() {
            true => {
                self.message.remove("tool_calls");
                // It ends before the model was done with what it wanted.
                self.choice.set("finish_reason", r#""length""#);
            }
            false => self.message.set("tool_calls", array(&shown)),
        }
        self.choice.set("message", self.message.to_string());
        self.completion
            .set("choices", array(&[self.choice.to_string()]));
        self.completion.to_string()
    }
}

fn read_call(raw: &Object) -> Option<Call> {
    #[derive(Deserialize)]
    struct Function {
        name: String,
        #[serde(default)]
        arguments: Value,
    }
    let function: Function = serde_json::from_str(raw.get("function")?).ok()?;
    Some(Call {
        id: raw
            .get("id")
            .and_then(|id| serde_json::from_str(id).ok())
            .unwrap_or_default(),
        name: function.name,
        arguments: match function.arguments {
            Value::String(text) => text,
            Value::Null => String::new(),
            // As some servers write it.
            arguments => arguments.to_string(),
        },
    })
}

/// An array of values that are JSON already.
pub(super) fn array<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(AsRef::as_ref).collect();
    format!("[{}]", items.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn turn(message: Value) -> Turn {
        let choice = json!({"index": 0, "message": message, "finish_reason": "tool_calls"});
        let completion = json!({"id": "x", "choices": [choice]});
        Turn::read(completion.to_string().as_bytes()).unwrap()
    }

    fn call(id: &str, name: &str) -> Value {
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}})
    }

    #[test]
    fn calls_are_read_however_their_arguments_are_written() {
        let turn = turn(json!({"role": "assistant", "content": null, "tool_calls": [
            call("a", "f"),
            {"id": "b", "function": {"name": "g", "arguments": {"x": 1}}},
            {"id": "c", "function": {"name": "h"}},
            {"id": "d", "type": "custom"},
        ]}));
        let arguments: Vec<_> = turn
            .calls()
            .into_iter()
            .map(|call| call.arguments)
            .collect();
        assert_eq!(arguments, ["{}", r#"{"x":1}"#, ""]);
    }

    #[test]
    fn the_message_goes_on_without_what_only_answers_have() {
        let turn = turn(json!({
            "role": "assistant", "content": "hm", "refusal": null, "annotations": [],
            "reasoning_content": "so", "tool_calls": [call("a", "f")],
        }));
        let message: Value = serde_json::from_str(&turn.message()).unwrap();
        assert_eq!(
            message,
            json!({
                "role": "assistant", "content": "hm", "reasoning_content": "so",
                "tool_calls": [call("a", "f")],
            })
        );
    }

    #[test]
    fn calls_of_skills_are_not_shown() {
        let answer = |calls: Value| {
            let turn = turn(json!({"role": "assistant", "content": "x", "tool_calls": calls}));
            let shown = turn.without(|name| name.starts_with("skill__"));
            let shown: Value = serde_json::from_str(&shown).unwrap();
            shown["choices"][0].clone()
        };
        let mixed = answer(json!([call("a", "skill__f"), call("b", "own")]));
        assert_eq!(mixed["message"]["tool_calls"], json!([call("b", "own")]));
        assert_eq!(mixed["finish_reason"], "tool_calls");
        let none = answer(json!([call("a", "skill__f")]));
        assert!(none["message"].get("tool_calls").is_none());
        assert_eq!(none["finish_reason"], "length");
    }
}
