//! Events in the size that API Gateway can carry: a message has at most 128 KiB.

use crate::{Event, answer};
use openclaw_aws::MAX_MESSAGE;
use openclaw_core::{Code, Error};
use serde_json::value::RawValue;

/// Bytes of a frame beside its text: id (128 characters, each at most 12 bytes), number, names.
const OVERHEAD: usize = 2048;

/// Bytes of a text in one frame, as JSON: with the rest of the frame it fits into 32 KiB.
const TEXT: usize = 30 * 1024;

/// Splits an event into as many as it needs. One that cannot be split becomes an error.
pub(super) fn fit(event: Event) -> Vec<Event> {
    match event {
        Event::Chunk {
            content,
            reasoning,
            tool_calls: None,
        } => {
            let thoughts = pieces(&reasoning).map(|reasoning| chunk(String::new(), reasoning));
            let texts = pieces(&content).map(|content| chunk(content, String::new()));
            thoughts.chain(texts).collect()
        }
        Event::Complete(mut complete)
            if !complete.reasoning.is_empty()
                && length(&Event::Complete(complete.clone())) + OVERHEAD > MAX_MESSAGE =>
        {
            // The chunks have shown it.
            complete.reasoning.clear();
            fit(Event::Complete(complete))
        }
        event if length(&event) + OVERHEAD > MAX_MESSAGE => {
            let message = "The answer is too long for a message of API Gateway, 128 KiB";
            let error = Error::new(Code::PayloadTooLarge, message);
            vec![answer::failed(&error)]
        }
        event => vec![event],
    }
}

fn chunk(content: String, reasoning: String) -> Event {
    Event::Chunk {
        content,
        reasoning,
        tool_calls: None,
    }
}

fn pieces(text: &str) -> impl Iterator<Item = String> {
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
    let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
    pieces.map(str::to_owned)
}

fn length(event: &Event) -> usize {
    let raw = |raw: &Option<Box<RawValue>>| raw.as_ref().map_or(0, |raw| raw.get().len());
    let text = |text: &str| text.chars().map(escaped).sum::<usize>();
    match event {
        Event::Chunk {
            content,
            reasoning,
            tool_calls,
        } => text(content) + text(reasoning) + raw(tool_calls),
        Event::Complete(complete) => {
            text(&complete.content)
                + text(&complete.reasoning)
                + text(&complete.model)
                + text(&complete.finish_reason)
                + raw(&complete.tool_calls)
                + raw(&complete.usage)
        }
        Event::SkillResult(result) | Event::WorkflowResult(result) | Event::Failed(result) => {
            result.get().len()
        }
        Event::Progress { status, .. } => status.len(),
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
            let parts = fit(chunk(text.clone(), text.clone()));
            assert!(parts.len() >= 6);
            let (mut joined, mut thoughts) = (String::new(), String::new());
            for part in parts {
                let Event::Chunk {
                    content, reasoning, ..
                } = part
                else {
                    panic!("{part:?}")
                };
                let shown = format!("{content}{reasoning}");
                assert!(serde_json::to_string(&shown).unwrap().len() <= TEXT + 2);
                joined += &content;
                thoughts += &reasoning;
            }
            assert_eq!((&joined, &thoughts), (&text, &text));
        }
    }

    #[test]
    fn an_answer_over_a_message_is_an_error_and_not_a_frame_that_never_comes() {
        let fits = fit(complete("a".repeat(MAX_MESSAGE - OVERHEAD)));
        assert!(matches!(fits[..], [Event::Complete(_)]));
        let mut thought = Complete {
            content: "a".repeat(MAX_MESSAGE / 2),
            reasoning: "b".repeat(MAX_MESSAGE / 2),
            ..Complete::default()
        };
        let fits = fit(Event::Complete(Box::new(thought.clone())));
        thought.reasoning.clear();
        let is_text = |event: &Event| matches!(event, Event::Complete(it) if it.content == thought.content && it.reasoning.is_empty());
        assert!(is_text(&fits[0]), "{fits:?}");
        let long = fit(complete("\n".repeat(MAX_MESSAGE / 2)));
        let [Event::Failed(error)] = &long[..] else {
            panic!("{long:?}")
        };
        assert!(error.get().contains("payload_too_large"));
    }
}
