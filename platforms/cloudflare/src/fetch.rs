use crate::{body, glue};
use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, future, stream};
use http::{HeaderMap, StatusCode, header};
use js_sys::Uint8Array;
use openclaw_core::{BoxFuture, ByteStream, Http, HttpError, HttpRequest, HttpResponse};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Response};
use worker::Env;

/// Bytes up to which a body is not worth a stream.
const SHORT: usize = 256 * 1024;

/// A body that arrives event by event, whatever its length.
const EVENT_STREAM: &[u8] = b"text/event-stream";

/// [`Http`] on `fetch`.
///
/// `fetch` does not distinguish a connection that was refused from one that broke: both are
/// [`HttpError::Broken`]. The SDK's `Fetch` is not used: it passes each header and each piece of a body by
/// itself.
#[derive(Clone, Copy, Debug)]
pub struct FetchHttp;

impl Http for FetchHttp {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        SendWrapper::new(send(JsValue::UNDEFINED, request)).boxed()
    }
}

/// [`Http`] to the Worker of a service binding, whatever host is asked for.
#[derive(Clone, Debug)]
pub struct Service(SendWrapper<JsValue>);

/// The same by the binding's name, for what is built where there are no bindings at hand.
#[derive(Clone, Copy, Debug)]
pub struct NamedService(pub &'static str);

impl Http for NamedService {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let Self(binding) = *self;
        match crate::app::env().map(|env| Service::bound(&env, binding)) {
            Some(Ok(service)) => service.send(request),
            Some(Err(error)) => future::ready(Err(HttpError::Connect(error.to_string()))).boxed(),
            None => future::ready(Err(HttpError::Connect("no bindings".into()))).boxed(),
        }
    }
}

impl Service {
    /// The service bound as `binding`.
    pub fn bound(env: &Env, binding: &str) -> worker::Result<Self> {
        Ok(Self(SendWrapper::new(env.service(binding)?.into())))
    }
}

impl Http for Service {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let service = (*self.0).clone();
        SendWrapper::new(send(service, request)).boxed()
    }
}

/// Aborts the request when dropped. Dropping a promise alone does not end what it stands for.
struct AbortOnDrop(Option<AbortController>);

impl AbortOnDrop {
    /// The request is over: there is nothing left to abort.
    fn done(&mut self) {
        self.0 = None;
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

async fn send(service: JsValue, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let controller = AbortController::new().map_err(broken)?;
    let signal = controller.signal();
    let mut guard = AbortOnDrop(Some(controller));
    let (head, body) = request.into_parts();
    let bytes = match body.is_empty() {
        true => JsValue::UNDEFINED,
        false => Uint8Array::from(&body[..]).into(),
    };
    let (url, headers) = (head.uri.to_string(), glue::head(&head.headers));
    let sent = glue::send(
        &service,
        head.method.as_str(),
        &url,
        &headers,
        bytes,
        &signal,
    );
    let answer = match sent {
        Ok(sent) => JsFuture::from(sent).await,
        Err(error) => Err(error),
    };
    let answer: Response = answer.map_err(broken)?.unchecked_into();
    let headers = glue::headers(glue::received(&answer).lines());
    let status = StatusCode::from_u16(answer.status());
    let status = status.map_err(|error| HttpError::Broken(error.to_string()))?;
    let body: ByteStream = match answer.body() {
        None => {
            guard.done();
            stream::empty().boxed()
        }
        Some(_) if is_short(&headers) => {
            let whole = async move {
                let whole = body::whole(answer.array_buffer()).await;
                guard.done();
                whole.map_err(HttpError::Broken)
            };
            SendWrapper::new(whole).into_stream().boxed()
        }
        Some(body) => SendWrapper::new(guarded(guard, body::pieces(&body))).boxed(),
    };
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Whether a body may be read whole: its length is known and small, it is not compressed, and it is no
/// stream of events.
fn is_short(headers: &HeaderMap) -> bool {
    let streams = headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        let essence = kind.as_bytes().get(..EVENT_STREAM.len());
        essence.is_some_and(|essence| essence.eq_ignore_ascii_case(EVENT_STREAM))
    });
    let short = glue::length(headers).is_some_and(|length| length <= SHORT);
    short && !streams && !headers.contains_key(header::CONTENT_ENCODING)
}

/// The pieces. Dropping them before their end aborts the request.
fn guarded(
    guard: AbortOnDrop,
    pieces: impl Stream<Item = Result<Bytes, String>>,
) -> impl Stream<Item = Result<Bytes, HttpError>> {
    let start = (guard, Box::pin(pieces));
    stream::unfold(start, |(mut guard, mut pieces)| async move {
        let Some(piece) = pieces.next().await else {
            guard.done();
            return None;
        };
        Some((piece.map_err(HttpError::Broken), (guard, pieces)))
    })
}

fn broken(error: JsValue) -> HttpError {
    HttpError::Broken(worker::Error::from(error).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &str) -> bool {
        is_short(&glue::headers(lines.lines()))
    }

    #[test]
    fn only_what_says_that_it_is_short_is_read_whole() {
        assert!(said("content-length\n2"));
        assert!(said(
            "content-length\n262144\ncontent-type\napplication/json"
        ));
        assert!(!said("content-length\n262145"));
        assert!(!said("content-type\napplication/json"));
        assert!(!said("content-length\n2\ncontent-encoding\ngzip"));
        assert!(!said(
            "content-length\n2\ncontent-type\ntext/Event-stream; charset=utf-8"
        ));
    }
}
