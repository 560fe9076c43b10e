//! The calls of tools in a stream, numbered: several vendors leave `index` out or write 0 for all.

use openclaw_schema::chat::Call;

/// The calls that have begun.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Begun>);

#[derive(Debug)]
struct Begun {
    choice: u32,
    /// The `index` that the vendor gave it.
    given: Option<u32>,
    id: Option<String>,
    number: u32,
}

impl Calls {
    /// The number of the call that `call`, of this choice, begins or continues. A call begins with
    /// an id of its own and a name; some vendors make a new id for every piece.
    pub(super) fn number(&mut self, choice: u32, call: &Call<'_>) -> u32 {
        let id = Some(call.id()).filter(|id| !id.is_empty());
        let begun = || self.0.iter().rev().filter(|begun| begun.choice == choice);
        if let Some(known) = begun().find(|begun| id.is_some() && begun.id.as_deref() == id) {
            return known.number;
        }
        let begins = id.is_some() && !call.name().is_empty();
        let continued = match call.index {
            _ if begins => None,
            Some(index) => begun().find(|begun| begun.given == Some(index)),
            None => begun().next(),
        };
        if let Some(continued) = continued {
            return continued.number;
        }
        let is_free = |number: &u32| begun().all(|begun| begun.number != *number);
        let next = begun()
            .map(|begun| begun.number + 1)
            .max()
            .unwrap_or_default();
        let number = call.index.filter(is_free).unwrap_or(next);
        self.0.push(Begun {
            choice,
            given: call.index,
            id: id.map(Into::into),
            number,
        });
        number
    }
}
