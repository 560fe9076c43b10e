//! What happens to a request that runs.

use crate::reply::Said;
use serde_json::value::RawValue;

/// A piece of a request's answer.
#[derive(Clone, Debug)]
pub enum Event {
    /// More text, or pieces of tool calls.
    Chunk {
        /// The text.
        content: String,
        /// OpenAI's `delta.tool_calls`.
        tool_calls: Option<Box<RawValue>>,
    },
    /// The whole answer.
    Complete(Box<Complete>),
    /// What a skill gave.
    SkillResult(Box<RawValue>),
    /// The error object of REST.
    Failed(Box<RawValue>),
}

/// A chat's answer.
#[derive(Clone, Debug, Default)]
pub struct Complete {
    /// The whole text.
    pub content: String,
    /// OpenAI's `message.tool_calls`.
    pub tool_calls: Option<Box<RawValue>>,
    /// The model's id, as the answer has it.
    pub model: String,
    /// Why it ended.
    pub finish_reason: String,
    /// OpenAI's `usage`.
    pub usage: Option<Box<RawValue>>,
}

impl Event {
    /// Whether nothing comes behind it.
    pub const fn is_last(&self) -> bool {
        !matches!(self, Self::Chunk { .. })
    }

    /// Takes in the text of what comes next, where both are text; else gives it back.
    pub fn absorb(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (
                Self::Chunk {
                    content,
                    tool_calls: None,
                },
                Self::Chunk {
                    content: more,
                    tool_calls: None,
                },
            ) => {
                content.push_str(&more);
                None
            }
            (_, next) => Some(next),
        }
    }

    pub(crate) fn said(&self) -> Said<'_> {
        match self {
            Self::Chunk {
                content,
                tool_calls,
            } => Said::ChatChunk {
                content,
                finished: false,
                tool_calls: tool_calls.as_deref(),
            },
            Self::Complete(complete) => Said::ChatComplete {
                content: &complete.content,
                tool_calls: complete.tool_calls.as_deref(),
                model: &complete.model,
                finish_reason: &complete.finish_reason,
                usage: complete.usage.as_deref(),
            },
            Self::SkillResult(result) => Said::SkillResult { result },
            Self::Failed(error) => Said::Error { error },
        }
    }
}
