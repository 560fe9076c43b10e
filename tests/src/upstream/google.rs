//! Google's token endpoint for service accounts
//! (<https://developers.google.com/identity/protocols/oauth2/service-account>): an assertion buys a token where its
//! signature and its claims hold.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where it is.
pub(super) const PATH: &str = "/google/token";

/// The only account's.
const EMAIL: &str = "gateway@mock.iam.gserviceaccount.com";

/// An RSA public key as PKCS #1, of `fixtures/google/service-account.json`.
const PUBLIC_KEY: &[u8] = include_bytes!("../../fixtures/google/public-key.der");

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How tokens begin.
const TOKEN: &str = "ya29.c.mock-";

/// The answer to a request with this form.
pub(super) fn token(form: &[u8]) -> (StatusCode, Value) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    match check(&String::from_utf8_lossy(form)) {
        Ok(()) => {
            let token = format!("{TOKEN}{}", NEXT.fetch_add(1, Ordering::Relaxed));
            let answer = json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"});
            (StatusCode::OK, answer)
        }
        Err(why) => {
            let refused = json!({"error": "invalid_grant", "error_description": why});
            (StatusCode::BAD_REQUEST, refused)
        }
    }
}

/// Whether a request has a token.
pub(super) fn is_authorized(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer "));
    token.is_some_and(|token| token.starts_with(TOKEN))
}

fn check(form: &str) -> Result<(), &'static str> {
    let field = |name: &str| {
        let mut fields = form.split('&').filter_map(|field| field.split_once('='));
        let (_, value) = fields.find(|(known, _)| *known == name)?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    };
    if field("grant_type").as_deref() != Some("urn:ietf:params:oauth:grant-type:jwt-bearer") {
        return Err("Invalid grant_type.");
    }
    let assertion = field("assertion").ok_or("No assertion.")?;
    let (signed, signature) = assertion.rsplit_once('.').ok_or("No JWT.")?;
    let (head, claims) = signed.split_once('.').ok_or("No JWT.")?;
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "No JWT.");
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, PUBLIC_KEY);
    key.verify(signed.as_bytes(), &bytes(signature)?)
        .map_err(|_| "Invalid JWT Signature.")?;
    let json = |part| serde_json::from_slice::<Value>(&bytes(part)?).map_err(|_| "No JWT.");
    let (head, claims) = (json(head)?, json(claims)?);
    if head["alg"] != "RS256" || head["kid"] != "5d3b1f9e7c5a3d1b" {
        return Err("Invalid JWT header.");
    }
    let audience = claims["aud"].as_str().unwrap_or_default();
    if claims["iss"] != EMAIL || claims["scope"] != SCOPE || !audience.ends_with(PATH) {
        return Err("Invalid JWT: account not found.");
    }
    let (issued, ends) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    let (issued, ends) = issued.zip(ends).ok_or("Invalid JWT: no times.")?;
    let now = Timestamp::now().as_second();
    match (now - issued).abs() < 300 && (1..=3600).contains(&(ends - issued)) {
        true => Ok(()),
        false => Err("Invalid JWT: Token must be a short-lived token (60 minutes)."),
    }
}
