//! Anthropic's Messages API (<https://platform.claude.com/docs/en/api/messages>).
//!
//! - [`request`] converts a request to a chat; where a target speaks Anthropic's dialect itself, the
//!   request goes there as it came.
//! - [`answer`] and [`events`] give the chat's answer, whole or streamed, as Anthropic does.
//! - [`errors`] gives every error of these endpoints Anthropic's shape.

mod answer;
mod blocks;
mod content;
mod count_tokens;
mod create_message;
mod errors;
mod events;
mod request;
mod tools;

pub(crate) use count_tokens::count_tokens;
pub(crate) use create_message::create_message;
pub(crate) use errors::with_errors;
