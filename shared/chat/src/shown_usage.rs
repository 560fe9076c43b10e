//! `usage` as callers see it: whole, whatever the provider told.

use openclaw_core::{Money, json::Object};
use openclaw_schema::usage::TokenUsage;

/// OpenAI's `usage` object with `cost` in dollars. The provider's own object `told` keeps its other
/// fields; its counts are replaced by those that are accounted.
pub fn usage_object(told: Option<&str>, usage: &TokenUsage, cost: Money) -> String {
    let mut object = told.and_then(Object::of).unwrap_or_default();
    let (prompt, completion) = (usage.prompt(), usage.completion());
    object.set("prompt_tokens", prompt.to_string());
    object.set("completion_tokens", completion.to_string());
    let total = prompt.saturating_add(completion);
    object.set("total_tokens", total.to_string());
    details(
        &mut object,
        "prompt_tokens_details",
        [
            ("cached_tokens", usage.cached_tokens),
            ("cache_write_tokens", cache_writes(usage)),
            ("audio_tokens", usage.audio_prompt_tokens),
            ("image_tokens", usage.image_tokens),
        ],
    );
    details(
        &mut object,
        "completion_tokens_details",
        [
            ("reasoning_tokens", usage.reasoning_tokens),
            ("audio_tokens", usage.audio_completion_tokens),
        ],
    );
    object.set("cost", cost.to_string());
    object.to_string()
}

/// Tokens written to caches of either lifetime.
fn cache_writes(usage: &TokenUsage) -> Option<u64> {
    let writes = [usage.cache_write_tokens, usage.cache_write_1h_tokens];
    writes.into_iter().flatten().reduce(u64::saturating_add)
}

/// Puts the counts that are known into the field `name`, an object.
fn details<const N: usize>(
    usage: &mut Object,
    name: &str,
    counts: [(&'static str, Option<u64>); N],
) {
    if counts.iter().all(|(_, count)| count.is_none()) {
        return;
    }
    let mut object = usage.get(name).and_then(Object::of).unwrap_or_default();
    for (name, count) in counts {
        if let Some(count) = count {
            object.set(name, count.to_string());
        }
    }
    usage.set(name, object.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_schema::usage::CompletionUsage;
    use serde_json::{Value, json};

    fn shown(told: Option<Value>, estimates: (u64, u64)) -> Value {
        let told = told.map(|told| told.to_string());
        let usage = told.as_deref().map(CompletionUsage::read);
        let (usage, _) = usage
            .unwrap_or_default()
            .or_estimate(estimates.0, estimates.1);
        let cost = Money::from_nanos(1_500_000_000);
        serde_json::from_str(&usage_object(told.as_deref(), &usage, cost)).unwrap()
    }

    #[test]
    fn what_was_told_stays_and_what_was_not_is_added() {
        assert_eq!(
            shown(None, (8, 3)),
            json!({"prompt_tokens": 8, "completion_tokens": 3, "total_tokens": 11, "cost": 1.5})
        );
        assert_eq!(shown(Some(json!({})), (8, 3)), shown(None, (8, 3)));
        let told = json!({
            "completion_tokens": 25, "queue_time": 0.5,
            "prompt_tokens_details": {"cached_tokens": 2, "own": true},
        });
        assert_eq!(
            shown(Some(told), (8, 3)),
            json!({
                "prompt_tokens": 8, "completion_tokens": 25, "total_tokens": 33, "queue_time": 0.5,
                "prompt_tokens_details": {"cached_tokens": 2, "own": true}, "cost": 1.5,
            })
        );
    }

    #[test]
    fn reasoning_is_shown_as_part_of_the_completion() {
        let told = json!({
            "prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 120,
            "completion_tokens_details": {"reasoning_tokens": 100},
        });
        let shown = shown(Some(told), (8, 3));
        assert_eq!(
            (&shown["completion_tokens"], &shown["total_tokens"]),
            (&json!(110), &json!(120))
        );
        assert_eq!(shown["completion_tokens_details"]["reasoning_tokens"], 100);
    }

    #[test]
    fn cache_writes_of_both_kinds_are_one_number() {
        let usage = TokenUsage {
            prompt_tokens: Some(100),
            cache_write_tokens: Some(10),
            cache_write_1h_tokens: Some(20),
            ..TokenUsage::default()
        };
        let shown: Value = serde_json::from_str(&usage_object(None, &usage, Money::ZERO)).unwrap();
        assert_eq!(
            shown["prompt_tokens_details"],
            json!({"cache_write_tokens": 30})
        );
    }
}
