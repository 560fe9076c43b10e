//! The account's guardrails over an answer that streams.

use bytes::Bytes;
use openclaw_core::{Error, Result};
use openclaw_guardrails::{Guards, Held};
use openclaw_providers::{Chunk, Completion};
use openclaw_web::{App, RequestQuota};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, mem, sync::Arc};

/// The rules that hold for a caller; `None` where there are none.
pub fn guards(app: &App, gate: &RequestQuota) -> Result<Option<Arc<Guards>>> {
    Guards::of(&app.config.guardrails, &gate.caller().account.guardrails)
}

/// What a whole answer becomes: 400 where something in it is blocked.
pub(crate) fn guarded(guards: Option<&Arc<Guards>>, mut answer: Completion) -> Result<Completion> {
    if let Some(guards) = guards
        && let Some(body) = guards.answer(&answer.body)?
    {
        answer.body = body;
    }
    Ok(answer)
}

/// One stream of OpenAI's chunks.
pub(crate) struct StreamGuard {
    guards: Arc<Guards>,
    choices: BTreeMap<u64, Choice>,
    /// A chunk, for those that are ours.
    envelope: Map<String, Value>,
}

/// What is held back of a choice.
#[derive(Default)]
struct Choice {
    text: Option<(Channel, Held)>,
    /// Its calls, whose arguments are of use as a whole only, and these arguments.
    calls: BTreeMap<u64, (Value, String)>,
}

/// A text of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Channel {
    Reasoning,
    Content,
    Refusal,
    /// Of `/completions`.
    Text,
    FunctionCall,
}

impl Channel {
    /// A piece of it, as a choice.
    fn choice(self, index: u64, text: &str) -> Value {
        let delta = match self {
            Self::Reasoning => json!({"reasoning_content": text}),
            Self::Content => json!({"content": text}),
            Self::Refusal => json!({"refusal": text}),
            Self::FunctionCall => json!({"function_call": {"arguments": text}}),
            Self::Text => {
                return json!({"index": index, "text": text, "logprobs": null, "finish_reason": null});
            }
        };
        json!({"index": index, "delta": delta, "finish_reason": null})
    }
}

impl StreamGuard {
    /// `None` where nothing is looked for in answers.
    pub(crate) fn new(guards: Option<Arc<Guards>>) -> Option<Self> {
        let guards = guards.filter(|guards| guards.looks_at_answers())?;
        Some(Self {
            guards,
            choices: BTreeMap::new(),
            envelope: Map::new(),
        })
    }

    /// The chunks that may get out after this one: 400 where something is blocked.
    pub(crate) fn chunk(&mut self, chunk: &Chunk) -> Result<Vec<Chunk>> {
        let mut json: Map<String, Value> =
            serde_json::from_slice(&chunk.json).map_err(Error::internal)?;
        let mut out = vec![];
        let mut rest = !chunk.has_choices || chunk.finished || chunk.usage.is_some();
        let choices = json.get_mut("choices").and_then(Value::as_array_mut);
        for choice in choices
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            self.choice(choice, &mut out)?;
            let delta = choice.get("delta").and_then(Value::as_object);
            rest |= delta.is_some_and(|delta| !delta.is_empty());
        }
        if self.envelope.is_empty() {
            self.envelope.clone_from(&json);
            self.envelope.remove("usage");
        }
        let out = out.into_iter().map(|choice| self.own(choice));
        let mut out: Vec<_> = out.collect();
        if rest {
            let at = if chunk.finished { out.len() } else { 0 };
            let rest = Chunk {
                json: Value::Object(json).to_string().into(),
                ..chunk.clone()
            };
            out.insert(at, rest);
        }
        Ok(out)
    }

    /// What is held at the end of an answer that never said that it ends.
    pub(crate) fn end(&mut self) -> Result<Vec<Chunk>> {
        let mut out = vec![];
        for (index, mut choice) in mem::take(&mut self.choices) {
            choice.release(&self.guards, index, &mut out)?;
        }
        Ok(out.into_iter().map(|choice| self.own(choice)).collect())
    }

    fn choice(&mut self, json: &mut Map<String, Value>, out: &mut Vec<Value>) -> Result<()> {
        let index = json
            .get("index")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        let guards = &self.guards;
        let choice = self.choices.entry(index).or_default();
        if let Some(logprobs) = json.get_mut("logprobs") {
            *logprobs = Value::Null;
        }
        for (channel, text) in texts(json) {
            choice.push(guards, index, channel, &text, out)?;
        }
        let delta = json.get_mut("delta").and_then(Value::as_object_mut);
        if let Some(Value::Array(calls)) = delta.and_then(|delta| delta.remove("tool_calls")) {
            choice.release_text(index, out)?;
            calls.into_iter().for_each(|call| choice.call(call));
        }
        if json
            .get("finish_reason")
            .is_some_and(|reason| !reason.is_null())
        {
            choice.release(guards, index, out)?;
        }
        Ok(())
    }

    fn own(&self, choice: Value) -> Chunk {
        let mut json = self.envelope.clone();
        json.insert("choices".into(), json!([choice]));
        Chunk {
            json: Bytes::from(Value::Object(json).to_string()),
            tokens: 1,
            has_choices: true,
            ..Chunk::default()
        }
    }
}

