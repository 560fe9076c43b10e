//! What is found, what it becomes, and what gets out of a text that comes in pieces.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: what goes wrong is a failure"
)]

use openclaw_core::{Code, Details, Result};
use openclaw_guardrails::{Guards, Held, check};
use openclaw_schema::guardrail::Guardrail;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn guards(guardrails: Value) -> Arc<Guards> {
    let guardrails: Vec<Guardrail> = serde_json::from_value(guardrails).unwrap();
    Guards::of(&[], &guardrails).unwrap().unwrap()
}

fn all() -> Arc<Guards> {
    guards(json!([
        {"name": "words", "action": "redact", "patterns": ["(?i)acme corp(?:oration)?", r"\bproject [a-z]+\b"]},
        {"name": "pii", "action": "redact", "pii": ["email", "phone", "card", "iban", "secret"]},
    ]))
}

fn redacted(guards: &Guards, text: &str) -> String {
    let body = json!({"messages": [{"role": "user", "content": text}]}).to_string();
    match guards.request(body.as_bytes()).unwrap() {
        None => text.into(),
        Some(body) => {
            let body: Value = serde_json::from_slice(&body).unwrap();
            body["messages"][0]["content"].as_str().unwrap().into()
        }
    }
}

const FOUND: &[(&str, &str)] = &[
    ("mail jo.doe+x@mail.example.com!", "mail [redacted email]!"),
    ("call +49 (30) 1234567 now", "call [redacted phone] now"),
    ("or (212) 555-0123.", "or [redacted phone]."),
    ("card 4111 1111 1111 1111,", "card [redacted card],"),
    ("amex 378282246310005", "amex [redacted card]"),
    (
        "to DE89 3704 0044 0532 0130 00 is fine",
        "to [redacted iban] is fine",
    ),
    ("to GB82WEST12345698765432", "to [redacted iban]"),
    (
        "key sk-ant-api03-AAAABBBBCCCCDDDDEEEE please",
        "key [redacted secret] please",
    ),
    ("AKIAIOSFODNN7EXAMPLE", "[redacted secret]"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAAAA=\n-----END RSA PRIVATE KEY-----\n",
        "[redacted secret]\n",
    ),
    (
        "ACME Corporation's project titan, ü",
        "[redacted]'s [redacted], ü",
    ),
];

const LEFT: &[&str] = &[
    "a @ b, 10 + 20 = 30",
    "card 4111 1111 1111 1112",
    "order 123456789",
    "2026-11-30 17:00",
    "DE89 3704 0044 0532 0130 02",
    "ask-me-anything-about-this-topic",
    "the projectile, ACME",
    "Grüße aus Köln",
];

#[test]
fn what_is_found_is_replaced_and_the_rest_is_left() {
    let guards = all();
    for (text, expected) in FOUND {
        assert_eq!(redacted(&guards, text), *expected);
    }
    for text in LEFT {
        assert_eq!(redacted(&guards, text), *text);
    }
}

/// A text in two pieces, cut at every place; each prefix that gets out is one of the redacted text.
#[test]
fn no_half_of_a_match_gets_out() {
    let guards = all();
    for (text, expected) in FOUND {
        for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            let mut held = Held::new(&guards);
            let first = held.push(&text[..cut], false).unwrap();
            assert!(expected.starts_with(&first), "{text:?} at {cut}: {first:?}");
            let last = held.push(&text[cut..], true).unwrap();
            assert_eq!(first + &last, *expected, "{text:?} at {cut}");
        }
    }
}

#[test]
fn what_cannot_be_a_match_gets_out_at_once() {
    let mut held = Held::new(&all());
    assert_eq!(
        held.push("It is fine. Ask ", false).unwrap(),
        "It is fine. Ask "
    );
    assert_eq!(held.push("jo", false).unwrap(), "");
    assert_eq!(held.push(" or ", false).unwrap(), "jo or ");
}

