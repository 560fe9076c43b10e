//! A connection: messages in, frames out, and the frames that wait for a client that reads slowly.

use crate::listen::ClientStream;
use bytes::Bytes;
use futures_util::{Sink, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use openclaw_function_realtime::{Close, MAX_FRAME};
use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::{CapacityError, ProtocolError},
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

/// Bytes of frames that may wait for the client: 1 MiB.
const MAX_WAITING: usize = 1 << 20;

/// Bytes that are handed to the kernel at once.
const WRITE: usize = 16 * 1024;

/// A silent connection is pinged after this time.
const PING_AFTER: Duration = Duration::from_secs(30);

/// A silent connection is taken for lost after this time.
const LOST_AFTER: Duration = Duration::from_secs(75);

/// How long the end of a connection may take.
const TIME_TO_FINISH: Duration = Duration::from_secs(5);

/// A message of the client, or the end of the connection.
pub(super) enum Incoming {
    Text(Utf8Bytes),
    Binary,
    TooLong,
    /// A close frame, with its code if it had one.
    Closed(Option<u16>),
    /// Bytes that no WebSocket sends: nothing after them can be read.
    Broken(Close),
    Lost,
}

/// An open connection.
pub(super) struct Connection {
    socket: WebSocketStream<ClientStream>,
    waiting: VecDeque<Message>,
    bytes: usize,
    is_flushed: bool,
    heard: Instant,
    is_pinged: bool,
}

impl Connection {
    /// `None` for what is no plain TCP connection.
    pub(super) async fn new(upgraded: Upgraded) -> Option<Self> {
        let parts = upgraded.downcast::<TokioIo<ClientStream>>().ok()?;
        // A connection costs its buffers while it is idle: they are small and grow with use.
        let config = WebSocketConfig::default()
            .read_buffer_size(1024)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        let (stream, read) = (parts.io.into_inner(), parts.read_buf.to_vec());
        let config = Some(config);
        let socket = WebSocketStream::from_partially_read(stream, read, Role::Server, config).await;
        Some(Self {
            socket,
            waiting: VecDeque::new(),
            bytes: 0,
            is_flushed: true,
            heard: Instant::now(),
            is_pinged: false,
        })
    }

    /// Queues a frame.
    pub(super) fn send(&mut self, frame: Bytes) {
        // Frames are JSON that we wrote.
        if let Ok(text) = Utf8Bytes::try_from(frame) {
            self.bytes += text.len();
            self.waiting.push_back(Message::Text(text));
        }
    }

    /// Queues the close frame.
    pub(super) fn close(&mut self, why: Close) {
        let frame = CloseFrame {
            code: why.code().into(),
            reason: why.reason().into(),
        };
        self.waiting.push_back(Message::Close(Some(frame)));
    }

    /// Whether more waits than may.
    pub(super) const fn is_overrun(&self) -> bool {
        self.bytes > MAX_WAITING
    }

    /// When [`Connection::check_silence`] is to be called.
    pub(super) fn deadline(&self) -> Instant {
        self.heard
            + if self.is_pinged {
                LOST_AFTER
            } else {
                PING_AFTER
            }
    }

    /// Pings a silent client; `false` where it has not answered.
    pub(super) fn check_silence(&mut self) -> bool {
        if self.deadline() > Instant::now() {
            return true;
        }
        let is_first = !std::mem::replace(&mut self.is_pinged, true);
        if is_first {
            self.waiting.push_back(Message::Ping(Bytes::new()));
        }
        is_first
    }

    /// Writes what the client takes; ready once nothing waits. An error: the connection is lost.
    pub(super) fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            let mut socket = Pin::new(&mut self.socket);
            if !self.is_flushed {
                std::task::ready!(socket.as_mut().poll_flush(context))?;
                self.is_flushed = true;
            }
            let mut batch = 0;
            while batch < WRITE
                && let Some(message) = self.waiting.pop_front()
            {
                batch += message.len().max(1);
                if let Message::Text(text) = &message {
                    self.bytes -= text.len();
                }
                self.is_flushed = false;
                socket.as_mut().start_send(message)?;
            }
            if self.is_flushed {
                self.waiting.shrink_to(4);
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// The next message. Pings are answered on the way.
    pub(super) fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Incoming> {
        loop {
            let message = std::task::ready!(self.socket.poll_next_unpin(context));
            (self.heard, self.is_pinged) = (Instant::now(), false);
            return Poll::Ready(match message {
                Some(Ok(Message::Text(text))) => Incoming::Text(text),
                Some(Ok(Message::Binary(_))) => Incoming::Binary,
                Some(Ok(Message::Close(frame))) => {
                    self.is_flushed = false;
                    Incoming::Closed(frame.map(|frame| frame.code.into()))
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                    self.is_flushed = false;
                    // The answer is written with the next flush.
                    continue;
                }
                Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => {
                    Incoming::TooLong
                }
                Some(Err(Error::Utf8(_))) => Incoming::Broken(Close::NotUtf8),
                Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                    Incoming::Lost
                }
                Some(Err(Error::Protocol(_))) => Incoming::Broken(Close::Protocol),
                Some(Err(_)) | None => Incoming::Lost,
            });
        }
    }

    /// Writes what waits, ends its half, and reads until the client ends too: closed with unread bytes, TCP
    /// would discard what was written last.
    pub(super) async fn finish(mut self) {
        let ended = async {
            let _ = poll_fn(|context| self.poll_write(context)).await;
            let stream = self.socket.get_mut();
            let _ = stream.shutdown().await;
            let mut discarded = [0; 4096];
            while stream.read(&mut discarded).await.is_ok_and(|read| read > 0) {}
        };
        let _ = timeout(TIME_TO_FINISH, ended).await;
    }
}
