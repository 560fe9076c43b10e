//! How a stream is written to the client.

use crate::complete::usage_object;
use bytes::{BufMut, Bytes, BytesMut};
use openclaw_core::{Error, json::read};
use openclaw_providers::Chunk;
use openclaw_schema::usage::TokenUsage;
use serde_json::{Map, Value, json};

/// The two dialects. Both are server-sent events (WHATWG HTML, "Server-sent events") whose data
/// are OpenAI's `chat.completion.chunk` objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// OpenAI's: ends with `data: [DONE]`, or with an `error` object and no such end.
    OpenAi {
        /// Whether the caller asked for the chunk that holds the usage.
        include_usage: bool,
    },
    /// The seed's: every `data: ` line has `choices[0].delta`, the last one `finish_reason` and
    /// `usage`; the end is `data:[DONE]`, which clients that parse every `data: ` line skip.
    Seed,
}

/// Writes one stream.
pub(crate) struct Writer {
    dialect: Dialect,
    /// A copy of the first chunk: what a chunk of our own takes its id and model from.
    first: Bytes,
    /// Seed: the chunk with the `finish_reason`, kept until the usage is known.
    finish: Option<Bytes>,
    usage_was_shown: bool,
}

impl Writer {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            first: Bytes::new(),
            finish: None,
            usage_was_shown: false,
        }
    }

    /// Whether several events may leave in one write.
    pub(crate) fn may_batch(&self) -> bool {
        self.dialect != Dialect::Seed
    }

    /// A chunk, as the dialect shows it.
    pub(crate) fn chunk(&mut self, chunk: &Chunk, out: &mut BytesMut) {
        if self.first.is_empty() {
            self.first = Bytes::copy_from_slice(&chunk.json);
        }
        match self.dialect {
            Dialect::OpenAi { include_usage } => {
                if chunk.has_choices || (include_usage && chunk.usage.is_some()) {
                    self.usage_was_shown |= chunk.usage.is_some();
                    write_event(&chunk.json, out);
                }
            }
            Dialect::Seed if chunk.finished => {
                // Several choices end one by one: only the last end waits for the usage.
                if let Some(earlier) = self.finish.replace(with_deltas(chunk)) {
                    write_event(&earlier, out);
                }
            }
            Dialect::Seed if chunk.has_choices => write_event(&with_deltas(chunk), out),
            Dialect::Seed => {}
        }
    }

    /// The end of a whole answer.
    pub(crate) fn end(&mut self, usage: TokenUsage, out: &mut BytesMut) {
        match self.dialect {
            Dialect::OpenAi { include_usage } => {
                if include_usage && !self.usage_was_shown {
                    let chunk = self.own_chunk(json!([]), &[("usage", usage_object(usage))]);
                    write_event(chunk.as_bytes(), out);
                }
                out.put_slice(b"data: [DONE]\n\n");
            }
            Dialect::Seed => {
                write_event(self.seed_end(usage).as_bytes(), out);
                out.put_slice(b"data:[DONE]\n\n");
            }
        }
    }

    /// The end of an answer that failed: never looks like success.
    pub(crate) fn error(&mut self, error: &Error, out: &mut BytesMut) {
        let error = serde_json::to_value(error.body()).unwrap_or_default();
        match self.dialect {
            Dialect::OpenAi { .. } => {
                write_event(json!({ "error": error }).to_string().as_bytes(), out);
            }
            Dialect::Seed => {
                let choices = json!([{"index": 0, "delta": {}, "finish_reason": "error"}]);
                write_event(self.own_chunk(choices, &[("error", error)]).as_bytes(), out);
            }
        }
    }

    fn seed_end(&mut self, usage: TokenUsage) -> String {
        let finish = self.finish.take().unwrap_or_default();
        match read::<Map<String, Value>>(&finish) {
            Ok(mut chunk) => {
                chunk.insert("usage".into(), usage_object(usage));
                Value::Object(chunk).to_string()
            }
            Err(_) => {
                let choices = json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]);
                self.own_chunk(choices, &[("usage", usage_object(usage))])
            }
        }
    }

    /// A chunk of ours, with the id and model of the others.
    fn own_chunk(&self, choices: Value, fields: &[(&str, Value)]) -> String {
        let mut chunk: Map<String, Value> = read(&self.first).unwrap_or_default();
        chunk.insert("object".into(), "chat.completion.chunk".into());
        chunk.insert("choices".into(), choices);
        chunk.remove("usage");
        chunk.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).into(), value.clone())),
        );
        Value::Object(chunk).to_string()
    }
}

/// A chunk whose choices all have a `delta`, without `content` where that is null: the seed's
/// clients print what they find there. Only chunks without text are in need of a look.
fn with_deltas(chunk: &Chunk) -> Bytes {
    let parsed = match chunk.tokens {
        0 => read::<Value>(&chunk.json).ok(),
        _ => None,
    };
    let Some(mut parsed) = parsed else {
        return chunk.json.clone();
    };
    for choice in parsed["choices"].as_array_mut().into_iter().flatten() {
        match choice.get_mut("delta").and_then(Value::as_object_mut) {
            Some(delta) if delta.get("content") == Some(&Value::Null) => {
                delta.remove("content");
            }
            Some(_) => {}
            None => choice["delta"] = json!({}),
        }
    }
    parsed.to_string().into()
}

