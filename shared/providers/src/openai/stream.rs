//! The stream in.

use super::{answer::Answer, template::Template};
use crate::{
    Chunk,
    dialect::{DecodeError, StreamDecoder, StreamEvent},
    sse::Event,
    tokens,
};
use bytes::Bytes;
use memchr::memchr2;

/// A stream: `data: [DONE]` ends it.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Choices that were seen, and those of them that have their `finish_reason`: a bit each.
    seen: u128,
    finished: u128,
    /// The last chunk that only carried text.
    template: Template,
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &Event) -> Result<StreamEvent, DecodeError> {
        if &*event.name == b"error" {
            let words = String::from_utf8_lossy(&event.data);
            return Err(format!("error event: {words}"));
        }
        if let Some(text) = self.template.text(&event.data) {
            return Ok(StreamEvent::Chunk(Chunk {
                tokens: tokens::estimate(text),
                finished: false,
                has_choices: true,
                usage: None,
                json: event.data.clone(),
            }));
        }
        if event.data.trim_ascii() == b"[DONE]" {
            return Ok(StreamEvent::End(None));
        }
        let answer = Answer::parse(&event.data)?;
        let (tokens, usage) = (answer.tokens(), answer.usage());
        let json = one_line(event.data.clone());
        if let Some(text) = answer.only_text().filter(|_| json == event.data) {
            self.template.learn(&event.data, text);
        }
        let choices = answer.choices.ok_or("a chunk without choices")?;
        for choice in &choices {
            let bit = 1u128.checked_shl(choice.index).unwrap_or_default();
            self.seen |= bit;
            if choice.finish_reason.is_some() {
                self.finished |= bit;
            }
        }
        Ok(StreamEvent::Chunk(Chunk {
            tokens,
            finished: choices.iter().any(|choice| choice.finish_reason.is_some()),
            has_choices: !choices.is_empty(),
            usage,
            json,
        }))
    }

    /// Some servers leave `[DONE]` out.
    fn may_end(&self) -> bool {
        self.finished != 0 && self.finished == self.seen
    }
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
                r#"{ "choices":[{"delta":{"content":" world"}}] }"#,
                1,
                false,
            ),
            (
                r#"{"choices":[{"delta":{"content":"\u4f60\u597d"}}]}"#,
                2,
                false,
            ),
            (
                r#"{"choices":[{"delta":{"reasoning_content":"so"}}]}"#,
                1,
                false,
            ),
            (
                r#"{"choices":[{"delta":{"content":[{"type":"thinking"}]}}]}"#,
                6,
                false,
            ),
            (
                r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}}]}"#,
                3,
                false,
            ),
            (
                r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
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
    fn what_is_no_chunk_is_refused() {
        for data in [
            "",
            "{",
            "42",
            "{}",
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
