//! What stands between `serde_json` and the code that serde derives for our types.
//!
//! `serde_json` takes an array for a struct (the fields in their order) and an object for the mere
//! name of a variant, and each type brings its own copy of all code for both. Here only an object is
//! a struct and only a string a name, and names are read in one place for all types.

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, marker::PhantomData};

/// A deserializer, or what comes with one, so that all that is read by it is read by `Reader`s.
pub(super) struct Reader<T>(pub(super) T);

/// Methods whose visitors find nothing more to read.
macro_rules! as_it_is {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(visitor)
        })*
    };
}

/// Methods whose visitors do.
macro_rules! wrapped {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {
        $(fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* Reader(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Reader<D> {
    type Error = D::Error;

    as_it_is! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32
        deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_unit deserialize_identifier deserialize_ignored_any
    }

    wrapped! {
        deserialize_any()
        deserialize_option()
        deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str)
        deserialize_seq()
        deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_map()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Struct(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (name, content) = self.0.deserialize_any(Variant(known))?;
        visitor.visit_enum(Named {
            name,
            content,
            error: PhantomData,
        })
    }
}

/// Methods that are handed a value.
macro_rules! handed {
    ($($method:ident($type:ty))*) => {
        $(fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.0.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Reader<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    handed! {
        visit_bool(bool)
        visit_i64(i64)
        visit_u64(u64)
        visit_f64(f64)
        visit_str(&str)
        visit_borrowed_str(&'de str)
        visit_string(String)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Reader(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Reader(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Reader(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Reader(entries))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Reader<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Reader(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Reader<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Reader(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Reader<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Reader(seed))
    }
}

/// A struct's visitor, and then the fields it is given.
struct Struct<T>(T);

impl<'de, V: Visitor<'de>> Visitor<'de> for Struct<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Struct(fields))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Struct<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let Some(Name(name)) = self.0.next_key()? else {
            return Ok(None);
        };
        let name: &str = &name;
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Reader(seed))
    }
}

/// A field's or variant's name.
pub(super) struct Name<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text).map(Self)
    }
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.into()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
}

/// Reads a variant, one of these: its name alone, or an object with what it holds.
///
/// A name that is none of them is refused here, where `serde_json` still knows its place.
struct Variant(&'static [&'static str]);

impl Variant {
    fn known<'a, E: Error>(&self, name: Cow<'a, str>) -> Result<Cow<'a, str>, E> {
        match self.0.contains(&&*name) {
            true => Ok(name),
            false => Err(E::unknown_variant(&name, self.0)),
        }
    }
}

impl<'de> Visitor<'de> for Variant {
    type Value = (Cow<'de, str>, Option<&'de RawValue>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.known(Cow::Owned(name.into()))?, None))
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok((self.known(Cow::Borrowed(name))?, None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        match entries.next_entry()? {
            Some((Name(name), content)) => Ok((self.known(name)?, Some(content))),
            None => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

type Json<'de> = serde_json::Deserializer<serde_json::de::StrRead<'de>>;

/// A variant that has been read.
struct Named<'de, E> {
    name: Cow<'de, str>,
    content: Option<&'de RawValue>,
    error: PhantomData<E>,
}

impl<'de, E: Error> EnumAccess<'de> for Named<'de, E> {
    type Error = E;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), E> {
        let name: &str = &self.name;
        let variant = seed.deserialize(name.into_deserializer())?;
        Ok((variant, self))
    }
}

impl<'de, E: Error> Named<'de, E> {
    /// Reads what the variant holds.
    fn holding<T>(
        self,
        read: impl FnOnce(&mut Json<'de>) -> serde_json::Result<T>,
    ) -> Result<T, E> {
        match self.content {
            Some(content) => read(&mut Json::from_str(content.get())).map_err(E::custom),
            None => Err(E::invalid_type(Unexpected::UnitVariant, &"what it holds")),
        }
    }
}

impl<'de, E: Error> VariantAccess<'de> for Named<'de, E> {
    type Error = E;

