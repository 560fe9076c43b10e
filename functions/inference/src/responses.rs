//! OpenAI's Responses API (<https://platform.openai.com/docs/api-reference/responses>).
//!
//! - [`request`] converts a request, with the conversation before it, to a chat; where a target has
//!   `/responses` itself, the request goes there as it came.
//! - [`output`] and [`events`] give the chat's answer, whole or streamed, as OpenAI does.
//! - [`background`] makes a response as a job.
//! - [`store`] keeps responses for 30 days: [`read_response`], [`delete_response`], [`list_items`].

mod background;
mod create_response;
mod delete_response;
mod events;
mod input;
mod list_items;
mod output;
mod read_response;
mod request;
mod store;

pub(crate) use background::ResponseJobs;
pub(crate) use create_response::create_response;
pub(crate) use delete_response::delete_response;
pub(crate) use list_items::list_items;
pub(crate) use read_response::{cancel_response, read_response};
