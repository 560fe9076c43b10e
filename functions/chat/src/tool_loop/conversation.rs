//! The request of each round: the caller's, with the tools that are offered and what was said since.

use super::turn::array;
use bytes::Bytes;
use openclaw_core::{Error, Result, json::Object};
use openclaw_schema::chat::{ChatRequest, Tool};
use serde_json::{json, value::RawValue};

/// A conversation that goes on.
#[derive(Debug)]
pub(super) struct Conversation {
    /// The caller's fields, without those below.
    fields: Vec<(String, String)>,
    tools: Vec<String>,
    tool_choice: Option<String>,
    messages: Vec<String>,
}

impl Conversation {
    /// Of a caller's `request` and the tools that are offered beside the caller's own: JSON, by their
    /// names. 400 where the request has a tool of such a name, or asks for several choices.
    pub(super) fn new(request: &ChatRequest<'_>, offered: &[(String, String)]) -> Result<Self> {
        if request.n > 1 {
            return Err(Error::invalid("n", "must be 1 with skills"));
        }
        let own: Vec<Tool<'_>> = request.field("tools")?.unwrap_or_default();
        for (at, tool) in own.iter().enumerate() {
            let name = tool.function.as_ref().map_or("", |function| &function.name);
            if offered.iter().any(|(offered, _)| offered == name) {
                let field = format!("tools[{at}].function.name");
                return Err(Error::invalid(field, "is the name of a skill's command"));
            }
        }
        let raw = |name: &str| -> Result<Vec<String>> {
            let items: Option<Vec<&RawValue>> = request.field(name)?;
            let items = items.into_iter().flatten();
            Ok(items.map(|item| item.get().to_owned()).collect())
        };
        let mut tools = raw("tools")?;
        tools.extend(offered.iter().map(|(_, tool)| tool.clone()));
        let ours = ["messages", "tools", "tool_choice"];
        let fields = request.fields().filter(|(name, _)| !ours.contains(name));
        Ok(Self {
            fields: fields
                .map(|(name, json)| (name.to_owned(), json.get().to_owned()))
                .collect(),
            tools,
            tool_choice: request.raw("tool_choice").map(|json| json.get().to_owned()),
            messages: raw("messages")?,
        })
    }

    /// Adds a message, which is JSON.
    pub(super) fn push(&mut self, message: String) {
        self.messages.push(message);
        // A tool that must be called has been: else the model could never say anything.
        self.tool_choice
            .take_if(|choice| *choice != r#""none""# && *choice != r#""auto""#);
    }

    /// Adds what a tool answered.
    pub(super) fn push_result(&mut self, call: &str, content: &str) {
        let message = json!({"role": "tool", "tool_call_id": call, "content": content});
        self.push(message.to_string());
    }

    /// The request as a caller would send it; in the last round the model is told to call nothing.
    pub(super) fn body(&self, is_last: bool) -> Bytes {
        let mut body = Object::default();
        for (name, json) in &self.fields {
            body.set(name, json.as_str());
        }
        body.set("tools", array(&self.tools));
        let choice = match is_last {
            true => Some(r#""none""#),
            false => self.tool_choice.as_deref(),
        };
        if let Some(choice) = choice {
            body.set("tool_choice", choice);
        }
        body.set("messages", array(&self.messages));
        body.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Details;
    use serde_json::Value;

    const OFFERED: &str = r#"{"type":"function","function":{"name":"s__c"}}"#;

    fn conversation(more: Value) -> Result<Conversation> {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}]});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let body = body.to_string();
        let request = ChatRequest::parse(body.as_bytes()).unwrap();
        Conversation::new(&request, &[("s__c".into(), OFFERED.into())])
    }

    fn sent(conversation: &Conversation, is_last: bool) -> Value {
        serde_json::from_slice(&conversation.body(is_last)).unwrap()
    }

    fn own(name: &str) -> Value {
        json!([{"type": "function", "function": {"name": name}}])
    }

    #[test]
    fn rounds_have_the_callers_fields_the_tools_and_what_was_said() {
        let more = json!({"seed": 7, "skills": ["s"], "tools": own("mine")});
        let mut conversation = conversation(more).unwrap();
        let first = sent(&conversation, false);
        assert_eq!((&first["seed"], first.get("skills")), (&json!(7), None));
        assert_eq!(first["tools"][0]["function"]["name"], "mine");
        assert_eq!(first["tools"][1]["function"]["name"], "s__c");
        conversation.push(r#"{"role":"assistant"}"#.into());
        conversation.push_result("call_1", "15 degrees");
        let messages = sent(&conversation, false)["messages"].clone();
        assert_eq!(messages.as_array().unwrap().len(), 3);
        let answer = json!({"role": "tool", "tool_call_id": "call_1", "content": "15 degrees"});
        assert_eq!(messages[2], answer);
    }

    #[test]
    fn a_tool_that_must_be_called_must_be_called_once() {
        for (choice, later) in [
            (json!("required"), None),
            (
                json!({"type": "function", "function": {"name": "s__c"}}),
                None,
            ),
            (json!("auto"), Some("auto")),
            (json!("none"), Some("none")),
        ] {
            let mut conversation = conversation(json!({"tool_choice": choice})).unwrap();
            assert_eq!(sent(&conversation, false)["tool_choice"], choice);
            conversation.push_result("call_1", "x");
            let next = sent(&conversation, false);
            assert_eq!(next.get("tool_choice").and_then(Value::as_str), later);
            assert_eq!(sent(&conversation, true)["tool_choice"], "none");
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        for (more, field) in [
            (json!({"n": 2}), "n"),
            (json!({"tools": own("s__c")}), "tools[0].function.name"),
        ] {
            match conversation(more).unwrap_err().details {
                Some(Details::Field { field: named, .. }) => assert_eq!(named, field),
                other => panic!("{other:?}"),
            }
        }
    }
}
