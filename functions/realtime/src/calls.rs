//! The calls of a session that are under way, for a runtime where one task polls them all.

use crate::Event;
use futures_util::{
    StreamExt,
    stream::{AbortHandle, Abortable, BoxStream, SelectAll, Stream},
};
use std::{
    collections::BTreeMap,
    fmt,
    task::{Context, Poll},
};

/// Running calls. Dropped, it drops them all.
#[derive(Default)]
pub struct Calls {
    events: SelectAll<Abortable<BoxStream<'static, (u64, Event)>>>,
    handles: BTreeMap<u64, AbortHandle>,
}

impl fmt::Debug for Calls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Calls")
            .field(&self.handles.keys())
            .finish()
    }
}

impl Calls {
    /// Adds the call of that run.
    pub fn start(&mut self, run: u64, events: impl Stream<Item = Event> + Send + 'static) {
        let (handle, registration) = AbortHandle::new_pair();
        let events = events.map(move |event| (run, event)).boxed();
        self.events.push(Abortable::new(events, registration));
        self.handles.insert(run, handle);
    }

    /// Drops a call: no more events of it come.
    pub fn cancel(&mut self, run: u64) {
        if let Some(handle) = self.handles.remove(&run) {
            handle.abort();
        }
    }

    /// The runs whose calls have not ended.
    pub fn runs(&self) -> Vec<u64> {
        self.handles.keys().copied().collect()
    }

    /// The next event of any of them; pending where there are none.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<(u64, Event)> {
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
