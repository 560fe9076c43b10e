//! A receiver that speaks TLS with a certificate of its own making.

use super::Endpoint;
use openclaw_conformance::harness::{Account, Receiver, eventually_within, tag};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};

/// What the receiver answers to whoever trusts its certificate.
async fn asked_by_one_who_trusts(receiver: &Receiver, tag: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(receiver.certificate().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let address = receiver.tls_address();
    let socket = TcpStream::connect(address).await.unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector
        .connect(address.ip().into(), socket)
        .await
        .unwrap();
    let request = format!("POST /{tag} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![];
    // Not every server says goodbye.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused() {
    let receiver = Receiver::get();
    let answer = asked_by_one_who_trusts(receiver, &tag("webhook-trusted")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let before = receiver.broken_handshakes();
    let account = Account::new().await;
    let tag = tag("webhook-tls");
    let url = format!("https://{}/{tag}", receiver.tls_address());
    let endpoint = Endpoint::at(&account, url, tag, &["*"]).await;
    let body = json!({"event": "key.revoked"});
    let sent = account.client.post(&endpoint.path("/test"), &body).await;
    let sent = sent.succeeds(202);
    let path = format!("/v1/webhooks/deliveries/{}", sent["id"].as_str().unwrap());
    let tried = eventually_within(Duration::from_secs(60), async || {
        let known = account.client.get(&path).await.ok();
        (known["attempts"].as_u64() > Some(0)).then_some(known)
    });
    let known = tried.await.expect("an attempt");
    assert_eq!(known["status"], "pending", "{known}");
    assert!(known["error"].is_string(), "{known}");
    assert!(known["response_status"].is_null(), "{known}");
    // It got as far as the certificate, and no event any further.
    assert!(receiver.broken_handshakes() > before);
    assert!(receiver.received(&endpoint.tag).is_empty());
    account.client.delete(&endpoint.path("")).await.ok();
}
