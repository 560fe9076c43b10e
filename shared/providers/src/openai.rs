//! OpenAI's chat completions (<https://platform.openai.com/docs/api-reference/chat>), and every
//! provider compatible with them. What callers send and get goes through as the bytes that came;
//! only what the gateway must know is parsed.

mod answer;
mod request;
mod stream;
mod template;

use self::{answer::Answer, stream::Decoder};
use crate::{
    Completion,
    dialect::{DecodeError, Dialect, Input, StreamDecoder},
};
use bytes::Bytes;
use openclaw_core::Result;

/// The dialect.
#[derive(Debug)]
pub(crate) struct OpenAi;

impl Dialect for OpenAi {
    fn path(&self) -> &'static str {
        "/chat/completions"
    }

    fn credential(&self, key: &str) -> (&'static str, String) {
        ("authorization", format!("Bearer {key}"))
    }

    fn encode_request(&self, input: &Input<'_>) -> Result<Bytes> {
        Ok(request::encode(input))
    }

    fn decode_completion(&self, body: Bytes, _: i64) -> Result<Completion, DecodeError> {
        completion(body)
    }

    fn stream_decoder(&self, _: i64) -> Box<dyn StreamDecoder> {
        Box::new(Decoder::default())
    }
}

/// A whole answer: the bytes as they came.
fn completion(body: Bytes) -> Result<Completion, DecodeError> {
    let answer = Answer::parse(&body)?;
    if answer.choices.as_ref().is_none_or(Vec::is_empty) {
        return Err("an answer without choices".into());
    }
    let usage = answer.usage();
    let estimated_completion_tokens = match usage {
        Some(usage) if usage.tells_completion() => 0,
        _ => answer.tokens(),
    };
    Ok(Completion {
        body,
        usage,
        estimated_completion_tokens,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
