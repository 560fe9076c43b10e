//! OpenAI's chat completions (<https://platform.openai.com/docs/api-reference/chat>), and every
//! provider compatible with them. What callers send and get goes through as the bytes that came;
//! only what the gateway must know is parsed.

mod answer;
mod template;

use self::{answer::Answer, template::Template};
use crate::{
    Chunk, Completion,
    dialect::{Input, MAX_TOKENS, Malformed, Step},
    sse::Event,
    tokens,
};
use bytes::Bytes;
use memchr::memchr2;
use openclaw_core::Result;
use serde_json::value::RawValue;

/// Behind the base URL.
pub(crate) const PATH: &str = "/chat/completions";

/// The caller's fields as they came, then the model's defaults, without what the provider refuses.
/// A stream asks for usage wherever it can: the gateway accounts by it.
pub(crate) fn convert(input: &Input<'_>) -> Result<Bytes> {
    let mut body = Vec::with_capacity(1024);
    let ours = ["model", "stream", "stream_options"];
    let given = input.request.fields();
    let given = given.filter(|(name, _)| !ours.contains(name));
    let given = given.map(|(name, value)| -> (&str, &RawValue) { (name, value) });
    for (name, value) in given.chain(input.defaults()) {
        match MAX_TOKENS.contains(&name) {
            true => push_max_tokens(&mut body, name, value.get(), input),
            false if input.provider.omits(name) => {}
            false => push(&mut body, name, value.get()),
        }
    }
    if input.stream {
        push(&mut body, "stream", "true");
        if !input.provider.omits("stream_options") {
            push(&mut body, "stream_options", r#"{"include_usage":true}"#);
        }
    }
    body.push(b'}');
    Ok(body.into())
}

/// The bound under the name that the provider knows, held within what the model can do.
fn push_max_tokens(body: &mut Vec<u8>, name: &str, value: &str, input: &Input<'_>) {
    let [new, old] = MAX_TOKENS;
    let other = if name == new { old } else { new };
    let renamed = input.provider.omits(name);
    if renamed && input.request.raw(other).is_some() {
        return;
    }
    let name = if renamed { other } else { name };
    match (input.request.max_tokens, input.max_tokens()) {
        (Some(asked), Some(bound)) if bound < asked => push(body, name, &bound.to_string()),
        _ => push(body, name, value),
    }
}

fn push(body: &mut Vec<u8>, name: &str, value: &str) {
    body.extend_from_slice(b",\"");
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(b"\":");
    body.extend_from_slice(value.as_bytes());
}

/// A whole answer: the bytes as they came.
pub(crate) fn completion(body: Bytes) -> Result<Completion, Malformed> {
    let answer = Answer::parse(&body)?;
    if answer.choices.as_ref().is_none_or(Vec::is_empty) {
        return Err("an answer without choices".into());
    }
    let usage = answer.usage();
    let estimated_completion_tokens = match usage {
        Some(_) => 0,
        None => answer.tokens(),
    };
    Ok(Completion {
        body,
        usage,
        estimated_completion_tokens,
    })
}

/// A stream: `data: [DONE]` ends it.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// Choices that were seen, and those of them that have their `finish_reason`: a bit each.
    seen: u128,
    finished: u128,
    /// The last chunk that only carried text.
    template: Template,
}

impl Decoder {
    pub(crate) fn event(&mut self, event: &Event) -> Result<Step, Malformed> {
        if &*event.name == b"error" {
            let words = String::from_utf8_lossy(&event.data);
            return Err(format!("error event: {words}"));
        }
        if let Some(text) = self.template.text(&event.data) {
            return Ok(Step::Chunk(Chunk {
                tokens: tokens::estimate(text),
                finished: false,
                has_choices: true,
                usage: None,
                json: event.data.clone(),
            }));
        }
        if event.data.trim_ascii() == b"[DONE]" {
            return Ok(Step::End(None));
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
        Ok(Step::Chunk(Chunk {
            tokens,
            finished: choices.iter().any(|choice| choice.finish_reason.is_some()),
            has_choices: !choices.is_empty(),
            usage,
            json,
        }))
    }

    /// Some servers leave `[DONE]` out.
    pub(crate) fn may_end(&self) -> bool {
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
            Ok(Step::Chunk(chunk)) => chunk,
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
                prompt_tokens: 3,
                completion_tokens: 4
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
        assert_eq!(decoder.event(&event("[DONE]")), Ok(Step::End(None)));
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

    #[test]
    fn an_answer_without_usage_is_estimated() {
        let body = r#"{"choices":[{"message":{"content":"one two three"}}],"usage":null}"#;
        let completion = completion(body.into()).unwrap();
        assert_eq!(
            (completion.usage, completion.estimated_completion_tokens),
            (None, 3)
        );
        assert_eq!(completion.body, body);
    }

    #[test]
    fn an_answer_that_is_none_is_refused() {
        for body in [
            "",
            "<html>",
            "{}",
            r#"{"choices":[]}"#,
            r#"{"choices":[{}],"error":"x"}"#,
        ] {
            assert!(completion(body.into()).is_err(), "{body}");
        }
    }
}
