//! The stream in.

use super::{
    answer::{Answer, Choice},
    calls::Calls,
    template::Template,
};
use crate::{
    answer::Chunk,
    dialect::{DecodeError, StreamDecoder, StreamEvent},
    sse::Event,
    tokens,
    vendor_error::VendorError,
};
use bytes::Bytes;
use memchr::memchr2;
use openclaw_core::json::Object;

/// A stream: `data: [DONE]` ends it.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Choices that were seen, and those of them that have their `finish_reason`: a bit each.
    seen: u128,
    finished: u128,
    /// The calls of tools so far.
    calls: Calls,
    /// The last chunk that only carried text.
    template: Template,
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &Event) -> Result<StreamEvent, DecodeError> {
        match &*event.name {
            b"" | b"message" => {}
            b"error" => return Err(DecodeError::Vendor(VendorError::read(&event.data))),
            // Clients listen by type, so other types are not for them.
            _ => return Ok(StreamEvent::Nothing),
        }
        if let Some(text) = self.template.text(&event.data) {
            return Ok(StreamEvent::Chunk(Chunk {
                tokens: tokens::estimate(text),
                finished: false,
                has_choices: true,
                usage: None,
                json: event.data.clone(),
                event: None,
            }));
        }
        match event.data.trim_ascii() {
            b"" => Ok(StreamEvent::Nothing),
            b"[DONE]" => Ok(StreamEvent::End(None)),
            _ => Answer::with(&event.data, |answer, json| self.chunk(answer, json)),
        }
    }

    /// Some servers leave `[DONE]` out.
    fn may_end(&self) -> bool {
        self.finished != 0 && self.finished == self.seen
    }
}

impl Decoder {
    fn chunk(&mut self, answer: Answer<'_>, json: &Bytes) -> Result<StreamEvent, DecodeError> {
        if !answer.is_chunk() {
            return Ok(StreamEvent::Nothing);
        }
        let (tokens, usage) = (answer.tokens(), answer.usage());
        let line = one_line(json.clone());
        let text = answer.only_text().filter(|_| line == json);
        let mut repairs = Repairs {
            no_choices: answer.choices.is_none(),
            ..Repairs::default()
        };
        let choices = answer.choices.as_deref().unwrap_or_default();
        for (at, choice) in choices.iter().enumerate() {
            let bit = 1u128.checked_shl(choice.index()).unwrap_or_default();
            self.seen |= bit;
            if choice.is_finished() {
                self.finished |= bit;
            }
            repairs.empty_reason |= choice.has_empty_reason();
            repairs.no_index |= choice.index.is_none();
            let numbers = choice.delta.iter().flat_map(|delta| {
                let calls = delta.calls().into_iter().enumerate();
                let mut wrong = vec![];
                for (place, call) in calls {
                    let number = self.calls.number(choice.index(), &call);
                    if call.index != Some(number) {
                        wrong.push(Renumbered {
                            choice: at,
                            call: place,
                            number,
                        });
                    }
                }
                wrong
            });
            repairs.calls.extend(numbers);
        }
        if let Some(text) = text.filter(|_| repairs.are_none()) {
            self.template.learn(json, text);
        }
        Ok(StreamEvent::Chunk(Chunk {
            tokens,
            finished: choices.iter().any(Choice::is_finished),
            has_choices: !choices.is_empty(),
            usage,
            json: repairs.apply(line)?,
            event: None,
        }))
    }
}

/// Changes that a chunk needs before clients can read it.
#[derive(Default)]
struct Repairs {
    /// `choices` is null or missing.
    no_choices: bool,
    /// A `finish_reason` is `""`, and stands for null.
    empty_reason: bool,
    /// The `index` of a choice is null or missing, and stands for 0.
    no_index: bool,
    calls: Vec<Renumbered>,
}

/// A call of a tool that needs another `index`, by its place in the chunk.
struct Renumbered {
    choice: usize,
    call: usize,
    number: u32,
}

impl Repairs {
    fn are_none(&self) -> bool {
        let Self {
            no_choices,
            empty_reason,
            no_index,
            calls,
        } = self;
        !no_choices && !empty_reason && !no_index && calls.is_empty()
    }

    fn apply(&self, json: Bytes) -> Result<Bytes, DecodeError> {
        if self.are_none() {
            return Ok(json);
        }
        let repaired = serde_json::from_slice(&json)
            .ok()
            .and_then(|chunk| self.repaired(chunk));
        let repaired = repaired.ok_or("a chunk that cannot be repaired")?;
        Ok(repaired.to_string().into())
    }

    fn repaired(&self, mut chunk: Object) -> Option<Object> {
        if self.no_choices {
            chunk.set("choices", "[]");
            return Some(chunk);
        }
        let mut choices: Vec<Object> = serde_json::from_str(chunk.get("choices")?).ok()?;
        for choice in &mut choices {
            if choice.get("finish_reason") == Some(r#""""#) {
                choice.set("finish_reason", "null");
            }
            if choice.get("index").is_none_or(|index| index == "null") {
                choice.set("index", "0");
            }
        }
        for wrong in &self.calls {
            let choice = choices.get_mut(wrong.choice)?;
            let mut delta = Object::of(choice.get("delta")?)?;
            let mut calls: Vec<Object> = serde_json::from_str(delta.get("tool_calls")?).ok()?;
            calls
                .get_mut(wrong.call)?
                .set("index", wrong.number.to_string());
            delta.set("tool_calls", array(&calls));
            choice.set("delta", delta.to_string());
        }
        chunk.set("choices", array(&choices));
        Some(chunk)
    }
}

