//! Redirects (RFC 9110, section 15.4), without letting anything that is the first host's go to another.

use crate::EgressError;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Response, StatusCode, header};
use openclaw_core::HttpRequest;
use url::Url;

/// What says nothing about who asks: all else is for the host that it was meant for.
const HARMLESS: [HeaderName; 3] = [header::ACCEPT, header::ACCEPT_LANGUAGE, header::USER_AGENT];

/// The headers that describe a body.
const OF_BODY: [HeaderName; 2] = [header::CONTENT_TYPE, header::CONTENT_ENCODING];

/// Where `answer` sends the request for `from`; `None` where it is no redirect.
pub(crate) fn location<T>(from: &Url, answer: &Response<T>) -> Option<Url> {
    let follows = matches!(
        answer.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = answer.headers().get(header::LOCATION)?.to_str().ok()?;
    follows.then(|| from.join(location).ok()).flatten()
}

/// What is sent to `to` after `status` came from `from`, in place of a request with that method, those
/// headers and that body.
pub(crate) fn follow(
    (method, headers, body): (&Method, &HeaderMap, &Bytes),
    (from, to): (&Url, &Url),
    status: StatusCode,
) -> Result<HttpRequest, EgressError> {
    let is_same = from.origin() == to.origin();
    let becomes_get = match status {
        StatusCode::SEE_OTHER => *method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
        _ => false,
    };
    let mut headers = headers.clone();
    let (method, body) = match becomes_get {
        true => (Method::GET, Bytes::new()),
        false => (method.clone(), body.clone()),
    };
    if !is_same && !body.is_empty() {
        return Err(EgressError::RedirectedBody);
    }
    if becomes_get {
        OF_BODY.iter().for_each(|name| drop(headers.remove(name)));
    }
    if !is_same {
        let kept = HARMLESS
            .iter()
            .filter_map(|name| Some((name.clone(), headers.remove(name)?)));
        headers = kept.collect();
    }
    let mut request = HttpRequest::new(body);
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    *request.uri_mut() = to.as_str().parse().map_err(|_| EgressError::Unsendable)?;
    Ok(request)
}
