//! Puts tool calls together that come in pieces.

use super::text::{TextJoiner, Wtf8, text};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use std::{borrow::Cow, collections::BTreeMap};

/// A piece of a call: more of its arguments
/// (<https://platform.openai.com/docs/api-reference/chat-streaming>). Some vendors leave out the index,
/// or count no call but the first: an id that was not seen before begins a call.
#[derive(Deserialize)]
struct Piece<'a> {
    index: Option<usize>,
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow)]
    function: Option<FunctionPiece<'a>>,
}

#[derive(Deserialize)]
struct FunctionPiece<'a> {
    name: Option<String>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

/// A call as a whole answer has it.
#[derive(Debug, Default, Serialize)]
struct ToolCall {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    function: Function,
}

#[derive(Debug, Default, Serialize)]
struct Function {
    name: String,
    arguments: String,
    #[serde(skip)]
    joiner: TextJoiner,
}

/// Calls of one answer, at most.
const MAX_CALLS: usize = 128;

/// The calls so far.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    calls: Vec<ToolCall>,
    /// The call that a vendor's index last stood for.
    by_index: BTreeMap<usize, usize>,
}

impl ToolCalls {
    /// Takes `delta.tool_calls`, and gives it back with each call's own index. `None` for what does not
    /// look like it, and for nothing.
    pub(super) fn add(&mut self, delta: &RawValue) -> Option<Box<RawValue>> {
        let pieces: Vec<Piece<'_>> = serde_json::from_str(delta.get()).ok()?;
        let mut places = Vec::with_capacity(pieces.len());
        let mut is_numbered = !pieces.is_empty();
        for piece in pieces {
            let (index, place) = (piece.index, self.place(&piece));
            if let Some(at) = place {
                self.calls[at].add(piece);
            }
            is_numbered &= place.is_some() && place == index;
            places.push(place);
        }
        match is_numbered {
            true => Some(delta.to_owned()),
            false => numbered(delta, &places),
        }
    }

    /// The call that a piece belongs to; `None` where there are too many.
    fn place(&mut self, piece: &Piece<'_>) -> Option<usize> {
        let index = piece.index;
        let by_index = match index {
            Some(index) => self.by_index.get(&index).copied(),
            None => self.calls.len().checked_sub(1),
        };
        let id = piece.id.as_deref().filter(|id| !id.is_empty());
        let known = match id {
            None => by_index,
            Some(id) => {
                let mut calls = self.calls.iter();
                let same = calls.position(|call| call.id == id);
                let unnamed = by_index.filter(|at| self.calls[*at].id.is_empty());
                same.or(unnamed)
            }
        };
        let at = known.unwrap_or(self.calls.len());
        if at == self.calls.len() {
            if at == MAX_CALLS {
                return None;
            }
            self.calls.push(ToolCall::default());
        }
        self.by_index.extend(index.map(|index| (index, at)));
        Some(at)
    }

    /// `message.tool_calls`, where there are any.
    pub(super) fn whole(mut self) -> Option<Box<RawValue>> {
        for call in &mut self.calls {
            let function = &mut call.function;
            function.arguments.push_str(function.joiner.finish());
        }
        (!self.calls.is_empty()).then(|| to_raw_value(&self.calls).ok())?
    }
}

impl ToolCall {
    fn add(&mut self, piece: Piece<'_>) {
        // Vendors that repeat these with each piece say nothing new.
        set_once(&mut self.id, piece.id);
        set_once(&mut self.kind, piece.kind);
        let Some(function) = piece.function else {
            return;
        };
        set_once(&mut self.function.name, function.name);
        if let Some(arguments) = function.arguments {
            let arguments = match arguments.get().starts_with('"') {
                true => text(arguments),
                // Some vendors send an object in place of its text.
                false => Wtf8(arguments.get().into()),
            };
            let arguments = self.function.joiner.push(arguments);
            self.function.arguments.push_str(&arguments);
        }
    }
}