fn write_event(json: &[u8], out: &mut BytesMut) {
    // The first event takes what it needs; when more come they are likely to be many.
    let more = if out.is_empty() { 0 } else { 4096 };
    if out.capacity() - out.len() < json.len() + 8 {
        out.reserve(json.len() + 8 + more);
    }
    out.put_slice(b"data: ");
    out.put_slice(json);
    out.put_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(json: &str) -> Chunk {
        let value: Value = serde_json::from_str(json).unwrap();
        Chunk {
            json: Bytes::copy_from_slice(json.as_bytes()),
            tokens: u64::from(json == TEXT),
            finished: value["choices"][0]["finish_reason"].is_string(),
            has_choices: value["choices"].get(0).is_some(),
            usage: serde_json::from_value(value["usage"].clone()).ok(),
        }
    }

    fn written(dialect: Dialect, chunks: &[&str]) -> String {
        let (mut writer, mut out) = (Writer::new(dialect), BytesMut::new());
        chunks
            .iter()
            .for_each(|json| writer.chunk(&chunk(json), &mut out));
        writer.end(
            TokenUsage {
                prompt_tokens: 1,
                completion_tokens: 2,
            },
            &mut out,
        );
        String::from_utf8(out.to_vec()).unwrap()
    }

    const TEXT: &str =
        r#"{"id":"x","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#;
    const FINISH: &str = r#"{"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    const USAGE: &str =
        r#"{"id":"x","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;

    #[test]
    fn openai_shows_the_usage_only_to_those_who_asked() {
        let all = [TEXT, FINISH, USAGE];
        let with = written(
            Dialect::OpenAi {
                include_usage: true,
            },
            &all,
        );
        assert_eq!(
            with,
            format!("data: {TEXT}\n\ndata: {FINISH}\n\ndata: {USAGE}\n\ndata: [DONE]\n\n")
        );
        let without = written(
            Dialect::OpenAi {
                include_usage: false,
            },
            &all,
        );
        assert_eq!(
            without,
            format!("data: {TEXT}\n\ndata: {FINISH}\n\ndata: [DONE]\n\n")
        );
    }

    #[test]
    fn a_usage_that_never_came_is_ours() {
        let text = written(
            Dialect::OpenAi {
                include_usage: true,
            },
            &[TEXT, FINISH],
        );
        let line = text
            .lines()
            .rfind(|line| line.starts_with("data: {"))
            .unwrap();
        let chunk: Value = serde_json::from_str(&line[6..]).unwrap();
        assert_eq!(chunk["usage"]["total_tokens"], 3);
        assert_eq!((&chunk["id"], &chunk["choices"]), (&json!("x"), &json!([])));
    }

    #[test]
    fn every_seed_line_is_a_delta_and_the_last_has_it_all() {
        for chunks in [&[TEXT, FINISH, USAGE][..], &[TEXT, FINISH], &[TEXT, USAGE]] {
            let text = written(Dialect::Seed, chunks);
            let lines: Vec<Value> = text
                .lines()
                .filter_map(|line| line.strip_prefix("data: "))
                .map(|json| serde_json::from_str(json).unwrap())
                .collect();
            assert_eq!(lines.len(), 2, "{text}");
            assert!(
                lines
                    .iter()
                    .all(|line| line["choices"][0]["delta"].is_object())
            );
            assert_eq!(lines[1]["choices"][0]["finish_reason"], "stop");
            assert_eq!(lines[1]["usage"]["completion_tokens"], 2);
            assert!(text.ends_with("\n\ndata:[DONE]\n\n"));
        }
    }

    #[test]
    fn a_seed_line_has_no_null_to_print_and_never_lacks_its_delta() {
        let role = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}"#;
        let bare = r#"{"choices":[{"index":0,"finish_reason":"stop"}]}"#;
        let text = written(Dialect::Seed, &[role, bare]);
        assert!(text.contains(r#""delta":{"role":"assistant"}"#), "{text}");
        assert!(
            text.contains(r#""delta":{}"#) && !text.contains("null"),
            "{text}"
        );
        // OpenAI's own dialect is passed on as it came.
        let openai = Dialect::OpenAi {
            include_usage: false,
        };
        assert!(written(openai, &[role, bare]).contains(r#""content":null"#));
    }

    #[test]
    fn a_failure_has_no_end_marker() {
        for dialect in [
            Dialect::Seed,
            Dialect::OpenAi {
                include_usage: true,
            },
        ] {
            let (mut writer, mut out) = (Writer::new(dialect), BytesMut::new());
            writer.chunk(&chunk(TEXT), &mut out);
            writer.error(&Error::internal("x"), &mut out);
            let text = String::from_utf8(out.to_vec()).unwrap();
            assert!(
                text.contains("internal_error") && !text.contains("DONE"),
                "{text}"
            );
        }
    }
}
