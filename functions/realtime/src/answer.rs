//! The answer of a REST twin, as the events of a request.

use crate::{
    call::Kind,
    event::{Complete, Event},
    reply,
    tool_calls::ToolCalls,
};
use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::Response;
use http_body_util::BodyExt;
use openclaw_core::{Code, Error, json::read};
use openclaw_providers::sse::Parser;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// OpenAI's completion or chunk, as far as a frame shows it; or REST's error.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, alias = "message", default)]
    delta: Message<'a>,
    #[serde(borrow)]
    finish_reason: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
}

/// The events of a call's answer, the last of which ends the request. Dropped, it drops the call.
pub(crate) fn events(kind: Kind, answer: Response<Body>) -> impl Stream<Item = Event> + Send {
    let body = answer.into_body();
    match kind {
        Kind::ChatStream => Streamed::events(body).left_stream(),
        _ => stream::once(whole(kind, body)).right_stream(),
    }
}

/// The answer to a request that failed on our side of the endpoint.
pub(crate) fn failed(error: &Error) -> Event {
    Event::Failed(reply::error(error))
}

async fn whole(kind: Kind, body: Body) -> Event {
    match body.collect().await {
        Ok(body) => of_whole(kind, &body.to_bytes()),
        Err(cause) => cut_off(cause),
    }
}

fn of_whole(kind: Kind, body: &[u8]) -> Event {
    let answer: Answer<'_> = match read(body) {
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

fn of_completion(answer: Answer<'_>) -> Event {
    let mut complete = Complete {
        model: answer.model.unwrap_or_default().into_owned(),
        usage: answer.usage.map(RawValue::to_owned),
        ..Complete::default()
    };
    if let Some(choice) = answer.choices.into_iter().next() {
        complete.content = choice.delta.content.unwrap_or_default().into_owned();
        complete.tool_calls = choice.delta.tool_calls.map(RawValue::to_owned);
        complete.finish_reason = choice.finish_reason.unwrap_or_default().into_owned();
    }
    Event::Complete(Box::new(complete))
}

fn cut_off(cause: impl std::fmt::Display) -> Event {
    failed(&Error::new(Code::ProviderError, "The answer was cut off").with_cause(cause))
}

/// A stream in the seed's dialect; what is not one is an error, whole.
struct Streamed {
    body: BodyDataStream,
    parser: Parser,
    /// What came before the first event: an error is no event stream.
    start: Vec<u8>,
    is_stream: bool,
    whole: Complete,
    tool_calls: ToolCalls,
    /// The last event, behind the text that came with it.
    end: Option<Event>,
}

impl Streamed {
    fn events(body: Body) -> impl Stream<Item = Event> + Send {
        let streamed = Self {
            body: body.into_data_stream(),
            parser: Parser::default(),
            start: Vec::new(),
            is_stream: false,
            whole: Complete::default(),
            tool_calls: ToolCalls::default(),
            end: None,
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
            if let Some(end) = self.end.take() {
                return end;
            }
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
                    None if self.is_stream => return cut_off("a stream without an end"),
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
        let chunk: Answer<'_> = match read(data) {
            Ok(chunk) => chunk,
            Err(cause) => return Some(cut_off(cause)),
        };
        if let Some(error) = chunk.error {
            return Some(Event::Failed(error.to_owned()));
        }
        if let (true, Some(model)) = (self.whole.model.is_empty(), chunk.model) {
            self.whole.model = model.into_owned();
        }
        let choice = chunk.choices.into_iter().next()?;
        if let Some(pieces) = choice.delta.tool_calls {
            self.tool_calls.add(pieces);
        }
        let content = choice.delta.content.unwrap_or_default();
        self.whole.content.push_str(&content);
        if let Some(reason) = choice.finish_reason {
            self.end = Some(self.complete(&reason, chunk.usage));
        }
        if content.is_empty() && choice.delta.tool_calls.is_none() {
            return None;
        }
        Some(Event::Chunk {
            content: content.into_owned(),
            tool_calls: choice.delta.tool_calls.map(RawValue::to_owned),
        })
    }

    fn complete(&mut self, reason: &str, usage: Option<&RawValue>) -> Event {
        let whole = std::mem::take(&mut self.whole);
        Event::Complete(Box::new(Complete {
            tool_calls: std::mem::take(&mut self.tool_calls).whole(),
            finish_reason: reason.into(),
            usage: usage.map(RawValue::to_owned),
            ..whole
        }))
    }
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
