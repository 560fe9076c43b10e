//! Reading structs in place, field by field, in less than half the code that serde derives: that
//! holds every field apart until all are there, and cleans up after each in every way out.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::{fmt, marker::PhantomData};

/// A struct that [`record!`](crate::record) reads.
pub trait Record<'de>: Default {
    /// What it consists of.
    const SHAPE: &'static Shape;

    /// Reads the field at this place in the shape.
    fn put<A: MapAccess<'de>>(&mut self, at: usize, map: &mut A) -> Result<(), A::Error>;
}

/// The fields of a [`Record`], at most 32.
#[derive(Debug)]
pub struct Shape {
    /// Their names.
    pub names: &'static [&'static str],
    /// Those that must be there: a bit each.
    pub required: u32,
    /// Whether others are refused.
    pub closed: bool,
}

/// Reads one.
pub fn read_record<'de, T: Record<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    from.deserialize_map(Whole(PhantomData))
}

struct Whole<T>(PhantomData<T>);

impl<'de, T: Record<'de>> Visitor<'de> for Whole<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut record = T::default();
        fill(&mut map, T::SHAPE, &mut |at, map| record.put(at, map))?;
        Ok(record)
    }
}

/// Reads a field's name: its place, none for one that is not known. Refused here, where formats that
/// count lines know the name's own.
struct Field(&'static Shape);

impl<'de> DeserializeSeed<'de> for Field {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<usize>, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Field {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        let Shape { names, closed, .. } = *self.0;
        match names.iter().position(|known| *known == name) {
            None if closed => Err(E::unknown_field(name, names)),
            at => Ok(at),
        }
    }
}

/// Reads the next value into the field at a place.
type Put<'a, A, E> = &'a mut dyn FnMut(usize, &mut A) -> Result<(), E>;

/// What is the same for all of them.
fn fill<'de, A: MapAccess<'de>>(
    map: &mut A,
    shape: &'static Shape,
    put: Put<'_, A, A::Error>,
) -> Result<(), A::Error> {
    let mut seen = 0;
    while let Some(field) = map.next_key_seed(Field(shape))? {
        match field {
            Some(at) if seen & (1 << at) != 0 => {
                return Err(A::Error::duplicate_field(shape.names[at]));
            }
            Some(at) => {
                seen |= 1 << at;
                put(at, map)?;
            }
            None => drop(map.next_value::<IgnoredAny>()?),
        }
    }
    match shape
        .names
        .get((shape.required & !seen).trailing_zeros() as usize)
    {
        Some(missing) => Err(A::Error::missing_field(missing)),
        None => Ok(()),
    }
}

/// `Deserialize` for a struct: what is not there is as in its `Default`, unless it is `required`.
/// Other fields are refused, or ignored where `..` says so. `as Text` reads a field as something
/// that wraps what it is.
///
/// ```
/// # use openclaw_core::{json::read_text, record};
/// #[derive(Default)]
/// struct Call<'a> {
///     id: String,
///     kind: Option<String>,
///     more: Option<&'a str>,
/// }
///
/// record!(Call<'a> { id: required, kind = "type", more, .. });
///
/// let call: Call<'_> = read_text(r#"{"id":"a","type":"b","c":"d"}"#).unwrap();
/// assert_eq!((&*call.id, call.kind.as_deref(), call.more), ("a", Some("b"), None));
/// ```
#[macro_export]
macro_rules! record {
    ($name:ident $(<$life:lifetime>)? {
        $($field:ident $(= $called:literal)? $(as $wrapped:ident)? $(: $required:ident)?),+ $(,)?
    }) => {
        $crate::record!(@impl true, $name $(<$life>)?, {
            $($field $(= $called)? $(as $wrapped)? $(: $required)?),+
        });
    };
    ($name:ident $(<$life:lifetime>)? {
        $($field:ident $(= $called:literal)? $(as $wrapped:ident)? $(: $required:ident)?),+, ..
    }) => {
        $crate::record!(@impl false, $name $(<$life>)?, {
            $($field $(= $called)? $(as $wrapped)? $(: $required)?),+
        });
    };
    (@impl $closed:literal, $name:ident $(<$life:lifetime>)?, {
        $($field:ident $(= $called:literal)? $(as $wrapped:ident)? $(: $required:ident)?),+
    }) => {
        const _: () = {
            #[allow(non_camel_case_types)]
            enum At { $($field),+ }

            impl<'de $(: $life, $life)?> $crate::json::Record<'de> for $name $(<$life>)? {
                const SHAPE: &'static $crate::json::Shape = &$crate::json::Shape {
                    names: &[$($crate::record!(@name $field $($called)?)),+],
                    required: 0 $(| $crate::record!(@bit $($required)?) << At::$field as u32)+,
                    closed: $closed,
                };

                fn put<A: $crate::json::MapAccess<'de>>(
                    &mut self,
                    at: usize,
                    map: &mut A,
                ) -> Result<(), A::Error> {
                    // Whoever adds a field is told to name it here too.
                    let Self { $($field: _),+ } = self;
                    match at {
                        $(at if at == At::$field as usize => {
                            self.$field = $crate::record!(@read map $($wrapped)?);
                        })+
                        _ => {}
                    }
                    Ok(())
                }
            }

            impl<'de $(: $life, $life)?> $crate::json::Deserialize<'de> for $name $(<$life>)? {
                fn deserialize<D: $crate::json::Deserializer<'de>>(
                    from: D,
                ) -> Result<Self, D::Error> {
                    $crate::json::read_record(from)
                }
            }
        };
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $called:literal) => { $called };
    (@bit) => { 0 };
    (@bit required) => { 1 };
    (@read $map:ident) => { $map.next_value()? };
    (@read $map:ident $wrapped:ident) => { $map.next_value::<$wrapped>()?.0 };
}
