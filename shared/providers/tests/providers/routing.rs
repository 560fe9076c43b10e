//! Retries, fallbacks, cooldowns, and what is told when nothing helps.

use crate::{
    fakes::{Answer, Piece, bytes},
    world::{HELLO, KEY, WHOLE, World, one_target},
};
use openclaw_core::{Code, Details, HttpError};
use serde_json::{Value, json};
use std::time::Duration;

const OVERLOADED: &str = r#"{"error":{"message":"overloaded"}}"#;

fn connect() -> Answer {
    Answer::Fails(HttpError::Connect("refused".into()))
}

fn broken() -> Answer {
    Answer::Fails(HttpError::Broken("reset".into()))
}

/// Models `m` on `a` and `b` with these weights, and its fallback `f` on `c`.
fn three(weights: [u32; 2], routing: Value) -> Value {
    let provider = |id: &str| json!({"id": id, "base_url": format!("https://{id}.test/v1")});
    json!({
        "routing": routing,
        "providers": [provider("a"), provider("b"), provider("c")],
        "models": [
            {"id": "m", "context_length": 1000, "fallbacks": ["f"], "targets": [
                {"provider": "a", "model": "x", "weight": weights[0]},
                {"provider": "b", "model": "x", "weight": weights[1]}]},
            {"id": "f", "context_length": 50, "max_output_tokens": 5, "defaults": {"seed": 7}, "targets": [{"provider": "c", "model": "y"}]},
        ],
    })
}

