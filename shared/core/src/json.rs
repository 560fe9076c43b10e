//! JSON objects of which a field or two are looked at or changed, without a tree.

mod object;

pub use object::{Compact, Object};
