//! Token counts of an answer, and OpenAI's `usage` object, which tells them.

use crate::from_object::FromObject;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// Token counts of one answer. `None` means that nobody told that count: it is estimated where the
/// request is accounted. Counts that are part of another ("of these") are never added to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct TokenUsage {
    /// All tokens in, cached ones and those written to a cache included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    /// Of these, read from a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Of these, written to a cache that lives for minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<u64>,
    /// Of these, written to a cache that lives for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h_tokens: Option<u64>,
    /// Of these, audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_prompt_tokens: Option<u64>,
    /// Of these, images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_tokens: Option<u64>,
    /// All tokens out, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u64>,
    /// Of these, reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
    /// Of these, audio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_completion_tokens: Option<u64>,
}

impl TokenUsage {
    /// Takes over what `later` tells; what it leaves out stays.
    pub fn update(&mut self, later: Self) {
        let counts = [
            (&mut self.prompt_tokens, later.prompt_tokens),
            (&mut self.cached_tokens, later.cached_tokens),
            (&mut self.cache_write_tokens, later.cache_write_tokens),
            (&mut self.cache_write_1h_tokens, later.cache_write_1h_tokens),
            (&mut self.audio_prompt_tokens, later.audio_prompt_tokens),
            (&mut self.image_tokens, later.image_tokens),
            (&mut self.completion_tokens, later.completion_tokens),
            (&mut self.reasoning_tokens, later.reasoning_tokens),
            (
                &mut self.audio_completion_tokens,
                later.audio_completion_tokens,
            ),
        ];
        for (count, later) in counts {
            *count = later.or(*count);
        }
    }

    /// Both together: what neither told is not told.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = |one: Option<u64>, other: Option<u64>| {
            let told = [one, other].into_iter().flatten();
            told.reduce(u64::saturating_add)
        };
        Self {
            prompt_tokens: sum(self.prompt_tokens, other.prompt_tokens),
            cached_tokens: sum(self.cached_tokens, other.cached_tokens),
            cache_write_tokens: sum(self.cache_write_tokens, other.cache_write_tokens),
            cache_write_1h_tokens: sum(self.cache_write_1h_tokens, other.cache_write_1h_tokens),
            audio_prompt_tokens: sum(self.audio_prompt_tokens, other.audio_prompt_tokens),
            image_tokens: sum(self.image_tokens, other.image_tokens),
            completion_tokens: sum(self.completion_tokens, other.completion_tokens),
            reasoning_tokens: sum(self.reasoning_tokens, other.reasoning_tokens),
            audio_completion_tokens: sum(
                self.audio_completion_tokens,
                other.audio_completion_tokens,
            ),
        }
    }

    /// Tokens in and out, and whether one of both is an estimate. A count of 0 is a placeholder
    /// where the estimate says otherwise: no prompt is empty, and what was written took tokens.
    #[must_use]
    pub fn or_estimate(mut self, prompt: u64, completion: u64) -> (Self, bool) {
        let mut estimated = false;
        for (count, estimate) in [
            (&mut self.prompt_tokens, prompt),
            (&mut self.completion_tokens, completion),
        ] {
            if count.is_none_or(|told| told == 0 && estimate > 0) {
                *count = Some(estimate);
                estimated = true;
            }
        }
        (self, estimated)
    }

    /// Whether the tokens out need no estimate.
    pub fn tells_completion(&self) -> bool {
        self.completion_tokens.is_some_and(|count| count > 0)
    }

    /// Tokens in; 0 where unknown.
    pub fn prompt(&self) -> u64 {
        self.prompt_tokens.unwrap_or_default()
    }

    /// Tokens out; 0 where unknown.
    pub fn completion(&self) -> u64 {
        self.completion_tokens.unwrap_or_default()
    }
}

/// `usage` of OpenAI's chat completions
/// (<https://platform.openai.com/docs/api-reference/chat/object>), as compatible servers write it.
///
/// Reading is lenient: a count that is `null`, missing or not a whole number is not told, and does
/// not spoil the others.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CompletionUsage {
    #[serde(deserialize_with = "count")]
    prompt_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    completion_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    total_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(deserialize_with = "lenient")]
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek's name for the cached tokens.
    #[serde(deserialize_with = "count")]
    prompt_cache_hit_tokens: Option<u64>,
    /// Moonshot's, beside the details.
    #[serde(deserialize_with = "count")]
    cached_tokens: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PromptDetails {
    #[serde(deserialize_with = "count")]
    cached_tokens: Option<u64>,
    /// OpenRouter's.
    #[serde(deserialize_with = "count")]
    cache_write_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    audio_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    image_tokens: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct CompletionDetails {
    #[serde(deserialize_with = "count")]
    reasoning_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    audio_tokens: Option<u64>,
}

impl CompletionUsage {
    /// Reads the object; anything else tells nothing.
    pub fn read(json: &str) -> TokenUsage {
        let read = serde_json::from_str::<FromObject<Self>>(json);
        read.map_or_else(|_| TokenUsage::default(), |FromObject(told)| told.into())
    }
}

/// `usage` of OpenAI's newer endpoints (responses, images, transcriptions), which say `input` and
/// `output` in place of `prompt` and `completion`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct InputOutputUsage {
    #[serde(deserialize_with = "count")]
    input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    output_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    total_tokens: Option<u64>,
    #[serde(alias = "input_token_details", deserialize_with = "lenient")]
    input_tokens_details: Option<PromptDetails>,
    #[serde(alias = "output_token_details", deserialize_with = "lenient")]
    output_tokens_details: Option<CompletionDetails>,
}

