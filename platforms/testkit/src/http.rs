use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future, stream};
use http::{Response, StatusCode, header::CONTENT_TYPE};
use openclaw_core::{BoxFuture, ByteStream, Http, HttpError, HttpRequest, HttpResponse};
use parking_lot::Mutex;
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// [`Http`] that answers from a script, in order, and remembers what it was asked.
#[derive(Default)]
pub struct ScriptedHttp {
    replies: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<HttpRequest>>,
    cancelled: Arc<AtomicUsize>,
}

impl ScriptedHttp {
    /// Appends to the script.
    pub fn reply(&self, reply: Reply) {
        self.replies.lock().push_back(reply);
    }

    /// What was asked since the last call.
    pub fn take_requests(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut self.requests.lock())
    }

    /// Requests that were dropped before their answer had come to its end.
    pub fn cancelled(&self) -> usize {
        self.cancelled.load(Ordering::SeqCst)
    }
}

impl Http for ScriptedHttp {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        self.requests.lock().push(request);
        let reply = self.replies.lock().pop_front();
        let watch = Watch(Some(self.cancelled.clone()));
        async move { reply.unwrap_or_else(Reply::unscripted).play(watch).await }.boxed()
    }
}

/// One answer of the script.
#[derive(Debug)]
pub struct Reply(Kind);

#[derive(Debug)]
enum Kind {
    Answer {
        head: Response<()>,
        chunks: Vec<Result<Bytes, HttpError>>,
        open: bool,
    },
    Fail(HttpError),
    Never,
}

impl Reply {
    /// A whole JSON body.
    pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::chunks(status, "application/json", [body.into()])
    }

    /// An event stream that arrives in these pieces.
    pub fn events<B: Into<Bytes>>(pieces: impl IntoIterator<Item = B>) -> Self {
        Self::chunks(StatusCode::OK, "text/event-stream", pieces)
    }

    /// A body of any type that arrives in these pieces.
    pub fn chunks<B: Into<Bytes>>(
        status: StatusCode,
        content_type: &'static str,
        pieces: impl IntoIterator<Item = B>,
    ) -> Self {
        let mut head = Response::new(());
        *head.status_mut() = status;
        head.headers_mut()
            .insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
        Self(Kind::Answer {
            head,
            chunks: pieces.into_iter().map(|piece| Ok(piece.into())).collect(),
            open: false,
        })
    }

    /// No answer but this error.
    pub fn fail(error: HttpError) -> Self {
        Self(Kind::Fail(error))
    }

    /// Neither answer nor error, ever.
    pub fn never() -> Self {
        Self(Kind::Never)
    }

    /// Adds a header. Does nothing to a reply without a head.
    pub fn header(mut self, name: http::HeaderName, value: http::HeaderValue) -> Self {
        if let Kind::Answer { head, .. } = &mut self.0 {
            head.headers_mut().insert(name, value);
        }
        self
    }

    /// Breaks off with `error` behind the pieces. Does nothing to a reply without a body.
    pub fn then_fail(mut self, error: HttpError) -> Self {
        if let Kind::Answer { chunks, .. } = &mut self.0 {
            chunks.push(Err(error));
        }
        self
    }

    /// Falls silent behind the pieces, without an end. Does nothing to a reply without a body.
    pub fn then_hang(mut self) -> Self {
        if let Kind::Answer { open, .. } = &mut self.0 {
            *open = true;
        }
        self
    }

    fn unscripted() -> Self {
        Self::fail(HttpError::Connect("the script has no more replies".into()))
    }

    async fn play(self, watch: Watch) -> Result<HttpResponse, HttpError> {
        match self.0 {
            Kind::Answer { head, chunks, open } => Ok(head.map(|()| body(chunks, open, watch))),
            Kind::Fail(error) => {
                watch.done();
                Err(error)
            }
            Kind::Never => {
                // Held by the future, so that dropping it counts.
                let _watch = watch;
                future::pending().await
            }
        }
    }
}

fn body(chunks: Vec<Result<Bytes, HttpError>>, open: bool, watch: Watch) -> ByteStream {
    let rest = if open {
        stream::pending().boxed()
    } else {
        stream::empty().boxed()
    };
    let mut pieces = stream::iter(chunks).chain(rest);
    let mut watch = Some(watch);
    stream::poll_fn(move |context| {
        let next = pieces.poll_next_unpin(context);
        if let std::task::Poll::Ready(None | Some(Err(_))) = next
            && let Some(watch) = watch.take()
        {
            watch.done();
        }
        next
    })
    .boxed()
}

/// Counts a request as cancelled unless it is done first.
struct Watch(Option<Arc<AtomicUsize>>);

impl Watch {
    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(cancelled) = &self.0 {
            cancelled.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_executor::block_on;

    fn get() -> HttpRequest {
        http::Request::new(Bytes::new())
    }

    #[test]
    fn replies_come_in_order_and_requests_are_kept() {
        let http = ScriptedHttp::default();
        http.reply(Reply::json(StatusCode::OK, "{}"));
        http.reply(Reply::events(["a", "b"]).then_fail(HttpError::Broken("cut".into())));
        let first = block_on(http.send(get())).unwrap();
        assert_eq!(first.headers()[CONTENT_TYPE], "application/json");
        let pieces: Vec<_> = block_on(first.into_body().collect());
        assert_eq!(pieces, [Ok(Bytes::from("{}"))]);
        let second = block_on(http.send(get())).unwrap();
        let pieces: Vec<_> = block_on(second.into_body().collect());
        assert!(pieces.len() == 3 && pieces[2].is_err());
        assert!(block_on(http.send(get())).is_err());
        assert_eq!((http.take_requests().len(), http.cancelled()), (3, 0));
    }

    #[test]
    fn what_is_dropped_early_counts_as_cancelled() {
        let http = ScriptedHttp::default();
        http.reply(Reply::never());
        http.reply(Reply::events(["a"]).then_hang());
        assert!(http.send(get()).now_or_never().is_none());
        let mut body = block_on(http.send(get())).unwrap().into_body();
        assert!(block_on(body.next()).is_some());
        assert!(body.next().now_or_never().is_none());
        drop(body);
        assert_eq!(http.cancelled(), 2);
    }
}
