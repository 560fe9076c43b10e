//! Frames on their way to a client, one message at a time and in order.

use crate::{Close, server_frame};
use bytes::Bytes;
use futures_util::FutureExt;
use openclaw_aws::{ConnectionAddress, Connections, Undelivered};
use openclaw_core::{BoxFuture, Clock, Code, Error, Timestamp};
use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

/// Bytes of frames that may wait: the replay of a resumed session, and as much again.
const MAX_WAITING: usize = 2 << 20;

/// A connection takes messages once its handshake was answered, at the latest after this time.
const OPEN_WITHIN: Duration = Duration::from_secs(5);

/// The pause between attempts before that.
const TRIED: Duration = Duration::from_millis(20);

pub(super) struct Outbox {
    connections: Connections,
    clock: Arc<dyn Clock>,
    address: ConnectionAddress,
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
        address: ConnectionAddress,
        is_open: bool,
    ) -> Self {
        Self {
            connections,
            clock,
            address,
            is_open,
            waiting: VecDeque::new(),
            bytes: 0,
            posting: None,
        }
    }

    pub(super) const fn address(&self) -> &ConnectionAddress {
        &self.address
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
        let (connections, address) = (self.connections.clone(), self.address.clone());
        if self.is_open {
            return Some(async move { connections.post(&address, frame).await }.boxed());
        }
        let clock = self.clock.clone();
        Some(post_first(connections, address, clock, frame).boxed())
    }

    /// Posts what waits, and closes the connection.
    pub(super) async fn finish(mut self, why: Close) {
        if why == Close::Resumed {
            // No code can be sent with the end.
            self.waiting.clear();
            let error = server_frame::error(&Error::new(Code::Conflict, why.reason()));
            self.waiting
                .push_back(server_frame::text(&server_frame::ConnectionFrame::Error {
                    error: &error,
                }));
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
        if let Err(error) = self.connections.close(&self.address).await {
            tracing::warn!(%error, "a connection was not closed");
        }
    }
}

async fn post_first(
    connections: Connections,
    address: ConnectionAddress,
    clock: Arc<dyn Clock>,
    frame: Bytes,
) -> Result<(), Undelivered> {
    let until: Timestamp = clock.now() + OPEN_WITHIN;
    loop {
        let posted = connections.post(&address, frame.clone()).await;
        if posted != Err(Undelivered::Gone) || clock.now() >= until {
            return posted;
        }
        clock.sleep(TRIED).await;
    }
}
