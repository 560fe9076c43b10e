//! A credential that is a service account's key file: what is signed, and how long what it buys is used.

use crate::{
    fakes::Answer,
    world::{HELLO, World, one_target},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use openclaw_core::{Code, Details};
use serde_json::{Value, json};
use std::time::Duration;

const ANSWER: &str =
    r#"{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}"#;

fn key_file() -> String {
    let key = STANDARD.encode("the private key");
    json!({
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "k7",
        "private_key": format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n"),
        "client_email": "gateway@p.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.test/token",
    })
    .to_string()
}

fn token(name: &str) -> Answer {
    let answer = json!({"access_token": name, "expires_in": 3599, "token_type": "Bearer"});
    Answer::json(200, &answer.to_string())
}

fn world(script: Vec<Answer>) -> World {
    let config = one_target("gemini", json!({"attempts": 1}));
    World::with_key(config, &key_file(), script)
}

#[test]
fn what_is_signed_buys_a_token_that_is_used_until_shortly_before_its_end() {
    let world = world(vec![token("t1"), Answer::json(200, ANSWER)]);
    world.complete(HELLO).unwrap();
    let asked = world.requests().remove(0);
    assert_eq!(asked.uri(), "https://oauth2.test/token");
    let form = String::from_utf8(asked.body().to_vec()).unwrap();
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant%2Dtype%3Ajwt%2Dbearer&assertion=";
    let jwt = form.strip_prefix(grant).unwrap_or_else(|| panic!("{form}"));
    let (signed, signature) = jwt.rsplit_once('.').unwrap();
    // The double signs with the key and the message itself.
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert_eq!(signature, format!("the private key|{signed}").into_bytes());
    let part = |at: usize| {
        let bytes = URL_SAFE_NO_PAD
            .decode(signed.split('.').nth(at).unwrap())
            .unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    assert_eq!(part(0), json!({"alg": "RS256", "typ": "JWT", "kid": "k7"}));
    let claims = json!({
        "iss": "gateway@p.iam.gserviceaccount.com",
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "aud": "https://oauth2.test/token",
        "iat": 1_700_000_000,
        "exp": 1_700_003_600,
    });
    assert_eq!(part(1), claims);
    let sent_with = |token: &str| {
        let request = world.last_request();
        assert_eq!(
            request.headers()["authorization"],
            format!("Bearer {token}")
        );
        assert_eq!(request.headers().get("x-goog-api-key"), None);
    };
    sent_with("t1");
    // Five minutes before its end.
    world.clock.advance(Duration::from_secs(3298));
    world.then(Answer::json(200, ANSWER));
    world.complete(HELLO).unwrap();
    sent_with("t1");
    world.clock.advance(Duration::from_secs(1));
    world.then(token("t2"));
    world.then(Answer::json(200, ANSWER));
    world.complete(HELLO).unwrap();
    sent_with("t2");
    assert_eq!(world.requests().len(), 5);
}

#[test]
fn a_token_that_is_refused_is_not_used_again() {
    let refused = r#"{"error":{"code":401,"message":"expired","status":"UNAUTHENTICATED"}}"#;
    let world = world(vec![token("t1"), Answer::json(401, refused)]);
    world.complete(HELLO).unwrap_err();
    world.then(token("t2"));
    world.then(Answer::json(200, ANSWER));
    world.complete(HELLO).unwrap();
    assert_eq!(world.last_request().headers()["authorization"], "Bearer t2");
}

#[test]
fn an_account_that_gets_no_token_is_the_gateways_fault() {
    let refused = r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#;
    let world = world(vec![Answer::json(400, refused)]);
    let failure = world.complete(HELLO).unwrap_err();
    assert_eq!(failure.error.code, Code::ProviderError);
    assert!(
        !failure.error.message.contains("JWT"),
        "{}",
        failure.error.message
    );
    assert!(failure.error.cause.unwrap().contains("invalid_grant"));
    let Some(Details::Provider { status, .. }) = failure.error.details else {
        panic!("no details")
    };
    assert_eq!((status, failure.billed_failures), (Some(400), 0));
    // Nor is one that never answers waited for.
    world.then(Answer::Never);
    let failure = world.complete(HELLO).unwrap_err();
    assert_eq!(failure.error.code, Code::ProviderTimeout);
}

#[test]
fn json_that_is_no_key_file_stops_the_start() {
    for wrong in [
        "{}".to_owned(),
        key_file().replace("service_account", "authorized_user"),
        key_file().replace("https://oauth2.test/token", "/token"),
        key_file().replace("BEGIN PRIVATE KEY-----\\n", "BEGIN PRIVATE KEY-----\\n!"),
    ] {
        let config = serde_json::from_value(one_target("gemini", json!({}))).unwrap();
        let made = openclaw_providers::Providers::new(&config, |_| Some(wrong.clone()));
        let error = made.err().unwrap_or_else(|| panic!("{wrong}"));
        assert_eq!(error.path, "providers[0].api_key_env", "{wrong}");
        assert!(!error.to_string().contains("PRIVATE"));
    }
}
