//! An answer's bytes, with a limit on the silence between them.

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, Stream, StreamExt};
use openclaw_core::{BoxFuture, ByteStream, Clock, HttpError, Timestamp};
use std::{
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
    bytes: ByteStream,
    clock: Arc<dyn Clock>,
    idle: Duration,
    /// Since when nothing has come; `None` while the last poll brought something.
    silent_since: Option<Timestamp>,
    alarm: Option<BoxFuture<'static, ()>>,
}

impl Body {
    pub(crate) fn new(bytes: ByteStream, clock: Arc<dyn Clock>, idle: Duration) -> Self {
        Self {
            bytes,
            clock,
            idle,
            silent_since: None,
            alarm: None,
        }
    }

    /// All of it, if it is at most `most` bytes. One piece is not copied.
    pub(crate) async fn collect(&mut self, most: usize) -> Result<Bytes, Cut> {
        let Some(first) = self.next().await.transpose()? else {
            return Ok(Bytes::new());
        };
        within(first.len(), most)?;
        let mut piece = self.next().await.transpose()?;
        if piece.is_none() {
            return Ok(first);
        }
        let mut all = BytesMut::from(first);
        while let Some(more) = piece {
            all.extend_from_slice(&more);
            within(all.len(), most)?;

            piece = self.next().await.transpose()?;
        }
        Ok(all.freeze())
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
                Poll::Ready(piece.map(|piece| piece.map_err(Cut::Broken)))
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
