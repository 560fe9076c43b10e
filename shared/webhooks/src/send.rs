//! One request to an endpoint.

use crate::{
    Attempt, MAX_SHOWN, Webhooks,
    attempt::{Received, Sent, cut, shown},
    delivery::Record,
    endpoint::Endpoint,
    sign::signed_by,
};
use bytes::{Bytes, BytesMut};
use futures_util::{
    StreamExt,
    future::{Either, select},
};
use http::{HeaderMap, HeaderValue, Method, header};
use openclaw_core::{ByteStream, Error, HttpRequest, Result, Timestamp};
use std::{pin::pin, time::Duration};

/// How long an attempt may take, the answer's body included.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// The longest pause that an endpoint may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// How an attempt went.
pub(crate) struct Answered {
    pub(crate) attempt: Attempt,
    /// The pause that the endpoint asked for.
    pub(crate) retry_after: Option<Duration>,
}

impl Answered {
    /// The status, where there was an answer.
    pub(crate) fn status(&self) -> Option<u16> {
        self.attempt.response.as_ref().map(|answer| answer.status)
    }
}

impl Webhooks {
    /// Sends a delivery once.
    pub(crate) async fn send(
        &self,
        account: &str,
        endpoint: &Endpoint,
        record: &Record,
        number: u32,
    ) -> Result<Answered> {
        let began = self.ports.clock.now();
        let body = Bytes::from(record.payload.clone().into_bytes());
        let secrets = self.secrets(account, endpoint, began)?;
        let (id, second) = (&record.delivery.event, began.as_second());
        let signature = signed_by(&secrets, id, second, &body)?;
        let headers = headers(id, second, &signature)?;
        let url = &endpoint.shown.url;
        let mut attempt = Attempt {
            attempt: number,
            at: began,
            duration_ms: 0,
            request: Sent {
                url: url.clone(),
                headers: shown(&headers),
            },
            response: None,
            error: None,
        };
        let mut request = HttpRequest::new(body);
        *request.method_mut() = Method::POST;
        *request.headers_mut() = headers;
        let mut retry_after = None;
        match url.parse() {
            Err(_) => attempt.error = Some("the URL cannot be sent".into()),
            Ok(uri) => {
                *request.uri_mut() = uri;
                let exchange = pin!(self.exchange(request, began));
                match select(exchange, self.ports.clock.sleep(PATIENCE)).await {
                    Either::Left((Ok((received, pause)), _)) => {
                        attempt.error = error_of(received.status);
                        attempt.response = Some(received);
                        retry_after = pause;
                    }
                    Either::Left((Err(error), _)) => attempt.error = Some(error),
                    Either::Right(_) => {
                        let seconds = PATIENCE.as_secs();
                        attempt.error = Some(format!("no answer within {seconds} s"));
                    }
                }
            }
        }
        let took = self.ports.clock.now().duration_since(began);
        attempt.duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Ok(Answered {
            attempt,
            retry_after,
        })
    }

    /// The answer, and the pause that it asks for; the error says why there is none.
    async fn exchange(
        &self,
        request: HttpRequest,
        now: Timestamp,
    ) -> std::result::Result<(Received, Option<Duration>), String> {
        let answer = self.egress.open(request).await;
        let (head, body) = answer.map_err(|error| error.to_string())?.into_parts();
        let body = first_bytes(body).await?;
        let (text, truncated) = cut(&body, MAX_SHOWN);
        let received = Received {
            status: head.status.as_u16(),
            headers: shown(&head.headers),
            body: text,
            truncated,
        };
        Ok((received, retry_after(&head.headers, now)))
    }
}

/// One byte more than is shown, at most: what comes after it is not waited for.
async fn first_bytes(mut body: ByteStream) -> std::result::Result<Bytes, String> {
    let mut bytes = BytesMut::new();
    while bytes.len() <= MAX_SHOWN {
        match body.next().await {
            Some(Ok(piece)) => bytes.extend_from_slice(&piece),
            Some(Err(_)) => return Err("the connection broke".into()),
            None => break,
        }
    }
    Ok(bytes.freeze())
}

fn headers(id: &str, second: i64, signature: &str) -> Result<HeaderMap> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(Error::internal);
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert("webhook-id", value(id)?);
    headers.insert("webhook-timestamp", HeaderValue::from(second));
    headers.insert("webhook-signature", value(signature)?);
    Ok(headers)
}

/// Why a status is no success. Redirects are not followed.
fn error_of(status: u16) -> Option<String> {
    match status {
        200..=299 => None,
        300..=399 => Some(format!("it redirects ({status}), which is not followed")),
        _ => Some(format!("it answered {status}")),
    }
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => http_date(text)?.duration_since(now),
    };
    Some(pause.min(MAX_RETRY_AFTER))
}

fn http_date(text: &str) -> Option<Timestamp> {
    let at = httpdate::parse_http_date(text).ok()?;
    let since = at.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    Timestamp::from_second(i64::try_from(since.as_secs()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let now = Timestamp::from_second(784_111_777).unwrap();
        let pause = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers, now).map(|pause| pause.as_secs())
        };
        assert_eq!(pause("120"), Some(120));
        assert_eq!(pause("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(pause("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(pause("99999999"), Some(86_400));
        assert_eq!(pause("soon"), None);
    }
}
