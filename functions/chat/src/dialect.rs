//! How a stream is written to the client.

use crate::complete::usage_object;
use bytes::{BufMut, Bytes, BytesMut};
use openclaw_core::{
    Error,
    json::{Object, read, read_text},
};
use openclaw_providers::Chunk;
use openclaw_schema::usage::TokenUsage;

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
                    let chunk = self.own_chunk("[]", "usage", usage_object(usage));
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
        // Our own types always serialize; if one did not, an empty object would say so.
        let error = serde_json::to_string(&error.body()).unwrap_or_else(|_| "{}".into());
        let event = match self.dialect {
            Dialect::OpenAi { .. } => format!(r#"{{"error":{error}}}"#),
            Dialect::Seed => {
                let choices = r#"[{"index":0,"delta":{},"finish_reason":"error"}]"#;
                self.own_chunk(choices, "error", error)
            }
        };
        write_event(event.as_bytes(), out);
    }

    fn seed_end(&mut self, usage: TokenUsage) -> String {
        let finish = self.finish.take().unwrap_or_default();
        match read::<Object>(&finish) {
            Ok(mut chunk) => {
                chunk.set("usage", usage_object(usage));
                chunk.to_string()
            }
            Err(_) => {
                let choices = r#"[{"index":0,"delta":{},"finish_reason":"stop"}]"#;
                self.own_chunk(choices, "usage", usage_object(usage))
            }
        }
    }

    /// A chunk of ours, with the id and model of the others.
    fn own_chunk(&self, choices: &str, field: &str, value: String) -> String {
        let mut chunk: Object = read(&self.first).unwrap_or_default();
        chunk.set("object", r#""chat.completion.chunk""#);
        chunk.set("choices", choices);
        chunk.remove("usage");
        chunk.set(field, value);
        chunk.to_string()
    }
}

/// A chunk whose choices all have a `delta`, without `content` where that is null: the seed's
/// clients print what they find there. Only chunks without text are in need of a look.
fn with_deltas(chunk: &Chunk) -> Bytes {
    let changed = match chunk.tokens {
        0 => deltas_added(&chunk.json),
        _ => None,
    };
    changed.map_or_else(|| chunk.json.clone(), Bytes::from)
}

fn deltas_added(chunk: &[u8]) -> Option<String> {
    let mut chunk: Object = read(chunk).ok()?;
    let mut choices: Vec<Object> = read_text(chunk.get("choices")?).ok()?;
    for choice in &mut choices {
        let mut delta = choice.get("delta").and_then(Object::of).unwrap_or_default();
        if delta.get("content") == Some("null") {
            delta.remove("content");
        }
        choice.set("delta", delta.to_string());
    }
    let choices = Vec::from_iter(choices.iter().map(Object::to_string));
    chunk.set("choices", format!("[{}]", choices.join(",")));
    Some(chunk.to_string())
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
    use serde_json::{Value, json};

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
