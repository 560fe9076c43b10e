//! What is sent, where to, and what is made of the answers, over scripted ports.

#![allow(clippy::unwrap_used, reason = "all of this is a test")]

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures_executor::block_on;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use openclaw_core::{HttpError, HttpRequest, Timestamp};
use openclaw_egress::{Bounds, Egress, EgressError, PORTS, Policy, Refused};
use openclaw_testkit::{Fakes, ManualClock, Reply};
use std::{io::Write, time::Duration};

const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(30),
    body: 100,
    redirects: 3,
};

fn egress(fakes: &Fakes) -> Egress {
    let policy = Policy::new(&["127.0.0.1:9000".into()], &PORTS).unwrap();
    Egress::new(policy, &fakes.ports())
}

fn get(url: &str) -> HttpRequest {
    Request::get(url).body(Bytes::new()).unwrap()
}

fn post(url: &str) -> HttpRequest {
    let request = Request::post(url)
        .header(header::AUTHORIZATION, "Bearer secret")
        .header("x-api-key", "secret")
        .header(header::ACCEPT, "text/plain")
        .header(header::CONTENT_TYPE, "text/plain");
    request.body("secret".into()).unwrap()
}

fn moved(status: u16, to: &'static str) -> Reply {
    let status = StatusCode::from_u16(status).unwrap();
    Reply::json(status, "").header(header::LOCATION, HeaderValue::from_static(to))
}

fn fetch(fakes: &Fakes, request: HttpRequest) -> Result<Response<Bytes>, EgressError> {
    block_on(egress(fakes).fetch(request, &BOUNDS))
}

#[test]
fn what_is_listed_goes_one_way_and_what_is_public_another() {
    let fakes = Fakes::default();
    fakes
        .public_http
        .reply(Reply::json(StatusCode::OK, "public"));
    fakes.http.reply(Reply::json(StatusCode::OK, "listed"));
    let public = fetch(&fakes, get("https://EXAMPLE.com/a")).unwrap();
    assert_eq!(public.body(), "public");
    let listed = fetch(&fakes, get("http://127.1:9000/")).unwrap();
    assert_eq!(listed.body(), "listed");
    let sent = fakes.public_http.take_requests();
    assert_eq!(sent[0].uri(), "https://example.com/a");
    assert_eq!(
        fakes.http.take_requests()[0].uri(),
        "http://127.0.0.1:9000/"
    );
}

#[test]
fn nothing_is_sent_to_what_may_not_be_asked() {
    let fakes = Fakes::default();
    for url in [
        "http://example.com/",
        "https://example.com:22/",
        "https://127.0.0.1/",
        "https://127.0.0.1:9001/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://metadata.google.internal/",
        "https://localhost/",
    ] {
        let error = fetch(&fakes, get(url)).unwrap_err();
        assert!(matches!(error, EgressError::Refused(_)), "{url}: {error}");
    }
    assert!(fakes.http.take_requests().is_empty());
    assert!(fakes.public_http.take_requests().is_empty());
}

#[test]
fn every_redirect_is_checked() {
    for to in [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "//0x7f.1/",
        "https://user@example.com/",
    ] {
        let fakes = Fakes::default();
        fakes.public_http.reply(moved(302, to));
        let error = fetch(&fakes, get("https://example.com/")).unwrap_err();
        assert!(matches!(error, EgressError::Refused(_)), "{to}: {error}");
        assert_eq!(fakes.public_http.take_requests().len(), 1, "{to}");
    }
}

#[test]
fn three_redirects_are_followed_and_no_fourth() {
    for (redirects, follows) in [(3, true), (4, false)] {
        let fakes = Fakes::default();
        (0..redirects).for_each(|_| fakes.public_http.reply(moved(301, "/next")));
        fakes.public_http.reply(Reply::json(StatusCode::OK, "end"));
        let answer = fetch(&fakes, get("https://example.com/first"));
        assert_eq!(answer.is_ok(), follows, "{redirects}");
        if !follows {
            assert_eq!(answer.unwrap_err(), EgressError::Redirects(3));
        }
        let sent = fakes.public_http.take_requests();
        assert_eq!(sent.len(), 4);
        assert_eq!(sent[1].uri(), "https://example.com/next");
    }
}

#[test]
fn where_none_are_followed_a_redirect_is_an_answer() {
    let fakes = Fakes::default();
    fakes.public_http.reply(moved(302, "/next"));
    let bounds = Bounds {
        redirects: 0,
        ..BOUNDS
    };
    let egress = egress(&fakes);
    let fetched = egress.fetch(get("https://example.com/"), &bounds);
    assert_eq!(block_on(fetched).unwrap().status(), StatusCode::FOUND);
}

