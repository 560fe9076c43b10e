//! Tool calls in the history: their ids and their arguments.

use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::{borrow::Cow, collections::HashMap, fmt::Write};

/// The longest id Anthropic takes.
const LONGEST_ID: usize = 64;

/// Hexadecimal digits of a hash in an id: 128 bits, so that no two ids become one.
const HASH_DIGITS: usize = 32;

/// The ids of a conversation's calls as Anthropic takes them: `^[a-zA-Z0-9_-]+$`, at most 64
/// characters, each used once. An id that is so already stays; any other becomes a readable start
/// and a hash, the same for a call and its answer, and the same in the next request, or the
/// prompt's cache would be lost.
#[derive(Debug, Default)]
pub(super) struct CallIds<'a> {
    /// How often an id was called and answered: some vendors number calls anew in every turn.
    seen: HashMap<&'a str, Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    called: u64,
    answered: u64,
}

impl<'a> CallIds<'a> {
    /// The id of a call.
    pub(super) fn called(&mut self, id: &'a str) -> Cow<'a, str> {
        let seen = self.seen.entry(id).or_default();
        seen.called += 1;
        encode_id(id, seen.called - 1)
    }

    /// The id of the call that is answered: the first of this id without an answer.
    pub(super) fn answered(&mut self, id: &'a str) -> Cow<'a, str> {
        let seen = self.seen.entry(id).or_default();
        let call = seen.answered.min(seen.called.saturating_sub(1));
        seen.answered += 1;
        encode_id(id, call)
    }
}

/// The id of the call that is the `nth` of its id, counted from 0.
fn encode_id(id: &str, nth: u64) -> Cow<'_, str> {
    let taken = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if nth == 0 && !id.is_empty() && id.len() <= LONGEST_ID && id.chars().all(taken) {
        return Cow::Borrowed(id);
    }
    let start = id.chars().take(LONGEST_ID - HASH_DIGITS - 1);
    let mut encoded: String = start
        .map(|letter| if taken(letter) { letter } else { '_' })
        .collect();
    encoded.push('_');
    let hash = Sha256::new()
        .chain_update(nth.to_le_bytes())
        .chain_update(id)
        .finalize();
    for byte in &hash[..HASH_DIGITS / 2] {
        // Writing to a string does not fail.
        let _ = write!(encoded, "{byte:02x}");
    }
    Cow::Owned(encoded)
}

/// The `input` of a `tool_use`, which must be an object.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Arguments<'a> {
    Object(&'a RawValue),
    /// Any other text: a model's call that was cut off must not end the conversation.
    Wrapped {
        arguments: &'a str,
    },
}

impl<'a> Arguments<'a> {
    pub(super) fn new(arguments: &'a str) -> Self {
        let json = match arguments.trim() {
            "" => "{}",
            json => json,
        };
        match serde_json::from_str(json) {
            Ok(object) if json.starts_with('{') => Self::Object(object),
            _ => Self::Wrapped { arguments },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn is_taken(id: &str) -> bool {
        let taken = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        !id.is_empty() && id.len() <= 64 && id.bytes().all(taken)
    }

    #[test]
    fn an_id_that_is_taken_stays() {
        let longest = "x".repeat(64);
        for id in ["toolu_01", "call-1", &longest] {
            let mut ids = CallIds::default();
            assert_eq!((&*ids.called(id), &*ids.answered(id)), (id, id));
        }
    }

    #[test]
    fn an_id_that_comes_again_is_another_call() {
        let mut ids = CallIds::default();
        let first = (ids.called("call_0"), ids.answered("call_0"));
        let second = (ids.called("call_0"), ids.answered("call_0"));
        assert_eq!(first.0, first.1);
        assert_eq!(second.0, second.1);
        assert_ne!(first.0, second.0);
        // Two calls at once, then both answers.
        let calls = [ids.called("f"), ids.called("f")];
        let answers = [ids.answered("f"), ids.answered("f")];
        assert_eq!(calls, answers);
    }

    proptest! {
        #[test]
        fn calls_and_answers_agree_and_differ_from_all_others(
            given in prop::collection::vec(prop_oneof![".{0,80}", "[a-c:. ]{0,3}"], 1..20),
        ) {
            let mut ids = CallIds::default();
            let calls: Vec<_> = given.iter().map(|id| ids.called(id)).collect();
            prop_assert!(calls.iter().all(|id| is_taken(id)), "{:?}", calls);
            prop_assert_eq!(calls.iter().collect::<HashSet<_>>().len(), calls.len());
            let answers: Vec<_> = given.iter().map(|id| ids.answered(id)).collect();
            prop_assert_eq!(calls, answers);
        }

        #[test]
        fn arguments_are_an_object_whatever_they_were(arguments in prop_oneof![
            ".{0,40}", r#"\{"a":[0-9]{1,3}\}"#, r#"\[1\]"#, r#" \{\} "#,
        ]) {
            let input = serde_json::to_value(Arguments::new(&arguments)).unwrap();
            prop_assert!(input.is_object());
            if let Ok(given @ serde_json::Value::Object(_)) = serde_json::from_str(&arguments) {
                prop_assert_eq!(input, given);
            }
        }
    }
}
