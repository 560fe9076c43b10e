//! Reads the answer of a REST twin as the events of a request.

mod text;
mod tool_calls;
mod workflow;

use crate::{
    call::Kind,
    event::{Complete, Event},
    server_frame,
};
use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::Response;
use http_body_util::BodyExt;
use openclaw_core::{Code, Error};
use openclaw_providers::sse::Parser;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::mem::take;
use text::{Content, TextJoiner, Wtf8, text, whole};
use tool_calls::ToolCalls;

/// The data of the event that ends a stream.
const DONE: &[u8] = b"[DONE]";

/// OpenAI's completion or chunk, as far as a frame shows it; or REST's error. Null is as good as
/// nothing.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "whole_value")]
    result: Option<&'a RawValue>,
}

/// A result may be null, which is not the same as none.
fn whole_value<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Option<Message<'a>>,
    #[serde(borrow)]
    message: Option<Message<'a>>,
    #[serde(borrow)]
    finish_reason: Option<&'a RawValue>,
}

/// A message or a part of one. Raw, because vendors write more there than OpenAI does.
#[derive(Default, Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
    /// DeepSeek's, llama.cpp's and vLLM's.
    #[serde(borrow)]
    reasoning_content: Option<&'a RawValue>,
    /// OpenRouter's and Groq's.
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
}

impl<'a> Answer<'a> {
    fn take_choice(&mut self) -> Option<Choice<'a>> {
        take(&mut self.choices)?.into_iter().next()
    }

    fn model(&self) -> String {
        string(self.model)
    }
}

impl<'a> Choice<'a> {
    /// Why the answer ended; empty where it goes on, as some vendors say it.
    fn finish_reason(&self) -> String {
        string(self.finish_reason)
    }

    fn message(self) -> Message<'a> {
        self.delta.or(self.message).unwrap_or_default()
    }
}

impl Message<'_> {
    fn content(&self) -> Content {
        let mut content = self.content.map(Content::read).unwrap_or_default();
        if content.reasoning.0.is_empty() {
            let reasoning = self.reasoning_content.or(self.reasoning);
            content.reasoning = reasoning.map(text).unwrap_or_default();
        }
        content
    }
}

fn string(raw: Option<&RawValue>) -> String {
    whole(&mut raw.map(text).unwrap_or_default())
}

/// The events of a call's answer, the last of which ends the request. Dropped, it drops the call.
pub(crate) fn events(kind: Kind, answer: Response<Body>) -> impl Stream<Item = Event> + Send {
    let body = answer.into_body();
    match kind {
        Kind::ChatStream => Streamed::events(body).left_stream(),
        Kind::Workflow => workflow::events(body).right_stream().right_stream(),
        Kind::Chat | Kind::Skill => {
            let whole = stream::once(collected(kind, body));
            whole.left_stream().right_stream()
        }
    }
}

/// The end of a request that failed on our side of the endpoint.
pub(crate) fn failed(error: &Error) -> Event {
    Event::Failed(server_frame::error(error))
}

async fn collected(kind: Kind, body: Body) -> Event {
    match body.collect().await {
        Ok(body) => of_whole(kind, &body.to_bytes()),
        Err(cause) => cut_off(cause),
    }
}

fn of_whole(kind: Kind, body: &[u8]) -> Event {
    let answer: Answer<'_> = match serde_json::from_slice(body) {
        Ok(answer) => answer,
        Err(cause) => return failed(&Error::internal(cause)),
    };
    match (answer.error, kind) {
        (Some(error), _) => Event::Failed(error.to_owned()),
        (None, Kind::Chat | Kind::ChatStream) => of_completion(answer),
        (None, Kind::Skill | Kind::Workflow) => match answer.result {
            Some(result) => Event::SkillResult(result.to_owned()),
            None => failed(&Error::internal("an answer without a result")),
        },
    }
}

fn of_completion(mut answer: Answer<'_>) -> Event {
    let mut complete = Complete {
        model: answer.model(),
        usage: answer.usage.map(RawValue::to_owned),
        ..Complete::default()
    };
    if let Some(choice) = answer.take_choice() {
        complete.finish_reason = choice.finish_reason();
        let message = choice.message();
        let mut content = message.content();
        complete.content = whole(&mut content.text);
        complete.reasoning = whole(&mut content.reasoning);
        let calls = message.tool_calls.filter(|calls| calls.get() != "[]");
        complete.tool_calls = calls.map(RawValue::to_owned);
    }
    Event::Complete(Box::new(complete))
}

