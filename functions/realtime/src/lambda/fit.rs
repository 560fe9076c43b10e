//! Events as API Gateway can carry them: a message has at most 128 KiB.

use crate::{Event, answer};
use openclaw_aws::MAX_MESSAGE;
use openclaw_core::{Code, Error};
use serde_json::value::RawValue;

/// Bytes of a frame beside its text: id (128 characters, each at most 12 bytes), number, names.
const AROUND: usize = 2048;

/// Bytes of a text in one frame, as JSON: with what is around it, a frame of API Gateway's own.
const TEXT: usize = 30 * 1024;

/// The same event in as many as it needs. What cannot be cut, and is too long, becomes an error.
pub(super) fn fit(event: Event) -> Vec<Event> {
    match event {
        Event::Chunk {
            content,
            tool_calls: None,
        } => pieces(&content),
        event if length(&event) + AROUND > MAX_MESSAGE => {
            let message = "The answer is too long for a message of API Gateway, 128 KiB";
            let error = Error::new(Code::PayloadTooLarge, message);
            vec![answer::failed(&error)]
        }
        event => vec![event],
    }
}

fn pieces(text: &str) -> Vec<Event> {
    let mut pieces = vec![];
    let (mut start, mut length) = (0, 0);
    for (at, character) in text.char_indices() {
        let next = escaped(character);
        if length + next > TEXT {
            pieces.push(&text[start..at]);
            (start, length) = (at, 0);
        }
        length += next;
    }
    pieces.push(&text[start..]);
    let chunk = |text: &str| Event::Chunk {
        content: text.into(),
        tool_calls: None,
    };
    pieces.into_iter().map(chunk).collect()
}

fn length(event: &Event) -> usize {
    let raw = |raw: &Option<Box<RawValue>>| raw.as_ref().map_or(0, |raw| raw.get().len());
    let text = |text: &str| text.chars().map(escaped).sum::<usize>();
    match event {
        Event::Chunk {
            content,
            tool_calls,
        } => text(content) + raw(tool_calls),
        Event::Complete(complete) => {
            text(&complete.content)
                + text(&complete.model)
                + text(&complete.finish_reason)
                + raw(&complete.tool_calls)
                + raw(&complete.usage)
        }
        Event::SkillResult(result) | Event::Failed(result) => result.get().len(),
    }
}

/// Bytes of a character in JSON.
const fn escaped(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Complete;

    fn complete(content: String) -> Event {
        Event::Complete(Box::new(Complete {
            content,
            ..Complete::default()
        }))
    }

    #[test]
    fn a_text_is_cut_between_characters_and_nothing_is_lost() {
        for piece in ["a", "é", "\u{1}", "\"", "🦀"] {
            let text = piece.repeat(3 * TEXT / escaped(piece.chars().next().unwrap()) + 5);
            let parts = fit(Event::Chunk {
                content: text.clone(),
                tool_calls: None,
            });
            assert!(parts.len() >= 3);
            let mut joined = String::new();
            for part in parts {
                let Event::Chunk { content, .. } = part else {
                    panic!("{part:?}")
                };
                assert!(serde_json::to_string(&content).unwrap().len() <= TEXT + 2);
                joined += &content;
            }
            assert_eq!(joined, text);
        }
    }

    #[test]
    fn an_answer_over_a_message_is_an_error_and_not_a_frame_that_never_comes() {
        let fits = fit(complete("a".repeat(MAX_MESSAGE - AROUND)));
        assert!(matches!(fits[..], [Event::Complete(_)]));
        let long = fit(complete("\n".repeat(MAX_MESSAGE / 2)));
        let [Event::Failed(error)] = &long[..] else {
            panic!("{long:?}")
        };
        assert!(error.get().contains("payload_too_large"));
    }
}
