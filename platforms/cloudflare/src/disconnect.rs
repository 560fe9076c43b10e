//! Clients that leave before their answer is complete. Without the request's signal, which needs the
//! compatibility flag `enable_request_signal`, a Worker learns of it only when a write fails.

use crate::scope::{Scope, Scoped};
use futures_channel::oneshot;
use futures_util::{
    FutureExt, Stream, StreamExt,
    future::{Either, select},
};
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{AbortSignal, Request};

/// Resolves when the client has left; never when it stays.
pub(crate) struct Disconnect {
    receiver: oneshot::Receiver<()>,
    signal: AbortSignal,
    listener: Closure<dyn FnMut()>,
}

impl Disconnect {
    pub(crate) fn of(request: &Request) -> Self {
        let signal = request.signal();
        let (sender, receiver) = oneshot::channel();
        let mut sender = Some(sender);
        let listener = Closure::wrap_assert_unwind_safe(Box::new(move || {
            // Nobody listens any more when the request has ended meanwhile.
            let _ = sender.take().map(|sender| sender.send(()));
        }) as Box<dyn FnMut()>);
        let function = listener.as_ref().unchecked_ref();
        // A signal takes any listener for a name; there is no error to handle.
        let _ = signal.add_event_listener_with_callback("abort", function);
        Self {
            receiver,
            signal,
            listener,
        }
    }

    /// Runs `work` inside its request; `None` when the client left first: `work` is dropped then.
    pub(crate) async fn or<F: Future>(&mut self, scope: &Scope, work: F) -> Option<F::Output> {
        match select(self, Scoped::new(scope, work)).await {
            Either::Right((done, _)) => Some(done),
            Either::Left(_) => None,
        }
    }

    /// The same for a body: it ends when the client leaves.
    pub(crate) fn or_stream<S: Stream>(self, scope: &Scope, stream: S) -> UntilDisconnect<S> {
        UntilDisconnect {
            disconnect: self,
            stream: Scoped::new(scope, stream),
        }
    }
}

impl Future for Disconnect {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.receiver.poll_unpin(context) {
            Poll::Ready(Ok(())) => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }
}

impl Drop for Disconnect {
    fn drop(&mut self) {
        let function = self.listener.as_ref().unchecked_ref();
        let _ = self
            .signal
            .remove_event_listener_with_callback("abort", function);
    }
}

/// A body that ends when its client leaves.
pub(crate) struct UntilDisconnect<S> {
    disconnect: Disconnect,
    stream: Scoped<S>,
}

impl<S: Stream> Stream for UntilDisconnect<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        if self.disconnect.poll_unpin(context).is_ready() {
            self.stream.end();
        }
        self.stream.poll_next_unpin(context)
    }
}
