//! The calls of a session that are under way.

use futures_util::{
    StreamExt,
    stream::{AbortHandle, Abortable, BoxStream, SelectAll, Stream},
};
use openclaw_function_realtime::Event;
use std::{
    collections::HashMap,
    task::{Context, Poll},
};

/// Dropped, it drops them all.
#[derive(Default)]
pub(super) struct Calls {
    events: SelectAll<Abortable<BoxStream<'static, (u64, Event)>>>,
    handles: HashMap<u64, AbortHandle>,
}

impl Calls {
    pub(super) fn start(&mut self, run: u64, events: impl Stream<Item = Event> + Send + 'static) {
        let (handle, registration) = AbortHandle::new_pair();
        let events = events.map(move |event| (run, event)).boxed();
        self.events.push(Abortable::new(events, registration));
        self.handles.insert(run, handle);
    }

    /// Drops a call: nothing of it is told any more.
    pub(super) fn cancel(&mut self, run: u64) {
        if let Some(handle) = self.handles.remove(&run) {
            handle.abort();
        }
    }

    /// The next event of any of them; pending where there are none.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<(u64, Event)> {
        match self.events.poll_next_unpin(context) {
            Poll::Ready(Some((run, event))) => {
                if event.is_last() {
                    self.handles.remove(&run);
                }
                Poll::Ready((run, event))
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
