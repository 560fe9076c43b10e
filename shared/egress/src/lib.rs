//! Requests to addresses that tenants choose: checked, and bounded.
//!
//! - [`public_url`] checks a URL that a tenant gave: its scheme, and a host that is written as an
//!   address in any of the forms that resolvers read, or that is a name of a private network.
//! - [`special_block`] checks an address. A name tells nothing about where it leads: whoever
//!   connects must check every address that the resolver gives, and connect to the one it checked.
//! - [`Policy`] is what the operator lets tenants reach.
//! - [`Egress`] sends. It is the one way for skills, workflows, webhooks and MCP.

mod blocks;
mod client;
mod host;
mod policy;
mod redirect;

pub use blocks::special_block;
pub use client::{Bounds, Egress, EgressError};
pub use host::{Refused, public_url};
pub use policy::{Checked, PORTS, Policy};
