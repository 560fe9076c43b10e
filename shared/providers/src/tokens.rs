//! How many tokens a text is, roughly: for budgets before a call, and for usage where a provider
//! never told it.
//!
//! No tokenizer is right for every vendor's models, and their tables weigh megabytes, so this
//! counts what all of them do alike: a word with the space before it is a token, a long one
//! several; three digits, three signs and three bytes of other scripts are about one. It is one
//! pass over the bytes without allocation. (The crate `tokenx-rs` does much the same but counts a
//! number of any length as one token, which a budget must not believe.)

use openclaw_schema::chat::{ChatRequest, Content, Message};

/// Tokens around a message: role and separators, as OpenAI documents for its chat format.
const PER_MESSAGE: u64 = 4;

/// Tokens that start the answer.
const PER_REQUEST: u64 = 3;

/// Tokens of an image or another part that is not text: what OpenAI counts for a picture of
/// 1024 × 1024 in high detail.
pub const PER_IMAGE: u64 = 765;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Letter,
    Digit,
    Sign,
    Other,
}

const fn class(byte: u8) -> Class {
    match byte {
        b' ' | b'\t'..=b'\r' => Class::Space,
        b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
        b'0'..=b'9' => Class::Digit,
        0x80.. => Class::Other,
        _ => Class::Sign,
    }
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Sign; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = class(byte as u8);
        byte += 1;
    }
    classes
};

/// Tokens of `text`, roughly; at least 1 unless it is empty.
pub fn estimate(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let (mut tokens, mut at) = (0, 0);
    while let Some(first) = bytes.get(at) {
        let kind = CLASSES[usize::from(*first)];
        let rest = &bytes[at..];
        let length = rest
            .iter()
            .position(|byte| CLASSES[usize::from(*byte)] != kind)
            .unwrap_or(rest.len());
        tokens += match kind {
            Class::Space if length == 1 && *first == b' ' => 0,
            Class::Space => length.div_ceil(8),
            Class::Letter => length.div_ceil(6),
            Class::Digit | Class::Sign | Class::Other => length.div_ceil(3),
        };
        at += length;
    }
    (tokens as u64).max(u64::from(!text.is_empty()))
}

/// Tokens of everything the model is given: messages, tools and the schema of the answer.
pub fn estimate_prompt(request: &ChatRequest<'_>) -> u64 {
    let messages: u64 = request.messages.iter().map(of_message).sum();
    let schemas: u64 = ["tools", "functions", "response_format"]
        .iter()
        .filter_map(|name| request.raw(name))
        .map(|value| estimate(value.get()))
        .sum();
    PER_REQUEST + messages + schemas
}

fn of_message(message: &Message<'_>) -> u64 {
    let texts = message.content.iter().flat_map(Content::texts);
    let texts: u64 = texts.map(estimate).sum();
    let others = match &message.content {
        Some(Content::Parts(parts)) => parts.iter().filter(|part| part.text.is_none()).count(),
        _ => 0,
    };
    let others = others as u64 * PER_IMAGE;
    let calls = message.tool_calls.iter().flatten();
    let calls: u64 = calls
        .filter_map(|call| call.function.as_ref())
        .map(|function| estimate(&function.name) + estimate(&function.arguments))
        .sum();
    let older = message.function_call.map_or(0, |call| estimate(call.get()));
    PER_MESSAGE + texts + others + calls + older
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Counts of OpenAI's cl100k tokenizer for texts of several kinds.
    #[test]
    fn estimates_are_near_a_real_tokenizer() {
        let cases = [
            ("You miss 100% of the shots you don't take", 11),
            ("tiktoken is great!", 6),
            ("antidisestablishmentarianism", 6),
            ("2 + 2 = 4", 7),
            ("お誕生日おめでとう", 9),
        ];
        for (text, counted) in cases {
            let estimated = estimate(text);
            assert!(
                estimated.abs_diff(counted) * 3 <= counted,
                "{text}: {estimated}, not {counted}"
            );
        }
    }

    #[test]
    fn no_text_is_free_and_none_costs_nothing() {
        assert_eq!((estimate(""), estimate(" "), estimate("\n")), (0, 1, 1));
        assert!(estimate(&"7".repeat(3000)) >= 1000);
        assert!(estimate(&"x".repeat(3000)) >= 500);
    }

    #[test]
    fn everything_in_a_prompt_counts() {
        let count = |body: &str| estimate_prompt(&ChatRequest::parse(body.as_bytes()).unwrap());
        let bare = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;
        assert_eq!(count(bare), PER_REQUEST + PER_MESSAGE + 1);
        let more = [
            bare.replace(r#""hello""#, r#"[{"type":"text","text":"hello"},{"type":"image_url","image_url":{"url":"data:,"}}]"#),
            bare.replace(r#""content""#, r#""function_call":{"name":"f"},"content""#),
            bare.replace(r#"}]}"#, r#"}],"tools":[{"type":"function"}]}"#),
            bare.replace(r#"}]}"#, r#"},{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]}]}"#),
        ];
        for body in more {
            assert!(count(&body) > count(bare) + 1, "{body}");
        }
    }

    proptest! {
        #[test]
        fn more_text_is_never_fewer_tokens(one in ".{0,50}", two in ".{0,50}") {
            let both = format!("{one}\n{two}");
            prop_assert!(estimate(&both) >= estimate(&one).max(estimate(&two)));
        }
    }
}
