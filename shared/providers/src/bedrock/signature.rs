//! AWS's Signature Version 4 (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
//!
//! Of our own, because AWS's signer is built for AWS's HTTP types and brings a megabyte of them into every Worker
//! that calls a model. The test holds it against AWS's own for Python.

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, Request, header};
use openclaw_core::Timestamp;
use percent_encoding::utf8_percent_encode;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The service that is asked, as a signature names it.
const SERVICE: &str = "bedrock";

/// What requests are signed with.
pub(super) struct Credentials<'a> {
    id: &'a str,
    secret: &'a str,
    session: Option<&'a str>,
}

impl<'a> Credentials<'a> {
    /// `ID:SECRET` or `ID:SECRET:SESSION`; `None` for a key that goes as it is.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let id = parts.next().filter(|id| is_access_key(id))?;
        Some(Self {
            id,
            secret: parts.next()?,
            session: parts.next(),
        })
    }

    /// Signs host, time and body, and the session where there is one.
    pub(super) fn sign(&self, request: &mut Request<Bytes>, now: Timestamp) {
        // RFC 3339 without its signs and what is less than a second.
        let time: String = now.to_string().chars().take(19).collect();
        let time = time.replace(['-', ':'], "") + "Z";
        let date = &time[..8];
        let host = request
            .uri()
            .authority()
            .map_or("", |host| host.as_str())
            .to_owned();
        let mut signed = vec![("host", host.clone()), ("x-amz-date", time.clone())];
        if let Some(session) = self.session {
            signed.push(("x-amz-security-token", session.into()));
        }
        let names: Vec<_> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let mut canonical = format!("POST\n{}\n\n", canonical_path(request.uri().path()));
        for (name, value) in &signed {
            // Writing to a string does not fail.
            let _ = writeln!(canonical, "{name}:{value}");
        }
        let _ = write!(
            canonical,
            "\n{names}\n{}",
            hex(&Sha256::digest(request.body()))
        );
        let scope = format!("{date}/{}/{SERVICE}/aws4_request", region(&host));
        let hash = hex(&Sha256::digest(&canonical));
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}");
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [date, region(&host), SERVICE, "aws4_request"] {
            key = hmac(&key, part);
        }
        let signature = hex(&hmac(&key, &to_sign));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.id
        );
        signed.push(("authorization", authorization));
        // Whatever stood there named the secret.
        request.headers_mut().remove(header::AUTHORIZATION);
        for (name, value) in signed.into_iter().filter(|(name, _)| *name != "host") {
            if let Ok(mut value) = HeaderValue::from_str(&value) {
                value.set_sensitive(name != "x-amz-date");
                request.headers_mut().insert(name, value);
            }
        }
    }
}

/// Whether it is the id of an access key, of a user or of a session.
fn is_access_key(id: &str) -> bool {
    (id.starts_with("AKIA") || id.starts_with("ASIA")) && id.len() >= 16
}

/// Of a host such as `bedrock-runtime.us-west-2.amazonaws.com`.
fn region(host: &str) -> &str {
    host.split('.').nth(1).unwrap_or("us-east-1")
}

/// The path, whose segments are encoded once more than they are sent: so for all services but S3.
fn canonical_path(path: &str) -> String {
    let segments = path.split('/');
    let segments =
        segments.map(|segment| utf8_percent_encode(segment, crate::dialect::SEGMENT).to_string());
    segments.collect::<Vec<_>>().join("/")
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        // HMAC takes keys of any length.
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_access_keys_sign() {
        for key in ["ABSKabc:def", "AKIA:x", "AKIAIOSFODNN7EXAMPLE"] {
            assert!(Credentials::read(key).is_none(), "{key}");
        }
        let read = Credentials::read("AKIAIOSFODNN7EXAMPLE:s/e+c:t:o").unwrap();
        assert_eq!((read.secret, read.session), ("s/e+c", Some("t:o")));
    }

    /// What `botocore` 1.43 makes of the same request (`botocore.auth.SigV4Auth`).
    #[test]
    fn a_signature_is_the_one_that_aws_makes() {
        let mut request = Request::post(
            "https://bedrock-runtime.us-west-2.amazonaws.com/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
        )
        .header("authorization", "Bearer x")
        .body(Bytes::from_static(br#"{"messages":[]}"#))
        .unwrap();
        let secret = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY:token";
        let now = Timestamp::from_second(1_764_500_000).unwrap();
        Credentials::read(secret).unwrap().sign(&mut request, now);
        assert_eq!(request.headers()["x-amz-date"], "20251130T105320Z");
        assert_eq!(request.headers()["x-amz-security-token"], "token");
        assert_eq!(request.headers()["authorization"], EXPECTED);
    }

    const EXPECTED: &str = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20251130/us-west-2/bedrock/\
        aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, \
        Signature=a1437fd6a45cdb2776bab2e3861bd695f35ae2ea8cb0f2bf73e6608c02725b99";
}
