//! How the answer is to be: `generationConfig`.

use super::request::unsupported;
use crate::dialect::{Input, MAX_TOKENS};
use openclaw_core::Result;
use openclaw_schema::chat::Text;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Fields that are the same by another name.
const SAME: &[(&str, &str)] = &[
    ("temperature", "temperature"),
    ("top_p", "topP"),
    ("top_k", "topK"),
    ("seed", "seed"),
    ("presence_penalty", "presencePenalty"),
    ("frequency_penalty", "frequencyPenalty"),
    ("n", "candidateCount"),
];

/// Tokens of thinking for an effort, as Google's own compatible endpoint maps them.
const BUDGETS: &[(&str, u64)] = &[
    ("none", 0),
    ("minimal", 1_024),
    ("low", 1_024),
    ("medium", 8_192),
    ("high", 24_576),
    ("xhigh", 24_576),
    ("max", 24_576),
];

/// The least that Gemini 2.5 Pro thinks, in tokens.
const LEAST_OF_PRO: u64 = 128;

pub(super) fn generation(
    input: &Input<'_>,
    thinking_config: Option<Value>,
) -> Result<Map<String, Value>> {
    let mut config = Map::new();
    for (theirs, ours) in SAME {
        if let Some(value) = input.field::<Value>(theirs)? {
            config.insert((*ours).into(), value);
        }
    }
    if let Some(most) = max_tokens(input)? {
        config.insert("maxOutputTokens".into(), most.into());
    }
    if let Some(stop) = input.field::<Value>("stop")?.filter(|stop| !stop.is_null()) {
        let stop = match stop {
            text @ Value::String(_) => json!([text]),
            texts => texts,
        };
        config.insert("stopSequences".into(), stop);
    }
    format(input, &mut config)?;
    let thinking = match thinking_config {
        None => thinking(input)?,
        own => own,
    };
    config.extend(thinking.map(|thinking| ("thinkingConfig".to_owned(), thinking)));
    Ok(config)
}

fn max_tokens(input: &Input<'_>) -> Result<Option<u64>> {
    if let Some(asked) = input.max_tokens() {
        return Ok(Some(asked));
    }
    for name in MAX_TOKENS {
        if let Some(default) = input.field::<u64>(name)? {
            return Ok(Some(default.min(input.model.max_output_tokens)));
        }
    }
    Ok(None)
}

fn format(input: &Input<'_>, config: &mut Map<String, Value>) -> Result<()> {
    let format = input.field::<Value>("response_format")?.unwrap_or_default();
    match format["type"].as_str() {
        None | Some("text") => Ok(()),
        Some(kind @ ("json_object" | "json_schema")) => {
            config.insert("responseMimeType".into(), "application/json".into());
            let schema = &format["json_schema"]["schema"];
            if kind == "json_schema" && !schema.is_null() {
                config.insert("responseJsonSchema".into(), schema.clone());
            }
            Ok(())
        }
        Some(_) => Err(unsupported("response_format.type")),
    }
}

/// Anthropic's words for how much a model thinks.
#[derive(Deserialize)]
struct Thinking<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    budget_tokens: Option<u64>,
}

/// `thinkingConfig`, by the model's generation: a budget in 2.5, a level from 3 on. Before, models do not
/// think, and refuse it.
fn thinking(input: &Input<'_>) -> Result<Option<Value>> {
    let name = input.model.name;
    let asked = input.field::<Thinking<'_>>("thinking")?;
    let budget = match asked {
        Some(asked) if asked.kind == "disabled" => Some(0),
        Some(asked) => Some(asked.budget_tokens.unwrap_or(8_192)),
        None => {
            let effort = input.field::<Text<'_>>("reasoning_effort")?;
            let Some(effort) = effort else {
                return Ok(None);
            };
            let known = BUDGETS.iter().find(|(name, _)| *name == effort.0);
            known.map(|(_, budget)| *budget)
        }
    };
    let Some(budget) = budget else {
        return Err(unsupported("reasoning_effort"));
    };
    let is_pro = name.contains("pro");
    Ok(match generation_of(name) {
        Some(3..) => {
            let level = match budget {
                0 if is_pro => "low",
                0 => "minimal",
                1..4_096 => "low",
                4_096..16_384 if !is_pro => "medium",
                _ => "high",
            };
            Some(json!({"thinkingLevel": level, "includeThoughts": budget > 0}))
        }
        Some(2) if name.contains("2.5") => {
            let least = if is_pro { LEAST_OF_PRO } else { 0 };
            Some(json!({"thinkingBudget": budget.max(least), "includeThoughts": budget > 0}))
        }
        _ => None,
    })
}

/// The first number in a name such as `gemini-3-pro-preview`.
pub(super) fn generation_of(name: &str) -> Option<u32> {
    let digits = name.split(|letter: char| !letter.is_ascii_digit());
    digits.into_iter().find_map(|digits| digits.parse().ok())
}