impl InputOutputUsage {
    /// Reads the object; anything else tells nothing.
    pub fn read(json: &str) -> TokenUsage {
        let read = serde_json::from_str::<FromObject<Self>>(json);
        let Ok(FromObject(told)) = read else {
            return TokenUsage::default();
        };
        TokenUsage::from(CompletionUsage {
            prompt_tokens: told.input_tokens,
            completion_tokens: told.output_tokens,
            total_tokens: told.total_tokens,
            prompt_tokens_details: told.input_tokens_details,
            completion_tokens_details: told.output_tokens_details,
            prompt_cache_hit_tokens: None,
            cached_tokens: None,
        })
    }
}

impl From<CompletionUsage> for TokenUsage {
    fn from(told: CompletionUsage) -> Self {
        let prompt = told.prompt_tokens_details.unwrap_or_default();
        let completion = told.completion_tokens_details.unwrap_or_default();
        let cached_tokens = prompt.cached_tokens.or(told.prompt_cache_hit_tokens);
        let cached_tokens = cached_tokens.or(told.cached_tokens);
        let total = told.total_tokens;
        let prompt_tokens = told
            .prompt_tokens
            .or_else(|| total?.checked_sub(told.completion_tokens?));
        Self {
            completion_tokens: completion_tokens(
                told.completion_tokens,
                completion.reasoning_tokens,
                total.zip(prompt_tokens),
            ),
            prompt_tokens,
            cached_tokens,
            cache_write_tokens: prompt.cache_write_tokens,
            cache_write_1h_tokens: None,
            audio_prompt_tokens: prompt.audio_tokens,
            image_tokens: prompt.image_tokens,
            reasoning_tokens: completion.reasoning_tokens,
            audio_completion_tokens: completion.audio_tokens,
        }
    }
}

/// All tokens out. Some vendors (xAI, Gemini's compatible endpoint) count reasoning beside
/// `completion_tokens`: the total says so, or, without one, reasoning that is more than its whole.
fn completion_tokens(
    told: Option<u64>,
    reasoning: Option<u64>,
    total_and_prompt: Option<(u64, u64)>,
) -> Option<u64> {
    let beyond_prompt = total_and_prompt.and_then(|(total, prompt)| total.checked_sub(prompt));
    match (told, beyond_prompt) {
        (Some(told), Some(beyond)) => Some(told.max(beyond)),
        (Some(told), None) => {
            let beside = reasoning.filter(|reasoning| *reasoning > told);
            Some(told.saturating_add(beside.unwrap_or_default()))
        }
        (None, beyond) => beyond,
    }
}

/// A count; servers written in languages without integers send `12.0`.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = <&'de RawValue>::deserialize(deserializer)?.get();
    let integer = text.strip_suffix(".0").unwrap_or(text);
    Ok(integer.parse().ok())
}

