//! Answers that came in the other form than was asked for: a stream put together to a whole
//! answer, and a whole one taken apart to a stream.

use crate::{
    answer::{Chunk, Completion},
    dialect::{AnswerFormat, DecodeError, StreamDecoder, StreamEvent},
    openai::OpenAi,
    sse::{Event, Parser},
};
use bytes::Bytes;
use openclaw_core::{Error, json::Object};
use serde_json::{Map, Value, json};

/// The `chat.completion` that the events in `body` say; an error where they end early.
pub(crate) fn assemble(
    mut decoder: Box<dyn StreamDecoder>,
    body: Bytes,
) -> Result<Completion, DecodeError> {
    let mut parser = Parser::default();
    parser.push(body);
    let mut whole = CompletionBuilder::default();
    while let Some(event) = parser.next().map_err(|error| error.to_string())? {
        match decoder.event(&event)? {
            StreamEvent::Nothing => {}
            StreamEvent::Chunk(chunk) => whole.add(&chunk)?,
            StreamEvent::End(last) => {
                last.iter().try_for_each(|chunk| whole.add(chunk))?;
                return whole.finish();
            }
        }
    }
    match decoder.may_end() {
        true => whole.finish(),
        false => Err("the stream ended before the answer was whole".into()),
    }
}

/// Puts the chunks of a stream together to a whole answer.
#[derive(Default)]
pub struct CompletionBuilder {
    /// The first chunk's fields: id, model and the like.
    fields: Map<String, Value>,
    choices: Vec<Value>,
    usage: Value,
    estimated: u64,
    counted: Option<openclaw_schema::usage::TokenUsage>,
}

impl CompletionBuilder {
    /// Takes the next chunk.
    pub fn push(&mut self, chunk: &Chunk) -> Result<(), Error> {
        self.add(chunk).map_err(internal)
    }

    /// The answer of all chunks so far.
    pub fn build(self) -> Result<Completion, Error> {
        self.finish().map_err(internal)
    }

    fn add(&mut self, chunk: &Chunk) -> Result<(), DecodeError> {
        let value = serde_json::from_slice(&chunk.json);
        let value: Map<String, Value> = value.map_err(|error| error.to_string())?;
        let mut value = value;
        self.estimated += chunk.tokens;
        if let Some(usage) = chunk.usage {
            self.counted.get_or_insert_default().update(usage);
        }
        if let Some(usage) = value.remove("usage").filter(Value::is_object) {
            self.usage = usage;
        }
        if let Some(Value::Array(choices)) = value.remove("choices") {
            choices.into_iter().for_each(|choice| self.choice(choice));
        }
        if self.fields.is_empty() {
            self.fields = value;
        }
        Ok(())
    }

    fn choice(&mut self, mut chunk: Value) {
        let index = chunk["index"].as_u64().unwrap_or_default();
        let known = self
            .choices
            .iter()
            .position(|choice| choice["index"] == index);
        let at = known.unwrap_or_else(|| {
            let message = json!({"role": "assistant", "content": null});
            let choice = json!({"index": index, "message": message, "finish_reason": null});
            self.choices.push(choice);
            self.choices.len() - 1
        });
        let choice = &mut self.choices[at];
        merge(&mut choice["message"], chunk["delta"].take());
        if !chunk["finish_reason"].is_null() {
            choice["finish_reason"] = chunk["finish_reason"].take();
        }
        if let logprobs @ Value::Object(_) = chunk["logprobs"].take() {
            merge(&mut choice["logprobs"], logprobs);
        }
    }

    fn finish(mut self) -> Result<Completion, DecodeError> {
        if self.choices.is_empty() {
            return Err(DecodeError::Empty("a stream without choices".into()));
        }
        for call in self.choices.iter_mut().flat_map(calls_of) {
            call.remove("index");
        }
        self.fields
            .insert("object".into(), "chat.completion".into());
        self.fields.insert("choices".into(), self.choices.into());
        if self.usage.is_object() {
            self.fields.insert("usage".into(), self.usage);
        }
        let body = serde_json::to_vec(&self.fields).map_err(|error| error.to_string())?;
        Ok(Completion {
            body: body.into(),
            is_verbatim: false,
            usage: self.counted,
            estimated_completion_tokens: match self.counted {
                Some(usage) if usage.tells_completion() => 0,
                _ => self.estimated,
            },
        })
    }
}

/// Chunks that were decoded once are in order.
fn internal(error: DecodeError) -> Error {
    Error::internal(format_args!("{error:?}"))
}

fn calls_of(choice: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let calls = choice["message"].get_mut("tool_calls");
    let calls = calls.and_then(Value::as_array_mut).into_iter().flatten();
    calls.filter_map(Value::as_object_mut)
}

/// Adds a delta, as OpenAI's libraries do: texts are joined, lists whose items have an `index` are
/// merged by it, other lists grow, null adds nothing. A word that names something (`id`, `role`,
/// `type`) stays.
fn merge(into: &mut Value, delta: Value) {
    match (into, delta) {
        (_, Value::Null) => {}
        (Value::Object(fields), Value::Object(delta)) => {
            for (name, value) in delta {
                let field = fields.entry(&name).or_insert(Value::Null);
                let is_name = matches!(&*name, "id" | "role" | "type");
                if !(is_name && field.is_string()) {
                    merge(field, value);
                }
            }
        }
        (Value::String(text), Value::String(more)) => text.push_str(&more),
        (into @ Value::Null, Value::Array(delta)) => {
            *into = json!([]);
            merge(into, delta.into());
        }
        (Value::Array(items), Value::Array(delta)) => {
            for item in delta {
                let is_it = |known: &&mut Value| {
                    item.get("index").is_some() && known.get("index") == item.get("index")
                };
                match items.iter_mut().find(is_it) {
                    Some(known) => merge(known, item),
                    None => items.push(item),
                }
            }
        }
        (into, delta) => *into = delta,
    }
}

