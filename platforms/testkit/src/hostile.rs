//! Input that is meant to do harm.

use proptest::{collection::vec, prelude::*, sample::Index};

/// What parsers stumble over: nesting, escapes, numbers out of range, ends, bytes that are no text.
const MARKS: [&[u8]; 16] = [
    b"[",
    b"{",
    b"}",
    b"\"",
    b"\\u",
    b"\\ud83d",
    b"\n\n",
    b"\r",
    b"data:",
    b"null",
    b"-",
    b"1e999",
    b"18446744073709551616",
    b"\0",
    b"\xff",
    b"\xf0\x9f",
];

/// One way to spoil an input.
#[derive(Clone, Debug)]
enum Edit {
    Replace(Index, u8),
    Insert(Index, Index),
    Cut(Index),
    Remove(Index, Index),
    Repeat(Index, Index, usize),
}

/// Bytes that have nothing to do with anything, and the `seeds`, which are right, with up to eight
/// edits: bytes replaced, marks of the format inserted, parts removed, repeated or cut off.
///
/// `PROPTEST_CASES` says how many a test tries; 256 by default.
///
/// # Panics
/// Where there is no seed.
pub fn hostile(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    assert!(!seeds.is_empty(), "something that is right is needed");
    let spoiled = (prop::sample::select(seeds), vec(edit(), 0..8));
    prop_oneof![
        1 => vec(any::<u8>(), 0..300),
        4 => spoiled.prop_map(|(mut input, edits)| {
            edits.iter().for_each(|edit| apply(edit, &mut input));
            input
        }),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        4 => (at(), at()).prop_map(|(at, mark)| Edit::Insert(at, mark)),
        1 => at().prop_map(Edit::Cut),
        2 => (at(), at()).prop_map(|(from, to)| Edit::Remove(from, to)),
        1 => (at(), at(), 2..40usize).prop_map(|(from, to, times)| Edit::Repeat(from, to, times)),
    ]
}

fn apply(edit: &Edit, input: &mut Vec<u8>) {
    let place = |index: &Index| index.index(input.len() + 1);
    let between = |one: &Index, other: &Index| {
        let (one, other) = (place(one), place(other));
        one.min(other)..one.max(other)
    };
    match edit {
        Edit::Replace(at, byte) => {
            let at = place(at);
            if let Some(old) = input.get_mut(at) {
                *old = *byte;
            }
        }
        Edit::Insert(at, mark) => {
            let at = place(at);
            let mark = MARKS[mark.index(MARKS.len())];
            input.splice(at..at, mark.iter().copied());
        }
        Edit::Cut(at) => input.truncate(place(at)),
        Edit::Remove(from, to) => drop(input.drain(between(from, to))),
        Edit::Repeat(from, to, times) => {
            let range = between(from, to);
            let repeated = input[range.clone()].repeat(*times);
            input.splice(range.end..range.end, repeated);
        }
    }
}
