//! Bodies in.

use crate::site::{MAX_BODY, site};
use axum::body::Body;
use flate2::{Compression, write::GzEncoder};
use futures_util::{FutureExt, StreamExt, stream};
use http::Request;
use std::{convert::Infallible, io::Write, time::Duration};
use tower::ServiceExt;

#[test]
fn a_body_has_a_type_and_a_size() {
    let site = site();
    let untyped = site.send(site.request("POST", "/v1/make").body("{}".into()).unwrap());
    assert_eq!(
        (untyped.status.as_u16(), untyped.code()),
        (415, "unsupported_media_type".into())
    );
    assert_eq!(
        site.post("/v1/make", None, vec![b' '; MAX_BODY]).text,
        format!("[1,{MAX_BODY}]")
    );
    let large = site.post("/v1/make", None, vec![b' '; MAX_BODY + 1]);
    assert_eq!(
        (large.status.as_u16(), large.code()),
        (413, "payload_too_large".into())
    );
}

#[test]
fn a_body_in_pieces_is_the_same_body() {
    let site = site();
    let pieces = |count| {
        Body::from_stream(stream::iter(vec![
            Ok::<_, std::convert::Infallible>(
                vec![b' '; 2000]
            );
            count
        ]))
    };
    assert_eq!(site.post("/v1/make", None, pieces(5)).text, "[1,10000]");
    assert_eq!(site.post("/v1/make", None, pieces(10)).text, "[2,20000]");
    assert_eq!(site.post("/v1/make", None, pieces(11)).status, 413);
}

#[test]
fn a_body_that_stops_coming_is_given_up() {
    let site = site();
    let half = stream::iter([Ok::<_, std::convert::Infallible>("{")]).chain(stream::pending());
    let request = site
        .request("POST", "/v1/make")
        .header("content-type", "application/json");
    let request = request.body(Body::from_stream(half)).unwrap();
    let mut answer = Box::pin(site.router.clone().oneshot(request));
    assert!((&mut answer).now_or_never().is_none());
    site.clock.advance(Duration::from_secs(29));
    assert!((&mut answer).now_or_never().is_none());
    site.clock.advance(Duration::from_secs(1));
    let answer = answer.now_or_never().expect("given up").unwrap();
    assert_eq!(answer.status(), 400);
}

#[test]
fn a_body_that_trickles_is_given_up() {
    let site = site();
    let (sender, receiver) = futures_channel::mpsc::unbounded::<Result<&str, Infallible>>();
    let request = site
        .request("POST", "/v1/make")
        .header("content-type", "application/json");
    let request = request.body(Body::from_stream(receiver)).unwrap();
    let mut answer = Box::pin(site.router.clone().oneshot(request));
    for _ in 0..2 {
        sender.unbounded_send(Ok(" ")).unwrap();
        assert!((&mut answer).now_or_never().is_none());
        site.clock.advance(Duration::from_secs(20));
    }
    let answer = answer.now_or_never().expect("given up").unwrap();
    assert_eq!(answer.status(), 400);
}

#[test]
fn without_a_key_a_body_is_small() {
    let site = site();
    let open = |bytes: usize| {
        let request = Request::post("/v1/open").header("content-type", "application/json");
        site.send(request.body(vec![b' '; bytes].into()).unwrap())
    };
    assert_eq!(open(16_384).text, "16384");
    assert_eq!(open(16_385).status, 413);
}

#[test]
fn all_bodies_together_have_a_limit() {
    let site = site();
    let held = || {
        let whole = stream::iter([Ok::<_, Infallible>(vec![b' '; 16_000])]);
        let request = Request::post("/v1/open").header("content-type", "application/json");
        let body = Body::from_stream(whole.chain(stream::pending()));
        Box::pin(site.router.clone().oneshot(request.body(body).unwrap()))
    };
    let mut holding: Vec<_> = (0..3).map(|_| held()).collect();
    for request in &mut holding {
        assert!(request.now_or_never().is_none());
    }
    let refused = site.post("/v1/make", None, vec![b' '; MAX_BODY]);
    assert_eq!(refused.status, 503);
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.headers["x-should-retry"], "true");
    drop(holding);
    let whole = site.post("/v1/make", None, vec![b' '; MAX_BODY]);
    assert_eq!(whole.text, format!("[1,{MAX_BODY}]"));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_body_may_be_compressed() {
    let site = site();
    let post = |encoding: &str, idempotency: bool, body: Vec<u8>| {
        site.clock.advance(Duration::from_secs(60));
        let mut request = site
            .request("POST", "/v1/make")
            .header("content-type", "application/json")
            .header("content-encoding", encoding);
        if idempotency {
            request = request.header("idempotency-key", "k");
        }
        site.send(request.body(body.into()).unwrap())
    };
    assert_eq!(post("gzip", false, gzip(&[b' '; 900])).text, "[1,900]");
    assert_eq!(post("GZIP", true, gzip(&[b' '; 900])).text, "[2,900]");
    assert_eq!(post("identity", false, vec![b' '; 9]).text, "[3,9]");
    assert_eq!(post("gzip", false, gzip(&[b' '; MAX_BODY + 1])).status, 413);
    let bomb = gzip(&vec![0; 900_000]);
    assert!(bomb.len() < MAX_BODY, "{}", bomb.len());
    assert_eq!(post("gzip", false, bomb).status, 413);
    assert_eq!(post("gzip", false, b"plain".to_vec()).status, 400);
    for unknown in ["br", "deflate", "gzip, gzip"] {
        let refused = post(unknown, false, vec![b' ']);
        assert_eq!(refused.code(), "unsupported_media_type", "{unknown}");
    }
}
