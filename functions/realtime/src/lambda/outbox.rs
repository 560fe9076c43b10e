//! A connection: frames on their way to the client, one message at a time and in order.

use crate::{Close, reply};
use bytes::Bytes;
use futures_util::FutureExt;
use openclaw_aws::{Connections, Line, Undelivered};
use openclaw_core::{BoxFuture, Clock, Code, Error, Timestamp};
use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

/// Bytes of frames that may wait: what a resumed session may have missed, and as much again.
const MAX_WAITING: usize = 2 << 20;

/// A connection takes messages once its handshake was answered: how soon, at the latest,
const OPEN_WITHIN: Duration = Duration::from_secs(5);

/// and how often that is tried.
const TRIED: Duration = Duration::from_millis(20);

pub(super) struct Outbox {
    connections: Connections,
    clock: Arc<dyn Clock>,
    line: Line,
    is_open: bool,
    waiting: VecDeque<Bytes>,
    bytes: usize,
    posting: Option<BoxFuture<'static, Result<(), Undelivered>>>,
}

impl Outbox {
    /// `is_open`: whether the connection is known to take messages.
    pub(super) fn new(
        connections: Connections,
        clock: Arc<dyn Clock>,
        line: Line,
        is_open: bool,
    ) -> Self {
        Self {
            connections,
            clock,
            line,
            is_open,
            waiting: VecDeque::new(),
            bytes: 0,
            posting: None,
        }
    }

    pub(super) const fn line(&self) -> &Line {
        &self.line
    }

    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// The client has sent something.
    pub(super) const fn heard(&mut self) {
        self.is_open = true;
    }

    pub(super) fn is_idle(&self) -> bool {
        self.posting.is_none() && self.waiting.is_empty()
    }

    /// Whether more waits than may.
    pub(super) const fn is_overrun(&self) -> bool {
        self.bytes > MAX_WAITING
    }

    pub(super) fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.waiting.push_back(frame);
    }

    /// Posts what waits; ready when a message was taken, or why it was not. Pending where none waits.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Undelivered>> {
        if self.posting.is_none() {
            self.posting = self.next();
        }
        let Some(posting) = &mut self.posting else {
            return Poll::Pending;
        };
        let posted = ready!(posting.poll_unpin(context));
        self.posting = None;
        self.is_open |= posted.is_ok();
        Poll::Ready(posted)
    }

    fn next(&mut self) -> Option<BoxFuture<'static, Result<(), Undelivered>>> {
        let frame = self.waiting.pop_front()?;
        self.bytes -= frame.len();
        let (connections, line) = (self.connections.clone(), self.line.clone());
        if self.is_open {
            return Some(async move { connections.post(&line, frame).await }.boxed());
        }
        let clock = self.clock.clone();
        Some(post_first(connections, line, clock, frame).boxed())
    }

    /// Posts what waits, and closes the connection.
    pub(super) async fn finish(mut self, why: Close) {
        if why == Close::Resumed {
            // No code can be sent with the end.
            self.waiting.clear();
            let error = reply::error(&Error::new(Code::Conflict, why.reason()));
            self.waiting
                .push_back(reply::text(&reply::Reply::Error { error: &error }));
        }
        loop {
            self.posting = self.posting.take().or_else(|| self.next());
            let Some(posting) = self.posting.take() else {
                break;
            };
            if posting.await.is_err() {
                break;
            }
        }
        self.hang_up().await;
    }

    /// Closes the connection.
    pub(super) async fn hang_up(self) {
        if let Err(error) = self.connections.close(&self.line).await {
            tracing::warn!(%error, "a connection was not closed");
        }
    }
}

async fn post_first(
    connections: Connections,
    line: Line,
    clock: Arc<dyn Clock>,
    frame: Bytes,
) -> Result<(), Undelivered> {
    let until: Timestamp = clock.now() + OPEN_WITHIN;
    loop {
        let posted = connections.post(&line, frame.clone()).await;
        if posted != Err(Undelivered::Gone) || clock.now() >= until {
            return posted;
        }
        clock.sleep(TRIED).await;
    }
}
