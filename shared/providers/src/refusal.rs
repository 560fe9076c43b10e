//! A provider's error: whose fault it is, what is tried next, and how much of the provider's words
//! is passed on.

use crate::{
    dialect::DecodeError,
    fault::{Fault, Next},
    provider::Provider,
    scrub::scrub,
    vendor_error::VendorError,
};
use openclaw_core::{Code, Details, Error, ProviderNames};
use std::time::Duration;

/// Characters of a provider's words that are shown.
const MOST: usize = 300;

/// Characters of a provider's code or parameter that are shown.
const MOST_OF_A_NAME: usize = 100;

/// The fault of an error. `status` is the answer's; an error within a 200 has one of its own, or is
/// a failure of the provider.
///
/// Only what a provider says about the request itself (400, 404, 413, 422) is passed on, and only
/// when it is a message in JSON; what it says about our account with it is not.
pub(crate) fn refusal(
    provider: &Provider,
    status: u16,
    vendor: &VendorError,
    retry_after: Option<Duration>,
) -> Fault {
    let words = vendor.message.as_deref();
    let words = words.map(|words| scrub(words, provider.secret.as_ref(), MOST));
    let is_answer = status < 300;
    let status = match vendor.status {
        Some(own) if is_answer => own,
        _ => status,
    };
    let next = next(status, vendor);
    let mut error = match (status, &words) {
        (400 | 404 | 413 | 422, Some(words)) => Error::new(
            code_of_request(status, vendor),
            format!("The provider refused the request: {words}"),
        ),
        _ => Error::new(Code::ProviderError, message_of(status)),
    };
    error = error.with_details(details(provider, status, vendor));
    if next == Next::Retry {
        error.retry_after = retry_after;
    }
    let words = words.unwrap_or_else(|| "no message".into());
    Fault {
        error: error.with_cause(format!("status {status}: {words}")),
        next,
        // What one request was refused for says nothing about the next.
        counts: !matches!(status, 400 | 403 | 404 | 405 | 413 | 415 | 422),
        may_be_billed: is_answer && !matches!(status, 400..500),
    }
}

fn next(status: u16, vendor: &VendorError) -> Next {
    match status {
        400 | 413 | 422 if vendor.is_context_length() => Next::Larger,
        400 | 413 | 422 if vendor.message.is_some() => Next::Stop,
        429 if vendor.is_out_of_quota() => Next::Move,
        408 | 429 | 500.. | ..300 => Next::Retry,
        _ => Next::Move,
    }
}

fn code_of_request(status: u16, vendor: &VendorError) -> Code {
    match status {
        404 => Code::InvalidRequest,
        _ if vendor.is_content_filter() => Code::ContentFilter,
        _ if vendor.is_context_length() => Code::ContextLengthExceeded,
        _ => Code::InvalidRequest,
    }
}

const fn message_of(status: u16) -> &'static str {
    match status {
        429 => "The provider is over its limit",
        500.. | ..300 => "The provider failed",
        _ => "The provider refused the call",
    }
}

fn details(provider: &Provider, status: u16, vendor: &VendorError) -> Details {
    let name = |name: &Option<String>| {
        let name = name.as_deref()?;
        Some(scrub(name, provider.secret.as_ref(), MOST_OF_A_NAME))
    };
    let names = ProviderNames {
        code: name(&vendor.code),
        param: name(&vendor.param),
    };
    Details::Provider {
        provider: provider.id.to_string(),
        status: Some(status),
        names: (names != ProviderNames::default()).then(|| Box::new(names)),
    }
}

