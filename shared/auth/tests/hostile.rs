//! Credentials of any kind open nothing, unless they are the very ones that were given.
#![allow(clippy::unwrap_used, reason = "tests: what goes wrong is a failure")]

use futures_executor::block_on;
use openclaw_auth::{Authenticator, Secrets, TokenUse};
use openclaw_core::{Code, Ports};
use openclaw_testkit::{Fakes, hostile};
use proptest::test_runner::{TestCaseError, TestRunner};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const OPERATOR: &str = "the operator's own, of 32 bytes or more";

/// The texts of a key and of tokens: what opens, and a code of a sign-in link, which opens no endpoint.
fn credentials(authenticator: &Authenticator, ports: &Ports) -> (Vec<String>, String) {
    let directory = authenticator.directory(ports);
    let account = serde_json::from_str(r#"{"name":"a","tier":"free"}"#).unwrap();
    let account = block_on(directory.create_account(account)).unwrap().id;
    let key = serde_json::from_str(r#"{"name":"k","scopes":["chat"]}"#).unwrap();
    let key = block_on(directory.create_key(&account, key))
        .unwrap()
        .secret;
    let caller = block_on(authenticator.key(ports, &key)).unwrap();
    let now = ports.clock.now();
    let token = |used: TokenUse| {
        let token = authenticator.token(&caller, 3600, used, now).unwrap();
        token.token
    };
    let code = token(TokenUse {
        manages_keys: false,
        code: Some("code_1".into()),
    });
    let operators = authenticator.operator_token(OPERATOR, 3600, now);
    let operators = operators.unwrap().unwrap().token;
    let opening = vec![
        key.clone(),
        token(TokenUse::default()),
        operators,
        OPERATOR.into(),
    ];
    (opening, code)
}

#[test]
fn hostile_credentials_open_nothing() {
    let fakes = Fakes::default();
    let ports = fakes.ports();
    let secrets = Secrets::parse(Some(OPERATOR), &format!("k1:{SECRET}"), SECRET).unwrap();
    let authenticator = Authenticator::new(secrets);
    let (opening, code) = credentials(&authenticator, &ports);
    for credential in &opening {
        block_on(authenticator.authenticate(&ports, credential)).unwrap();
    }
    let all = opening.iter().chain([&code]);
    let seeds = all.map(|text| text.as_bytes().to_vec()).collect();
    let outcome = TestRunner::default().run(&hostile(seeds), |bytes| {
        let credential = String::from_utf8_lossy(&bytes);
        let known = opening.iter().any(|opens| *opens == credential);
        match block_on(authenticator.authenticate(&ports, &credential)) {
            Ok(_) if known => Ok(()),
            Err(error) if !known && error.code == Code::Unauthorized => Ok(()),
            other => Err(TestCaseError::fail(format!("{credential}: {other:?}"))),
        }
    });
    outcome.unwrap();
}
