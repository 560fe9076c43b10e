//! What every case stands on: the gateway under test, accounts in it, and a client.

mod account;
mod api;
mod client;
mod config;
mod dial;
mod document;
mod dynamodb;
mod emulator;
mod expect;
mod form;
mod frames;
mod jwt;
mod lambda;
mod mock;
mod native;
mod programs;
mod receiver;
mod relay;
mod secrets;
mod server;
mod socket;
mod stream;
mod supervise;
mod target;
mod timing;
mod workers;

pub use account::{Account, Key};
pub use api::{Api, Asked};
pub use client::{Client, Reply};
pub use dial::{Dial, ws_url};
pub use document::{Document, Sender};
pub use dynamodb::Counted;
pub use emulator::Emulator;
pub use expect::Failure;
pub use form::Form;
pub use frames::Told;
pub use jwt::{Forgery, Jwt};
pub use mock::{Mock, chat, hello, tag};
pub use native::binary;
pub use programs::{browser, build_go, node, node_modules, python, run, run_at, sh};
pub use receiver::{Received, Receiver, Taken};
pub use relay::{Cut, Relay};
pub use server::{Options, Server};
pub use socket::Socket;
pub use stream::{Ended, Stream, Transcript};
pub use target::{Gateway, Target, gateway};
pub use timing::{eventually, eventually_within, minute_with, now};

/// The operator's token of every gateway the suite starts.
pub const ADMIN_TOKEN: &str = "operator-token-of-the-conformance-suite";

/// The secrets that tokens are signed with, newest first.
pub const JWT_SECRETS: [(&str, &str); 2] = [
    ("k1", "the-newer-secret-of-the-conformance-suite"),
    ("k0", "the-older-secret-of-the-conformance-suite"),
];

/// The key of the upstream that speaks OpenAI's dialect.
pub const OPENAI_KEY: &str = "sk-mock-4f1e9c0d7b2a4e6f8a1b3c5d7e9f0a2b";

/// The key of the upstream that speaks Anthropic's dialect.
pub const ANTHROPIC_KEY: &str = "sk-ant-mock-8c6b4a2f0e1d3c5b7a9f8e6d4c2b0a1f";

/// The key of the upstream that speaks Gemini's dialect.
pub const GEMINI_KEY: &str = "AIza-mock-5d3b1f9e7c5a3d1b9f7e5c3a1d9b7f5e";

/// The secret with which requests to the upstream that speaks Bedrock's dialect are signed.
pub const BEDROCK_SECRET: &str = "mock-1a3c5e7f9b2d4f6a8c0e1b3d5f7a9c0e2d4f6a8c";

/// The credentials of that upstream.
pub const BEDROCK_KEY: &str = "AKIAMOCKMOCKMOCKMOCK:mock-1a3c5e7f9b2d4f6a8c0e1b3d5f7a9c0e2d4f6a8c";