/// The fault of an answer that cannot be taken.
pub(crate) fn unreadable(provider: &Provider, status: u16, error: DecodeError) -> Fault {
    let for_log = |words: String| scrub(&words, provider.secret.as_ref(), MOST);
    match error {
        DecodeError::Malformed(words) => Fault::malformed(&provider.id, status, for_log(words)),
        DecodeError::Empty(words) => Fault::empty(&provider.id, status, for_log(words)),
        DecodeError::Vendor(error) => refusal(provider, status, &error, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Secret;
    use openclaw_schema::config;

    const KEY: &str = "hunter2hunter2";

    fn fault(status: u16, body: &str) -> Fault {
        let row: config::Provider =
            serde_json::from_str(r#"{"id":"p","base_url":"http://x.test/v1"}"#).unwrap();
        let provider = Provider::new(&row, Some(Secret::new(KEY))).unwrap();
        let after = Some(Duration::from_secs(7));
        refusal(
            &provider,
            status,
            &VendorError::read(body.as_bytes()),
            after,
        )
    }

    #[test]
    fn every_status_has_its_consequence() {
        let json = r#"{"error":{"message":"no"}}"#;
        let html = "<html>no</html>";
        let cases = [
            (400, json, Next::Stop, Code::InvalidRequest, false),
            (404, json, Next::Move, Code::InvalidRequest, false),
            (413, json, Next::Stop, Code::InvalidRequest, false),
            (422, json, Next::Stop, Code::InvalidRequest, false),
            (400, html, Next::Move, Code::ProviderError, false),
            (401, json, Next::Move, Code::ProviderError, true),
            (402, json, Next::Move, Code::ProviderError, true),
            (403, json, Next::Move, Code::ProviderError, false),
            (409, json, Next::Move, Code::ProviderError, true),
            (302, html, Next::Move, Code::ProviderError, true),
            (408, json, Next::Retry, Code::ProviderError, true),
            (429, json, Next::Retry, Code::ProviderError, true),
            (500, html, Next::Retry, Code::ProviderError, true),
            (529, json, Next::Retry, Code::ProviderError, true),
            (200, json, Next::Retry, Code::ProviderError, true),
        ];
        for (status, body, next, code, counts) in cases {
            let fault = fault(status, body);
            assert_eq!(
                (fault.next, fault.error.code, fault.counts),
                (next, code, counts),
                "{status}"
            );
            let details = Details::Provider {
                provider: "p".into(),
                status: Some(status),
                names: None,
            };
            assert_eq!(fault.error.details, Some(details), "{status}");
            let waits = fault.error.retry_after.is_some();
            assert_eq!(waits, next == Next::Retry, "{status}");
        }
    }

    #[test]
    fn an_error_within_a_200_counts_as_its_own_status() {
        let cases = [
            (
                r#"{"error":{"message":"no","code":400}}"#,
                Next::Stop,
                Code::InvalidRequest,
                400,
            ),
            (
                r#"{"error":{"message":"no","code":429}}"#,
                Next::Retry,
                Code::ProviderError,
                429,
            ),
            (
                r#"{"error":{"message":"no","type":"overloaded_error"}}"#,
                Next::Retry,
                Code::ProviderError,
                529,
            ),
            (
                r#"{"error":{"message":"no"}}"#,
                Next::Retry,
                Code::ProviderError,
                200,
            ),
        ];
        for (body, next, code, shown) in cases {
            let fault = fault(200, body);
            assert_eq!((fault.next, fault.error.code), (next, code), "{body}");
            match fault.error.details {
                Some(Details::Provider { status, .. }) => assert_eq!(status, Some(shown)),
                other => panic!("{other:?}"),
            }
        }
        // A status of its own does not change the one that the answer has.
        assert_eq!(
            fault(500, r#"{"error":{"message":"no","code":400}}"#).next,
            Next::Retry
        );
    }

    #[test]
    fn openais_own_codes_are_kept_and_others_are_told_beside() {
        let cases = [
            (
                "context_length_exceeded",
                Next::Larger,
                Code::ContextLengthExceeded,
            ),
            ("content_filter", Next::Stop, Code::ContentFilter),
            ("odd_value", Next::Stop, Code::InvalidRequest),
        ];
        for (code, next, ours) in cases {
            let body =
                format!(r#"{{"error":{{"message":"no","param":"prompt","code":"{code}"}}}}"#);
            let fault = fault(400, &body);
            assert_eq!((fault.next, fault.error.code), (next, ours));
            let body = serde_json::to_value(fault.error.body()).unwrap();
            assert_eq!(body["param"], "prompt");
            assert_eq!(body["details"]["provider_code"], code);
        }
    }

    #[test]
    fn a_quota_that_is_used_up_is_not_waited_for() {
        let body =
            r#"{"error":{"message":"no","type":"insufficient_quota","code":"insufficient_quota"}}"#;
        let fault = fault(429, body);
        assert_eq!((fault.next, fault.counts), (Next::Move, true));
        assert_eq!(fault.error.retry_after, None);
    }

    #[test]
    fn words_are_cleaned() {
        let cases = [
            ("too\\nlong", "too long"),
            (
                "key hunter2hunter2 or sk-abc is bad",
                "key [removed] or [removed] is bad",
            ),
        ];
        for (says, words) in cases {
            let body = format!(r#"{{"error":{{"message":"{says}","code":"{says}"}}}}"#);
            let fault = fault(400, &body);
            let message = format!("The provider refused the request: {words}");
            assert_eq!(fault.error.message, message);
            let shown = serde_json::to_string(&fault.error.body()).unwrap();
            assert!(!shown.contains(KEY), "{shown}");
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
            let fault = fault(status, body);
            assert!(!fault.error.message.contains("secret place"), "{status}");
            assert!(!format!("{fault:?}").contains(KEY));
        }
    }
}
