//! Thinking blocks in the history: what Claude thought earlier, with the signatures without which
//! Anthropic does not take it back.

use super::content::{Block, Cached};
use openclaw_schema::chat::Text;
use serde::Deserialize;

/// An element of `thinking_blocks`, as [`ThinkingBlock`](crate::anthropic::answer::ThinkingBlock)
/// shows it.
#[derive(Deserialize)]
pub(super) struct Thought<'a> {
    #[serde(borrow)]
    thinking: Option<Text<'a>>,
    #[serde(borrow)]
    signature: Option<Text<'a>>,
    #[serde(borrow)]
    data: Option<Text<'a>>,
    #[serde(default)]
    position: Option<usize>,
}

impl<'a> Thought<'a> {
    /// `None` for one that was not signed: another vendor's, or one that was cut off.
    fn block(self) -> Option<Block<'a>> {
        let filled = |text: &Text<'_>| !text.0.is_empty();
        if let Some(data) = self.data.filter(filled) {
            return Some(Block::RedactedThinking { data: data.0 });
        }
        Some(Block::Thinking {
            signature: self.signature.filter(filled)?.0,
            thinking: self.thinking.unwrap_or_default().0,
        })
    }
}

/// The thoughts among what was said, each before the item of its position: the text is one item,
/// and so is each call. Thoughts after all of them are left out: Anthropic takes no message that
/// ends with one.
pub(super) fn interleave<'a>(
    thoughts: Vec<Thought<'a>>,
    items: Vec<Vec<Cached<'a>>>,
) -> Vec<Cached<'a>> {
    let mut slots: Vec<Vec<Cached<'a>>> = items.iter().map(|_| Vec::new()).collect();
    for thought in thoughts {
        if let Some(slot) = slots.get_mut(thought.position.unwrap_or_default()) {
            slot.extend(thought.block().map(Cached::from));
        }
    }
    let slots = slots.into_iter().zip(items);
    slots
        .flat_map(|(thoughts, item)| thoughts.into_iter().chain(item))
        .collect()
}
