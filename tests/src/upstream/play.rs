//! A response body as a sequence of steps: bytes, waits, and ways to end badly.

use super::{record::Ending, reply::Events, script::Script};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    collections::VecDeque,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// One step of an answer.
pub(super) enum Step {
    /// Bytes in one write.
    Write(Bytes),
    Wait(Duration),
    /// Lets what was written leave before more is.
    Flush,
    /// Closes the connection.
    Cut,
    /// Says nothing any more.
    Stall,
}

/// A body that plays its steps.
pub(super) struct Play {
    steps: VecDeque<Step>,
    waiting: Option<Pin<Box<Sleep>>>,
    ending: Option<Ending>,
}

impl Play {
    pub(super) fn new(steps: impl IntoIterator<Item = Step>, ending: Option<Ending>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            waiting: None,
            ending,
        }
    }

    fn finish(&mut self) {
        if let Some(ending) = &mut self.ending {
            ending.finish();
        }
    }
}

impl Body for Play {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(sleep) = &mut self.waiting {
                std::task::ready!(sleep.as_mut().poll(context));
                self.waiting = None;
            }
            match self.steps.pop_front() {
                None => {
                    self.finish();
                    return Poll::Ready(None);
                }
                Some(Step::Write(bytes)) => {
                    if self.steps.is_empty() {
                        self.finish();
                    }
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(Step::Wait(time)) => self.waiting = Some(Box::pin(sleep(time))),
                Some(Step::Flush) => {
                    // hyper flushes when a body has nothing ready.
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Step::Cut) => {
                    self.finish();
                    return Poll::Ready(Some(Err(io::Error::other("cut by the script"))));
                }
                Some(Step::Stall) => {
                    self.steps.push_front(Step::Stall);
                    return Poll::Pending;
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && self.waiting.is_none()
    }

    /// Exact where nothing but bytes is left, so that a plain answer has a `Content-Length`.
    fn size_hint(&self) -> SizeHint {
        let lengths = self.steps.iter().map(|step| match step {
            Step::Write(bytes) => Some(bytes.len() as u64),
            _ => None,
        });
        lengths
            .sum::<Option<u64>>()
            .map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

/// The steps of a plain answer.
pub(super) fn plain(script: &Script, body: Bytes) -> Vec<Step> {
    let mut steps = first_wait(script);
    if script.cut_after.is_some() {
        steps.extend(write(script, body.slice(..body.len() / 2)));
        steps.extend([Step::Flush, Step::Cut]);
    } else {
        steps.extend(write(script, body));
    }
    steps
}

/// The steps of a stream.
pub(super) fn stream(script: &Script, events: Events, failures: &Failures) -> Vec<Step> {
    let between = Duration::from_millis(script.chunk_delay_ms);
    let count = events.deltas.len();
    let mut steps = first_wait(script);
    for event in events.opening {
        steps.extend(write(script, event));
    }
    // A failure can be due after the last content chunk, too.
    let places = events.deltas.into_iter().map(Some).chain([None]);
    for (at, event) in places.enumerate() {
        if at > 0 && !between.is_zero() {
            steps.push(Step::Wait(between));
        }
        if fail(script, failures, (at, count), &mut steps) {
            return steps;
        }
        if let Some(event) = event {
            steps.extend(write(script, event));
            steps.push(Step::Flush);
        }
    }
    for event in events.closing {
        steps.extend(write(script, event));
    }
    steps
}

/// The events that a vendor sends when something goes wrong in the middle.
pub(super) struct Failures {
    pub(super) error_event: Bytes,
    pub(super) malformed_event: Bytes,
}

/// Adds the failure that is due after `at` of `count` content chunks, and says whether the stream
/// ends with it. A failure that is due after more chunks than there are comes after the last.
fn fail(
    script: &Script,
    failures: &Failures,
    (at, count): (usize, usize),
    steps: &mut Vec<Step>,
) -> bool {
    let due = |after: Option<usize>| after.map(|after| after.min(count)) == Some(at);
    if due(script.malformed_after) {
        steps.push(Step::Write(failures.malformed_event.clone()));
    }
    if due(script.error_event_after) {
        steps.push(Step::Write(failures.error_event.clone()));
        return true;
    }
    if due(script.cut_after) {
        steps.extend([Step::Flush, Step::Cut]);
        return true;
    }
    if due(script.stall_after) {
        steps.push(Step::Stall);
        return true;
    }
    false
}

/// The wait between head and body; flushing first lets the head leave.
fn first_wait(script: &Script) -> Vec<Step> {
    match script.delay_ms {
        0 => Vec::new(),
        ms => vec![Step::Wait(Duration::from_millis(ms))],
    }
}

/// `bytes` in as many writes as the script wants.
fn write(script: &Script, bytes: Bytes) -> Vec<Step> {
    let size = match bytes.len() {
        _ if script.dribble => 1,
        length if script.split => length.div_ceil(2).max(1),
        _ => return vec![Step::Write(bytes)],
    };
    let starts = (0..bytes.len()).step_by(size);
    starts
        .flat_map(|start| {
            let part = bytes.slice(start..bytes.len().min(start + size));
            [Step::Write(part), Step::Flush]
        })
        .collect()
}