/// An object; anything else counts as absent.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let raw = <&'de RawValue>::deserialize(deserializer)?;
    let read = serde_json::from_str::<FromObject<T>>(raw.get());
    Ok(read.ok().map(|FromObject(value)| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (Option<u64>, Option<u64>) {
        let usage = CompletionUsage::read(json);
        (usage.prompt_tokens, usage.completion_tokens)
    }

    #[test]
    fn each_count_is_told_or_not() {
        let cases = [
            (
                r#"{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}"#,
                (Some(3), Some(4)),
            ),
            ("{}", (None, None)),
            ("null", (None, None)),
            ("[3,4]", (None, None)),
            (r#""none""#, (None, None)),
            (r#"{"completion_tokens":25}"#, (None, Some(25))),
            (
                r#"{"prompt_tokens":10,"completion_tokens":null}"#,
                (Some(10), None),
            ),
            (
                r#"{"prompt_tokens":"10","completion_tokens":-1}"#,
                (None, None),
            ),
            (
                r#"{"prompt_tokens":10.0,"completion_tokens":4.0}"#,
                (Some(10), Some(4)),
            ),
            (
                r#"{"prompt_tokens_details":{"cached_tokens":0}}"#,
                (None, None),
            ),
            (
                r#"{"prompt_tokens":10,"prompt_tokens_details":[],"completion_tokens":1}"#,
                (Some(10), Some(1)),
            ),
            // What is left out follows from the total.
            (
                r#"{"prompt_tokens":10,"total_tokens":14}"#,
                (Some(10), Some(4)),
            ),
            (
                r#"{"completion_tokens":4,"total_tokens":14}"#,
                (Some(10), Some(4)),
            ),
        ];
        for (json, counts) in cases {
            assert_eq!(read(json), counts, "{json}");
        }
    }

    #[test]
    fn reasoning_beside_the_completion_is_part_of_it() {
        let usage = |completion: &str, rest: &str| {
            let json = format!(
                r#"{{"prompt_tokens":10,"completion_tokens":{completion},
                    "completion_tokens_details":{{"reasoning_tokens":100}}{rest}}}"#
            );
            CompletionUsage::read(&json).completion_tokens
        };
        // xAI: 120 - 10 = 110 tokens came out, 100 of them reasoning.
        assert_eq!(usage("10", r#","total_tokens":120"#), Some(110));
        // OpenAI: the 110 hold the 100.
        assert_eq!(usage("110", r#","total_tokens":120"#), Some(110));
        // Without a total, only more reasoning than completion is surely beside it.
        assert_eq!(usage("10", ""), Some(110));
        assert_eq!(usage("110", ""), Some(110));
        // A total that is a placeholder says nothing.
        assert_eq!(usage("110", r#","total_tokens":0"#), Some(110));
    }

    #[test]
    fn classes_are_read_in_the_vendors_words() {
        let usage = CompletionUsage::read(
            r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
                "prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":20,"audio_tokens":5,
                    "image_tokens":7},
                "completion_tokens_details":{"reasoning_tokens":30,"audio_tokens":10}}"#,
        );
        let expected = TokenUsage {
            prompt_tokens: Some(100),
            cached_tokens: Some(60),
            cache_write_tokens: Some(20),
            cache_write_1h_tokens: None,
            audio_prompt_tokens: Some(5),
            image_tokens: Some(7),
            completion_tokens: Some(50),
            reasoning_tokens: Some(30),
            audio_completion_tokens: Some(10),
        };
        assert_eq!(usage, expected);
        let deepseek = CompletionUsage::read(
            r#"{"prompt_tokens":100,"completion_tokens":1,"prompt_cache_hit_tokens":64}"#,
        );
        assert_eq!(deepseek.cached_tokens, Some(64));
    }

    #[test]
    fn only_what_was_not_told_is_estimated() {
        let estimated = |json: &str| {
            let (usage, estimated) = CompletionUsage::read(json).or_estimate(8, 3);
            (usage.prompt(), usage.completion(), estimated)
        };
        let told = r#"{"prompt_tokens":10,"completion_tokens":25}"#;
        assert_eq!(estimated(told), (10, 25, false));
        assert_eq!(estimated("{}"), (8, 3, true));
        assert_eq!(estimated(r#"{"completion_tokens":25}"#), (8, 25, true));
        assert_eq!(estimated(r#"{"prompt_tokens":10}"#), (10, 3, true));
        let zeros = r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#;
        assert_eq!(estimated(zeros), (8, 3, true));
    }

    #[test]
    fn an_empty_answer_may_take_no_tokens() {
        let told = CompletionUsage::read(r#"{"prompt_tokens":10,"completion_tokens":0}"#);
        let (usage, estimated) = told.or_estimate(8, 0);
        assert_eq!((usage.completion_tokens, estimated), (Some(0), false));
    }

    #[test]
    fn later_counts_replace_earlier_ones_and_leave_the_rest() {
        let mut usage = CompletionUsage::read(r#"{"prompt_tokens":5000,"completion_tokens":1}"#);
        usage.update(CompletionUsage::read(r#"{"completion_tokens":7}"#));
        assert_eq!(
            (usage.prompt_tokens, usage.completion_tokens),
            (Some(5000), Some(7))
        );
    }

    #[test]
    fn what_was_stored_before_there_were_classes_is_read() {
        let stored = r#"{"prompt_tokens":3,"completion_tokens":4}"#;
        let usage: TokenUsage = serde_json::from_str(stored).unwrap();
        assert_eq!(
            (usage.prompt_tokens, usage.completion_tokens),
            (Some(3), Some(4))
        );
        assert_eq!(serde_json::to_string(&usage).unwrap(), stored);
    }
}
