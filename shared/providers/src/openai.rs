//! OpenAI's chat completions (<https://platform.openai.com/docs/api-reference/chat>), and every
//! provider compatible with them. What callers send and get goes through as the bytes that came;
//! only what the gateway must know is parsed.

mod answer;
mod calls;
mod delta;
mod number;
mod request;
mod stream;
mod template;
mod verbatim;

use self::{answer::Answer, stream::Decoder};
use crate::{
    Completion,
    dialect::{AnswerFormat, DecodeError, Dialect, Input, StreamDecoder},
    verbatim::CallerFormat,
};
use bytes::Bytes;
use openclaw_core::Result;
use openclaw_schema::config;

/// The dialect.
#[derive(Debug)]
pub(crate) struct OpenAi;

impl AnswerFormat for OpenAi {
    fn path(&self) -> &'static str {
        "/chat/completions"
    }

    fn decode_completion(&self, body: Bytes, _: i64) -> Result<Completion, DecodeError> {
        completion(&body)
    }

    fn stream_decoder(&self, _: i64) -> Box<dyn StreamDecoder> {
        Box::new(Decoder::default())
    }
}

impl Dialect for OpenAi {
    fn credential(&self, key: &str) -> (&'static str, String) {
        ("authorization", format!("Bearer {key}"))
    }

    fn encode_request(&self, input: &Input<'_>) -> Result<Bytes> {
        Ok(request::encode(input))
    }

    fn takes_prefill(&self, _: &str, provider: &config::Provider) -> bool {
        provider.prefill
    }

    fn verbatim(
        &self,
        format: CallerFormat,
        provider: &config::Provider,
    ) -> Option<&'static dyn AnswerFormat> {
        match format {
            CallerFormat::Responses if provider.responses => Some(&verbatim::Responses),
            CallerFormat::Responses | CallerFormat::Messages => None,
        }
    }
}

/// A whole answer: the bytes as they came.
fn completion(body: &Bytes) -> Result<Completion, DecodeError> {
    Answer::with(body, |answer, body| {
        if answer.choices.as_ref().is_none_or(Vec::is_empty) {
            return Err(DecodeError::Empty("an answer without choices".into()));
        }
        let usage = answer.usage();
        Ok(Completion {
            body: body.clone(),
            is_verbatim: false,
            usage,
            estimated_completion_tokens: match usage {
                Some(usage) if usage.tells_completion() => 0,
                _ => answer.tokens(),
            },
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(body: &str) -> Result<Completion, DecodeError> {
        completion(&Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn an_answer_without_usage_is_estimated() {
        let body = r#"{"choices":[{"message":{"content":"one two three"}}],"usage":null}"#;
        let completion = decoded(body).unwrap();
        assert_eq!(
            (completion.usage, completion.estimated_completion_tokens),
            (None, 3)
        );
        assert_eq!(completion.body, body);
    }

    #[test]
    fn an_answer_that_is_none_is_told_from_one_that_cannot_be_read() {
        for body in ["{}", r#"{"choices":[]}"#, r#"{"choices":null}"#] {
            let error = decoded(body).unwrap_err();
            assert!(matches!(error, DecodeError::Empty(_)), "{body}: {error:?}");
        }
        for body in [
            "",
            "<html>",
            "7",
            r#"{"choices":{}}"#,
            r#"{"choices":[{"index":-1}]}"#,
        ] {
            let error = decoded(body).unwrap_err();
            assert!(
                matches!(error, DecodeError::Malformed(_)),
                "{body}: {error:?}"
            );
        }
    }

    #[test]
    fn an_error_in_place_of_an_answer_is_the_vendors() {
        for (body, status) in [
            (r#"{"choices":[{}],"error":"x"}"#, None),
            (r#"{"error":{"message":"x","code":429}}"#, Some(429)),
            (r#"{"object":"error","message":"x","code":404}"#, Some(404)),
            (
                r#"{"choices":[{"message":{"content":""},"finish_reason":"error","error":{"code":502,"message":"x"}}]}"#,
                Some(502),
            ),
            (
                r#"{"choices":[{"message":{"content":""},"finish_reason":"error"}]}"#,
                None,
            ),
        ] {
            match decoded(body) {
                Err(DecodeError::Vendor(error)) => assert_eq!(error.status, status, "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
        // What some servers write where there is none.
        for error in ["null", r#""""#, "false"] {
            let body =
                format!(r#"{{"choices":[{{"message":{{"content":"x"}}}}],"error":{error}}}"#);
            assert!(decoded(&body).is_ok(), "{body}");
        }
    }

    #[test]
    fn a_number_that_is_none_does_not_spoil_an_answer() {
        let body = r#"{"choices":[{"message":{"content":"NaN"},"logprobs":{"content":[{"logprob":-Infinity}]}}]}"#;
        let completion = decoded(body).unwrap();
        let clean = body.replace("-Infinity", "null");
        assert_eq!(completion.body, clean);
    }
}
