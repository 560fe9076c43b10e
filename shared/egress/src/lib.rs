//! Which addresses a tenant may have requests sent to: pure functions over URLs and addresses.
//!
//! - [`public_url`] checks a URL that a tenant gave: its scheme, and a host that is written as an
//!   address in any of the forms that resolvers read, or that is a name of a private network.
//! - [`special_block`] checks an address. A name tells nothing about where it leads: whoever
//!   connects must check every address that the resolver gives, and connect to the one it checked.

mod blocks;
mod host;

pub use blocks::special_block;
pub use host::{Refused, public_url};
