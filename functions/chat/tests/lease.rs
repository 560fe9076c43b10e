//! A chat that takes long is not taken for dead, wherever it waits; one that is killed leaves what
//! it had generated; one that is over at once leaves at once, and each says when its key was used.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use axum::{
    Router,
    body::{Body, HttpBody},
};
use futures_executor::block_on;
use futures_util::{FutureExt, StreamExt};
use http::{Request, StatusCode};

use openclaw_auth::Secrets;
use openclaw_core::{BoxFuture, Ledger, Ports};
use openclaw_providers::Providers;
use openclaw_schema::{account::CreateAccount, key::CreateKey};
use openclaw_testkit::{Fakes, Reply};
use openclaw_usage::{LEASE, UsageRow, settle_orphans};
use openclaw_web::{App, stack};
use serde_json::json;
use std::{mem::forget, time::Duration};
use tower::ServiceExt;

/// Two tokens, as OpenAI has them.
const TOKENS: &str = concat!(
    r#"data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"one two"},"finish_reason":null}]}"#,
    "\n\n"
);

struct Site {
    fakes: Fakes,
    app: App,
    router: Router,
    account: String,
    key: String,
    key_id: String,
}

/// A gateway with one model, a heartbeat of 50 s, and timeouts that do not matter here.
fn site() -> Site {
    let fakes = Fakes::default();
    let config = json!({
        "routing": {"heartbeat_ms": 50_000, "first_byte_timeout_ms": 1_000_000, "first_token_timeout_ms": 1_000_000, "idle_timeout_ms": 1_000_000},
        "providers": [{"id": "p", "base_url": "http://p/v1"}],
        "models": [{"id": "m", "context_length": 1000, "pricing": {"prompt": 0.001, "completion": 0.002},
            "targets": [{"provider": "p", "model": "m"}]}],
    });
    let config = serde_json::from_value(config).unwrap();
    let secret = "0123456789abcdef0123456789abcdef";
    let secrets = Secrets::parse(Some(secret), &format!("k1:{secret}"), secret).unwrap();
    let providers = Providers::new(&config, |_| None).unwrap();
    let app = App::new(fakes.ports(), config, secrets, providers);
    let account: CreateAccount = serde_json::from_value(json!({"name": "a"})).unwrap();
    let account = block_on(app.directory().create_account(account))
        .unwrap()
        .id;
    let key: CreateKey = serde_json::from_value(json!({"name": "k", "scopes": ["chat"]})).unwrap();
    let key = block_on(app.directory().create_key(&account, key)).unwrap();
    let routes = openclaw_function_chat::router(&app);
    let router = stack(app.clone(), routes, Router::new());
    Site {
        app,
        fakes,
        router,
        account,
        key: key.secret,
        key_id: key.key.id,
    }
}

impl Site {
    /// Asks; gives back the answer's body.
    fn ask(&self, stream: bool) -> BoxFuture<'static, Body> {
        let messages = json!([{"role": "user", "content": "hello"}]);
        let body = json!({"model": "m", "stream": stream, "messages": messages});
        let request = Request::post("/v1/chat/completions")
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.router.clone().oneshot(request);
        async { answer.await.unwrap().into_body() }.boxed()
    }

    /// Asks and reads on to the end.
    fn chat(&self, stream: bool) -> BoxFuture<'static, ()> {
        let asked = self.ask(stream);
        async { asked.await.into_data_stream().for_each(async |_| ()).await }.boxed()
    }

    /// As a Worker's alarm does it; how many it settled.
    fn sweep(&self) -> usize {
        let Ports { ledger, clock, .. } = self.fakes.ports();
        let now = clock.now();
        block_on(settle_orphans(&*ledger, &self.account, now, now))
            .unwrap()
            .settled
    }

    /// Lets `seconds` pass for a chat that does not end, with a sweep every 5 s.
    fn pass(&self, chat: &mut BoxFuture<'static, ()>, seconds: u64) {
        for second in (5..=seconds).step_by(5) {
            assert!(chat.now_or_never().is_none());
            self.fakes.clock.advance(Duration::from_secs(5));
            assert_eq!(self.sweep(), 0, "taken for dead after {second} s");
        }
    }

    /// The minute that is noted as its key's last use.
    fn last_used(&self) -> Option<String> {
        let notes = self.fakes.ledger.query(&self.account, "used/", None, 10);
        let (_, note) = block_on(notes).unwrap().pop()?;
        serde_json::from_slice(note.document().unwrap()).unwrap()
    }

    fn row(&self) -> UsageRow {
        let rows = self.fakes.ledger.query(&self.account, "log/", None, 10);
        let [(_, row)] = &block_on(rows).unwrap()[..] else {
            panic!("one row")
        };
        serde_json::from_slice(row.document().unwrap()).unwrap()
    }
}

#[test]
fn a_chat_that_takes_long_is_not_taken_for_dead() {
    let silent = || Reply::never();
    let broken_off = || Reply::events([TOKENS]).then_hang();
    for (stream, reply) in [(false, silent()), (true, silent()), (true, broken_off())] {
        let site = site();
        site.fakes.http.reply(reply);
        let mut chat = site.chat(stream);
        site.pass(&mut chat, 300);
        drop(chat);
        assert_eq!(site.row().duration_ms, 300_000);
    }
}

