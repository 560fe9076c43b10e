//! Processes that die while they work on a run, and messages that come twice.

use crate::fixture::{ACCOUNT, Gateway, Life};
use futures_executor::block_on;
use openclaw_core::{Blob, Clock, queue::Worked};
use serde_json::{Value, json};
use std::time::Duration;

/// Fifty steps and two: model calls, values made of what was before, branches and items, a large value.
fn steps() -> Value {
    let ask = |n: usize| json!({"id": format!("ask_{n}"), "type": "ai_completion", "model": "m", "prompt": format!("{n}")});
    let mut steps: Vec<_> = (0..20).map(ask).collect();
    for n in 0..19 {
        let value = format!("{{{{ steps.ask_{n}.result | int + {n} }}}}");
        steps.push(json!({"id": format!("sum_{n}"), "type": "transform", "value": value}));
    }
    steps.push(
        json!({"id": "both", "type": "parallel", "branches": [[ask(100), ask(101)], [ask(102)]]}),
    );
    steps.push(
        json!({"id": "all", "type": "foreach", "items": [1, 2, 3], "concurrency": 2, "steps": [
        {"id": "item", "type": "ai_completion", "model": "m", "prompt": "item {{ item }}"},
        {"id": "made", "type": "transform", "value": "{{ steps.item.result }}!"}]}),
    );
    steps.push(
        json!({"id": "c", "type": "condition", "if": "{{ steps.sum_3.result == 6 }}",
        "then": [ask(200)], "else": [ask(201)]}),
    );
    steps.push(json!({"id": "large", "type": "transform", "value": "{{ range(5000) | list }}"}));
    steps.push(
        json!({"id": "length", "type": "transform", "value": "{{ steps.large.result | length }}"}),
    );
    steps.push(json!({"id": "end", "type": "transform", "value":
        ["{{ steps.sum_18.result }}", "{{ steps.both.result }}", "{{ steps.all.result }}", "{{ steps.c.result }}",
         "{{ steps.length.result }}"]}));
    json!(steps)
}

fn is_right(gateway: &Gateway, run: &str) {
    let view = gateway.view(run);
    assert_eq!(view["status"], "completed", "{view:#}");
    let expected = json!([
        36,
        ["101", "102"],
        ["item 1!", "item 2!", "item 3!"],
        "200",
        5000
    ]);
    assert_eq!(view["result"], expected);
    assert_eq!(view["total_steps"], 52);
    for step in view["steps"].as_array().unwrap() {
        let is_other_list = step["id"] == "ask_201";
        let status = if is_other_list {
            "pending"
        } else {
            "completed"
        };
        assert_eq!(step["status"], status, "{step}");
    }
}

/// How often models were asked beyond once each: attempts that nobody could finish.
fn repeated(gateway: &Gateway) -> u32 {
    let asked = gateway.models.asked.lock().unwrap();
    assert_eq!(asked.len(), 20 + 3 + 3 + 1);
    // Whoever was asked again was asked under the same key.
    assert_eq!(gateway.models.keys.lock().unwrap().len(), asked.len());
    asked.values().map(|times| times - 1).sum()
}

#[test]
fn a_process_may_die_at_each_of_its_operations() {
    for dies_after in [false, true] {
        let mut operations = 1;
        loop {
            let gateway = Gateway::new();
            let run = gateway.start(steps());
            if gateway
                .process(&run, Life::of(operations, dies_after))
                .is_some()
            {
                // It lived to the end.
                is_right(&gateway, &run);
                assert!(operations > 50, "{operations}");
                break;
            }
            let worked = gateway.process(&run, Life::long());
            assert!(
                matches!(worked, Some(Worked::Done | Worked::Gone)),
                "{operations}: {worked:?}"
            );
            is_right(&gateway, &run);
            // What ran when it died is tried again: at most what runs side by side.
            assert!(repeated(&gateway) <= 3, "{operations}");
            operations += 1;
        }
    }
}

#[test]
fn every_process_may_die() {
    for seed in 1..16_i64 {
        let gateway = Gateway::new();
        let run = gateway.start(steps());
        let mut deaths = 0;
        loop {
            // Enough to read the run and to do a step or some.
            let operations = 12 + (deaths * 7 + seed * 13) % 29;
            let worked = gateway.process(&run, Life::of(operations, seed % 2 == 0));
            match worked {
                Some(Worked::Done | Worked::Gone) => break,
                Some(other) => panic!("{other:?}"),
                None => deaths += 1,
            }
            assert!(deaths < 61, "no end");
        }
        is_right(&gateway, &run);
        let repeated = repeated(&gateway);
        assert!(i64::from(repeated) <= deaths * 3, "{repeated} of {deaths}");
    }
}