/// `completion` as the chunks of a stream: what it says, why it ends, what it took.
pub(crate) fn take_apart(completion: &Completion) -> Result<Vec<Chunk>, DecodeError> {
    let broken = || DecodeError::from("an answer that cannot be streamed");
    let mut root: Object =
        serde_json::from_slice(&completion.body).map_err(|error| error.to_string())?;
    let choices = root.get("choices").ok_or_else(broken)?;
    let choices: Vec<Object> = serde_json::from_str(choices).map_err(|error| error.to_string())?;
    let usage = root.get("usage").map(str::to_owned);
    root.remove("usage");
    root.set("object", r#""chat.completion.chunk""#);
    let (mut said, mut ends) = (vec![], vec![]);
    for choice in choices {
        let index = choice.get("index").unwrap_or("0").to_owned();
        let mut end = Object::default();
        end.set("index", index);
        end.set("delta", "{}");
        end.set(
            "finish_reason",
            choice.get("finish_reason").unwrap_or(r#""stop""#),
        );
        ends.push(end.to_string());
        said.push(delta_of(choice).ok_or_else(broken)?.to_string());
    }
    let mut chunks = vec![with_choices(&root, &said), with_choices(&root, &ends)];
    if let Some(usage) = usage.filter(|usage| usage.starts_with('{')) {
        let mut last = with_choices(&root, &[]);
        last.set("usage", usage);
        chunks.push(last);
    }
    let mut decoder = OpenAi.stream_decoder(0);
    let mut decode = |chunk: Object| {
        let event = Event {
            data: chunk.to_string().into(),
            ..Event::default()
        };
        match decoder.event(&event)? {
            StreamEvent::Chunk(chunk) => Ok(chunk),
            _ => Err(broken()),
        }
    };
    chunks.into_iter().map(&mut decode).collect()
}

fn with_choices(root: &Object, choices: &[String]) -> Object {
    let mut chunk = root.clone();
    chunk.set("choices", format!("[{}]", choices.join(",")));
    chunk
}

/// A choice whose message is a delta, its calls of tools numbered.
fn delta_of(mut choice: Object) -> Option<Object> {
    let mut delta = Object::of(choice.get("message")?)?;
    if let Some(calls) = delta
        .get("tool_calls")
        .filter(|calls| calls.starts_with('['))
    {
        let mut calls: Vec<Object> = serde_json::from_str(calls).ok()?;
        for (number, call) in calls.iter_mut().enumerate() {
            call.set("index", number.to_string());
        }
        let calls: Vec<_> = calls.iter().map(Object::to_string).collect();
        delta.set("tool_calls", format!("[{}]", calls.join(",")));
    }
    choice.remove("message");
    choice.set("delta", delta.to_string());
    choice.set("finish_reason", "null");
    Some(choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assembled(events: &[&str]) -> Result<Value, DecodeError> {
        let body: String = events
            .iter()
            .map(|event| format!("data: {event}\n\n"))
            .collect();
        let completion = assemble(OpenAi.stream_decoder(0), body.into())?;
        Ok(serde_json::from_slice(&completion.body).unwrap())
    }

    const EVENTS: &[&str] = &[
        r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}]}"#,
        r#"{"id":"c","choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}"#,
        r#"{"id":"c","choices":[{"index":0,"delta":{"content":"lo","tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\""}}]}}]}"#,
        r#"{"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"arguments":":1}"}},{"index":1,"id":"b","function":{"name":"g","arguments":""}}]}}]}"#,
        r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        r#"{"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#,
        "[DONE]",
    ];

    #[test]
    fn a_stream_is_put_together() {
        let whole = assembled(EVENTS).unwrap();
        let call = |id: &str, name: &str, arguments: &str| json!({"id": id, "function": {"name": name, "arguments": arguments}});
        let mut first = call("a", "f", "{\"x\":1}");
        first["type"] = json!("function");
        let expected = json!({
            "id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{
                "index": 0, "finish_reason": "tool_calls",
                "message": {"role": "assistant", "content": "Hello", "refusal": null, "tool_calls": [first, call("b", "g", "")]},
            }],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        });
        assert_eq!(whole, expected);
        // The end may be left out, the finish may not.
        assert!(assembled(&EVENTS[..6]).is_ok());
        assert!(matches!(
            assembled(&EVENTS[..4]),
            Err(DecodeError::Malformed(_))
        ));
        assert!(matches!(assembled(&["[DONE]"]), Err(DecodeError::Empty(_))));
    }

    #[test]
    fn a_whole_answer_is_taken_apart_and_together_again() {
        let whole = assembled(EVENTS).unwrap();
        let completion = Completion {
            body: whole.to_string().into(),
            is_verbatim: false,
            usage: None,
            estimated_completion_tokens: 0,
        };
        let chunks = take_apart(&completion).unwrap();
        let seen: Vec<_> = chunks
            .iter()
            .map(|chunk| (chunk.tokens > 0, chunk.finished, chunk.usage.is_some()))
            .collect();
        assert_eq!(
            seen,
            [
                (true, false, false),
                (false, true, false),
                (false, false, true)
            ]
        );
        let events: Vec<_> = chunks
            .iter()
            .map(|chunk| std::str::from_utf8(&chunk.json).unwrap())
            .collect();
        assert!(
            events
                .iter()
                .all(|event| event.contains("chat.completion.chunk"))
        );
        assert_eq!(assembled(&events).unwrap(), whole);
    }
}