fn cut_off(cause: impl std::fmt::Display) -> Event {
    failed(&Error::new(Code::ProviderError, "The answer was cut off").with_cause(cause))
}

/// A stream of chunks that ends with `[DONE]`. A body that is none is an error, whole.
struct Streamed {
    body: BodyDataStream,
    parser: Parser,
    /// The body before its first event: an error is no event stream.
    start: Vec<u8>,
    is_stream: bool,
    whole: Complete,
    text: TextJoiner,
    reasoning: TextJoiner,
    tool_calls: ToolCalls,
}

impl Streamed {
    fn events(body: Body) -> impl Stream<Item = Event> + Send {
        let streamed = Self {
            body: body.into_data_stream(),
            parser: Parser::default(),
            start: Vec::new(),
            is_stream: false,
            whole: Complete::default(),
            text: TextJoiner::default(),
            reasoning: TextJoiner::default(),
            tool_calls: ToolCalls::default(),
        };
        stream::unfold(Some(streamed), async |streamed| {
            let mut streamed = streamed?;
            let event = streamed.next().await;
            let goes_on = !event.is_last();
            Some((event, goes_on.then_some(streamed)))
        })
    }

    async fn next(&mut self) -> Event {
        loop {
            match self.parser.next() {
                Ok(Some(event)) => {
                    self.is_stream = true;
                    if let Some(event) = self.event(&event.data) {
                        return event;
                    }
                }
                Ok(None) => match self.body.next().await {
                    Some(Ok(piece)) => self.push(piece),
                    Some(Err(cause)) => return cut_off(cause),
                    None if self.is_stream => return self.complete(),
                    None => return of_whole(Kind::ChatStream, &self.start),
                },
                Err(cause) => return cut_off(cause),
            }
        }
    }

    fn push(&mut self, piece: Bytes) {
        if !self.is_stream {
            self.start.extend_from_slice(&piece);
        }
        self.parser.push(piece);
    }

    /// `None` where an event says nothing that a frame would.
    fn event(&mut self, data: &[u8]) -> Option<Event> {
        self.start.clear();
        if data == DONE {
            return Some(self.complete());
        }
        let mut chunk: Answer<'_> = match serde_json::from_slice(data) {
            Ok(chunk) => chunk,
            Err(cause) => return Some(cut_off(cause)),
        };
        if let Some(error) = chunk.error {
            return Some(Event::Failed(error.to_owned()));
        }
        if self.whole.model.is_empty() {
            self.whole.model = chunk.model();
        }
        if let Some(usage) = chunk.usage {
            self.whole.usage = Some(usage.to_owned());
        }
        self.choice(chunk.take_choice()?)
    }

    fn choice(&mut self, choice: Choice<'_>) -> Option<Event> {
        let reason = choice.finish_reason();
        let is_finish = !reason.is_empty();
        if is_finish {
            self.whole.finish_reason = reason;
        }
        let message = choice.message();
        let Content { text, reasoning } = message.content();
        let content = joined(&mut self.text, text, is_finish);
        let reasoning = joined(&mut self.reasoning, reasoning, is_finish);
        self.whole.content.push_str(&content);
        self.whole.reasoning.push_str(&reasoning);
        let tool_calls = message.tool_calls;
        let tool_calls = tool_calls.and_then(|pieces| self.tool_calls.add(pieces));
        let is_empty = content.is_empty() && reasoning.is_empty() && tool_calls.is_none();
        (!is_empty).then_some(Event::Chunk {
            content,
            reasoning,
            tool_calls,
        })
    }

    /// The end of the answer, where it has come to one.
    fn complete(&mut self) -> Event {
        let whole = take(&mut self.whole);
        if whole.finish_reason.is_empty() {
            return cut_off("a stream without an end");
        }
        Event::Complete(Box::new(Complete {
            tool_calls: take(&mut self.tool_calls).whole(),
            ..whole
        }))
    }
}

