use crate::{
    Policy, Refused,
    redirect::{follow, location},
};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use futures_util::{
    FutureExt, StreamExt,
    future::{self, Either, select},
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use openclaw_core::{
    BoxFuture, ByteStream, Clock, Http, HttpError, HttpRequest, HttpResponse, Ports,
};
use std::{io::Read, pin::pin, sync::Arc, time::Duration};

/// Headers that belong to a connection, not to what is said on it.
const OF_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

const USER_AGENT: &str = concat!("openclaw/", env!("CARGO_PKG_VERSION"));

/// How much an exchange may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// From the call to the end of the answer, redirects included.
    pub time: Duration,
    /// Bytes of the answer, decoded.
    pub body: usize,
    /// Redirects that are followed; with 0 one is an answer.
    pub redirects: usize,
}

/// Why there is no answer. The text may be shown to the tenant; a cause is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The URL, or one that was redirected to, may not be asked.
    #[error("the URL {0}")]
    Refused(Refused),
    /// Its host leads to an address that is not public; nothing was sent.
    #[error("the URL must lead to a public address")]
    Special(String),
    /// Another redirect than may be followed.
    #[error("it redirects more than {0} times")]
    Redirects(usize),
    /// A redirect would take a body, which may hold secrets, to another host.
    #[error("it redirects a request with a body to another host")]
    RedirectedBody,
    /// The URL cannot be written as HTTP wants it.
    #[error("the URL cannot be sent")]
    Unsendable,
    /// No connection: nothing was sent.
    #[error("it cannot be reached")]
    Connect(String),
    /// The connection broke.
    #[error("the connection broke")]
    Broken(String),
    /// The answer has more bytes than it may have.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// It took too long.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// Compressed otherwise than it says.
    #[error("the answer cannot be decoded")]
    Undecodable,
}

impl From<HttpError> for EgressError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Special(what) => Self::Special(what),
            HttpError::Connect(cause) => Self::Connect(cause),
            HttpError::Broken(cause) => Self::Broken(cause),
        }
    }
}

/// Sends what tenants want sent.
///
/// A URL is checked by the [`Policy`] before anything happens. What the operator lists goes through the
/// port that reaches everything; all else through the one whose connections are made to public addresses
/// only, each checked after the name was resolved and before it is connected to.
#[derive(Clone)]
pub struct Egress {
    policy: Arc<Policy>,
    public: Arc<dyn Http>,
    any: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Egress").field(&self.policy).finish()
    }
}

impl Egress {
    /// Through the HTTP clients of `ports`.
    pub fn new(policy: Policy, ports: &Ports) -> Self {
        Self {
            policy: Arc::new(policy),
            public: ports.public_http.clone(),
            any: ports.http.clone(),
            clock: ports.clock.clone(),
        }
    }

    /// What may be asked: to refuse a URL when it is given.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Sends one request and answers once the response's head is there, like [`Http::send`]: no
    /// redirect is followed, and the caller bounds time and size.
    pub fn open(
        &self,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<HttpResponse, EgressError>> {
        let sent = self
            .prepare(request)
            .map(|(http, request)| http.send(request));
        match sent {
            Ok(sent) => sent.map(|answer| answer.map_err(EgressError::from)).boxed(),
            Err(error) => future::ready(Err(error)).boxed(),
        }
    }

    /// Sends a request, follows redirects, and reads the answer whole, all within `bounds`. Gzip is
    /// decoded. Dropping the future cancels whatever it does.
    pub async fn fetch(
        &self,
        request: HttpRequest,
        bounds: &Bounds,
    ) -> Result<Response<Bytes>, EgressError> {
        let exchange = pin!(self.exchange(request, bounds));
        match select(exchange, self.clock.sleep(bounds.time)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(EgressError::Timeout(bounds.time)),
        }
    }

    async fn exchange(
        &self,
        mut request: HttpRequest,
        bounds: &Bounds,
    ) -> Result<Response<Bytes>, EgressError> {
        for _ in 0..=bounds.redirects {
            let from = self.check(&request)?.url;
            let (method, headers) = (request.method().clone(), request.headers().clone());
            let body = request.body().clone();
            let answer = self.open(request).await?;
            let to = location(&from, &answer).filter(|_| bounds.redirects > 0);
            let Some(to) = to else {
                return whole(answer, bounds.body).await;
            };
            request = follow((&method, &headers, &body), (&from, &to), answer.status())?;
        }
        Err(EgressError::Redirects(bounds.redirects))
    }

    fn check(&self, request: &HttpRequest) -> Result<crate::Checked, EgressError> {
        let url = request.uri().to_string();
        self.policy.check(&url).map_err(EgressError::Refused)
    }

    /// The port that a request goes through, and the request as it is sent.
    fn prepare(
        &self,
        mut request: HttpRequest,
    ) -> Result<(&Arc<dyn Http>, HttpRequest), EgressError> {
        let checked = self.check(&request)?;
        // Made from what was checked: nobody reads the first text another time, and differently.
        let uri = checked.url.as_str().parse();
        *request.uri_mut() = uri.map_err(|_| EgressError::Unsendable)?;
        let headers = request.headers_mut();
        OF_CONNECTION
            .iter()
            .for_each(|name| drop(headers.remove(name)));
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        let agent = HeaderValue::from_static(USER_AGENT);
        headers.entry(header::USER_AGENT).or_insert(agent);
        let http = if checked.is_listed {
            &self.any
        } else {
            &self.public
        };
        Ok((http, request))
    }
}

/// As [`Egress::open`], for clients that are written against the port.
impl Http for Egress {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let opened = self.open(request);
        let failed = |error| match error {
            EgressError::Connect(cause) => HttpError::Connect(cause),
            EgressError::Broken(cause) => HttpError::Broken(cause),
            refused => HttpError::Special(refused.to_string()),
        };
        opened.map(move |answer| answer.map_err(failed)).boxed()
    }
}

/// An answer with its body, of at most `limit` bytes.
async fn whole(answer: HttpResponse, limit: usize) -> Result<Response<Bytes>, EgressError> {
    let (head, body) = answer.into_parts();
    let said = head.headers.get(header::CONTENT_LENGTH);
    let said = said.and_then(|text| text.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|bytes| bytes > limit) {
        return Err(EgressError::TooLarge(limit));
    }
    let body = collect(body, limit).await?;
    let body = decode(&head.headers, body, limit)?;
    Ok(Response::from_parts(head, body))
}

async fn collect(mut body: ByteStream, limit: usize) -> Result<Bytes, EgressError> {
    let mut whole = BytesMut::new();
    while let Some(piece) = body.next().await.transpose()? {
        if whole.len() + piece.len() > limit {
            return Err(EgressError::TooLarge(limit));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

/// Some hosts compress although `identity` was asked for. The first byte decides, not the label: on
/// Workers the platform decodes a body and leaves the label on it.
fn decode(headers: &HeaderMap, body: Bytes, limit: usize) -> Result<Bytes, EgressError> {
    let label = headers.get(header::CONTENT_ENCODING);
    let is_gzip = label.is_some_and(|label| label.as_bytes().eq_ignore_ascii_case(b"gzip"));
    if !is_gzip || body.first() != Some(&0x1f) {
        return Ok(body);
    }
    let mut decoded = Vec::new();
    let mut bounded = MultiGzDecoder::new(&body[..]).take(limit as u64 + 1);
    let read = bounded.read_to_end(&mut decoded);
    match read {
        Err(_) => Err(EgressError::Undecodable),
        Ok(bytes) if bytes > limit => Err(EgressError::TooLarge(limit)),
        Ok(_) => Ok(decoded.into()),
    }
}
