//! The events of a request that runs.

use crate::server_frame::RequestFrame;
use serde_json::value::RawValue;

/// A piece of a request's answer.
#[derive(Clone, Debug)]
pub enum Event {
    /// More text, or pieces of tool calls.
    Chunk {
        /// The text.
        content: String,
        /// More of the model's reasoning.
        reasoning: String,
        /// OpenAI's `delta.tool_calls`.
        tool_calls: Option<Box<RawValue>>,
    },
    /// The whole answer.
    Complete(Box<Complete>),
    /// The result of a skill.
    SkillResult(Box<RawValue>),
    /// A step of a run begins, waits or ends.
    Progress {
        /// Its number among the workflow's steps, from 1.
        step: u64,
        /// How many there are.
        total_steps: u64,
        /// How it stands.
        status: String,
    },
    /// The result of a run.
    WorkflowResult(Box<RawValue>),
    /// The error object of REST.
    Failed(Box<RawValue>),
}

/// A chat's answer.
#[derive(Clone, Debug, Default)]
pub struct Complete {
    /// The whole text.
    pub content: String,
    /// The whole reasoning, where the provider shows it.
    pub reasoning: String,
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
    /// Whether it ends the request.
    pub const fn is_last(&self) -> bool {
        !matches!(self, Self::Chunk { .. } | Self::Progress { .. })
    }

    /// Takes in the text of what comes next, where both are text; else gives it back.
    pub fn absorb(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (
                Self::Chunk {
                    content,
                    reasoning,
                    tool_calls: None,
                },
                Self::Chunk {
                    content: more,
                    reasoning: thought,
                    tool_calls: None,
                },
            ) => {
                content.push_str(&more);
                reasoning.push_str(&thought);
                None
            }
            (_, next) => Some(next),
        }
    }

    pub(crate) fn to_frame(&self) -> RequestFrame<'_> {
        match self {
            Self::Chunk {
                content,
                reasoning,
                tool_calls,
            } => RequestFrame::ChatChunk {
                content,
                reasoning,
                finished: false,
                tool_calls: tool_calls.as_deref(),
            },
            Self::Complete(complete) => RequestFrame::ChatComplete {
                content: &complete.content,
                reasoning: &complete.reasoning,
                tool_calls: complete.tool_calls.as_deref(),
                model: &complete.model,
                finish_reason: &complete.finish_reason,
                usage: complete.usage.as_deref(),
            },
            Self::SkillResult(result) => RequestFrame::SkillResult { result },
            Self::Progress {
                step,
                total_steps,
                status,
            } => RequestFrame::WorkflowProgress {
                step: *step,
                total_steps: *total_steps,
                status,
            },
            Self::WorkflowResult(result) => RequestFrame::WorkflowComplete { result },
            Self::Failed(error) => RequestFrame::Error { error },
        }
    }
}
