//! What vendors bill for the usage that they tell, to the nano-dollar: `invoices.json` has recorded `usage`
//! objects with the invoice's lines beside them.

use crate::{
    fakes::Answer,
    world::{World, one_target},
};
use openclaw_schema::pricing::Pricing;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Where the usage was recorded.
    #[serde(rename = "source")]
    _source: String,
    dialect: String,
    usage: Value,
    pricing: Pricing,
    invoice: Vec<Line>,
    total_nanodollars: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    class: String,
    #[serde(default)]
    tokens: i64,
    #[serde(default)]
    dollars_per_million: f64,
    /// Of a price that counts no tokens.
    #[serde(default)]
    dollars: f64,
}

impl Line {
    /// In nano-dollars, rounded up: ten-thousandths of a dollar a million tokens are 1/10 nano-dollar each.
    fn total(&self) -> i64 {
        let tenths = (self.dollars_per_million * 10_000.0).round() as i64;
        (self.tokens * tenths + 9) / 10 + (self.dollars * 1e9).round() as i64
    }
}

/// A whole answer with this usage, as its vendor sends it.
fn answer(case: &Case) -> Answer {
    let body = match &*case.dialect {
        "anthropic" => json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn",
            "stop_sequence": null, "usage": case.usage,
        }),
        _ => json!({
            "id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "hi"}}],
            "usage": case.usage,
        }),
    };
    Answer::json(200, &body.to_string())
}

#[test]
fn what_is_accounted_is_what_the_vendor_bills() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("invoices.json")).unwrap();
    for case in &cases {
        let config = one_target(&case.dialect, json!({"attempts": 1}));
        let world = World::new(config, vec![answer(case)]);
        let request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
        let reply = world.complete(&request.to_string()).unwrap();
        let usage = reply.answer.usage.expect("the vendor told it");
        let costs = case.pricing.class_costs(&usage);
        let lines: i64 = case.invoice.iter().map(Line::total).sum();
        assert_eq!(lines, case.total_nanodollars, "{}: the invoice", case.name);
        assert_eq!(costs.total().nanos(), lines, "{}: {usage:?}", case.name);
        let billed = case.invoice.iter().filter(|line| line.total() > 0);
        let billed: BTreeMap<_, _> = billed.map(|line| (&*line.class, line.total())).collect();
        let dollars = costs.dollars();
        let told = dollars.iter().map(|(class, cost)| (&**class, cost.nanos()));
        assert_eq!(told.collect::<BTreeMap<_, _>>(), billed, "{}", case.name);
    }
}
