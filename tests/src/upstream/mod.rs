//! A provider under control: OpenAI's chat completions, Anthropic's messages, Gemini's `generateContent` (below
//! `/gemini/v1beta`) and Bedrock's Converse (below `/bedrock`), plain and streaming, in the vendors' wire formats.
//!
//! It is told what to do by the text of the last user message: one that begins with
//! `{"upstream":` is a [`Script`], anything else gets a fixed answer from prebuilt bytes, which
//! is what makes it cheap enough to be the mock of a benchmark. What a script's `tag` saw is
//! told at `GET /control/{tag}` ([`Report`]).
//!
//! On the same port are Open-Meteo (`/v1/search`, `/v1/forecast`) and a web site (`/site/…`), for skills.

mod anthropic;
mod bedrock;
mod fixed;
mod gemini;
mod google;
mod open_meteo;
mod openai;
mod others;
mod play;
mod record;
mod reply;
mod script;
mod serve;
mod site;

pub use record::{Report, Seen};
pub use script::{Coding, Script, ToolCall, Usage};
pub use serve::{Settings, serve};
