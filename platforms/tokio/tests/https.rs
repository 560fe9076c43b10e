//! Outgoing HTTPS: the system's certificates decide, HTTP/2 where the server offers it.
//!
//! The test starts this binary again (`child`, which does nothing when it is run by itself) with
//! `SSL_CERT_FILE` naming what the system trusts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use openclaw_core::{Http, HttpError};
use openclaw_tokio::HyperHttp;
use rcgen::CertifiedKey;
use std::{convert::Infallible, env, process::Command, sync::Arc};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

const URL: &str = "OPENCLAW_HTTPS_URL";

/// A server with a certificate for `localhost`; its port and the certificate.
async fn serve(protocols: &[&str]) -> (u16, String) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(socket).await else {
                    return;
                };
                let answer = service_fn(|_| async {
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("hello"))))
                });
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    });
    (port, cert.pem())
}

/// What the child, which trusts `pem`, says of the server.
async fn ask(port: u16, pem: String) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    std::fs::write(&file, pem).unwrap();
    let output = tokio::task::spawn_blocking(move || {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(URL, format!("https://localhost:{port}/"))
            .env("SSL_CERT_FILE", file)
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap()
    });
    String::from_utf8(output.await.unwrap().stdout).unwrap()
}

#[tokio::test]
#[allow(clippy::print_stdout, reason = "it is how the child answers")]
async fn child() {
    let Ok(url) = env::var(URL) else {
        return;
    };
    let http = HyperHttp::new();
    // Twice: the second finds the certificates loaded and the connection pooled.
    for _ in 0..2 {
        let request = Request::get(&*url).body(Bytes::new()).unwrap();
        match http.send(request).await {
            Ok(response) => {
                let version = response.version();
                let body: Vec<_> = response.into_body().map(Result::unwrap).collect().await;
                println!("answer {version:?} {body:?}");
            }
            Err(HttpError::Connect(text)) => println!("no connection: {text}"),
            Err(error) => println!("broken: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_the_system_trusts_is_trusted() {
    for (protocols, version) in [
        (&["h2", "http/1.1"] as &[&str], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ] {
        let (port, pem) = serve(protocols).await;
        let said = ask(port, pem).await;
        let promised = format!("answer {version:?} [b\"hello\"]");
        assert_eq!(said.matches(&promised).count(), 2, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_certificate_is_no_connection() {
    let (port, _) = serve(&["http/1.1"]).await;
    let (_, other) = serve(&[]).await;
    let said = ask(port, other).await;
    assert_eq!(said.matches("no connection: ").count(), 2, "{said}");
}
