//! Answers that are not 2xx: which status is whose fault, and how much of the provider's words
//! is passed on.

use crate::{
    fault::{Fault, Next, told},
    provider::Provider,
    scrub::scrub,
};
use http::{HeaderMap, StatusCode, header};
use openclaw_core::{
    Code, Error, Secret, Timestamp,
    json::{self, Compact, Object},
};
use std::time::{Duration, UNIX_EPOCH};

/// Characters of a provider's words that are shown.
const MOST: usize = 300;

/// What a status other than 2xx means. `body` may be cut off.
///
/// Only what a provider says about the request itself (400, 404, 413, 422) is passed on, and only
/// when it is a message in JSON; what it says about our account with it is not.
pub(crate) fn refusal(
    provider: &Provider,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Fault {
    let words = message(body).map(|words| scrub(&words, provider.secret.as_ref(), MOST));
    let code = status.as_u16();
    let next = match code {
        408 | 429 | 500.. => Next::Retry,
        400 | 413 | 422 if words.is_some() => Next::Stop,
        _ => Next::Move,
    };
    let mut error = match (code, &words) {
        (400 | 404 | 413 | 422, Some(words)) => Error::new(
            Code::InvalidRequest,
            format!("The provider refused the request: {words}"),
        ),
        _ => {
            let message = match code {
                429 => "The provider is over its limit",
                500.. => "The provider failed",
                _ => "The provider refused the call",
            };
            told(Code::ProviderError, message, &provider.id, Some(code))
        }
    };
    if next == Next::Retry {
        error.retry_after = retry_after(headers, now);
    }
    let words = words.unwrap_or_else(|| "no message".into());
    let error = error.with_cause(format!("status {code}: {words}"));
    Fault {
        error,
        next,
        may_be_billed: false,
    }
}

/// What is wrong with an answer, as it may stand in the log.
pub(crate) fn for_log(words: &str, secret: Option<&Secret>) -> String {
    scrub(words, secret, MOST)
}

/// The message in an error body: OpenAI's and Anthropic's `error.message`, Gemini's the same
/// within an array, Ollama's `error`, Mistral's `message`, FastAPI's `detail`. Never HTML.
fn message(body: &[u8]) -> Option<String> {
    let Compact(body) = json::read(body).ok()?;
    let first = json::read_text::<Vec<Compact>>(&body).unwrap_or_default();
    let body = first.into_iter().next().unwrap_or(Compact(body)).0;
    let fields = Object::of(&body).unwrap_or_default();
    let error = fields.get("error").unwrap_or(&body);
    let within = Object::of(error).unwrap_or_default();
    let words = [within.get("message"), fields.get("detail"), Some(error)];
    let words = words.into_iter().flatten().find_map(text)?;
    let lower = words.to_ascii_lowercase();
    let is_html = ["<html", "<!doctype", "<body", "<head"]
        .iter()
        .any(|tag| lower.contains(tag));
    (!is_html && !words.trim().is_empty()).then_some(words)
}

/// A string, or what validation libraries put there in its place: a list of mistakes.
fn text(json: &str) -> Option<String> {
    match json.starts_with('[') {
        true => Some(json.into()),
        false => json::read_text(json).ok(),
    }
}

/// `Retry-After`: seconds, or an HTTP date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let at = at.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::UNIX_EPOCH.checked_add(at)?.duration_since(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Details;
    use openclaw_schema::config;

    const KEY: &str = "hunter2hunter2";

    fn fault(status: u16, body: &str, retry_after: Option<&'static str>) -> Fault {
        let row: config::Provider =
            serde_json::from_str(r#"{"id":"p","base_url":"http://x.test/v1"}"#).unwrap();
        let provider = Provider::new(&row, Some(Secret::new(KEY))).unwrap();
        let headers = retry_after
            .map(|value| (header::RETRY_AFTER, value.parse().unwrap()))
            .into_iter()
            .collect();
        let now = "2015-10-21T07:27:00Z".parse().unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        refusal(&provider, status, &headers, body.as_bytes(), now)
    }

    #[test]
    fn every_status_has_its_consequence() {
        let json = r#"{"error":{"message":"no"}}"#;
        let html = "<html>no</html>";
        let cases = [
            (400, json, Next::Stop, Code::InvalidRequest),
            (404, json, Next::Move, Code::InvalidRequest),
            (413, json, Next::Stop, Code::InvalidRequest),
            (422, json, Next::Stop, Code::InvalidRequest),
            (400, html, Next::Move, Code::ProviderError),
            (401, json, Next::Move, Code::ProviderError),
            (403, json, Next::Move, Code::ProviderError),
            (409, json, Next::Move, Code::ProviderError),
            (302, html, Next::Move, Code::ProviderError),
            (408, json, Next::Retry, Code::ProviderError),
            (429, json, Next::Retry, Code::ProviderError),
            (500, html, Next::Retry, Code::ProviderError),
            (529, json, Next::Retry, Code::ProviderError),
        ];
        for (status, body, next, code) in cases {
            let fault = fault(status, body, None);
            assert_eq!((fault.next, fault.error.code), (next, code), "{status}");
            let details = Details::Provider {
                provider: "p".into(),
                status: Some(status),
            };
            let details = (code == Code::ProviderError).then_some(details);
            assert_eq!(fault.error.details, details, "{status}");
        }
    }

    #[test]
    fn vendors_messages_are_found_and_cleaned() {
        let cases = [
            (
                r#"{"error":{"message":"too\nlong","code":"context_length_exceeded"}}"#,
                "too long",
            ),
            (
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"bad"}}"#,
                "bad",
            ),
            (r#"[{"error":{"code":400,"message":"bad"}}]"#, "bad"),
            (r#"{"error":"bad"}"#, "bad"),
            (r#"{"object":"error","message":"bad"}"#, "bad"),
            (r#"{"detail":[{"msg":"bad"}]}"#, r#"[{"msg":"bad"}]"#),
            (
                r#"{"error":{"message":"key hunter2hunter2 or sk-abc is bad"}}"#,
                "key [removed] or [removed] is bad",
            ),
        ];
        for (body, words) in cases {
            let fault = fault(400, body, None);
            let message = format!("The provider refused the request: {words}");
            assert_eq!(fault.error.message, message, "{body}");
        }
    }

    #[test]
    fn html_and_what_concerns_our_account_stay_inside() {
        for (status, body) in [
            (
                400,
                r#"{"error":{"message":"<!DOCTYPE html><p>secret place</p>"}}"#,
            ),
            (
                401,
                r#"{"error":{"message":"secret place hunter2hunter2"}}"#,
            ),
            (500, r#"{"error":{"message":"secret place"}}"#),
        ] {
            let fault = fault(status, body, None);
            assert!(!fault.error.message.contains("secret place"), "{status}");
            assert!(!format!("{fault:?}").contains(KEY));
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let cases = [
            ("7", Some(7)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(60)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ];
        for (text, seconds) in cases {
            let after = fault(429, "", Some(text)).error.retry_after;
            assert_eq!(after, seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(fault(400, "{}", Some("7")).error.retry_after, None);
    }
}
