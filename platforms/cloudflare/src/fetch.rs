use bytes::Bytes;
use futures_util::{StreamExt, stream};
use openclaw_core::{BoxFuture, ByteStream, Http, HttpError, HttpRequest, HttpResponse};
use send_wrapper::SendWrapper;
use worker::{
    AbortController, Fetch, Headers, Method, Request, RequestInit, RequestRedirect,
    js_sys::Uint8Array,
};

/// [`Http`] on `fetch`.
///
/// `fetch` does not tell a connection that was refused from one that broke: both are
/// [`HttpError::Broken`].
#[derive(Clone, Copy, Debug)]
pub struct FetchHttp;

impl Http for FetchHttp {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        Box::pin(SendWrapper::new(send(request)))
    }
}

/// Dropping a promise does not end what it stands for: the controller does.
struct AbortOnDrop(Option<AbortController>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

async fn send(request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let controller = AbortController::default();
    let signal = controller.signal();
    let guard = AbortOnDrop(Some(controller));
    let request = outgoing(&request).map_err(broken)?;
    let sent = Fetch::Request(request).send_with_signal(&signal).await;
    let mut answer = sent.map_err(broken)?;
    let mut head = http::Response::builder().status(answer.status_code());
    for (name, value) in answer.headers() {
        head = head.header(name, value);
    }
    let body: ByteStream = match answer.stream() {
        // No body.
        Err(_) => stream::empty().boxed(),
        Ok(stream) => {
            let chunks = stream.map(move |chunk| {
                let _alive = &guard;
                chunk.map(Bytes::from).map_err(broken)
            });
            SendWrapper::new(chunks).boxed()
        }
    };
    head.body(body).map_err(|error| HttpError::Broken(error.to_string()))
}

fn outgoing(request: &HttpRequest) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in request.headers() {
        let value = value.to_str().map_err(|error| error.to_string())?;
        headers.append(name.as_str(), value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.method().to_string()))
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual);
    if !request.body().is_empty() {
        init.with_body(Some(Uint8Array::from(&request.body()[..]).into()));
    }
    Request::new_with_init(&request.uri().to_string(), &init)
}

fn broken(error: worker::Error) -> HttpError {
    HttpError::Broken(error.to_string())
}
