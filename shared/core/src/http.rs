use crate::BoxFuture;
use bytes::Bytes;
use futures_util::stream::BoxStream;

/// A request to a provider: the body is whole, it was built in memory.
pub type HttpRequest = http::Request<Bytes>;

/// A provider's answer: the body streams.
pub type HttpResponse = http::Response<ByteStream>;

/// Bytes as they arrive.
pub type ByteStream = BoxStream<'static, Result<Bytes, HttpError>>;

/// Outgoing HTTP. Dropping the future, or the response's body, cancels the request at once: the
/// peer sees its connection or stream close. Redirects are not followed.
pub trait Http: Send + Sync {
    /// Sends the request and answers once the response's head is there. There is no timeout
    /// here: callers race it against [`Clock::sleep`](crate::Clock::sleep).
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>>;
}

/// Why an outgoing request failed. The text is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection: name, route, TLS or refusal. Nothing was sent.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The address is not a public one, and only those may be reached. Nothing was sent.
    #[error("not a public address: {0}")]
    Special(String),
    /// The connection broke after it stood.
    #[error("connection broke: {0}")]
    Broken(String),
}
