//! The path of the value that a JSON text was refused for.
//!
//! `serde_json` says where it stopped, and what stands there can be read off the text. To keep
//! the path while parsing, as `serde_path_to_error` does, takes a second copy of all the code
//! that reads a type, for every type.

use std::fmt::Write;

/// What has been read of a container.
#[derive(Clone, Copy)]
enum Within<'a> {
    /// The field that was named last, its escapes left in.
    Object(Option<&'a str>),
    /// The place of the element that was begun last.
    Array(Option<usize>),
}

/// Where one is in a text.
#[derive(Default)]
struct Place<'a> {
    containers: Vec<Within<'a>>,
    /// The next string is a field's name.
    names: bool,
}

impl<'a> Place<'a> {
    /// A value begins.
    fn begin(&mut self) {
        if let Some(Within::Array(place @ None)) = self.containers.last_mut() {
            *place = Some(0);
        }
    }

    fn open(&mut self, container: Within<'a>) {
        self.begin();
        self.names = matches!(container, Within::Object(_));
        self.containers.push(container);
    }

    fn close(&mut self) {
        self.containers.pop();
        self.names = false;
    }

    fn text(&mut self, text: &'a str) {
        match self.containers.last_mut() {
            Some(Within::Object(name)) if self.names => *name = Some(text),
            _ => self.begin(),
        }
        self.names = false;
    }

    fn comma(&mut self) {
        match self.containers.last_mut() {
            Some(Within::Object(name)) => (*name, self.names) = (None, true),
            Some(Within::Array(Some(place))) => *place += 1,
            _ => {}
        }
    }

    /// `messages[0].role`; of the whole text nothing.
    fn show(&self) -> String {
        let mut path = String::new();
        for container in &self.containers {
            // Writing to a string cannot fail.
            let _ = match container {
                Within::Object(Some(name)) if path.is_empty() => write!(path, "{name}"),
                Within::Object(Some(name)) => write!(path, ".{name}"),
                Within::Array(Some(place)) => write!(path, "[{place}]"),
                _ => Ok(()),
            };
        }
        path
    }
}

/// The path of the value that ends at `line` and `column`, or begins behind them, as errors of
/// `serde_json` count these; of the container around it where `around` says so. Up to there the
/// text is valid.
pub(crate) fn at(json: &str, (line, column): (usize, usize), around: bool) -> String {
    let lines = json.split_inclusive('\n').take(line.saturating_sub(1));
    let end = lines.map(str::len).sum::<usize>() + column;
    let mut place = Place::default();
    let mut at = 0;
    while at < end {
        let rest = &json[at..];
        let mut length = 1;
        match rest.as_bytes().first() {
            None => break,
            Some(b'{') => place.open(Within::Object(None)),
            Some(b'[') => place.open(Within::Array(None)),
            Some(b'}' | b']') => place.close(),
            Some(b'"') => {
                length = string(rest);
                place.text(rest.get(1..length - 1).unwrap_or_default());
            }
            Some(b',') => place.comma(),
            Some(b':' | b' ' | b'\t' | b'\n' | b'\r') => {}
            Some(_) => {
                length = rest
                    .find([',', ']', '}', ' ', '\t', '\n', '\r'])
                    .unwrap_or(rest.len());
                place.begin();
            }
        }
        at += length;
    }
    // An array or object in place of something else is refused before it is entered.
    if json[at..].trim_start().starts_with(['{', '[']) {
        place.begin();
    }
    if around {
        place.containers.pop();
    }
    place.show()
}

/// The length of the string that `json` begins with, quotes included.
fn string(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, de::DeserializeOwned};
    use std::collections::HashMap;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    enum Kind {
        Plain,
        Holding(u8),
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Leaf {
        name: String,
        kind: Option<Kind>,
        pair: Option<(u8, bool)>,
        #[serde(default)]
        flags: Vec<bool>,
        #[serde(default)]
        more: HashMap<String, Vec<Leaf>>,
    }

    /// What `serde_path_to_error` says of the same mistake.
    fn check<T: DeserializeOwned + std::fmt::Debug>(json: &str, expected: &str) {
        let mut tracked = serde_json::Deserializer::from_str(json);
        let theirs = serde_path_to_error::deserialize::<_, T>(&mut tracked).unwrap_err();
        let error = serde_json::from_str::<T>(json).unwrap_err();
        let position = (error.line(), error.column());
        let ours = super::at(json, position, error.to_string().starts_with("duplicate"));
        assert_eq!(ours, expected, "{json}: {error}");
        let theirs = theirs.path().to_string();
        assert_eq!(theirs.trim_start_matches('.'), expected, "{json}");
    }

    #[test]
    fn the_path_is_that_of_a_parser_that_keeps_it() {
        for (json, path) in [
            ("3", ""),
            ("[]", ""),
            ("[{}]", "[0]"),
            ("{}", ""),
            (r#" { "name" : 1 } "#, "name"),
            (r#"{"name":{}}"#, "name"),
            (r#"{"name":["x"]}"#, "name"),
            (r#"{"name":null}"#, "name"),
            (r#"{"name": -1.5e3,"kind":null}"#, "name"),
            (r#"{"other":1}"#, "other"),
            (r#"{"name":"x","name":"y"}"#, ""),
            (r#"{"name":"a\"{[,","flags":true}"#, "flags"),
            (r#"{"name":"é\\","flags":[true,false,1]}"#, "flags[2]"),
            (r#"{"name":"x","flags":["y"]}"#, "flags[0]"),
            (r#"{"name":"x","flags":[[true]]}"#, "flags[0]"),
            (r#"{"name":"x","flags":[ true , {} ]}"#, "flags[1]"),
            (r#"{"name":"x","pair":[1]}"#, "pair"),
            (r#"{"name":"x","pair":[1,2]}"#, "pair[1]"),
            (r#"{"name":"x","pair":[256,true]}"#, "pair[0]"),
            (r#"{"name":"x","kind":"Odd"}"#, "kind"),
            (
                "{\"name\":\"x\",\n\"more\":{\"a\":[\n\n{\"name\":\"y\"},{}]}}",
                "more.a[1]",
            ),
            (
                r#"{"name":"x","more":{"a":[],"b":[{"name":"y","flags":0}]}}"#,
                "more.b[0].flags",
            ),
            (r#"{"name":"x","more":{"a":{}}}"#, "more.a"),
        ] {
            check::<Leaf>(json, path);
        }
        check::<Vec<u8>>("[1,\n2,300]", "[2]");
        check::<Vec<Vec<u8>>>("[[1],[2,[]]]", "[1][1]");
    }
}
