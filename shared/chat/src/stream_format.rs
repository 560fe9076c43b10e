//! How a stream is written to the client.

use crate::{relay::EventWriter, shown_usage::usage_object};
use bytes::{BufMut, Bytes, BytesMut};
use memchr::memmem;
use openclaw_core::{Error, Money, json::Object};
use openclaw_providers::Chunk;
use openclaw_schema::usage::TokenUsage;
use std::borrow::Cow;

/// The two formats. Both are server-sent events (WHATWG HTML, "Server-sent events") whose data
/// are OpenAI's `chat.completion.chunk` objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamFormat {
    /// OpenAI's: ends with `data: [DONE]`, or with an `error` object and no such end.
    OpenAi {
        /// Whether the caller asked for the chunk that holds the usage.
        include_usage: bool,
    },
    /// Every `data: ` line has `choices[0].delta`, the last one `finish_reason` and `usage`; the
    /// end is `data:[DONE]`, which clients that parse every `data: ` line skip.
    DeltaOnly,
}

/// Writes one stream of OpenAI's chunks.
#[derive(Debug)]
pub struct Writer {
    format: StreamFormat,
    /// The first chunk: a chunk of our own takes its id and model from it.
    first: Bytes,
    /// The last `usage` that was told. It is shown once, at the end.
    told: Option<String>,
    /// [`StreamFormat::DeltaOnly`]: the chunk with the `finish_reason`, kept until the usage is
    /// known.
    finish: Option<Bytes>,
}

impl Writer {
    /// For one stream.
    pub fn new(format: StreamFormat) -> Self {
        Self {
            format,
            first: Bytes::new(),
            told: None,
            finish: None,
        }
    }
}

impl EventWriter for Writer {
    fn may_batch(&self) -> bool {
        self.format != StreamFormat::DeltaOnly
    }

    /// Its `usage`, and what the format shows last, wait for the end.
    fn chunk(&mut self, chunk: &Chunk, out: &mut BytesMut) {
        if self.first.is_empty() {
            // A copy: the chunk itself is part of a larger buffer.
            self.first = Bytes::copy_from_slice(&chunk.json);
        }
        let mut json = Cow::Borrowed(&chunk.json);
        // Counts may come without being shown.
        if chunk.usage.is_some() && memmem::find(&json, br#""usage""#).is_some() {
            json = Cow::Owned(self.without_usage(&json));
        }
        if !chunk.has_choices {
            return;
        }
        match self.format {
            StreamFormat::OpenAi { .. } => write_event(&json, out),
            StreamFormat::DeltaOnly => {
                let json = match chunk.tokens == 0 || may_have_null_content(&json) {
                    true => with_deltas(&json).map_or(json, Cow::Owned),
                    false => json,
                };
                self.delta(json.into_owned(), chunk.finished, out);
            }
        }
    }

    fn end(&mut self, usage: &TokenUsage, cost: Money, out: &mut BytesMut) {
        match self.format {
            StreamFormat::OpenAi { include_usage } => {
                if include_usage {
                    let usage = self.usage_object(usage, cost);
                    let chunk = self.own_chunk("[]", "usage", usage);
                    write_event(chunk.as_bytes(), out);
                }
                out.put_slice(b"data: [DONE]\n\n");
            }
            StreamFormat::DeltaOnly => {
                let usage = self.usage_object(usage, cost);
                write_event(self.last_delta(usage).as_bytes(), out);
                out.put_slice(b"data:[DONE]\n\n");
            }
        }
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        if let Some(finish) = self.finish.take() {
            // Its text was generated; its `finish_reason` turned out to be wrong.
            write_event(&without_finish(&finish).unwrap_or(finish), out);
        }
        // Our own types always serialize; if one did not, an empty object would say so.
        let error = serde_json::to_string(&error.body()).unwrap_or_else(|_| "{}".into());
        let event = match self.format {
            StreamFormat::OpenAi { .. } => format!(r#"{{"error":{error}}}"#),
            StreamFormat::DeltaOnly => {
                let choices = r#"[{"index":0,"delta":{},"finish_reason":"error"}]"#;
                self.own_chunk(choices, "error", error)
            }
        };
        write_event(event.as_bytes(), out);
    }
}

impl Writer {
    /// Writes what is surely not the last line, and keeps what may be.
    fn delta(&mut self, json: Bytes, finished: bool, out: &mut BytesMut) {
        let Some(earlier) = self.finish.take() else {
            match finished {
                true => self.finish = Some(json),
                false => write_event(&json, out),
            }
            return;
        };
        // Something follows a `finish_reason`: of another choice, or of the same one.
        let (earlier, later, finished) = match finish_moved(&earlier, &json) {
            Some((earlier, later)) => (earlier, later, true),
            None => (earlier, json, finished),
        };
        write_event(&earlier, out);
        match finished {
            true => self.finish = Some(later),
            false => write_event(&later, out),
        }
    }

