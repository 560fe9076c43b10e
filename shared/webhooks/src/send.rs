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
use openclaw_core::{ByteStream, Error, HttpRequest, Result, Timestamp, retry_after};
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
        let mut asked = None;
        match url.parse() {
            Err(_) => attempt.error = Some("the URL cannot be sent".into()),
            Ok(uri) => {
                *request.uri_mut() = uri;
                let exchange = pin!(self.exchange(request, began));
                match select(exchange, self.ports.clock.sleep(PATIENCE)).await {
                    Either::Left((Ok((received, pause)), _)) => {
                        attempt.error = error_of(received.status);
                        attempt.response = Some(received);
                        asked = pause;
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
            retry_after: asked,
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
        Ok((received, asked_pause(&head.headers, now)))
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

/// The pause that an endpoint asks for, a day at most.
fn asked_pause(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let pause = retry_after(headers, now)?;
    Some(pause.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_may_ask_for_a_day_at_most() {
        for (asked, seconds) in [("600", 600), ("99999999", 86_400)] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(asked));
            let pause = asked_pause(&headers, Timestamp::UNIX_EPOCH);
            assert_eq!(pause, Some(Duration::from_secs(seconds)));
        }
    }
}
