//! Server-sent events as a client sees them.

use super::{
    api::{Api, Asked},
    expect::Failure,
};
use http::HeaderMap;
use reqwest::Response;
use serde_json::Value;
use std::time::{Duration, Instant};

/// An answer that streams.
#[derive(Debug)]
pub struct Stream {
    /// The headers.
    pub headers: HeaderMap,
    asked: Asked,
    response: Response,
    opened: Instant,
}

impl Stream {
    /// Takes a response that must be 200 and `text/event-stream`.
    pub(super) async fn new(asked: Asked, response: Response) -> Self {
        let opened = Instant::now();
        let headers = response.headers().clone();
        let status = response.status();
        if status != 200 {
            let text = response.text().await.unwrap_or_default();
            panic!("{status} in place of a stream: {text}");
        }
        let kind = headers
            .get("content-type")
            .and_then(|kind| kind.to_str().ok());
        let sse = kind.is_some_and(|kind| kind.starts_with("text/event-stream"));
        assert!(sse, "{kind:?}");
        Self {
            headers,
            asked,
            response,
            opened,
        }
    }

    /// The next write of the server, at most 20 s from now; `None` at the end.
    ///
    /// # Errors
    /// When the connection broke.
    pub async fn write(&mut self) -> reqwest::Result<Option<String>> {
        let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk());
        let chunk = chunk.await.expect("something within 20 s")?;
        Ok(chunk.map(|bytes| String::from_utf8(bytes.into()).expect("UTF-8")))
    }

    /// Reads until this many writes with data came.
    pub async fn read_some(&mut self, count: usize) {
        let mut left = count;
        while left > 0 {
            let write = self.write().await.expect("unbroken").expect("more");
            left -= usize::from(write.contains("data:"));
        }
    }

    /// Reads to the end.
    pub async fn read(mut self) -> Transcript {
        let mut transcript = Transcript {
            headers: self.headers.clone(),
            writes: Vec::new(),
            first_data: None,
            ended: Ended::Whole,
        };
        loop {
            match self.write().await {
                Ok(Some(write)) => {
                    if transcript.first_data.is_none() && write.contains("data:") {
                        transcript.first_data = Some(self.opened.elapsed());
                    }
                    transcript.writes.push(write);
                }
                Ok(None) => {
                    Api::get().check_events(&self.asked, &transcript.lines());
                    return transcript;
                }
                Err(_) => {
                    transcript.ended = Ended::Broken;
                    return transcript;
                }
            }
        }
    }
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As HTTP wants it.
    Whole,
    /// The connection broke off.
    Broken,
}

/// A stream that was read to its end.
#[derive(Debug)]
pub struct Transcript {
    /// The headers.
    pub headers: HeaderMap,
    /// What the server wrote, write by write.
    pub writes: Vec<String>,
    /// From the head to the first event.
    pub first_data: Option<Duration>,
    /// How it ended.
    pub ended: Ended,
}

impl Transcript {
    /// The lines that are not empty.
    pub fn lines(&self) -> Vec<String> {
        let text = self.writes.concat();
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(Into::into).collect()
    }

    /// The lines that start with `data: `, with the space, parsed. `[DONE]` is left out where
    /// OpenAI's dialect puts it; whatever else is no JSON fails.
    pub fn events(&self) -> Vec<Value> {
        let lines = self.lines();
        let data = lines.iter().filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]")
            .map(|data| serde_json::from_str(data).unwrap_or_else(|_| panic!("no JSON: {data}")))
            .collect()
    }

    /// The text of all deltas.
    pub fn text(&self) -> String {
        let events = self.events();
        let texts = events
            .iter()
            .filter_map(|event| event["choices"][0]["delta"]["content"].as_str());
        texts.collect()
    }

    /// The arguments of the first tool call, joined.
    pub fn tool_arguments(&self) -> String {
        let events = self.events();
        let calls = events
            .iter()
            .map(|event| &event["choices"][0]["delta"]["tool_calls"][0]);
        calls
            .filter_map(|call| call["function"]["arguments"].as_str())
            .collect()
    }

    /// The last line with anything in it.
    pub fn last_line(&self) -> String {
        self.lines().pop().unwrap_or_default()
    }

    /// The finish reasons that were told.
    pub fn finish_reasons(&self) -> Vec<String> {
        let events = self.events();
        let reasons = events
            .iter()
            .filter_map(|event| event["choices"][0]["finish_reason"].as_str());
        reasons.map(Into::into).collect()
    }

    /// The OpenAI dialect's failure in mid-stream: a last `data: {"error": …}`, no `[DONE]`.
    pub fn fails_in_openai(&self, code: &str) -> Failure {
        let last = self.events().pop().expect("an event");
        assert!(!self.writes.concat().contains("[DONE]"), "{self:?}");
        Failure::of(&last["error"], code).1
    }

    /// The seed dialect's failure in mid-stream: a last event with the finish reason `error`.
    pub fn fails_in_seed(&self, code: &str) -> Failure {
        let last = self.events().pop().expect("an event");
        assert_eq!(last["choices"][0]["finish_reason"], "error", "{last}");
        assert!(last["choices"][0]["delta"].is_object(), "{last}");
        Failure::of(&last["error"], code).1
    }
}
