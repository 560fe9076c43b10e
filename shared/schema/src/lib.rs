//! The wire types of the API and of the configuration, and their validation.
//!
//! Parsing is strict where a mistake would be expensive and names the field at fault; a body is
//! borrowed, not copied ([`chat::ChatRequest`]).

pub mod account;
pub mod audit;
pub mod chat;
pub mod config;
pub mod event;
pub mod file;
mod from_object;
pub mod guardrail;
pub mod json;
pub mod key;
pub mod list;
pub mod pricing;
pub mod upload;
pub mod usage;

pub use json::{parse, parse_text};
