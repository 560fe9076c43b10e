//! What a client sees of a stream of several rounds: one answer, without the calls of skills.

use super::turn::array;
use bytes::Bytes;
use openclaw_core::{Result, json::Object};
use openclaw_providers::{Chunk, CompletionBuilder};
use serde_json::Value;
use std::collections::BTreeMap;

/// Takes a stream's chunks, gives those that are shown, and puts each round together.
#[derive(Default)]
pub(super) struct Visible {
    /// The first chunk of all, without its choices: later chunks have its id.
    first: Option<Object>,
    /// The round so far.
    round: CompletionBuilder,
    /// The round's calls of tools, by their index.
    calls: BTreeMap<String, Shown>,
    /// How many calls the client has been shown.
    shown: u32,
    /// The round's `finish_reason`, held back: it may be the end of the answer or not.
    finish: Option<String>,
}

/// How a call is shown.
enum Shown {
    /// Nobody knows: its name has not come yet.
    Held(Vec<Object>),
    /// Not at all: it is a skill's.
    Hidden,
    /// Under this index.
    As(u32),
}

impl Visible {
    /// What is shown of `chunk`; `None` where it cannot be read. A chunk that shows nothing may still
    /// tell the tokens.
    pub(super) fn chunk(&mut self, chunk: &Chunk, is_ours: impl Fn(&str) -> bool) -> Option<Chunk> {
        self.round.push(chunk).ok()?;
        if !chunk.has_choices {
            return Some(chunk.clone());
        }
        let mut object: Object = serde_json::from_slice(&chunk.json).ok()?;
        let choices: Vec<Object> = serde_json::from_str(object.get("choices")?).ok()?;
        let mut choice = choices.into_iter().next()?;
        let mut delta = choice.get("delta").and_then(Object::of).unwrap_or_default();
        let is_first = self.first.is_none();
        match &self.first {
            Some(first) => {
                // OpenAI's SDKs join what comes twice.
                delta.remove("role");
                object.set("id", first.get("id").unwrap_or("null"));
            }
            None => {
                let mut first = object.clone();
                first.remove("choices");
                first.remove("usage");
                self.first = Some(first);
            }
        }
        if let Some(reason) = choice
            .get("finish_reason")
            .filter(|reason| *reason != "null")
        {
            self.finish = Some(reason.to_owned());
            choice.set("finish_reason", "null");
        }
        if let Some(calls) = delta.get("tool_calls") {
            let calls: Vec<Object> = serde_json::from_str(calls).unwrap_or_default();
            let shown = self.calls(calls, is_ours);
            match shown.is_empty() {
                true => drop(delta.remove("tool_calls")),
                false => delta.set("tool_calls", array(&shown)),
            }
        }
        let says = |name: &str| !matches!(delta.get(name), None | Some("null" | r#""""#));
        let has_choices = is_first || delta.names().any(says);
        choice.set("delta", delta.to_string());
        object.set("choices", array(&[choice.to_string()]));
        Some(Chunk {
            json: object.to_string().into(),
            finished: false,
            has_choices,
            ..chunk.clone()
        })
    }

    /// The pieces of calls that are shown.
    fn calls(&mut self, pieces: Vec<Object>, is_ours: impl Fn(&str) -> bool) -> Vec<String> {
        let mut all = vec![];
        for piece in pieces {
            let index = piece.get("index").unwrap_or("0").to_owned();
            let known = self.calls.entry(index).or_insert(Shown::Held(vec![]));
            if let Shown::Held(held) = known {
                held.push(piece);
                let name = held.iter().find_map(name_of);
                let Some(name) = name else { continue };
                let pieces = std::mem::take(held);
                *known = match is_ours(&name) {
                    true => Shown::Hidden,
                    false => {
                        self.shown += 1;
                        Shown::As(self.shown - 1)
                    }
                };
                all.extend(pieces.into_iter().filter_map(|piece| shown(piece, known)));
            } else {
                all.extend(shown(piece, known));
            }
        }
        all
    }

    /// The round's answer as a whole, before another round begins.
    pub(super) fn round_over(&mut self) -> Result<Bytes> {
        self.calls.clear();
        Ok(std::mem::take(&mut self.round).build()?.body)
    }

    /// The last chunk of the answer; `is_cut` where the model was not done.
    pub(super) fn end(&mut self, is_cut: bool) -> Chunk {
        let reason = self.finish.take();
        let reason = match is_cut {
            true => r#""length""#,
            false => reason.as_deref().unwrap_or(r#""stop""#),
        };
        let choice = format!(r#"{{"index":0,"delta":{{}},"finish_reason":{reason}}}"#);
        Chunk {
            finished: true,
            ..self.own(&choice, None)
        }
    }

    /// A chunk with an empty delta that tells of a skill.
    pub(super) fn progress(&self, skill: &Value) -> Chunk {
        self.own(
            r#"{"index":0,"delta":{},"finish_reason":null}"#,
            Some(skill),
        )
    }

    fn own(&self, choice: &str, skill: Option<&Value>) -> Chunk {
        let mut chunk = self.first.clone().unwrap_or_default();
        chunk.set("choices", array(&[choice]));
        if let Some(skill) = skill {
            chunk.set("openclaw", format!(r#"{{"skill":{skill}}}"#));
        }
        Chunk {
            json: chunk.to_string().into(),
            event: None,
            tokens: 0,
            finished: false,
            has_choices: true,
            usage: None,
        }
    }
}

fn name_of(piece: &Object) -> Option<String> {
    let function = piece.get("function").and_then(Object::of)?;
    let name: String = serde_json::from_str(function.get("name")?).ok()?;
    Some(name).filter(|name| !name.is_empty())
}

fn shown(mut piece: Object, how: &Shown) -> Option<String> {
    match how {
        Shown::As(index) => {
            piece.set("index", index.to_string());
            Some(piece.to_string())
        }
        Shown::Hidden | Shown::Held(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chunk(id: &str, delta: Value, finish: Value) -> Chunk {
        let finished = !finish.is_null();
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        let chunk = json!({"id": id, "object": "chat.completion.chunk", "choices": [choice]});
        Chunk {
            json: chunk.to_string().into(),
            event: None,
            tokens: 1,
            finished,
            has_choices: true,
            usage: None,
        }
    }

    fn json_of(chunk: &Chunk) -> Value {
        serde_json::from_slice(&chunk.json).unwrap()
    }

    /// The deltas that are shown of these.
    fn seen(visible: &mut Visible, chunks: &[Chunk]) -> Vec<Value> {
        let is_ours = |name: &str| name.starts_with("s__");
        let shown = chunks
            .iter()
            .filter_map(|chunk| visible.chunk(chunk, is_ours));
        let shown = shown.filter(|chunk| chunk.has_choices);
        shown
            .map(|chunk| {
                let json = json_of(&chunk);
                assert_eq!(json["id"], "one");
                assert!(json["choices"][0]["finish_reason"].is_null());
                json["choices"][0]["delta"].clone()
            })
            .collect()
    }

    fn piece(index: u32, name: Option<&str>, arguments: &str) -> Value {
        let mut function = json!({"arguments": arguments});
        if let Some(name) = name {
            function["name"] = name.into();
        }
        json!({"index": index, "function": function})
    }

    #[test]
    fn rounds_are_one_answer_without_the_calls_of_skills() {
        let mut visible = Visible::default();
        let none = Value::Null;
        let first = [
            chunk(
                "one",
                json!({"role": "assistant", "content": ""}),
                none.clone(),
            ),
            chunk("one", json!({"content": "Hm. "}), none.clone()),
            chunk(
                "one",
                json!({"tool_calls": [piece(0, Some("s__c"), "")]}),
                none.clone(),
            ),
            chunk(
                "one",
                json!({"tool_calls": [piece(0, None, "{}")]}),
                none.clone(),
            ),
            chunk("one", json!({}), json!("tool_calls")),
        ];
        let role = json!({"role": "assistant", "content": ""});
        assert_eq!(
            seen(&mut visible, &first),
            [role, json!({"content": "Hm. "})]
        );
        let round: Value = serde_json::from_slice(&visible.round_over().unwrap()).unwrap();
        let call = &round["choices"][0]["message"]["tool_calls"][0]["function"];
        assert_eq!(call, &json!({"name": "s__c", "arguments": "{}"}));
        let second = [
            chunk("two", json!({"role": "assistant", "content": "15"}), none),
            chunk("two", json!({}), json!("stop")),
        ];
        assert_eq!(seen(&mut visible, &second), [json!({"content": "15"})]);
        let end = json_of(&visible.end(false));
        assert_eq!(
            (&end["id"], &end["choices"][0]["finish_reason"]),
            (&json!("one"), &json!("stop"))
        );
        assert_eq!(
            json_of(&visible.end(true))["choices"][0]["finish_reason"],
            "length"
        );
    }

    #[test]
    fn the_callers_own_calls_are_numbered_anew_and_held_until_they_have_a_name() {
        let mut visible = Visible::default();
        let calls = |pieces: &[Value]| chunk("one", json!({"tool_calls": pieces}), Value::Null);
        let chunks = [
            calls(&[piece(0, Some("s__c"), ""), piece(1, None, "{")]),
            calls(&[piece(1, Some("own"), "}"), piece(0, None, "{}")]),
            calls(&[piece(2, Some("other"), "{}")]),
        ];
        let shown = seen(&mut visible, &chunks);
        // The first chunk is shown for its id.
        assert_eq!(shown[0], json!({}));
        let both = json!({"tool_calls": [piece(0, None, "{"), piece(0, Some("own"), "}")]});
        assert_eq!(shown[1], both);
        assert_eq!(
            shown[2],
            json!({"tool_calls": [piece(1, Some("other"), "{}")]})
        );
    }

    #[test]
    fn progress_is_a_chunk_with_an_empty_delta() {
        let mut visible = Visible::default();
        seen(
            &mut visible,
            &[chunk("one", json!({"content": "x"}), Value::Null)],
        );
        let progress = json_of(&visible.progress(&json!({"skill": "s"})));
        assert_eq!(progress["openclaw"], json!({"skill": {"skill": "s"}}));
        assert_eq!(
            (&progress["id"], &progress["choices"][0]["delta"]),
            (&json!("one"), &json!({}))
        );
    }
}