#[test]
fn what_may_pass_is_tried_again_and_counted() {
    let passing = [
        connect(),
        broken(),
        Answer::json(408, "{}"),
        Answer::json(429, OVERLOADED),
        Answer::json(500, "<html>"),
        Answer::json(503, OVERLOADED),
        Answer::json(529, OVERLOADED),
        Answer::json(200, "not json"),
        Answer::json(200, "<html>"),
        Answer::json(200, ""),
        Answer::json(200, "{}"),
        Answer::json(200, r#"{"error":{"message":"late"},"choices":[]}"#),
        Answer::json(200, r#"{"error":{"message":"busy","code":429}}"#),
        Answer::Head(200, vec![], vec![bytes("{"), Piece::Breaks]),
    ];
    for answer in passing {
        let world = World::new(one_target("openai", json!({"attempts": 2})), vec![answer]);
        world.then(Answer::json(200, WHOLE));
        let reply = world.complete(HELLO).unwrap();
        assert_eq!((reply.served.attempts, &*reply.served.provider), (2, "a"));
        assert_eq!(reply.answer.body, WHOLE);
    }
}

#[test]
fn what_will_not_pass_is_not() {
    for status in [400, 401, 403, 404, 409, 422] {
        let script = vec![Answer::json(status, OVERLOADED)];
        let world = World::new(one_target("openai", json!({"attempts": 3})), script);
        assert_eq!(world.complete(HELLO).unwrap_err().attempts, 1, "{status}");
    }
}

#[test]
fn waits_grow_within_their_bounds() {
    let routing = json!({"attempts": 5, "backoff_ms": 100, "max_backoff_ms": 300});
    let mut longest = [0; 4];
    for _ in 0..3 {
        let script = (0..5).map(|_| connect()).collect();
        let world = World::new(one_target("openai", routing.clone()), script);
        assert_eq!(world.complete(HELLO).unwrap_err().attempts, 5);
        let at: Vec<_> = world.calls().into_iter().map(|(_, at)| at).collect();
        for (wait, pair) in longest.iter_mut().zip(at.windows(2)) {
            *wait = (*wait).max(pair[1] - pair[0]);
        }
    }
    let bounds = [100, 200, 300, 300];
    assert!(
        longest
            .iter()
            .zip(bounds)
            .all(|(wait, bound)| *wait <= bound),
        "{longest:?}"
    );
    assert!(longest.iter().any(|wait| *wait > 0), "{longest:?}");
}

#[test]
fn retry_after_is_waited_for_or_another_target_asked() {
    let busy = |after: &str| Answer::json(429, OVERLOADED).with("retry-after", after);
    let routing = json!({"attempts": 2, "backoff_ms": 1, "max_backoff_ms": 5000});
    let script = vec![busy("4"), Answer::json(200, WHOLE)];
    let world = World::new(one_target("openai", routing.clone()), script);
    world.complete(HELLO).unwrap();
    assert_eq!(world.calls()[1].1, 4000);

    let world = World::new(
        three([1, 1], routing.clone()),
        vec![busy("6"), Answer::json(200, WHOLE)],
    );
    world.complete(HELLO).unwrap();
    let calls = world.calls();
    assert_ne!(calls[0].0, calls[1].0);
    assert_eq!(calls[1].1, 0);

    let world = World::new(one_target("openai", routing), vec![busy("6")]);
    let failure = world.complete(HELLO).unwrap_err();
    assert_eq!(failure.attempts, 1);
    assert_eq!(failure.error.retry_after, Some(Duration::from_secs(6)));
}

#[test]
fn each_target_then_the_fallback_with_its_own_bounds_and_defaults() {
    let script = vec![connect(), connect(), Answer::json(200, WHOLE)];
    let world = World::new(three([1, 1], json!({"attempts": 1})), script);
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":900}"#;
    let reply = world.complete(body).unwrap();
    let hosts = world.hosts();
    assert_eq!(hosts[2], "c");
    assert_ne!(hosts[0], hosts[1]);
    assert_eq!(
        (reply.served.model.id.as_str(), reply.served.attempts),
        ("f", 3)
    );
    let sent: Value = serde_json::from_slice(world.last_request().body()).unwrap();
    let expected = json!({"model": "y", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5, "seed": 7});
    assert_eq!(sent, expected);
}

#[test]
fn a_request_at_fault_is_not_tried_elsewhere() {
    let script = vec![Answer::json(400, r#"{"error":{"message":"too long"}}"#)];
    let world = World::new(three([1, 1], json!({})), script);
    let failure = world.complete(HELLO).unwrap_err();
    assert_eq!(failure.error.code, Code::InvalidRequest);
    assert_eq!(
        failure.error.message,
        "The provider refused the request: too long"
    );
    assert_eq!(failure.attempts, 1);
}

#[test]
fn weights_are_shares() {
    let world = World::new(three([3, 1], json!({})), vec![]);
    for _ in 0..2000 {
        world.then(Answer::json(200, WHOLE));
        world.complete(HELLO).unwrap();
    }
    let first = world.hosts().iter().filter(|host| *host == "a").count();
    assert!(
        (1420..1580).contains(&first),
        "{first} of 2000 for three quarters"
    );
}

#[test]
fn a_target_that_fails_in_a_row_is_passed_over_for_a_while() {
    let routing = json!({"attempts": 1, "cooldown_failures": 2, "cooldown_ms": 10_000});
    let mut config = three([1, 1], routing);
    config["models"][0]["fallbacks"] = json!([]);
    config["models"][0]["targets"][1]["weight"] = json!(1_000_000);
    let world = World::new(config, vec![]);
    let ask = |answers: [Answer; 2]| {
        answers.into_iter().for_each(|answer| world.then(answer));
        let reply = world.complete(HELLO);
        let hosts = world.hosts();
        world.http.seen.lock().unwrap().clear();
        world.http.script.lock().unwrap().clear();
        (hosts, reply.is_ok())
    };
    let yes = || Answer::json(200, WHOLE);
    let heard = |hosts: &[&str], ok| {
        (
            hosts
                .iter()
                .map(|host| (*host).to_owned())
                .collect::<Vec<_>>(),
            ok,
        )
    };
    assert_eq!(ask([connect(), yes()]), heard(&["b", "a"], true));
    assert_eq!(ask([connect(), yes()]), heard(&["b", "a"], true));
    // `b` cools: `a` is asked first, and alone.
    assert_eq!(ask([connect(), yes()]), heard(&["a"], false));
    assert_eq!(ask([connect(), yes()]), heard(&["a"], false));
    // Both cool: `b`, which is free first, is asked nevertheless.
    assert_eq!(ask([yes(), yes()]), heard(&["b"], true));
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(ask([connect(), yes()]), heard(&["b", "a"], true));
}

#[test]
fn the_cheapest_comes_first_where_that_is_asked() {
    let mut config = three([1, 1], json!({"attempts": 1}));
    config["models"][0]["strategy"] = "price".into();
    config["models"][0]["pricing"] = json!({"prompt": 0.002, "completion": 0.002});
    config["models"][1]["pricing"] = json!({"prompt": 0.001, "completion": 0.001});
    let yes = || Answer::json(200, WHOLE);
    let world = World::new(config.clone(), vec![connect(), yes()]);
    assert_eq!(world.complete(HELLO).unwrap().served.model.id, "m");
    assert_eq!(world.hosts()[0], "c");
    config["models"][1]["pricing"]["completion"] = 0.004.into();
    let world = World::new(config, vec![yes()]);
    assert_eq!(world.complete(HELLO).unwrap().served.model.id, "m");
    assert_ne!(world.hosts()[0], "c");
}

#[test]
fn the_fastest_comes_first_where_that_is_asked() {
    let mut config = three([1, 1_000_000], json!({"attempts": 1}));
    config["models"][0]["strategy"] = "latency".into();
    let late = |ms: u64| {
        let pieces = vec![Piece::Pause(Duration::from_millis(ms)), bytes(WHOLE)];
        Answer::Head(200, vec![], pieces)
    };
    // Each is asked once, then the faster one, until it is the slower on an average.
    let script = [900, 100, 100, 9_000, 100, 100];
    let world = World::new(config, script.map(late).into());
    for _ in script {
        world.complete(HELLO).unwrap();
    }
    assert_eq!(world.hosts(), ["b", "a", "a", "a", "b", "b"]);
}

#[test]
fn after_a_cooldown_one_request_tries_the_target_and_others_pass_it_over() {
    let routing = json!({"attempts": 1, "cooldown_failures": 1, "cooldown_ms": 10_000});
    let world = World::new(three([1, 1_000_000], routing), vec![]);
    let ports = world.ports();
    world.then(connect());
    world.then(Answer::json(200, WHOLE));
    world.complete(HELLO).unwrap();
    assert_eq!(world.hosts(), ["b", "a"]);
    world.clock.advance(Duration::from_secs(11));
    // This one hangs; while it does, nobody else is sent there.
    world.then(Answer::Never);
    let plan = world.plan(HELLO, false).unwrap();
    let mut probe = Box::pin(plan.complete(ports));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(probe.as_mut().poll(&mut context).is_pending());
    world.then(Answer::json(200, WHOLE));
    world.complete(HELLO).unwrap();
    assert_eq!(world.hosts(), ["b", "a", "b", "a"]);
}

#[test]
fn who_is_left_to_go_on_with_an_answer_is_asked_though_it_cools() {
    let routing = json!({"attempts": 1, "cooldown_failures": 1, "cooldown_ms": 10_000});
    let mut config = three([1_000_000, 1], routing);
    config["models"][0]["continue"] = true.into();
    config["models"][0]["fallbacks"] = json!([]);
    let yes = || Answer::json(200, WHOLE);
    let world = World::new(config, vec![connect(), yes()]);
    let body = HELLO.replacen('{', r#"{"max_tokens":50,"#, 1);
    let plan = world.plan(&body, true).unwrap();
    assert!(plan.may_continue());
    let first = world.clock.run(plan.clone().stream(world.ports())).unwrap();
    assert_eq!(&*first.served.provider, "b");
    world.then(yes());
    let next = plan.after(&first.served, "one two ").unwrap();
    let second = world.clock.run(next.clone().stream(world.ports()));
    let second = second.unwrap();
    assert_eq!(&*second.served.provider, "a");
    let sent: Value = serde_json::from_slice(world.last_request().body()).unwrap();
    assert_eq!(sent["max_tokens"], 48);
    let messages = sent["messages"].as_array().unwrap();
    assert_eq!(
        messages[1],
        json!({"role": "assistant", "content": "one two "})
    );
    assert_eq!(messages[2]["role"], "user");
    assert!(next.after(&second.served, "x").is_none());
}

#[test]
fn an_answer_ends_a_row_of_failures() {
    let mut config = three(
        [1_000_000, 1],
        json!({"attempts": 1, "cooldown_failures": 2}),
    );
    config["models"][0]["fallbacks"] = json!([]);
    let yes = || Answer::json(200, WHOLE);
    let world = World::new(
        config,
        vec![connect(), yes(), yes(), connect(), yes(), yes()],
    );
    for _ in 0..4 {
        world.complete(HELLO).unwrap();
    }
    assert_eq!(world.hosts(), ["a", "b", "a", "a", "b", "a"]);
}

#[test]
fn what_is_told_depends_on_what_happened() {
    let slow = Answer::Head(200, vec![], vec![bytes("{"), Piece::Silence]);
    let long = Answer::Head(200, vec![], vec![bytes(&"x".repeat((32 << 20) + 1))]);
    // Would be silent, and so a timeout, if it were read to its end.
    let mut pieces = vec![bytes(&"x".repeat(1 << 20)); 33];
    pieces.push(Piece::Silence);
    let longer = Answer::Head(200, vec![], pieces);
    let cases = [
        (connect(), Code::ProviderUnavailable, None),
        (broken(), Code::ProviderError, None),
        (Answer::Never, Code::ProviderTimeout, None),
        (slow, Code::ProviderTimeout, Some(200)),
        (long, Code::ProviderError, Some(200)),
        (longer, Code::ProviderError, Some(200)),
        (Answer::json(200, "{}"), Code::ProviderError, Some(200)),
        (
            Answer::json(401, OVERLOADED),
            Code::ProviderError,
            Some(401),
        ),
        (
            Answer::json(500, OVERLOADED),
            Code::ProviderError,
            Some(500),
        ),
    ];
    for (answer, code, status) in cases {
        let world = World::new(one_target("openai", json!({"attempts": 1})), vec![answer]);
        let failure = world.complete(HELLO).unwrap_err();
        let details = Details::Provider {
            provider: "a".into(),
            status,
            names: None,
        };
        assert_eq!(
            (failure.error.code, failure.error.details),
            (code, Some(details))
        );
        assert_eq!(failure.provider.as_deref(), Some("a"));
        assert!(!failure.error.message.contains("overloaded"));
    }
}

#[test]
fn silence_is_given_up_in_its_time() {
    let routing = json!({"attempts": 3, "first_token_timeout_ms": 700, "idle_timeout_ms": 300, "cooldown_failures": 0});
    let head = |pieces| Answer::Head(200, vec![], pieces);
    let pause = |ms| Piece::Pause(Duration::from_millis(ms));
    let cases = [
        (Answer::Never, 700),
        (head(vec![Piece::Silence]), 300),
        (
            head(vec![
                pause(200),
                bytes("{"),
                pause(299),
                bytes(" "),
                Piece::Silence,
            ]),
            799,
        ),
    ];
    for (answer, expected) in cases {
        let world = World::new(one_target("openai", routing.clone()), vec![answer]);
        let start = world.clock.now();
        let failure = world.complete(HELLO).unwrap_err();
        assert_eq!(
            (failure.error.code, failure.attempts),
            (Code::ProviderTimeout, 1)
        );
        let waited = world.clock.now().duration_since(start).as_millis();
        assert_eq!(waited, expected);
    }
}

#[test]
fn a_caller_that_leaves_cancels_the_call() {
    let world = World::new(one_target("openai", json!({})), vec![Answer::Never]);
    let plan = world.plan(HELLO, false).unwrap();
    let mut call = Box::pin(plan.complete(world.ports()));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    assert_eq!(world.open(), 1);
    drop(call);
    assert_eq!(world.open(), 0);
}

#[test]
fn the_credential_is_sent_and_never_shown() {
    let echo = format!(r#"{{"error":{{"message":"bad key {KEY} or Bearer {KEY}"}}}}"#);
    for dialect in ["openai", "anthropic"] {
        for status in [200, 400, 401, 500] {
            let world = World::new(
                one_target(dialect, json!({"attempts": 1})),
                vec![Answer::json(status, &echo)],
            );
            let failure = world.complete(HELLO).unwrap_err();
            let shown = format!(
                "{failure:?} {} {:?}",
                serde_json::to_string(&failure.error.body()).unwrap(),
                world.providers
            );
            assert!(!shown.contains("hunter2"), "{shown}");
            let request = world.last_request();
            assert!(!format!("{request:?}").contains("hunter2"));
            let header = match dialect {
                "openai" => ("authorization", format!("Bearer {KEY}")),
                _ => ("x-api-key", KEY.into()),
            };
            assert_eq!(request.headers()[header.0], header.1);
        }
    }
}

#[test]
fn a_dialect_that_cannot_say_it_leaves_it_to_one_that_can() {
    let mut config = three([1, 1], json!({"attempts": 1}));
    config["providers"][0]["dialect"] = json!("anthropic");
    let two = r#"{"model":"m","n":2,"messages":[{"role":"user","content":"hi"}]}"#;
    for _ in 0..4 {
        let world = World::new(config.clone(), vec![Answer::json(200, WHOLE)]);
        assert_eq!(world.complete(two).unwrap().served.attempts, 1);
        assert_eq!(world.hosts(), ["b"]);
    }
    config["models"][0]["targets"][1]["provider"] = json!("a");
    let world = World::new(config, vec![]);
    let error = world.plan(two, false).unwrap_err();
    let details = Details::Field {
        field: "n".into(),
        issue: "must be 1 for this model".into(),
    };
    assert_eq!(error.details, Some(details));
}

/// A refusal of one request must not take the target away from the others.
#[test]
fn what_a_request_is_refused_for_does_not_cool_its_target() {
    let refusals = [
        Answer::json(400, OVERLOADED),
        Answer::json(403, OVERLOADED),
        Answer::json(404, OVERLOADED),
        Answer::json(413, OVERLOADED),
        Answer::json(422, OVERLOADED),
        Answer::json(200, r#"{"error":{"message":"no","code":400}}"#),
    ];
    for (at, refusal) in refusals.into_iter().enumerate() {
        let routing = json!({"attempts": 1, "cooldown_failures": 1});
        let mut config = three([1_000_000, 1], routing);
        config["models"][0]["fallbacks"] = json!([]);
        let world = World::new(config, vec![refusal]);
        world.then(Answer::json(200, WHOLE));
        // Refused, or answered by `b`.
        drop(world.complete(HELLO));
        world.http.script.lock().unwrap().clear();
        world.http.seen.lock().unwrap().clear();
        world.then(Answer::json(200, WHOLE));
        world.complete(HELLO).unwrap();
        assert_eq!(world.hosts(), ["a"], "case {at}");
    }
}

#[test]
fn a_refusal_within_a_200_is_the_callers_and_is_not_tried_again() {
    let body = r#"{"error":{"message":"This endpoint's maximum context length is 4096 tokens","code":400}}"#;
    for answer in [
        Answer::json(200, body),
        Answer::events(vec![bytes(&format!("data: {body}\n\n"))]),
    ] {
        let world = World::new(one_target("openai", json!({"attempts": 3})), vec![answer]);
        let failure = world.complete(HELLO).unwrap_err();
        assert_eq!(failure.error.code, Code::ContextLengthExceeded);
        assert_eq!(failure.attempts, 1);
    }
}

/// The refusal of a prompt that is longer than the model's context.
const TOO_LONG: &str = r#"{"error":{"message":"maximum context length is 8192 tokens","code":"context_length_exceeded"}}"#;

#[test]
fn a_prompt_that_is_too_long_goes_to_a_larger_fallback_only() {
    for (context_length, hosts) in [(2000, &["a", "c"][..]), (1000, &["a"]), (50, &["a"])] {
        let mut config = three([1_000_000, 1], json!({"attempts": 3}));
        config["models"][1]["context_length"] = json!(context_length);
        let script = vec![Answer::json(400, TOO_LONG), Answer::json(200, WHOLE)];
        let world = World::new(config, script);
        let outcome = world.complete(HELLO);
        assert_eq!(world.hosts(), hosts, "{context_length}");
        match outcome {
            Ok(reply) => assert_eq!(reply.served.model.id, "f"),
            Err(failure) => assert_eq!(failure.error.code, Code::ContextLengthExceeded),
        }
    }
}

#[test]
fn a_quota_that_is_used_up_is_not_tried_again() {
    let body =
        r#"{"error":{"message":"no","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let world = World::new(
        three([1_000_000, 1], json!({"attempts": 3})),
        vec![Answer::json(429, body), Answer::json(200, WHOLE)],
    );
    world.complete(HELLO).unwrap();
    assert_eq!(world.hosts(), ["a", "b"]);
}

#[test]
fn fractions_of_a_second_are_waited_for() {
    let busy = Answer::json(429, OVERLOADED).with("retry-after", "1.5");
    let routing = json!({"attempts": 2, "backoff_ms": 1, "max_backoff_ms": 5000});
    let script = vec![busy, Answer::json(200, WHOLE)];
    let world = World::new(one_target("openai", routing), script);
    world.complete(HELLO).unwrap();
    assert_eq!(world.calls()[1].1, 1500);
}

#[test]
fn a_fallback_serves_only_keys_that_may_use_it() {
    for (allowed, hosts) in [
        (None, 3),
        (Some(vec!["m".to_owned(), "f".to_owned()]), 3),
        (Some(vec!["m".to_owned()]), 2),
    ] {
        let script = (0..3).map(|_| connect()).collect();
        let world = World::new(three([1, 1], json!({"attempts": 1})), script);
        let plan = world.plan_for(HELLO, false, allowed.as_deref()).unwrap();
        let failure = world.clock.run(plan.complete(world.ports())).unwrap_err();
        assert_eq!(failure.attempts, hosts, "{allowed:?}");
    }
}

#[test]
fn a_fallback_that_is_too_dear_is_left_out() {
    let price = |prompt: f64, completion: f64| json!({"prompt": prompt, "completion": completion});
    let cases = [
        (json!(null), price(1000.0, 1000.0), 3),
        (json!(2.0), price(0.002, 0.004), 3),
        (json!(2.0), price(0.0021, 0.004), 2),
        (json!(2.0), price(0.002, 0.0041), 2),
        (json!(0.0), price(0.0, 0.0), 3),
    ];
    for (ratio, pricing, attempts) in cases {
        let routing = json!({"attempts": 1, "max_fallback_price_ratio": ratio});
        let mut config = three([1, 1], routing);
        config["models"][0]["pricing"] = price(0.001, 0.002);
        config["models"][1]["pricing"] = pricing;
        let script = (0..3).map(|_| connect()).collect();
        let failure = World::new(config, script).complete(HELLO).unwrap_err();
        assert_eq!(failure.attempts, attempts, "{ratio}");
    }
}