    fn unit_variant(self) -> Result<(), E> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(E::invalid_type(Unexpected::Map, &"a string")),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, E> {
        self.holding(|json| seed.deserialize(Reader(json)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, E> {
        self.holding(|json| Reader(json).deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        self.holding(|json| Reader(json).deserialize_struct("", fields, visitor))
    }
}

#[cfg(test)]
mod tests {
    use crate::json::read_text;
    use serde::{Deserialize, Serialize};
    use std::{collections::BTreeMap, fmt::Debug};

    #[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Leaf<'a> {
        #[serde(borrow, alias = "called")]
        name: Option<&'a str>,
        kind: Option<Kind>,
    }

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    enum Kind {
        Plain,
        Holding(Vec<u8>),
        Both(u8, String),
        Named { leaf: u8 },
    }

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    struct Wrapper(i64);

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    struct Everything<'a> {
        #[serde(borrow)]
        leaves: Vec<Leaf<'a>>,
        by_name: BTreeMap<String, (Wrapper, f64, bool)>,
        nothing: (),
        value: serde_json::Value,
        more: Option<Box<Kind>>,
    }

    #[test]
    fn what_was_written_is_read() {
        let leaf = |name, kind| Leaf {
            name,
            kind: Some(kind),
        };
        let written = Everything {
            leaves: vec![
                leaf(Some("a"), Kind::Plain),
                leaf(None, Kind::Holding(vec![1, 2])),
                leaf(Some("é"), Kind::Both(3, "\"".into())),
                leaf(None, Kind::Named { leaf: 4 }),
                Leaf::default(),
            ],
            by_name: [("x\n".into(), (Wrapper(-1), 0.5, true))].into(),
            nothing: (),
            value: serde_json::json!({"a": [1, null, {"b": "c"}], "d": -1.5, "e": false}),
            more: Some(Kind::Named { leaf: 5 }.into()),
        };
        let text = serde_json::to_string_pretty(&written).unwrap();
        assert_eq!(read_text::<Everything<'_>>(&text).unwrap(), written);
    }

    #[test]
    fn fields_have_aliases() {
        let name = |text| read_text::<Leaf<'_>>(text).unwrap().name;
        assert_eq!(name(r#"{"called":"a"}"#), Some("a"));
        assert_eq!(name(r#"{"n\u0061me":"a"}"#), Some("a"));
    }

    #[track_caller]
    fn refused<'a, T: Debug + Deserialize<'a>>(text: &'a str, why: &str) {
        let error = read_text::<T>(text).unwrap_err().to_string();
        assert!(error.starts_with(why), "{text}: {error}");
    }

    #[test]
    fn an_array_is_no_struct() {
        refused::<Leaf<'_>>(r#"["a", null]"#, "invalid type: sequence, expected struct");
        refused::<Vec<Leaf<'_>>>(r#"[["a", null]]"#, "invalid type: sequence");
        refused::<Option<Leaf<'_>>>("[]", "invalid type: sequence");
        refused::<Kind>(r#"{"Named":[1]}"#, "invalid type: sequence");
    }

    #[test]
    fn the_name_of_a_variant_is_a_string() {
        refused::<Kind>("3", "invalid type: integer `3`, expected a string");
        refused::<Kind>(r#"{"Plain":null}"#, "invalid type: map, expected a string");
        refused::<Kind>("{}", "invalid type: map, expected a string");
        refused::<Kind>(r#""Holding""#, "invalid type: unit variant");
        refused::<Kind>(r#""Odd""#, "unknown variant `Odd`, expected one of");
        refused::<Kind>(r#"{"Both":[1,"a"],"Plain":null}"#, "trailing");
    }

    #[test]
    fn other_mistakes_are_serdes_own() {
        refused::<Leaf<'_>>(r#"{"nam":1}"#, "unknown field `nam`, expected");
        refused::<Leaf<'_>>(r#"{"name":"a","name":"b"}"#, "duplicate field `name`");
        refused::<Wrapper>(r#""a""#, "invalid type: string");
        refused::<Leaf<'_>>("{} x", "trailing characters");
    }
}