#[test]
fn a_chat_notes_the_use_of_its_key_when_it_ends() {
    for stream in [false, true] {
        let site = site();
        site.fakes.http.reply(Reply::never());
        let mut long = site.chat(stream);
        assert!((&mut long).now_or_never().is_none());
        assert_eq!(site.last_used(), None, "there is nothing to write with it");
        site.fakes.clock.advance(Duration::from_secs(60));
        site.fakes
            .http
            .reply(Reply::json(StatusCode::BAD_REQUEST, "{}"));
        block_on(site.chat(stream));
        assert_eq!(site.last_used().as_deref(), Some("2026-02-28T12:01:00Z"));
        site.fakes.clock.advance(Duration::from_secs(60));
        drop(long);
        // Not the minute in which it began: time never goes back.
        assert_eq!(site.last_used().as_deref(), Some("2026-02-28T12:02:00Z"));
    }
}

#[test]
fn a_stream_that_was_killed_leaves_what_it_had_generated() {
    let site = site();
    site.fakes.http.reply(Reply::events([TOKENS]).then_hang());
    let mut chat = site.chat(true);
    site.pass(&mut chat, 20);
    assert!((&mut chat).now_or_never().is_none());
    forget(chat);
    site.fakes.clock.advance(LEASE);
    assert_eq!(site.sweep(), 1);
    let row = site.row();
    assert_eq!(row.provider.as_deref(), Some("p"));
    assert!(row.estimated && row.usage.completion() > 0);
}

#[test]
fn a_heartbeat_that_is_longer_than_a_renewal_comes_when_it_is_due() {
    let site = site();
    site.fakes.http.reply(Reply::events([TOKENS]).then_hang());
    let mut body = block_on(site.ask(true)).into_data_stream();
    let mut read = || body.next().now_or_never().flatten().map(Result::unwrap);
    assert!(read().is_some_and(|first| first.starts_with(b"data: ")));
    for _ in 0..2 {
        for _ in 0..10 {
            assert_eq!(read(), None);
            site.fakes.clock.advance(Duration::from_secs(5));
        }
        assert_eq!(read().as_deref(), Some(&b": ping\n\n"[..]));
    }
}

#[test]
fn what_came_with_the_end_leaves_with_it() {
    let finish = TOKENS.replace("null}", "\"stop\"}");
    let whole = [TOKENS.to_owned(), finish, "data: [DONE]\n\n".to_owned()];
    let site = site();
    site.fakes.http.reply(Reply::events(whole.clone()));
    let body = block_on(site.ask(true));
    // Settled before its end is shown, and the end is shown with the head: its length is known.
    assert!(site.row().usage.completion() > 0);
    assert_eq!(body.size_hint().exact(), Some(whole.concat().len() as u64));
    let body = body.into_data_stream();
    let writes: Vec<_> = block_on(body.map(Result::unwrap).collect());
    assert_eq!(writes, [whole.concat()]);
}

#[test]
fn a_stream_that_begins_with_what_is_not_shown_does_not_end_there() {
    let usage = r#"data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let site = site();
    let events = [format!("{usage}\n\n")];
    site.fakes.http.reply(Reply::events(events).then_hang());
    // The head waits for the answer as long as a heartbeat, and leaves with a ping.
    let mut asked = site.ask(true);
    for _ in 0..10 {
        assert!((&mut asked).now_or_never().is_none());
        site.fakes.clock.advance(Duration::from_secs(5));
    }
    let mut body = asked.now_or_never().unwrap().into_data_stream();
    let ping = body.next().now_or_never().flatten().map(Result::unwrap);
    assert_eq!(ping.as_deref(), Some(&b": ping\n\n"[..]));
    assert!(body.next().now_or_never().is_none());
}

#[test]
fn a_chat_whose_key_or_account_may_no_longer_call_ends_at_the_next_renewal() {
    let end = |site: &Site, revokes: bool| {
        let directory = site.app.directory();
        if revokes {
            block_on(directory.revoke_key(&site.account, &site.key_id)).unwrap();
        } else {
            let change = serde_json::from_value(json!({"status": "suspended"})).unwrap();
            block_on(directory.update_account(&site.account, change)).unwrap();
        }
    };
    for (revokes, code) in [(true, "unauthorized"), (false, "account_suspended")] {
        for reply in [Reply::events([TOKENS]).then_hang(), Reply::never()] {
            let site = site();
            site.fakes.http.reply(reply);
            let read = async |body: Body| {
                let writes = body.into_data_stream().map(Result::unwrap);
                writes.collect::<Vec<_>>().await.concat()
            };
            let asked = site.ask(true);
            let mut chat = async move { read(asked.await).await }.boxed();
            assert!((&mut chat).now_or_never().is_none());
            end(&site, revokes);
            for _ in 0..2 {
                assert!((&mut chat).now_or_never().is_none(), "before the renewal");
                site.fakes.clock.advance(Duration::from_secs(7));
            }
            site.fakes.clock.advance(Duration::from_secs(1));
            let written = chat.now_or_never().expect("it has ended");
            let written = String::from_utf8(written).unwrap();
            assert!(
                written.contains(&format!(r#""code":"{code}""#)),
                "{written}"
            );
            assert!(!written.contains("DONE"), "{written}");
            let row = site.row();
            assert!(row.usage.prompt() > 0 && row.estimated, "{row:?}");
        }
    }
}
