//! One attempt to deliver: what was sent, and what came back.

use crate::delivery::KEPT;
use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use openclaw_core::{
    Error, Result, Timestamp,
    ledger::{Step, When},
    time,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes of a body that are shown.
pub const MAX_SHOWN: usize = 64 << 10;

/// Headers of an answer that are shown, at most.
const MAX_HEADERS: usize = 50;

/// Bytes of a header's value that are shown.
const MAX_VALUE: usize = 1024;

/// What parts of names say that the value is a secret.
const SECRET: [&str; 6] = ["auth", "cookie", "token", "secret", "key", "signature"];

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "DeliveryAttempt")
)]
pub struct Attempt {
    /// 1 for the first.
    pub attempt: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// What was sent; the body is the delivery's payload.
    pub request: Sent,
    /// What came back, if something did.
    pub response: Option<Received>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// What was sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "DeliveryRequest")
)]
pub struct Sent {
    /// Where to.
    pub url: String,
    /// Without the signature's value.
    pub headers: BTreeMap<String, String>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "DeliveryResponse")
)]
pub struct Received {
    /// The status.
    pub status: u16,
    /// The first 50, without values that look like secrets.
    pub headers: BTreeMap<String, String>,
    /// The first 64 KiB, as text.
    pub body: String,
    /// Whether there was more.
    pub truncated: bool,
}

impl Attempt {
    /// The step that keeps it with its delivery.
    pub(crate) fn put(&self, delivery: &str) -> Result<Step> {
        Ok(Step::Put {
            key: format!("{}{:02}", prefix(delivery), self.attempt),
            document: Bytes::from(serde_json::to_vec(self).map_err(Error::internal)?),
            when: When::Always,
            expires: Some(time::shift(self.at, KEPT)),
        })
    }
}

/// The prefix of a delivery's attempts in its account's ledger.
pub(crate) fn prefix(delivery: &str) -> String {
    format!("delivery-attempt/{delivery}/")
}

/// Headers as they may be shown.
pub(crate) fn shown(headers: &HeaderMap) -> BTreeMap<String, String> {
    let shown = headers.iter().take(MAX_HEADERS).map(|(name, value)| {
        let value = match is_secret(name) {
            true => "[removed]".into(),
            false => cut(value.as_bytes(), MAX_VALUE).0,
        };
        (name.to_string(), value)
    });
    shown.collect()
}

fn is_secret(name: &HeaderName) -> bool {
    SECRET.iter().any(|part| name.as_str().contains(part))
}

/// At most so many bytes as text, and whether there are more.
pub(crate) fn cut(bytes: &[u8], most: usize) -> (String, bool) {
    let shown = &bytes[..bytes.len().min(most)];
    let text = String::from_utf8_lossy(shown).into_owned();
    (text, bytes.len() > most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_look_like_secrets_are_removed() {
        let mut headers = HeaderMap::new();
        for name in [
            "authorization",
            "set-cookie",
            "x-api-key",
            "www-authenticate",
            "x-token",
        ] {
            headers.insert(name, "hush".parse().unwrap());
        }
        headers.insert("content-type", "text/plain".parse().unwrap());
        let shown = shown(&headers);
        assert_eq!(shown["content-type"], "text/plain");
        assert!(!shown.values().any(|value| value == "hush"), "{shown:?}");
    }

    #[test]
    fn a_body_is_cut_and_says_so() {
        assert_eq!(cut(b"abc", 3), ("abc".into(), false));
        assert_eq!(cut(b"abcd", 3), ("abc".into(), true));
    }
}
