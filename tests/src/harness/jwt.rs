//! Tokens taken apart and put together wrongly.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// A token's two readable parts.
#[derive(Clone, Debug)]
pub struct Jwt {
    /// Such as `{"alg":"HS256","kid":"k1","typ":"JWT"}`.
    pub header: Value,
    /// The claims.
    pub claims: Value,
}

/// How a token is signed.
#[derive(Clone, Copy, Debug)]
pub enum Forgery<'a> {
    /// By HMAC-SHA-256 with this secret, whatever the header says.
    Hmac(&'a str),
    /// Not at all.
    Unsigned,
    /// With these bytes.
    Bytes(&'a [u8]),
}

impl Jwt {
    /// Reads a token without checking it.
    pub fn read(token: &str) -> Self {
        let mut parts = token.split('.').map(|part| {
            let json = BASE64.decode(part).expect("base64url without padding");
            serde_json::from_slice(&json)
        });
        let mut next = || parts.next().expect("three parts").expect("JSON");
        Self {
            header: next(),
            claims: next(),
        }
    }

    /// The same with another header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    /// The same without a header field.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.as_object_mut().expect("an object").remove(name);
        self
    }

    /// The same with another claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    /// A token of it.
    pub fn sign(&self, how: Forgery<'_>) -> String {
        let part = |json: &Value| BASE64.encode(json.to_string());
        let text = format!("{}.{}", part(&self.header), part(&self.claims));
        let signature = match how {
            Forgery::Unsigned => String::new(),
            Forgery::Bytes(bytes) => BASE64.encode(bytes),
            Forgery::Hmac(secret) => {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
                mac.update(text.as_bytes());
                BASE64.encode(mac.finalize().into_bytes())
            }
        };
        format!("{text}.{signature}")
    }
}

impl Default for Jwt {
    fn default() -> Self {
        Self {
            header: json!({"alg": "HS256", "typ": "JWT"}),
            claims: json!({}),
        }
    }
}
