//! What happens in a run of a workflow, as its REST twin tells it.

use super::{Answer, cut_off, of_whole};
use crate::{call::Kind, event::Event};
use axum::body::{Body, BodyDataStream};
use futures_util::{Stream, StreamExt, stream};
use openclaw_providers::sse::Parser;
use serde::Deserialize;

/// An event of a run, as far as a frame shows it.
#[derive(Deserialize)]
struct Told {
    step: u64,
    total_steps: u64,
    status: String,
    #[serde(default)]
    step_id: Option<String>,
}

/// The events of a run that was started: one for each step that begins, waits or ends, and the last.
struct Watched {
    body: BodyDataStream,
    parser: Parser,
    /// The body before its first event: an error is no event stream.
    start: Vec<u8>,
    is_stream: bool,
}

pub(super) fn events(body: Body) -> impl Stream<Item = Event> + Send {
    let watched = Watched {
        body: body.into_data_stream(),
        parser: Parser::default(),
        start: Vec::new(),
        is_stream: false,
    };
    stream::unfold(Some(watched), async |watched| {
        let mut watched = watched?;
        let event = watched.next().await;
        let goes_on = !event.is_last();
        Some((event, goes_on.then_some(watched)))
    })
}

impl Watched {
    async fn next(&mut self) -> Event {
        loop {
            match self.parser.next() {
                Ok(Some(event)) => {
                    self.is_stream = true;
                    self.start.clear();
                    if let Some(event) = told(&event.data) {
                        return event;
                    }
                }
                Ok(None) => match self.body.next().await {
                    Some(Ok(piece)) => {
                        if !self.is_stream {
                            self.start.extend_from_slice(&piece);
                        }
                        self.parser.push(piece);
                    }
                    Some(Err(cause)) => return cut_off(cause),
                    None if self.is_stream => return cut_off("a run without an end"),
                    None => return of_whole(Kind::Workflow, &self.start),
                },
                Err(cause) => return cut_off(cause),
            }
        }
    }
}

/// `None` where an event says nothing that a frame would.
fn told(data: &[u8]) -> Option<Event> {
    let told: Told = match serde_json::from_slice(data) {
        Ok(told) => told,
        Err(cause) => return Some(cut_off(cause)),
    };
    if told.step_id.is_some() {
        return Some(Event::Progress {
            step: told.step,
            total_steps: told.total_steps,
            status: told.status,
        });
    }
    let answer: Answer<'_> = match serde_json::from_slice(data) {
        Ok(answer) => answer,
        Err(cause) => return Some(cut_off(cause)),
    };
    match (&*told.status, answer.error, answer.result) {
        ("failed" | "cancelled", Some(error), _) => Some(Event::Failed(error.to_owned())),
        ("completed", _, Some(result)) => Some(Event::WorkflowResult(result.to_owned())),
        _ => None,
    }
}