fn blocked(result: Result<Option<impl std::fmt::Debug>>) -> (String, &'static str) {
    let error = result.unwrap_err();
    assert_eq!(error.code, Code::ContentFiltered);
    match error.details {
        Some(Details::Guardrail { guardrail, on }) => {
            assert!(error.message.contains(&guardrail), "{}", error.message);
            (guardrail, on)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_blocked_names_the_guardrail() {
    let guards = guards(json!([
        {"name": "in", "on": "input", "action": "block", "patterns": ["secret plan"]},
        {"name": "out", "on": "output", "action": "block", "pii": ["email"]},
        {"name": "short", "action": "block", "max_input_characters": 20},
    ]));
    let body = |text: &str| json!({"input": text}).to_string();
    let blocks = |text: &str| blocked(guards.request(body(text).as_bytes()));
    assert_eq!(blocks("the secret plan"), ("in".into(), "input"));
    assert_eq!(blocks(&"ü".repeat(21)), ("short".into(), "input"));
    assert!(
        guards
            .request(body(&"ü".repeat(20)).as_bytes())
            .unwrap()
            .is_none()
    );
    assert!(
        guards
            .request(body("a@example.com").as_bytes())
            .unwrap()
            .is_none()
    );
    let answer = json!({"choices": [{"message": {"content": "a@example.com"}}]});
    let answer = blocked(guards.answer(&answer.to_string().into()));
    assert_eq!(answer, ("out".into(), "output"));
    let mut held = Held::new(&guards);
    assert_eq!(held.push("ask a@exam", false).unwrap(), "ask ");
    let rest = held.push("ple.com or", false).map(Some);
    assert_eq!(blocked(rest), ("out".into(), "output"));
}

#[test]
fn texts_are_found_wherever_they_stand_and_nothing_else_is_touched() {
    let guards =
        guards(json!([{"name": "x", "action": "redact", "patterns": ["[a-z0-9]*4711[a-z0-9]*"]}]));
    let body = json!({
        "model": "4711", "seed": 4711,
        "system": [{"type": "text", "text": "4711", "cache_control": {"type": "4711"}}],
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "a 4711"},
                {"type": "image_url", "image_url": {"url": "https://x.test/4711"}},
                {"type": "document", "source": {"type": "text", "data": "4711"}},
                {"type": "document", "source": {"type": "base64", "data": "4711"}},
            ]},
            {"role": "assistant", "tool_calls": [{"id": "4711", "function":
                {"name": "f4711", "arguments": r#"{"a":"x 4711","n":47110,"l":[4711]}"#}}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "4711", "signature": "s"},
                {"type": "thinking", "thinking": "other", "signature": "s"},
            ]},
        ],
    });
    let changed = guards
        .request(body.to_string().as_bytes())
        .unwrap()
        .unwrap();
    let changed: Value = serde_json::from_slice(&changed).unwrap();
    let mut expected = body.clone();
    expected["system"][0]["text"] = "[redacted]".into();
    let user = &mut expected["messages"][0]["content"];
    user[0]["text"] = "a [redacted]".into();
    user[2]["source"]["data"] = "[redacted]".into();
    let call = &mut expected["messages"][1]["tool_calls"][0]["function"];
    call["arguments"] = r#"{"a":"x [redacted]","l":[4711],"n":"[redacted]"}"#.into();
    expected["messages"][2]["content"][0] = json!({"type": "thinking", "thinking": "[redacted]"});
    assert_eq!(changed, expected);
}

#[test]
fn tokens_of_answers_go_where_texts_are_looked_at() {
    let guards = all();
    let answer = json!({"choices": [{"message": {"content": "fine"}, "logprobs": {"content": [{"token": "fine"}]}}]});
    let answer = guards.answer(&answer.to_string().into()).unwrap().unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(
        answer,
        json!({"choices": [{"message": {"content": "fine"}, "logprobs": null}]})
    );
}

#[test]
fn patterns_that_cost_too_much_are_refused_by_their_place() {
    for pattern in [
        "(",
        "(?=x)",
        r"(a)\1",
        "x*",
        r"(?:\w{1000}){100}",
        &"(".repeat(60),
    ] {
        let guardrails = json!([{"name": "a", "action": "block", "patterns": ["fine", pattern]}]);
        let guardrails: Vec<Guardrail> = serde_json::from_value(guardrails).unwrap();
        match check("guardrails", &guardrails).unwrap_err().details {
            Some(Details::Field { field, .. }) => {
                assert_eq!(field, "guardrails[0].patterns[1]", "{pattern}");
            }
            other => panic!("{pattern}: {other:?}"),
        }
    }
}

#[test]
fn a_match_without_an_end_does_not_get_out_and_is_not_held_for_ever() {
    let guards = guards(json!([{"name": "x", "action": "redact", "patterns": ["(?s)BEGIN.*END"]}]));
    let mut held = Held::new(&guards);
    assert_eq!(held.push("a BEGIN ", false).unwrap(), "a ");
    let mut pushed = Ok(String::new());
    for _ in 0..100 {
        if pushed.is_ok() {
            pushed = held.push(&"x".repeat(100), false);
        }
        assert!(!pushed.as_ref().is_ok_and(|out| !out.is_empty()));
    }
    assert_eq!(blocked(pushed.map(Some)).0, "x");
}

proptest! {
    /// However a text is cut, what gets out of its pieces is what becomes of the whole.
    #[test]
    fn pieces_say_what_the_whole_says(
        parts in prop::collection::vec(prop_oneof![
            prop::sample::select(FOUND).prop_map(|(text, _)| text.to_owned()),
            prop::sample::select(LEFT).prop_map(str::to_owned),
            "[a-z0-9@ .+-]{0,12}",
        ], 1..6),
        lengths in prop::collection::vec(1usize..9, 1..20),
    ) {
        let text = parts.concat();
        let guards = all();
        let whole = redacted(&guards, &text);
        let mut held = Held::new(&guards);
        let (mut out, mut rest) = (String::new(), &*text);
        for length in lengths.iter().cycle() {
            let cut = rest.char_indices().nth(*length).map_or(rest.len(), |(at, _)| at);
            let (piece, later) = rest.split_at(cut);
            rest = later;
            out += &held.push(piece, rest.is_empty()).unwrap();
            prop_assert!(whole.starts_with(&out), "{out:?} of {whole:?}");
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(out, whole);
    }
}
