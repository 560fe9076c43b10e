//! Other dialects of the chat, and models that do something else.

mod background;
mod matrix;
mod messages;
mod responses;
mod rows;
