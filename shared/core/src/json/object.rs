use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// An object whose fields are JSON: for what is passed on but for a field or two, each as it was
/// written. A tree of all that is in it would cost several times as much, and change numbers.
#[derive(Clone, Debug, Default)]
pub struct Object(Vec<(String, String)>);

impl Object {
    /// Reads `json`; `None` where that is no object.
    pub fn of(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// A field, as JSON on one line.
    pub fn get(&self, name: &str) -> Option<&str> {
        // Of several the last counts, as for all parsers that keep one.
        let mut fields = self.0.iter().rev();
        let field = fields.find(|(known, _)| known == name);
        field.map(|(_, json)| json.as_str())
    }

    /// Gives a field this value, which is JSON.
    pub fn set(&mut self, name: &str, json: impl Into<String>) {
        let mut json = Some(json.into());
        self.0.retain_mut(|(known, value)| {
            known != name || json.take().map(|json| *value = json).is_some()
        });
        if let Some(json) = json {
            self.0.push((name.into(), json));
        }
    }

    /// Takes a field out, as JSON on one line.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let mut removed = None;
        self.0.retain_mut(|(known, json)| {
            let stays = known != name;
            if !stays {
                removed = Some(std::mem::take(json));
            }
            stays
        });
        removed
    }

    /// The names of its fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.0.iter().enumerate();
        names.filter_map(|(at, (name, _))| {
            let again = self.0[..at].iter().any(|(earlier, _)| earlier == name);
            (!again).then_some(name.as_str())
        })
    }

    /// Reads one from a format that is not JSON, such as TOML.
    pub fn from_other<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(|map: Compact| map.0))
    }
}

/// As JSON on one line.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Quotes, a colon and a comma each.
        let size = self
            .0
            .iter()
            .map(|(name, json)| name.len() + json.len() + 4);
        let mut text = String::with_capacity(2 + size.sum::<usize>());
        text.push('{');
        for (name, json) in &self.0 {
            push_string(&mut text, name);
            text.push(':');
            text.push_str(json);
            text.push(',');
        }
        close(&mut text, '}');
        f.write_str(&text)
    }
}

/// From JSON only; see [`from_other`](Object::from_other).
impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(one_line))
    }
}

/// What was read, without the line breaks of somebody's layout: events end at them.
fn one_line(json: Box<RawValue>) -> String {
    let json = Box::<str>::from(json);
    if memchr::memchr2(b'\n', b'\r', json.as_bytes()).is_none() {
        return json.into();
    }
    // It was read once already.
    serde_json::from_str(&json).map_or_else(|_| json.into(), |Compact(json)| json)
}

/// Reads fields as `T`, of which the function makes JSON.
struct Fields<T>(fn(T) -> String);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut fields = Vec::with_capacity(8);
        while let Some((name, value)) = map.next_entry()? {
            fields.push((name, self.0(value)));
        }
        Ok(Object(fields))
    }
}

/// Any value, as JSON without white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compact(pub String);

impl<'de> Deserialize<'de> for Compact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut json = String::new();
        Writer(&mut json).deserialize(deserializer)?;
        Ok(Self(json))
    }
}

/// Writes what it is given, whatever format that is read from.
struct Writer<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Writer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Writer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.push_str(&value.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.push_str(&value.to_string());
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        let json = serde_json::to_string(&value).map_err(E::custom)?;
        self.0.push_str(&json);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        push_string(self.0, value);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.push_str("null");
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.push('[');
        while items.next_element_seed(Writer(self.0))?.is_some() {
            self.0.push(',');
        }
        close(self.0, ']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        self.0.push('{');
        while let Some(name) = fields.next_key::<String>()? {
            push_string(self.0, &name);
            self.0.push(':');
            fields.next_value_seed(Writer(self.0))?;
            self.0.push(',');
        }
        close(self.0, '}');
        Ok(())
    }
}

/// Ends an array or object, in place of the comma after its last value.
fn close(json: &mut String, bracket: char) {
    if json.ends_with(',') {
        json.pop();
    }
    json.push(bracket);
}

fn push_string(json: &mut String, text: &str) {
    let is_plain = |byte: u8| byte >= b' ' && !matches!(byte, b'"' | b'\\');
    if text.bytes().all(is_plain) {
        json.push('"');
        json.push_str(text);
        json.push('"');
        return;
    }
    // Writing to memory cannot fail.
    json.push_str(&serde_json::to_string(text).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn all_json_is_written_as_it_was_read() {
        let value = json!({
            "": [], "a\"b\n": {}, "c": [null, true, false, "d,", [1, [2]]],
            "e": {"f": {"g": -1}, "h": u64::MAX, "i": 0.1, "j": 1e300}, "k": "é,",
        });
        for text in [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let Compact(json) = serde_json::from_str(&text).unwrap();
            assert_eq!(json, value.to_string());
            assert_eq!(Object::of(&text).unwrap().to_string(), value.to_string());
            let mut other = serde_json::Deserializer::from_str(&text);
            let object = Object::from_other(&mut other).unwrap();
            assert_eq!(object.to_string(), value.to_string());
        }
        // From other formats too.
        let Compact(json) = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(json, value.to_string());
    }

    #[test]
    fn fields_are_read_and_changed() {
        let mut object = Object::of(r#" { "a" : 1, "\u0062": "x", "a": [2, 3] } "#).unwrap();
        assert_eq!(
            (object.get("a"), object.get("b")),
            (Some("[2, 3]"), Some("\"x\""))
        );
        assert_eq!(object.names().collect::<Vec<_>>(), ["a", "b"]);
        object.set("a", "{}");
        object.set("c", "null");
        object.remove("b");
        assert_eq!(object.to_string(), r#"{"a":{},"c":null}"#);
        assert_eq!(object.remove("a").as_deref(), Some("{}"));
        assert_eq!(object.remove("a"), None);
        object.remove("c");
        assert_eq!(object.to_string(), "{}");
    }

    #[test]
    fn values_stay_as_they_were_written_on_one_line() {
        let object =
            Object::of("{\"n\": 1.50e+2, \"big\": 123456789012345678901234567890}").unwrap();
        assert_eq!(
            object.to_string(),
            r#"{"n":1.50e+2,"big":123456789012345678901234567890}"#
        );
        let object = Object::of("{\"a\": [1,\r\n 2], \"b\": \"\\n\"}").unwrap();
        assert_eq!(object.to_string(), r#"{"a":[1,2],"b":"\n"}"#);
    }

    #[test]
    fn what_is_no_object_is_none() {
        for text in ["", "[]", "3", "null", r#"{"a":}"#, "{} {}"] {
            assert!(Object::of(text).is_none(), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert!(serde_json::from_str::<Compact>(&deep).is_err());
        assert!(serde_json::from_str::<Value>(&deep).is_err());
    }
}
