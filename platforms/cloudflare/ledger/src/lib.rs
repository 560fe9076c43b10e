//! The Worker that holds the accounts' Durable Objects.
