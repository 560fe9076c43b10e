//! Guardrails: rules of an account about what goes into its chats and comes out of them.
//!
//! - [`Guards`] are the rules of one account, compiled: [`Guards::request`] looks at a request's texts in
//!   whatever dialect, [`Guards::answer`] at those of a whole answer.
//! - [`Held`] looks at a text that comes in pieces. What may become a match is held back until it is one or
//!   cannot be any more, so no half of a match gets out.
//!
//! The expressions are `regex-automata`'s: a search takes time linear in the text, and a pattern that
//! compiles to too much is refused ([`check`]).

mod compiled;
mod held;
mod iban;
mod pii;
mod rule;
mod texts;

pub use compiled::{Guards, check};
pub use held::Held;
