//! What the engine decides: how much runs side by side, what waits for what, what is tried again.

use crate::fixture::{ACCOUNT, Gateway, Life, account};
use futures_executor::block_on;
use openclaw_core::{Clock, queue::Worked};
use openclaw_workflows::Starter;
use serde_json::{Value, json};
use std::time::Duration;

fn ask(id: &str, prompt: &str) -> Value {
    json!({"id": id, "type": "ai_completion", "model": "m", "prompt": prompt})
}

fn value(id: &str, value: &Value) -> Value {
    json!({"id": id, "type": "transform", "value": value})
}

/// The prompts that models were asked so far.
fn asked(gateway: &Gateway) -> Vec<String> {
    gateway
        .models
        .asked
        .lock()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

/// Works on the run whenever it says, until it has ended; the pauses in seconds.
fn pauses(gateway: &Gateway, run: &str) -> Vec<u64> {
    let mut pauses = vec![];
    while let Some(Worked::Later(at)) = gateway.message(run, Life::long()) {
        let pause = at.duration_since(gateway.fakes.clock.now());
        pauses.push(pause.as_secs());
        gateway.fakes.clock.advance(pause);
        assert!(pauses.len() < 10, "no end");
    }
    pauses
}

fn result(gateway: &Gateway, run: &str) -> Value {
    let view = gateway.view(run);
    assert_eq!(view["status"], "completed", "{view:#}");
    view["result"].clone()
}

fn error(gateway: &Gateway, run: &str) -> Value {
    let view = gateway.view(run);
    assert_eq!(view["status"], "failed", "{view:#}");
    view["error"]["code"].clone()
}

#[test]
fn so_many_items_are_worked_on_at_once_and_their_results_are_in_order() {
    let gateway = Gateway::new();
    let run = gateway.start(
        json!([{"id": "all", "type": "foreach", "items": [1, 2, 3, 4, 5], "concurrency": 2,
        "steps": [ask("one", "{{ item }}")]}]),
    );
    let time = Duration::from_secs(10);
    *gateway.models.time.lock().unwrap() = time;
    let mut process = gateway.begin(&run, Life::long());
    for expected in [2, 4, 5] {
        assert_eq!(process.go_on(), None);
        assert_eq!(asked(&gateway).len(), expected);
        gateway.fakes.clock.advance(time);
    }
    assert_eq!(process.go_on(), Some(Worked::Done));
    assert_eq!(result(&gateway, &run), json!(["1", "2", "3", "4", "5"]));
}

#[test]
fn branches_begin_at_once_and_the_step_ends_with_the_last() {
    let gateway = Gateway::new();
    let branches = json!([
        [{"id": "slow", "type": "wait", "seconds": 60}, value("late", &json!("a"))],
        [ask("fast", "b")],
    ]);
    let run = gateway.start(json!([
        {"id": "both", "type": "parallel", "branches": branches},
        ask("after", "c"),
    ]));
    let worked = gateway.message(&run, Life::long());
    assert!(matches!(worked, Some(Worked::Later(_))), "{worked:?}");
    assert_eq!(asked(&gateway), ["b"]);
    assert_eq!(pauses(&gateway, &run), [60]);
    assert_eq!(asked(&gateway), ["b", "c"]);
    let view = gateway.view(&run);
    let both = view["steps"].as_array().unwrap().iter();
    let both = both.clone().find(|step| step["id"] == "both").unwrap();
    assert_eq!(both["output"], json!(["a", "b"]), "{view:#}");
}

#[test]
fn a_wait_takes_the_first_event_of_its_name_that_no_other_took() {
    let gateway = Gateway::new();
    let wait = |id: &str, event: &str| json!({"id": id, "type": "wait", "event": event, "timeout_seconds": 600});
    let run = gateway.start(json!([
        wait("one", "a"),
        wait("two", "a"),
        wait("three", "b"),
        value(
            "all",
            &json!([
                "{{ steps.one.result }}",
                "{{ steps.two.result }}",
                "{{ steps.three.result }}"
            ])
        ),
    ]));
    for (name, data) in [("b", 3), ("a", 1), ("a", 2)] {
        let sent = gateway.workflows();
        block_on(sent.send_event(ACCOUNT, &run, name, json!(data))).unwrap();
        let worked = gateway.message(&run, Life::long());
        assert!(worked.is_some());
    }
    assert_eq!(result(&gateway, &run), json!([1, 2, 3]));
}

#[test]
fn an_event_that_does_not_come_in_time_ends_its_wait() {
    let gateway = Gateway::new();
    let run =
        gateway.start(json!([{"id": "w", "type": "wait", "event": "a", "timeout_seconds": 600}]));
    assert_eq!(pauses(&gateway, &run), [600]);
    assert_eq!(error(&gateway, &run), "timeout");
}

#[test]
fn a_step_is_tried_again_after_pauses_that_double_each_time_under_another_key() {
    let gateway = Gateway::new();
    let mut step = ask("a", "x");
    step["retry"] = json!({"attempts": 4, "backoff_seconds": 5});
    gateway
        .models
        .failures
        .lock()
        .unwrap()
        .insert("x".into(), 3);
    let run = gateway.start(json!([step]));
    assert_eq!(pauses(&gateway, &run), [5, 10, 20]);
    assert_eq!(result(&gateway, &run), "x");
    let keys = gateway.models.keys.lock().unwrap().clone();
    let keys = Vec::from_iter(keys.into_iter().map(|(_, key)| key));
    assert_eq!(
        keys,
        ["", ":1", ":2", ":3"].map(|failures| format!("{run}:a{failures}"))
    );
}

#[test]
fn a_step_is_given_up_after_so_many_attempts() {
    let gateway = Gateway::new();
    let mut step = ask("a", "x");
    step["retry"] = json!({"attempts": 3, "backoff_seconds": 4});
    gateway
        .models
        .failures
        .lock()
        .unwrap()
        .insert("x".into(), 9);
    let run = gateway.start(json!([step]));
    assert_eq!(pauses(&gateway, &run), [4, 8]);
    assert_eq!(error(&gateway, &run), "provider_error");
    assert_eq!(gateway.models.asked.lock().unwrap()["x"], 3);
}

#[test]
fn results_are_bounded_each_and_together() {
    let text = |bytes: usize| json!(format!("{{{{ 'x' * {bytes} }}}}"));
    for (steps, expected) in [
        (json!([value("a", &text(262_000))]), None),
        (
            json!([value("a", &text(263_000))]),
            Some("payload_too_large"),
        ),
        (
            json!([{"id": "p", "type": "parallel",
                "branches": [[value("a", &text(140_000))], [value("b", &text(140_000))]]}]),
            Some("payload_too_large"),
        ),
    ] {
        let gateway = Gateway::new();
        let run = gateway.start(steps);
        assert_eq!(gateway.message(&run, Life::long()), Some(Worked::Done));
        match expected {
            Some(code) => assert_eq!(error(&gateway, &run), code),
            None => assert_eq!(result(&gateway, &run).as_str().unwrap().len(), 262_000),
        }
    }
}

#[test]
fn a_rerun_takes_over_what_was_done_before_its_step_and_does_the_rest_again() {
    let gateway = Gateway::new();
    let sum = json!("{{ steps.a.result }}{{ steps.b.result }}{{ steps.c.result }}");
    let run = gateway.start(json!([
        ask("a", "1"),
        ask("b", "2"),
        ask("c", "3"),
        value("all", &sum)
    ]));
    assert_eq!(gateway.message(&run, Life::long()), Some(Worked::Done));
    // Ids are of their time.
    gateway.fakes.clock.advance(Duration::from_secs(1));
    let account = account();
    let starter = Starter {
        account: &account,
        key: "key_1",
        generation: 1,
    };
    let again = block_on(gateway.workflows().rerun(starter, &run, Some("b"))).unwrap();
    assert_eq!(gateway.message(&again.id, Life::long()), Some(Worked::Done));
    assert_eq!(result(&gateway, &again.id), "123");
    let times = gateway.models.asked.lock().unwrap().clone();
    let times = Vec::from_iter(times);
    let expected = [("1", 1), ("2", 2), ("3", 2)].map(|(prompt, times)| (prompt.to_owned(), times));
    assert_eq!(times, expected);
}

#[test]
fn a_run_executes_a_thousand_steps_and_no_more() {
    for (items, expected) in [(999, None), (1000, Some("invalid_request"))] {
        let gateway = Gateway::new();
        let run = gateway.start(json!([{"id": "all", "type": "foreach", "concurrency": 50,
            "items": format!("{{{{ range({items}) | list }}}}"), "steps": [value("one", &json!(1))]}]));
        pauses(&gateway, &run);
        match expected {
            Some(code) => assert_eq!(error(&gateway, &run), code),
            None => assert_eq!(result(&gateway, &run).as_array().unwrap().len(), items),
        }
    }
}

#[test]
fn an_event_that_comes_while_somebody_works_on_the_run_is_not_written_over() {
    let gateway = Gateway::new();
    let wait = json!({"id": "w", "type": "wait", "event": "a", "timeout_seconds": 600});
    let run = gateway.start(json!([ask("a", "x"), wait]));
    let time = Duration::from_secs(10);
    *gateway.models.time.lock().unwrap() = time;
    let mut process = gateway.begin(&run, Life::long());
    assert_eq!(process.go_on(), None);
    let workflows = gateway.workflows();
    block_on(workflows.send_event(ACCOUNT, &run, "a", json!(7))).unwrap();
    // The step ends before the process has looked whether there is anything new.
    gateway.fakes.clock.advance(time);
    assert_eq!(process.go_on(), Some(Worked::Done));
    assert_eq!(result(&gateway, &run), 7);
}