    /// The chunk without its `usage`, which is kept.
    fn without_usage(&mut self, chunk: &Bytes) -> Bytes {
        let Ok(mut object) = serde_json::from_slice::<Object>(chunk) else {
            return chunk.clone();
        };
        self.told = object.remove("usage").or_else(|| self.told.take());
        object.to_string().into()
    }

    /// `usage` with what the provider's own object has beside the counts.
    fn usage_object(&self, usage: &TokenUsage, cost: Money) -> String {
        usage_object(self.told.as_deref(), usage, cost)
    }

    fn last_delta(&mut self, usage: String) -> String {
        let finish = self.finish.take().unwrap_or_default();
        match serde_json::from_slice::<Object>(&finish) {
            Ok(mut chunk) => {
                chunk.set("usage", usage);
                chunk.to_string()
            }
            Err(_) => {
                let choices = r#"[{"index":0,"delta":{},"finish_reason":"stop"}]"#;
                self.own_chunk(choices, "usage", usage)
            }
        }
    }

    /// A chunk of ours, with the id and model of the others.
    fn own_chunk(&self, choices: &str, field: &str, value: String) -> String {
        let mut chunk: Object = serde_json::from_slice(&self.first).unwrap_or_default();
        chunk.set("object", r#""chat.completion.chunk""#);
        chunk.set("choices", choices);
        chunk.remove("usage");
        chunk.set(field, value);
        chunk.to_string()
    }
}

/// Whether a `content` may be `null`: the seed's clients print what they find there. Text that
/// quotes the name has it escaped, so ordinary chunks are not in need of a closer look.
fn may_have_null_content(chunk: &[u8]) -> bool {
    let name = br#""content""#;
    memmem::find_iter(chunk, name).any(|at| {
        let rest = chunk[at + name.len()..].trim_ascii_start();
        let value = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        value.is_some_and(|value| value.starts_with(b"null"))
    })
}

/// The chunk with a `delta` in each choice, and without `content` where that is null.
fn with_deltas(chunk: &[u8]) -> Option<Bytes> {
    let mut chunk: Object = serde_json::from_slice(chunk).ok()?;
    let mut choices = choices(&chunk)?;
    for choice in &mut choices {
        let mut delta = choice.get("delta").and_then(Object::of).unwrap_or_default();
        if delta.get("content") == Some("null") {
            delta.remove("content");
        }
        choice.set("delta", delta.to_string());
    }
    Some(with_choices(&mut chunk, &choices))
}

/// Both chunks with the `finish_reason` of the earlier one moved into the later, where that goes on
/// with the same choice; `None` where it does not.
fn finish_moved(earlier: &[u8], later: &[u8]) -> Option<(Bytes, Bytes)> {
    let (mut earlier, mut later): (Object, Object) = (
        serde_json::from_slice(earlier).ok()?,
        serde_json::from_slice(later).ok()?,
    );
    let (mut before, mut after) = (choices(&earlier)?, choices(&later)?);
    let mut moved = false;
    for choice in &mut before {
        let Some(reason) = finish_reason(choice).map(str::to_owned) else {
            continue;
        };
        let goes_on = |other: &&mut Object| other.get("index") == choice.get("index");
        if let Some(other) = after.iter_mut().find(goes_on) {
            if finish_reason(other).is_none() {
                other.set("finish_reason", reason);
            }
            choice.set("finish_reason", "null");
            moved = true;
        }
    }
    moved.then(|| {
        (
            with_choices(&mut earlier, &before),
            with_choices(&mut later, &after),
        )
    })
}

fn without_finish(chunk: &[u8]) -> Option<Bytes> {
    let mut chunk: Object = serde_json::from_slice(chunk).ok()?;
    let mut choices = choices(&chunk)?;
    for choice in &mut choices {
        choice.set("finish_reason", "null");
    }
    Some(with_choices(&mut chunk, &choices))
}

fn finish_reason(choice: &Object) -> Option<&str> {
    choice.get("finish_reason").filter(|json| *json != "null")
}

fn choices(chunk: &Object) -> Option<Vec<Object>> {
    serde_json::from_str(chunk.get("choices")?).ok()
}

fn with_choices(chunk: &mut Object, choices: &[Object]) -> Bytes {
    let choices = Vec::from_iter(choices.iter().map(Object::to_string));
    chunk.set("choices", format!("[{}]", choices.join(",")));
    chunk.to_string().into()
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
    use openclaw_schema::usage::CompletionUsage;
    use serde_json::{Value, json};

    fn chunk(json: &str) -> Chunk {
        let value: Value = serde_json::from_str(json).unwrap();
        Chunk {
            json: Bytes::copy_from_slice(json.as_bytes()),
            event: None,
            tokens: u64::from(json == TEXT),
            finished: value["choices"][0]["finish_reason"].is_string(),
            has_choices: value["choices"].get(0).is_some(),
            usage: value["usage"]
                .is_object()
                .then(|| CompletionUsage::read(&value["usage"].to_string())),
        }
    }

    fn written(format: StreamFormat, chunks: &[&str]) -> String {
        let (mut writer, mut out) = (Writer::new(format), BytesMut::new());
        chunks
            .iter()
            .for_each(|json| writer.chunk(&chunk(json), &mut out));
        let usage = CompletionUsage::read(COUNTS);
        writer.end(&usage, Money::from_nanos(5), &mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    const COUNTS: &str = r#"{"prompt_tokens":1,"completion_tokens":2}"#;
    const TEXT: &str =
        r#"{"id":"x","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#;
    const FINISH: &str = r#"{"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    /// The same with what we add, and the id of the first chunk.
    const SHOWN: &str = r#"{"id":"x","choices":[],"object":"chat.completion.chunk","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"cost":0.000000005}}"#;
    const USAGE: &str =
        r#"{"id":"x","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;

    #[test]
    fn openai_shows_the_usage_only_to_those_who_asked() {
        let all = [TEXT, FINISH, USAGE];
        let with = written(
            StreamFormat::OpenAi {
                include_usage: true,
            },
            &all,
        );
        assert_eq!(
            with,
            format!("data: {TEXT}\n\ndata: {FINISH}\n\ndata: {SHOWN}\n\ndata: [DONE]\n\n")
        );
        let without = written(
            StreamFormat::OpenAi {
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
            StreamFormat::OpenAi {
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
            let text = written(StreamFormat::DeltaOnly, chunks);
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
        let text = written(StreamFormat::DeltaOnly, &[role, bare]);
        assert!(text.contains(r#""delta":{"role":"assistant"}"#), "{text}");
        assert!(
            text.contains(r#""delta":{}"#) && !text.contains("null"),
            "{text}"
        );
        // OpenAI's own dialect is passed on as it came.
        let openai = StreamFormat::OpenAi {
            include_usage: false,
        };
        assert!(written(openai, &[role, bare]).contains(r#""content":null"#));
    }

    #[test]
    fn a_null_beside_tool_calls_or_reasoning_is_left_out() {
        for delta in [
            r#"{"role":"assistant","content":null,"tool_calls":[{"index":0,"function":{"name":"f"}}]}"#,
            r#"{"content" : null,"reasoning_content":"hm"}"#,
        ] {
            let json = format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#);
            let (mut writer, mut out) = (Writer::new(StreamFormat::DeltaOnly), BytesMut::new());
            let chunk = Chunk {
                tokens: 1,
                ..chunk(&json)
            };
            writer.chunk(&chunk, &mut out);
            let text = String::from_utf8(out.to_vec()).unwrap();
            assert!(!text.contains("content\":null"), "{text}");
            assert!(text.contains("tool_calls") || text.contains("hm"), "{text}");
        }
    }

    fn lines(text: &str) -> Vec<Value> {
        let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
        lines
            .map(|json| serde_json::from_str(json).unwrap())
            .collect()
    }

    #[test]
    fn what_follows_the_finish_stays_behind_it_and_the_last_line_finishes() {
        let first = r#"{"choices":[{"index":0,"delta":{"content":"A"},"finish_reason":"length"}]}"#;
        let second = r#"{"choices":[{"index":0,"delta":{"content":"B"},"finish_reason":null}]}"#;
        let lines = lines(&written(StreamFormat::DeltaOnly, &[first, second]));
        let said = |line: &Value| line["choices"][0]["delta"]["content"].clone();
        assert_eq!(lines.iter().map(said).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(lines[0]["choices"][0]["finish_reason"], Value::Null);
        assert_eq!(lines[1]["choices"][0]["finish_reason"], "length");
        assert_eq!(lines[1]["usage"]["total_tokens"], 3);
    }

    #[test]
    fn choices_end_one_by_one() {
        let of = |index: u32, text: &str, reason: Value| {
            json!({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": reason}]})
                .to_string()
        };
        let chunks = [
            of(0, "A", json!("stop")),
            of(1, "B", Value::Null),
            of(1, "C", json!("length")),
        ];
        let chunks: Vec<_> = chunks.iter().map(String::as_str).collect();
        let lines = lines(&written(StreamFormat::DeltaOnly, &chunks));
        let ends = |line: &Value| line["choices"][0]["finish_reason"].clone();
        assert_eq!(
            lines.iter().map(ends).collect::<Vec<_>>(),
            [json!("stop"), Value::Null, json!("length")]
        );
    }

    #[test]
    fn an_answer_that_fails_after_its_finish_does_not_look_finished() {
        let (mut writer, mut out) = (Writer::new(StreamFormat::DeltaOnly), BytesMut::new());
        writer.chunk(&chunk(&TEXT.replace("null", r#""stop""#)), &mut out);
        writer.error(&Error::internal("x"), &mut out);
        let lines = lines(std::str::from_utf8(&out).unwrap());
        assert_eq!(lines[0]["choices"][0]["delta"]["content"], "a");
        assert_eq!(lines[0]["choices"][0]["finish_reason"], Value::Null);
        assert_eq!(lines[1]["choices"][0]["finish_reason"], "error");
    }

    #[test]
    fn counts_that_come_with_text_are_shown_once_at_the_end() {
        let running = |count: u64| {
            TEXT.replace(
                r#"{"id""#,
                &format!(
                    r#"{{"usage":{{"prompt_tokens":1,"completion_tokens":{count},"queue":7}},"id""#
                ),
            )
        };
        let text = written(
            StreamFormat::OpenAi {
                include_usage: true,
            },
            &[&running(1), &running(2), FINISH],
        );
        let lines: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: {"))
            .collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(
            lines[..3].iter().all(|line| !line.contains("usage")),
            "{text}"
        );
        let last: Value = serde_json::from_str(&format!("{{{}", lines[3])).unwrap();
        assert_eq!(last["choices"], json!([]));
        assert_eq!(
            (&last["usage"]["completion_tokens"], &last["usage"]["queue"]),
            (&json!(2), &json!(7))
        );
    }

    #[test]
    fn a_failure_has_no_end_marker() {
        for format in [
            StreamFormat::DeltaOnly,
            StreamFormat::OpenAi {
                include_usage: true,
            },
        ] {
            let (mut writer, mut out) = (Writer::new(format), BytesMut::new());
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
