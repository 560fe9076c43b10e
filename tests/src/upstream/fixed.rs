//! The answers to requests without a script, built once.

use super::{
    anthropic, openai,
    play::Step,
    reply::{Events, Reply},
    script::Script,
};
use bytes::Bytes;
use memchr::memmem;
use std::time::Duration;

/// Content chunks of a fixed stream.
const CHUNKS: usize = 64;

/// One dialect's fixed answers.
pub(super) struct Fixed {
    plain: Bytes,
    stream: Stream,
    stream_with_usage: Stream,
    pace: Duration,
}

/// A stream as one write, or as its events where it is paced.
struct Stream {
    whole: Bytes,
    events: Vec<Bytes>,
}

impl Fixed {
    pub(super) fn openai(pace: Duration) -> Self {
        let streamed = reply(Some(CHUNKS));
        Self {
            plain: openai::plain(&reply(None)).to_string().into(),
            stream: Stream::new(openai::stream(&streamed, false)),
            stream_with_usage: Stream::new(openai::stream(&streamed, true)),
            pace,
        }
    }

    pub(super) fn anthropic(pace: Duration) -> Self {
        let streamed = reply(Some(CHUNKS));
        Self {
            plain: anthropic::plain(&reply(None)).to_string().into(),
            stream: Stream::new(anthropic::stream(&streamed)),
            stream_with_usage: Stream::new(anthropic::stream(&streamed)),
            pace,
        }
    }

    /// Whether the answer streams, and its steps.
    pub(super) fn answer(&self, body: &[u8]) -> (bool, Vec<Step>) {
        if !is_true(body, b"\"stream\":") {
            return (false, vec![Step::Write(self.plain.clone())]);
        }
        let stream = if is_true(body, b"\"include_usage\":") {
            &self.stream_with_usage
        } else {
            &self.stream
        };
        (true, stream.steps(self.pace))
    }
}

impl Stream {
    fn new(events: Events) -> Self {
        let events = [events.opening, events.deltas, events.closing].concat();
        Self {
            whole: events.concat().into(),
            events,
        }
    }

    fn steps(&self, pace: Duration) -> Vec<Step> {
        if pace.is_zero() {
            return vec![Step::Write(self.whole.clone())];
        }
        let paced = self.events.iter().enumerate().flat_map(|(at, event)| {
            let wait = (at > 0).then_some(Step::Wait(pace));
            wait.into_iter().chain([Step::Write(event.clone())])
        });
        paced.collect()
    }
}

fn reply(chunks: Option<usize>) -> Reply {
    let script = Script {
        chunks,
        ..Script::default()
    };
    Reply::new(&script, "gpt-4-0613")
}

/// Whether the body says `name` is true, without parsing it: quotes inside a JSON string are
/// escaped, so a message's text cannot look like a field.
fn is_true(body: &[u8], name: &[u8]) -> bool {
    memmem::find(body, name).is_some_and(|at| {
        body[at + name.len()..]
            .trim_ascii_start()
            .starts_with(b"true")
    })
}
