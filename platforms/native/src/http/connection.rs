use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::{
    client::legacy::{
        self,
        connect::{Connected, Connection},
    },
    rt::TokioIo,
};
use std::{
    error::Error,
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};
use tokio::net::TcpStream;

/// Whether a connection has answered before: found in the extensions of its responses and in the
/// errors it causes.
#[derive(Clone, Debug, Default)]
pub(super) struct Answered(Arc<AtomicBool>);

impl Answered {
    /// Notes on the connection of `response` that it has answered.
    pub(super) fn note<B>(response: &http::Response<B>) {
        if let Some(Self(answered)) = response.extensions().get() {
            answered.store(true, Ordering::Relaxed);
        }
    }

    /// Whether `error` is what a client sees that takes a connection from the pool in the moment
    /// in which the server closes it for idleness: an end instead of an answer, on a connection
    /// that has answered before.
    pub(super) fn was_stale(error: &legacy::Error) -> bool {
        let Some(connected) = error.connect_info() else {
            return false;
        };
        let mut extensions = http::Extensions::new();
        connected.get_extras(&mut extensions);
        let answered = extensions.get::<Self>();
        answered.is_some_and(|Self(answered)| answered.load(Ordering::Relaxed))
            && !connected.is_negotiated_h2()
            && error.source().is_some_and(is_end)
    }
}

/// Whether hyper found the connection closed or reset.
fn is_end(error: &(dyn Error + 'static)) -> bool {
    let hyper = error.downcast_ref::<hyper::Error>();
    let io = hyper.and_then(|error| error.source()?.downcast_ref::<io::Error>());
    hyper.is_some_and(hyper::Error::is_incomplete_message)
        || io.is_some_and(|error| {
            let kind = error.kind();
            kind == io::ErrorKind::ConnectionReset || kind == io::ErrorKind::BrokenPipe
        })
}

/// A connection that carries [`Answered`].
pub(super) struct Tracked {
    stream: MaybeHttpsStream<TokioIo<TcpStream>>,
    answered: Answered,
}

impl Tracked {
    pub(super) fn new(stream: MaybeHttpsStream<TokioIo<TcpStream>>) -> Self {
        Self {
            stream,
            answered: Answered::default(),
        }
    }

    #[cfg(test)]
    pub(super) fn stream(&self) -> &MaybeHttpsStream<TokioIo<TcpStream>> {
        &self.stream
    }
}

impl Connection for Tracked {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(self.answered.clone())
    }
}

impl Read for Tracked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Tracked {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