#[test]
fn a_job_that_comes_twice_finds_the_run_done() {
    let gateway = Gateway::new();
    let run = gateway.start(steps());
    assert_eq!(gateway.process(&run, Life::long()), Some(Worked::Done));
    for _ in 0..3 {
        assert_eq!(gateway.process(&run, Life::long()), Some(Worked::Gone));
    }
    is_right(&gateway, &run);
    assert_eq!(repeated(&gateway), 0);
}

#[test]
fn a_step_that_is_cut_off_again_and_again_is_given_up() {
    let gateway = Gateway::new();
    let run =
        gateway.start(json!([{"id": "a", "type": "ai_completion", "model": "m", "prompt": "x"}]));
    let mut processes = 0;
    let view = loop {
        processes += 1;
        // Its model call is the last thing that each does.
        let died = (1..40).find(|operations| {
            let before = gateway.models.asked.lock().unwrap().values().sum::<u32>();
            let worked = gateway.process(&run, Life::of(*operations, true));
            let after = gateway.models.asked.lock().unwrap().values().sum::<u32>();
            worked.is_some() || after > before
        });
        assert!(died.is_some());
        let view = gateway.view(&run);
        if view["status"] != "running" && view["status"] != "queued" {
            break view;
        }
        assert!(processes < 20, "{view:#}");
    };
    assert_eq!(view["status"], "failed", "{view:#}");
    assert_eq!(view["error"]["code"], "internal_error");
}

#[test]
fn a_message_that_comes_twice_while_somebody_works_on_the_run_changes_nothing() {
    let gateway = Gateway::new();
    let run = gateway.start(steps());
    // It hangs in the middle of the run, and has its claim.
    assert_eq!(gateway.message(&run, Life::of(30, false)), None);
    let before = gateway.models.asked.lock().unwrap().clone();
    for _ in 0..3 {
        let worked = gateway.message(&run, Life::long());
        assert!(matches!(worked, Some(Worked::Claimed(_))), "{worked:?}");
    }
    assert_eq!(*gateway.models.asked.lock().unwrap(), before);
    // No other message comes, but the job says when to look at it again.
    gateway.fakes.clock.advance(Duration::from_secs(61));
    assert_eq!(gateway.message(&run, Life::long()), Some(Worked::Done));
    is_right(&gateway, &run);
    assert!(repeated(&gateway) <= 3);
}

#[test]
fn a_runs_large_values_are_removed_when_its_log_is_gone() {
    let gateway = Gateway::new();
    let run = gateway.start(steps());
    assert_eq!(gateway.process(&run, Life::long()), Some(Worked::Done));
    let stored = || block_on(gateway.fakes.blob.list(ACCOUNT)).unwrap().len();
    assert_eq!(stored(), 1);
    let later = format!("{run}-values");
    let worked = gateway.message(&later, Life::long());
    let Some(Worked::Later(at)) = worked else {
        panic!("{worked:?}");
    };
    gateway
        .fakes
        .clock
        .advance(at.duration_since(gateway.fakes.clock.now()));
    assert_eq!(gateway.message(&later, Life::long()), Some(Worked::Done));
    assert_eq!(stored(), 0);
}

#[test]
fn whoever_waits_for_a_call_of_14_minutes_keeps_the_run_and_hands_it_over_then() {
    let gateway = Gateway::new();
    let ask = |prompt: &str| json!({"type": "ai_completion", "model": "m", "prompt": prompt, "timeout_seconds": 840});
    let run = gateway.start(json!([ask("one"), ask("two")]));
    let look = Duration::from_secs(15);
    *gateway.models.time.lock().unwrap() = 56 * look - Duration::from_secs(1);
    let mut process = gateway.begin(&run, Life::long());
    let mut worked = process.go_on();
    for _ in 0..56 {
        assert_eq!(worked, None);
        let other = gateway.message(&run, Life::long());
        assert!(matches!(other, Some(Worked::Claimed(_))), "{other:?}");
        gateway.fakes.clock.advance(look);
        worked = process.go_on();
    }
    assert!(matches!(worked, Some(Worked::Later(_))), "{worked:?}");
    assert_eq!(gateway.models.asked.lock().unwrap().len(), 1);
    *gateway.models.time.lock().unwrap() = Duration::ZERO;
    assert_eq!(gateway.message(&run, Life::long()), Some(Worked::Done));
    assert_eq!(gateway.view(&run)["result"], "two");
}