/// The same pieces at these places.
fn numbered(delta: &RawValue, places: &[Option<usize>]) -> Option<Box<RawValue>> {
    let pieces: Vec<BTreeMap<Cow<'_, str>, &RawValue>> = serde_json::from_str(delta.get()).ok()?;
    let indices = places.iter().map(to_raw_value);
    let indices: Vec<Box<RawValue>> = indices.collect::<Result<_, _>>().ok()?;
    let mut numbered = Vec::with_capacity(pieces.len());
    for ((mut piece, place), index) in pieces.into_iter().zip(places).zip(&indices) {
        if place.is_some() {
            piece.insert("index".into(), index);
            numbered.push(piece);
        }
    }
    (!numbered.is_empty()).then(|| to_raw_value(&numbered).ok())?
}

fn set_once(field: &mut String, value: Option<String>) {
    if field.is_empty() {
        *field = value.unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds these deltas; what each is given back as, and the whole.
    fn added(deltas: &[&str]) -> (Vec<String>, String) {
        let mut calls = ToolCalls::default();
        let given = deltas.iter().map(|delta| {
            let raw = RawValue::from_string((*delta).into()).unwrap();
            let given = calls.add(&raw);
            given.map_or_else(String::new, |raw| raw.get().to_owned())
        });
        let given = given.collect();
        let whole = calls.whole();
        (
            given,
            whole.map_or_else(String::new, |raw| raw.get().to_owned()),
        )
    }

    #[test]
    fn pieces_of_several_calls_become_whole() {
        let (given, whole) = added(&[
            r#"[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]"#,
            r#"[{"index":0,"function":{"arguments":"{\"x\":"}}]"#,
            r#"[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{}"}},{"index":0,"function":{"arguments":"1}"}}]"#,
        ]);
        assert_eq!(
            whole,
            r#"[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]"#
        );
        assert_eq!(
            given[1],
            r#"[{"index":0,"function":{"arguments":"{\"x\":"}}]"#
        );
    }

    #[test]
    fn calls_without_an_index_of_their_own_are_told_apart_by_their_ids() {
        for index in ["", r#""index":0,"#, r#""index":null,"#] {
            let delta = |rest: &str| format!("[{{{index}{rest}}}]");
            let (given, whole) = added(&[
                &delta(
                    r#""id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1"}"#,
                ),
                &delta(r#""function":{"arguments":"}"}"#),
                &delta(
                    r#""id":"b","type":"function","function":{"name":"g","arguments":"{\"y\":"}"#,
                ),
                &delta(r#""id":"b","function":{"name":"g","arguments":"2}"}"#),
            ]);
            assert_eq!(
                whole,
                r#"[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{\"y\":2}"}}]"#,
                "{index}"
            );
            let index = |given: &String| {
                let given: serde_json::Value = serde_json::from_str(given).unwrap();
                given[0]["index"].as_u64()
            };
            let indices = Vec::from_iter(given.iter().map(index));
            assert_eq!(indices, [Some(0), Some(0), Some(1), Some(1)]);
        }
    }

    #[test]
    fn two_calls_in_one_delta_without_index_are_two() {
        let (_, whole) = added(&[
            r#"[{"id":"a","function":{"name":"f","arguments":{"x":1}}},{"id":"b","function":{"name":"f","arguments":"\ud83d"}}]"#,
            r#"[{"id":"b","function":{"arguments":"\ude00"}}]"#,
        ]);
        assert_eq!(
            whole,
            r#"[{"id":"a","type":"","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"","function":{"name":"f","arguments":"😀"}}]"#
        );
    }

    #[test]
    fn no_calls_are_nothing() {
        for nothing in ["{}", "[]", "7", "[7]"] {
            assert_eq!(added(&[nothing]), (vec![String::new()], String::new()));
        }
        let many = (0..200).map(|at| format!(r#"{{"id":"{at}"}}"#));
        let many = format!("[{}]", Vec::from_iter(many).join(","));
        let whole: serde_json::Value = serde_json::from_str(&added(&[&many]).1).unwrap();
        assert_eq!(whole.as_array().unwrap().len(), MAX_CALLS);
    }
}
