//! The conformance suite: the wire contract as cases, one folder for a resource, one file for a
//! verb or concern. It knows a base URL, an operator's token and a controllable upstream.
//!
//! Where the rows of the contract's error table are produced:
//!
//! | code | case |
//! |---|---|
//! | `invalid_request` | `chat::validate`, `conventions::bodies`, `chat::failures` (the provider's refusal) |
//! | `invalid_model` | `models::get` |
//! | `unauthorized` | `auth::authenticate`, `auth::forgeries`, `keys::delete`, `accounts::update` |
//! | `budget_exceeded` | `limits::budget` |
//! | `forbidden` | `keys::scopes`, `accounts::create` |
//! | `not_found`, `method_not_allowed` | `conventions::routes`, `models::get`, `keys::get` |
//! | `idempotency_conflict` | `chat::idempotency` |
//! | `payload_too_large`, `unsupported_media_type` | `conventions::bodies` |
//! | `range_not_satisfiable` | `files::content` |
//! | `rate_limit_exceeded` | `limits::rate` |
//! | `storage_full` | `files::storage` |
//! | `provider_error`, `provider_unavailable`, `provider_timeout` | `chat::failures` |
//! | `skill_failed`, `skill_timeout` | `skills::execute`, `skills::egress` |
//! | `conflict` | `skills::install` |
//! | `content_filtered` | `guardrails` |
//!
//! `internal_error` is what nothing here may ever be answered with.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests: what goes wrong is a failure"
)]

mod accounts;
mod analytics;
mod auth;
mod chat;
mod clients;
mod config;
mod conventions;
mod crowd;
mod files;
mod guardrails;
mod health;
mod hosted;
mod inference;
mod keys;
mod lambda;
mod limits;
mod local_model;
mod models;
mod native;
mod own_server;
mod skills;
mod webhooks;
mod websocket;
mod workflows;