fn array(objects: &[Object]) -> String {
    let objects: Vec<_> = objects.iter().map(Object::to_string).collect();
    format!("[{}]", objects.join(","))
}

/// Several `data` lines are joined by LF. In JSON that is white space, in an event it is not.
fn one_line(json: Bytes) -> Bytes {
    if memchr2(b'\n', b'\r', &json).is_none() {
        return json;
    }
    let blank = |byte: &u8| {
        if matches!(byte, b'\n' | b'\r') {
            b' '
        } else {
            *byte
        }
    };
    json.iter().map(blank).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_schema::usage::TokenUsage;

    fn event(data: &str) -> Event {
        Event {
            data: data.to_owned().into(),
            ..Event::default()
        }
    }

    fn chunk(data: &str) -> Chunk {
        match Decoder::default().event(&event(data)) {
            Ok(StreamEvent::Chunk(chunk)) => chunk,
            other => panic!("{data}: {other:?}"),
        }
    }

    #[test]
    fn a_chunk_is_passed_on_as_it_came_and_counted() {
        let cases = [
            (
                r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]}"#,
                0,
                false,
            ),
            (
                r#"{ "choices":[{"index":0,"delta":{"content":" world"}}] }"#,
                1,
                false,
            ),
            (
                r#"{"choices":[{"index":0,"delta":{"content":"\u4f60\u597d"}}]}"#,
                2,
                false,
            ),
            (
                r#"{"choices":[{"index":0,"delta":{"reasoning_content":"so"}}]}"#,
                1,
                false,
            ),
            (
                r#"{"choices":[{"index":0,"delta":{"content":[{"type":"thinking"}]}}]}"#,
                6,
                false,
            ),
            (
                r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}"#,
                3,
                false,
            ),
            (
                r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
                0,
                true,
            ),
        ];
        for (json, tokens, finished) in cases {
            let chunk = chunk(json);
            assert_eq!(
                (&*chunk.json, chunk.tokens, chunk.finished),
                (json.as_bytes(), tokens, finished)
            );
            assert!(chunk.has_choices && chunk.usage.is_none());
        }
    }

    #[test]
    fn a_chunk_of_several_lines_becomes_one() {
        let chunk = chunk("{\"choices\":\n[]}");
        assert_eq!(&*chunk.json, b"{\"choices\": []}");
    }

    #[test]
    fn usage_is_read_where_it_is() {
        let usage = chunk(
            r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
        );
        assert_eq!(
            usage.usage,
            Some(TokenUsage {
                prompt_tokens: Some(3),
                completion_tokens: Some(4),
                ..TokenUsage::default()
            })
        );
        assert!(!usage.has_choices);
        assert_eq!(chunk(r#"{"choices":[],"usage":null}"#).usage, None);
    }

    #[test]
    fn what_says_nothing_is_passed_over() {
        let mut decoder = Decoder::default();
        for data in ["", " ", "{}", r#"{"type":"ping"}"#, r#"{"choices":null}"#] {
            assert_eq!(
                decoder.event(&event(data)),
                Ok(StreamEvent::Nothing),
                "{data}"
            );
        }
        // An event of another type is not the chat's, whatever it says.
        for data in ["not json", r#"{"type": "ping"}"#, r#"{"choices":[]}"#] {
            let ping = Event {
                name: "ping".into(),
                ..event(data)
            };
            assert_eq!(decoder.event(&ping), Ok(StreamEvent::Nothing), "{data}");
        }
        let named = Event {
            name: "message".into(),
            ..event(r#"{"choices":[]}"#)
        };
        assert!(matches!(decoder.event(&named), Ok(StreamEvent::Chunk(_))));
    }

    #[test]
    fn a_usage_without_choices_is_a_chunk_with_none() {
        for choices in [r#""choices":null,"#, ""] {
            let usage = r#""usage":{"prompt_tokens":3,"completion_tokens":4}"#;
            let chunk = chunk(&format!("{{{choices}{usage}}}"));
            assert!(!chunk.has_choices && chunk.usage.is_some());
            let value: serde_json::Value = serde_json::from_slice(&chunk.json).unwrap();
            assert_eq!(value["choices"], serde_json::json!([]));
        }
    }

    #[test]
    fn an_empty_finish_reason_is_none() {
        let mut decoder = Decoder::default();
        let data = r#"{"choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":""}]}"#;
        let Ok(StreamEvent::Chunk(chunk)) = decoder.event(&event(data)) else {
            panic!("no chunk");
        };
        assert!(!chunk.finished && !decoder.may_end());
        assert_eq!(chunk.json, data.replace(r#""""#, "null"));
    }

    #[test]
    fn half_of_a_surrogate_pair_is_passed_on_and_counts() {
        for data in [
            r#"{"choices":[{"index":0,"delta":{"content":"\ud83d"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"\ude00"}}]}"#,
        ] {
            let chunk = chunk(data);
            assert_eq!((&*chunk.json, chunk.tokens), (data.as_bytes(), 1));
        }
    }

    #[test]
    fn whatever_a_delta_shows_counts_and_empty_fields_do_not() {
        let tokens = |delta: &str| chunk(&format!(r#"{{"choices":[{{"delta":{delta}}}]}}"#)).tokens;
        let empty = r#"{"role":"assistant","content":"","refusal":null,"tool_calls":[],"annotations":[],"extra":{}}"#;
        assert_eq!(tokens(empty), 0);
        let picture = format!(
            r#"{{"images":[{{"url":"data:image/png;base64,{}"}}]}}"#,
            "A".repeat(9000)
        );
        assert_eq!(tokens(&picture), tokens::PER_IMAGE);
        assert!(tokens(r#"{"audio":{"data":"AA"}}"#) > 0);
    }

    /// The numbers of the calls in a stream of deltas.
    fn numbers(deltas: &[&str]) -> Vec<u64> {
        let mut decoder = Decoder::default();
        let number = |calls: &str| {
            let data = format!(r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":{calls}}}}}]}}"#);
            let Ok(StreamEvent::Chunk(chunk)) = decoder.event(&event(&data)) else {
                panic!("{data}");
            };
            let value: serde_json::Value = serde_json::from_slice(&chunk.json).unwrap();
            let calls = value["choices"][0]["delta"]["tool_calls"]
                .as_array()
                .unwrap();
            calls
                .iter()
                .map(|call| call["index"].as_u64().unwrap())
                .collect::<Vec<_>>()
        };
        deltas.iter().copied().flat_map(number).collect()
    }

    #[test]
    fn calls_of_tools_are_numbered_by_their_ids() {
        let begin = |index: &str, id: &str, name: &str| {
            format!(r#"[{{{index}"id":"{id}","function":{{"name":"{name}","arguments":"{{"}}}}]"#)
        };
        let more = |index: &str| format!(r#"[{{{index}"function":{{"arguments":"}}"}}}}]"#);
        // Missing, or 0 for all of them.
        for index in ["", r#""index":null,"#, r#""index":0,"#] {
            let deltas = [
                begin(index, "a", "f"),
                more(index),
                begin(index, "b", "g"),
                more(index),
            ];
            let deltas: Vec<_> = deltas.iter().map(String::as_str).collect();
            assert_eq!(numbers(&deltas), [0, 0, 1, 1], "{index}");
        }
        // As OpenAI has it, and two in one chunk.
        let (zero, one) = (r#""index":0,"#, r#""index":1,"#);
        let deltas = [
            begin(zero, "a", "f"),
            begin(one, "b", "g"),
            more(zero),
            more(one),
        ];
        let deltas: Vec<_> = deltas.iter().map(String::as_str).collect();
        assert_eq!(numbers(&deltas), [0, 1, 0, 1]);
        let both = r#"[{"id":"a","function":{"name":"f"}},{"id":"b","function":{"name":"g"}}]"#;
        assert_eq!(numbers(&[both]), [0, 1]);
        // An id that is made anew for every piece does not begin a call.
        let piece = r#"[{"index":0,"id":"z","function":{"arguments":"}"}}]"#;
        assert_eq!(numbers(&[&begin(zero, "a", "f"), piece]), [0, 0]);
    }

    #[test]
    fn a_call_that_is_numbered_right_stays_the_bytes_that_came() {
        let data = r#"{ "choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}}] }"#;
        assert_eq!(chunk(data).json, data);
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for data in [
            "{",
            "42",
            r#"{"error":{"message":"x"}}"#,
            r#"{"choices":[]} x"#,
            r#"{"choices":{}}"#,
        ] {
            assert!(Decoder::default().event(&event(data)).is_err(), "{data}");
        }
        let named = Event {
            name: "error".into(),
            ..event(r#"{"choices":[]}"#)
        };
        assert!(Decoder::default().event(&named).is_err());
        let latin = Event {
            data: Bytes::from_static(b"{\"choices\":[],\"x\":\"\xff\"}"),
            ..Event::default()
        };
        assert!(Decoder::default().event(&latin).is_err());
    }

    #[test]
    fn the_end_may_be_left_out_once_every_choice_has_finished() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.event(&event("[DONE]")), Ok(StreamEvent::End(None)));
        let steps = [
            (
                r#"{"choices":[{"index":0,"delta":{}},{"index":1,"delta":{}}]}"#,
                false,
            ),
            (
                r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
                false,
            ),
            (
                r#"{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"#,
                true,
            ),
            (r#"{"choices":[],"usage":null}"#, true),
        ];
        for (data, may_end) in steps {
            decoder.event(&event(data)).unwrap();
            assert_eq!(decoder.may_end(), may_end, "{data}");
        }
    }
}
