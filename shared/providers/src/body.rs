//! An answer's bytes, decoded, with a limit on the silence between them.

use crate::coding::Decoder;
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, Stream, StreamExt, stream::Fuse};
use http::HeaderMap;
use openclaw_core::{BoxFuture, ByteStream, Clock, HttpError, Timestamp};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

/// Why bytes stopped coming.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Broken(HttpError),
    /// Silent for this long.
    Idle(Duration),
    /// More than was allowed.
    TooLong,
}

/// The bytes of an answer. One timer serves the whole answer: it is set anew when it fires, not
/// with every piece.
pub(crate) struct Body {
    bytes: Fuse<ByteStream>,
    decoder: Decoder,
    clock: Arc<dyn Clock>,
    idle: Duration,
    /// Since when nothing has come; `None` while the last poll brought something.
    silent_since: Option<Timestamp>,
    alarm: Option<BoxFuture<'static, ()>>,
}

impl Body {
    pub(crate) fn new(
        bytes: ByteStream,
        headers: &HeaderMap,
        clock: Arc<dyn Clock>,
        idle: Duration,
    ) -> Self {
        Self {
            bytes: bytes.fuse(),
            decoder: Decoder::new(headers),
            clock,
            idle,
            silent_since: None,
            alarm: None,
        }
    }

    /// All of it, after `start`, if that is at most `most` bytes. One piece is not copied.
    pub(crate) async fn read_all(&mut self, start: Bytes, most: usize) -> Result<Bytes, Cut> {
        let first = match start.is_empty() {
            true => self.next().await.transpose()?.unwrap_or_default(),
            false => start,
        };
        within(first.len(), most)?;
        let Some(mut piece) = self.next().await.transpose()? else {
            return Ok(first);
        };
        let mut all = BytesMut::from(first);
        loop {
            all.extend_from_slice(&piece);
            within(all.len(), most)?;
            match self.next().await.transpose()? {
                Some(next) => piece = next,
                None => return Ok(all.freeze()),
            }
        }
    }

    /// Whether it has been silent for too long; asks to be woken when it will have been.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<Cut> {
        let since = *self.silent_since.get_or_insert_with(|| self.clock.now());
        let (clock, idle) = (&self.clock, self.idle);
        loop {
            let alarm = self.alarm.get_or_insert_with(|| clock.sleep(idle));
            ready!(alarm.poll_unpin(context));
            let left = idle.saturating_sub(clock.now().duration_since(since));
            if left.is_zero() {
                self.alarm = None;
                return Poll::Ready(Cut::Idle(idle));
            }
            self.alarm = Some(clock.sleep(left));
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Cut>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.bytes.poll_next_unpin(context) {
            Poll::Ready(piece) => {
                self.silent_since = None;
                let decoded = match piece {
                    Some(Ok(piece)) => self.decoder.push(piece),
                    Some(Err(error)) => return Poll::Ready(Some(Err(Cut::Broken(error)))),
                    None => match self.decoder.finish() {
                        Ok(rest) if rest.is_empty() => return Poll::Ready(None),
                        rest => rest,
                    },
                };
                let broken = |error: io::Error| Cut::Broken(HttpError::Broken(error.to_string()));
                Poll::Ready(Some(decoded.map_err(broken)))
            }
            Poll::Pending => self.poll_silence(context).map(|cut| Some(Err(cut))),
        }
    }
}

fn within(length: usize, most: usize) -> Result<(), Cut> {
    if length > most {
        return Err(Cut::TooLong);
    }
    Ok(())
}