fn joined(joiner: &mut TextJoiner, piece: Wtf8, is_last: bool) -> String {
    let mut text = joiner.push(piece);
    if is_last {
        text.push_str(joiner.finish());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_executor::block_on;

    const STREAM: &str = concat!(
        ": ping\n\n",
        r#"data: {"model":"m","choices":[{"delta":{"role":"assistant"}}]}"#,
        "\n\n",
        r#"data: {"model":"m","choices":[{"delta":{"content":"Grü"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"ße\n"},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"!"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#,
        "\n\ndata:[DONE]\n\n",
    );

    fn seen(kind: Kind, body: &str, piece: usize) -> Vec<Event> {
        let pieces = body.as_bytes().chunks(piece).map(Bytes::copy_from_slice);
        let pieces: Vec<_> = pieces.map(Ok::<_, std::convert::Infallible>).collect();
        let body = Body::from_stream(stream::iter(pieces));
        block_on(events(kind, Response::new(body)).collect())
    }

    fn code(event: &Event) -> String {
        match event {
            Event::Failed(error) => error.get().to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_stream_is_its_texts_and_then_the_whole_of_it_however_it_is_cut() {
        for piece in 1..STREAM.len() {
            let events = seen(Kind::ChatStream, STREAM, piece);
            let (last, chunks) = events.split_last().unwrap();
            let texts: Vec<_> = chunks
                .iter()
                .map(|event| match event {
                    Event::Chunk { content, .. } => content.as_str(),
                    _ => "no chunk",
                })
                .collect();
            assert_eq!(texts, ["Grü", "ße\n", "!"]);
            let Event::Complete(whole) = last else {
                panic!("{last:?}")
            };
            assert_eq!(whole.content, "Grüße\n!");
            assert_eq!((&*whole.model, &*whole.finish_reason), ("m", "stop"));
            assert_eq!(
                whole.usage.as_ref().unwrap().get(),
                r#"{"prompt_tokens":1}"#
            );
        }
    }

    /// A stream of chunks with these choices; the last one has the usage.
    fn stream_of(choices: &[&str]) -> String {
        let chunk = |choice: &&str| format!("data: {{\"model\":\"m\",\"choices\":[{choice}]}}\n\n");
        let chunks: String = choices.iter().map(chunk).collect();
        chunks + "data:[DONE]\n\n"
    }

    /// The texts and the reasoning of the chunks of such a stream, and its end.
    fn shown(choices: &[&str]) -> (Vec<String>, String, Complete) {
        let mut events = seen(Kind::ChatStream, &stream_of(choices), 11);
        let Some(Event::Complete(complete)) = events.pop() else {
            panic!("not whole: {events:?}")
        };
        let (mut texts, mut thoughts) = (vec![], String::new());
        for event in events {
            let Event::Chunk {
                content, reasoning, ..
            } = event
            else {
                panic!("{event:?}")
            };
            thoughts.push_str(&reasoning);
            texts.extend(Some(content).filter(|content| !content.is_empty()));
        }
        assert_eq!(complete.content, texts.concat());
        assert_eq!(complete.reasoning, thoughts);
        (texts, thoughts, *complete)
    }

    const STOP: &str = r#"{"delta":{},"finish_reason":"stop"}"#;

    #[test]
    fn an_empty_finish_reason_ends_nothing() {
        let (texts, _, complete) = shown(&[
            r#"{"delta":{"content":"Hello"},"finish_reason":""}"#,
            r#"{"delta":{"content":" wor"},"finish_reason":""}"#,
            r#"{"delta":{"content":"ld"},"finish_reason":null}"#,
            STOP,
        ]);
        assert_eq!(texts.concat(), "Hello world");
        assert_eq!(complete.finish_reason, "stop");
        let endless = stream_of(&[r#"{"delta":{"content":"a"},"finish_reason":""}"#]);
        let events = seen(Kind::ChatStream, &endless, 10);
        assert!(code(events.last().unwrap()).contains("provider_error"));
    }

    #[test]
    fn text_and_usage_after_the_finish_reason_belong_to_the_answer() {
        let stream = concat!(
            r#"data: {"choices":[{"delta":{"content":"A"},"finish_reason":"stop"}]}"#,
            "\n\n",
            r#"data: {"choices":[{"delta":{"content":"B"}}]}"#,
            "\n\n",
            r#"data: {"choices":null,"usage":{"prompt_tokens":1}}"#,
            "\n\ndata:[DONE]\n\n",
        );
        let events = seen(Kind::ChatStream, stream, 13);
        let Some(Event::Complete(complete)) = events.last() else {
            panic!("{events:?}")
        };
        assert_eq!(
            (&*complete.content, &*complete.finish_reason),
            ("AB", "stop")
        );
        assert!(complete.usage.is_some());
    }

    #[test]
    fn a_list_of_parts_is_shown_as_its_texts() {
        let (texts, thoughts, _) = shown(&[
            r#"{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}}"#,
            r#"{"delta":{"content":[{"type":"text","text":"4"}]}}"#,
            r#"{"delta":{"content":"2"}}"#,
            STOP,
        ]);
        assert_eq!((texts.concat(), &*thoughts), ("42".into(), "hm"));
    }

    #[test]
    fn reasoning_is_shown_beside_the_text_by_either_of_its_names() {
        let (texts, thoughts, _) = shown(&[
            r#"{"delta":{"content":null,"reasoning_content":"so "}}"#,
            r#"{"delta":{"reasoning":"it is","content":""}}"#,
            r#"{"delta":{"content":"42"}}"#,
            STOP,
        ]);
        assert_eq!((texts.concat(), &*thoughts), ("42".into(), "so it is"));
        let body = r#"{"choices":[{"message":{"content":"x","reasoning_content":"y"},"finish_reason":"stop"}]}"#;
        let events = seen(Kind::Chat, body, 10);
        assert!(matches!(&events[..], [Event::Complete(whole)] if whole.reasoning == "y"));
    }

    #[test]
    fn halves_of_a_character_are_one_character_of_one_frame() {
        let (texts, ..) = shown(&[
            r#"{"delta":{"content":"\ud83d"}}"#,
            r#"{"delta":{"content":"\ude00"}}"#,
            r#"{"delta":{"content":"!\ud83d"},"finish_reason":"stop"}"#,
        ]);
        assert_eq!(texts, ["😀", "!\u{fffd}"]);
    }

    #[test]
    fn calls_without_index_are_numbered_in_the_pieces_and_in_the_whole() {
        let call = |id: &str| {
            format!(
                r#"{{"delta":{{"tool_calls":[{{"index":0,"id":"{id}","function":{{"name":"f","arguments":"{{}}"}}}}]}}}}"#
            )
        };
        let (a, b) = (call("a"), call("b"));
        let events = seen(Kind::ChatStream, &stream_of(&[&a, &b, STOP]), 17);
        let indices = events.iter().filter_map(|event| match event {
            Event::Chunk { tool_calls, .. } => {
                let calls = tool_calls.as_ref()?.get();
                serde_json::from_str::<serde_json::Value>(calls).ok()?[0]["index"].as_u64()
            }
            _ => None,
        });
        assert_eq!(Vec::from_iter(indices), [0, 1]);
        let Some(Event::Complete(complete)) = events.last() else {
            panic!("{events:?}")
        };
        let calls = complete.tool_calls.as_ref().unwrap().get();
        assert!(
            calls.contains(r#""id":"a""#) && calls.contains(r#""id":"b""#),
            "{calls}"
        );
    }

    #[test]
    fn an_error_in_place_of_a_stream_or_in_it_ends_the_request() {
        let refused = r#"{"error":{"code":"rate_limit_exceeded"}}"#;
        let events = seen(Kind::ChatStream, refused, 7);
        assert_eq!(events.len(), 1);
        assert_eq!(code(&events[0]), r#"{"code":"rate_limit_exceeded"}"#);
        let broken = concat!(
            r#"data: {"choices":[{"delta":{"content":"a"}}]}"#,
            "\n\n",
            r#"data: {"choices":[{"delta":{},"finish_reason":"error"}],"error":{"code":"x"}}"#,
            "\n\n",
        );
        let events = seen(Kind::ChatStream, broken, 9);
        assert_eq!(
            (events.len(), code(&events[1])),
            (2, r#"{"code":"x"}"#.into())
        );
    }

    #[test]
    fn a_stream_without_an_end_is_no_success() {
        let half = &STREAM[..STREAM.find("ße").unwrap()];
        let events = seen(Kind::ChatStream, half, 5);
        assert!(code(events.last().unwrap()).contains("provider_error"));
    }

    #[test]
    fn a_whole_answer_is_one_event() {
        let body = r#"{"model":"m","choices":[{"message":{"content":null,"tool_calls":[{"id":"a"}]},"finish_reason":"tool_calls"}],"usage":{}}"#;
        let events = seen(Kind::Chat, body, 10);
        let [Event::Complete(whole)] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(whole.content, "");
        assert_eq!(whole.tool_calls.as_ref().unwrap().get(), r#"[{"id":"a"}]"#);
        let events = seen(Kind::Skill, r#"{"skill":"s","result":{"t":15}}"#, 10);
        assert!(
            matches!(&events[..], [Event::SkillResult(result)] if result.get() == r#"{"t":15}"#)
        );
        let events = seen(Kind::Chat, "<html>", 10);
        assert!(code(&events[0]).contains("internal_error"));
    }
}