#[test]
fn no_credential_crosses_to_another_host() {
    let fakes = Fakes::default();
    fakes
        .public_http
        .reply(moved(303, "https://other.example/"));
    fakes.public_http.reply(Reply::json(StatusCode::OK, ""));
    fetch(&fakes, post("https://example.com/")).unwrap();
    let sent = fakes.public_http.take_requests();
    assert_eq!(sent[0].headers()["x-api-key"], "secret");
    assert_eq!(
        (sent[1].method(), sent[1].body()),
        (&Method::GET, &Bytes::new())
    );
    let mut names = Vec::from_iter(sent[1].headers().keys().map(HeaderName::as_str));
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "user-agent"]);
    // Another port is another host, and a body stays where it was sent.
    for to in ["https://other.example/", "https://example.com:8443/"] {
        fakes.public_http.reply(moved(307, to));
        let error = fetch(&fakes, post("https://example.com/")).unwrap_err();
        assert_eq!(error, EgressError::RedirectedBody, "{to}");
        assert_eq!(fakes.public_http.take_requests().len(), 1, "{to}");
    }
}

#[test]
fn the_same_host_gets_the_same_request() {
    let fakes = Fakes::default();
    fakes.public_http.reply(moved(308, "/next"));
    fakes.public_http.reply(Reply::json(StatusCode::OK, ""));
    fetch(&fakes, post("https://example.com/")).unwrap();
    let sent = fakes.public_http.take_requests();
    assert_eq!(sent[1].method(), Method::POST);
    assert_eq!(sent[1].body(), "secret");
    assert_eq!(sent[1].headers()["x-api-key"], "secret");
}

#[test]
fn headers_of_the_connection_are_ours() {
    let fakes = Fakes::default();
    fakes.public_http.reply(Reply::json(StatusCode::OK, ""));
    let mut request = get("https://example.com/");
    for name in ["host", "content-length", "transfer-encoding", "upgrade"] {
        let name = HeaderName::from_static(name);
        request
            .headers_mut()
            .insert(name, HeaderValue::from_static("7"));
    }
    fetch(&fakes, request).unwrap();
    let sent = fakes.public_http.take_requests().remove(0);
    assert_eq!(sent.headers().len(), 2, "{sent:?}");
    assert_eq!(sent.headers()["accept-encoding"], "identity");
}

#[test]
fn an_answer_is_bounded_by_what_it_says_and_by_what_comes() {
    let full = "x".repeat(100);
    let said = Reply::json(StatusCode::OK, "")
        .header(header::CONTENT_LENGTH, HeaderValue::from_static("101"));
    let more = Reply::chunks(StatusCode::OK, "text/plain", [full.clone(), "x".into()]);
    for reply in [said, more] {
        let fakes = Fakes::default();
        fakes.public_http.reply(reply);
        let error = fetch(&fakes, get("https://example.com/")).unwrap_err();
        assert_eq!(error, EgressError::TooLarge(100));
    }
    let fakes = Fakes::default();
    fakes
        .public_http
        .reply(Reply::json(StatusCode::OK, full.clone()));
    let whole = fetch(&fakes, get("https://example.com/")).unwrap();
    assert_eq!(whole.body(), full.as_bytes());
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_is_compressed_is_bounded_decoded() {
    let answer = |body: Vec<u8>| {
        let fakes = Fakes::default();
        let label = HeaderValue::from_static("gzip");
        let reply = Reply::json(StatusCode::OK, body).header(header::CONTENT_ENCODING, label);
        fakes.public_http.reply(reply);
        fetch(&fakes, get("https://example.com/")).map(Response::into_body)
    };
    assert_eq!(answer(gzip(b"{}")).unwrap(), "{}");
    assert_eq!(
        answer(b"{}".to_vec()).unwrap(),
        "{}",
        "decoded by the platform"
    );
    let bomb = gzip(&[b'x'; 5000]);
    assert!(bomb.len() < 100);
    assert_eq!(answer(bomb), Err(EgressError::TooLarge(100)));
    let broken = gzip(b"{}")[..12].to_vec();
    assert_eq!(answer(broken), Err(EgressError::Undecodable));
}

#[test]
fn time_runs_over_all_of_it_and_what_is_late_is_dropped() {
    let slow = [
        Reply::never(),
        Reply::chunks(StatusCode::OK, "text/plain", ["x"]).then_hang(),
    ];
    for reply in slow {
        let fakes = Fakes::new(ManualClock::jumping(Timestamp::default()));
        fakes.public_http.reply(reply);
        let error = fetch(&fakes, get("https://example.com/")).unwrap_err();
        assert_eq!(error, EgressError::Timeout(BOUNDS.time));
        assert_eq!(fakes.public_http.cancelled(), 1);
    }
}

#[test]
fn what_the_port_says_is_kept_apart_from_what_is_shown() {
    for (failed, shown) in [
        (
            HttpError::Connect("10.0.0.1: hush".into()),
            "it cannot be reached",
        ),
        (HttpError::Broken("hush".into()), "the connection broke"),
        (
            HttpError::Special("hush".into()),
            "the URL must lead to a public address",
        ),
    ] {
        let fakes = Fakes::default();
        fakes.public_http.reply(Reply::fail(failed));
        let error = fetch(&fakes, get("https://example.com/")).unwrap_err();
        assert_eq!(error.to_string(), shown);
    }
    let error = EgressError::Refused(Refused::NotHttps);
    assert_eq!(error.to_string(), "the URL must be an https URL");
}