impl Choice {
    fn push(
        &mut self,
        guards: &Arc<Guards>,
        index: u64,
        channel: Channel,
        text: &str,
        out: &mut Vec<Value>,
    ) -> Result<()> {
        if self.text.as_ref().is_some_and(|(open, _)| *open != channel) {
            self.release_text(index, out)?;
        }
        let (_, held) = self
            .text
            .get_or_insert_with(|| (channel, Held::new(guards)));
        let free = held.push(text, false)?;
        if !free.is_empty() {
            out.push(channel.choice(index, &free));
        }
        Ok(())
    }

    /// A call, or more of one.
    fn call(&mut self, mut call: Value) {
        if !call["function"].is_object() {
            return;
        }
        let at = call["index"].as_u64().unwrap_or_default();
        let more = call["function"]["arguments"].take();
        let (_, arguments) = self.calls.entry(at).or_insert((call, String::new()));
        arguments.push_str(more.as_str().unwrap_or_default());
    }

    fn release_text(&mut self, index: u64, out: &mut Vec<Value>) -> Result<()> {
        if let Some((channel, mut held)) = self.text.take() {
            let free = held.push("", true)?;
            if !free.is_empty() {
                out.push(channel.choice(index, &free));
            }
        }
        Ok(())
    }

    fn release(&mut self, guards: &Guards, index: u64, out: &mut Vec<Value>) -> Result<()> {
        self.release_text(index, out)?;
        for (mut call, arguments) in mem::take(&mut self.calls).into_values() {
            let arguments = guards.answer_arguments(&arguments)?.unwrap_or(arguments);
            call["function"]["arguments"] = arguments.into();
            let delta = json!({"tool_calls": [call]});
            out.push(json!({"index": index, "delta": delta, "finish_reason": null}));
        }
        Ok(())
    }
}

/// Takes the texts out of a choice, in the order in which a model writes them.
fn texts(choice: &mut Map<String, Value>) -> Vec<(Channel, String)> {
    let mut texts = vec![];
    if let Some(Value::String(text)) = choice.remove("text") {
        texts.push((Channel::Text, text));
    }
    let Some(delta) = choice.get_mut("delta").and_then(Value::as_object_mut) else {
        return texts;
    };
    // Its text is in `reasoning_content`, too; a signature is of the text as it was.
    delta.remove("thinking_blocks");
    // Sound is not looked at, so its words are not shown beside it.
    if let Some(Value::Object(audio)) = delta.get_mut("audio") {
        audio.remove("transcript");
    }
    let mut reasoning = vec![];
    for name in ["reasoning_content", "reasoning"] {
        reasoning.extend(delta.remove(name));
    }
    // The same text may stand in both.
    reasoning.truncate(1);
    delta.remove("reasoning_details");
    let content = delta.remove("content");
    let refusal = delta.remove("refusal");
    let call = delta
        .get_mut("function_call")
        .and_then(|call| call.get_mut("arguments"));
    let call = call.map(|arguments| mem::replace(arguments, "".into()));
    let channels = [
        (Channel::Reasoning, reasoning.pop()),
        (Channel::Content, content),
        (Channel::Refusal, refusal),
        (Channel::FunctionCall, call),
    ];
    for (channel, value) in channels {
        match value {
            Some(Value::String(text)) => texts.push((channel, text)),
            // Mistral's parts: texts, and thinking whose parts are texts.
            Some(Value::Array(parts)) => {
                for part in &parts {
                    let thoughts = part["thinking"].as_array().into_iter().flatten();
                    let thoughts = thoughts.filter_map(|part| part["text"].as_str());
                    texts.extend(thoughts.map(|text| (Channel::Reasoning, text.to_owned())));
                    let text = part["text"].as_str();
                    texts.extend(text.map(|text| (channel, text.to_owned())));
                }
            }
            _ => {}
        }
    }
    texts
}
