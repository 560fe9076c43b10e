//! `docs/openapi.json`: what it says of answers. The suite's client holds each answer against it.

use http::{HeaderMap, header::CONTENT_TYPE};
use jsonschema::Validator;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// Statuses of errors that come before a request is anybody's: no operation lists them.
const BEFORE_THE_OPERATION: [u16; 5] = [404, 405, 413, 429, 503];

/// What a request asked.
#[derive(Clone, Debug)]
pub struct Asked {
    method: String,
    path: String,
}

impl Asked {
    /// Of a request.
    pub fn of(request: &reqwest::Request) -> Self {
        Self::new(request.method().as_str(), request.url().path())
    }

    /// This method of this path.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_lowercase(),
            path: path.into(),
        }
    }

    /// The segments after the version.
    fn segments(&self) -> Vec<String> {
        let all = self.path.split('/').filter(|segment| !segment.is_empty());
        let decoded = all.map(|segment| percent_decode_str(segment).decode_utf8_lossy().into());
        let mut segments = Vec::from_iter(decoded.skip_while(|segment: &String| segment == "api"));
        if !segments.is_empty() {
            segments.remove(0);
        }
        segments
    }
}

/// The document, as it is in the repository.
#[derive(Debug)]
pub struct Api {
    /// All of it.
    pub json: Value,
    /// The same, with objects that have no fields but those that it names.
    closed: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Api {
    /// It.
    ///
    /// # Panics
    /// When it is no JSON.
    pub fn get() -> &'static Self {
        static API: LazyLock<Api> = LazyLock::new(|| {
            let text = include_str!("../../../docs/openapi.json");
            Api::new(serde_json::from_str(text).expect("JSON"))
        });
        &API
    }

    fn new(json: Value) -> Self {
        let mut open = BTreeSet::new();
        extended(&json, &mut open);
        let mut closed = json.clone();
        let schemas = closed["components"]["schemas"].as_object_mut();
        for (name, schema) in schemas.expect("schemas") {
            if !open.contains(name) {
                close(schema);
            }
        }
        Self {
            json,
            closed,
            validators: Mutex::default(),
        }
    }

    /// The operation that a request is one of, as a pointer into the document.
    fn operation(&self, asked: &Asked) -> Option<String> {
        let segments = asked.segments();
        let paths = self.json["paths"].as_object().expect("paths");
        let fits = |path: &&String| {
            let own = Vec::from_iter(path.split('/').filter(|segment| !segment.is_empty()));
            let same = |(own, asked): (&&str, &String)| own.starts_with('{') || *own == asked;
            // Ids of models have slashes.
            let is_long = *path == "/models/{id}" && segments.len() > own.len();
            (own.len() == segments.len() || is_long) && own.iter().zip(&segments).all(same)
        };
        let variables = |path: &&String| path.matches('{').count();
        let path = paths.keys().filter(fits).min_by_key(variables)?;
        let pointer = format!("/paths/{}/{}", path.replace('/', "~1"), asked.method);
        self.json.pointer(&pointer).map(|_| pointer)
    }

    /// Holds an answer against the document.
    ///
    /// # Panics
    /// When its status or what is in it is not what the operation says.
    pub fn check(&self, asked: &Asked, status: u16, headers: &HeaderMap, body: &[u8]) {
        let Some(operation) = self.operation(asked) else {
            return;
        };
        let pointer = format!("{operation}/responses/{status}");
        let Some(mut response) = self.json.pointer(&pointer) else {
            let why = "docs/openapi.json does not have this status";
            assert!(
                BEFORE_THE_OPERATION.contains(&status),
                "{asked:?}: {status}: {why}"
            );
            return;
        };
        let mut pointer = pointer;
        if let Some(reference) = response["$ref"].as_str() {
            pointer = reference.trim_start_matches('#').into();
            response = self.json.pointer(&pointer).expect("a component");
        }
        let Some(content) = response.get("content") else {
            assert!(
                body.is_empty(),
                "{asked:?}: {status}: a body that nothing describes"
            );
            return;
        };
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let kind = kind
            .and_then(|kind| kind.split(';').next())
            .unwrap_or_default();
        let Some(media) = [kind, "*/*"]
            .into_iter()
            .find(|kind| content.get(kind).is_some())
        else {
            panic!("{asked:?}: {status}: docs/openapi.json does not have this type: {kind}");
        };
        if media == "application/json" && asked.method != "head" {
            let body = serde_json::from_slice(body).expect("JSON");
            self.hold(asked, &pointer, media, &body);
        }
    }

    /// Holds the events of a stream, line by line, against the document.
    ///
    /// # Panics
    /// When one is not what the operation says.
    pub fn check_events(&self, asked: &Asked, lines: &[String]) {
        let Some(operation) = self.operation(asked) else {
            return;
        };
        let pointer = format!("{operation}/responses/200");
        let data = lines.iter().filter_map(|line| line.strip_prefix("data:"));
        for data in data.map(str::trim).filter(|data| *data != "[DONE]") {
            let event = serde_json::from_str(data).expect("JSON");
            self.hold(asked, &pointer, "text/event-stream", &event);
        }
    }

    fn hold(&self, asked: &Asked, response: &str, media: &str, body: &Value) {
        let validator = self.validator(response, media);
        let wrong = validator.iter_errors(body);
        let wrong =
            Vec::from_iter(wrong.map(|error| format!("{}: {error}", error.instance_path())));
        assert!(
            wrong.is_empty(),
            "docs/openapi.json: {asked:?}: {}: {body}",
            wrong.join("; ")
        );
    }

    fn validator(&self, response: &str, media: &str) -> Arc<Validator> {
        let pointer = format!("{response}/content/{}/schema", media.replace('/', "~1"));
        let known =
            |validators: &HashMap<String, Arc<Validator>>| validators.get(&pointer).cloned();
        let validators = || {
            self.validators
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(validator) = known(&validators()) {
            return validator;
        }
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [self.closed.pointer(&pointer).expect("a schema")],
            "components": self.closed["components"],
        });
        let options = jsonschema::options().should_validate_formats(true);
        let built = options.build(&schema);
        let built = Arc::new(built.unwrap_or_else(|wrong| panic!("{pointer}: {wrong}")));
        validators().insert(pointer, built.clone());
        built
    }
}

/// The schemas that others add fields to.
fn extended(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| extended(item, found)),
        Value::Object(object) => {
            if let (Some(Value::String(reference)), true) =
                (object.get("$ref"), object.contains_key("properties"))
            {
                found.extend(reference.rsplit('/').next().map(Into::into));
            }
            object.values().for_each(|item| extended(item, found));
        }
        _ => {}
    }
}

/// No field but those that are named.
fn close(schema: &mut Value) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(close),
        Value::Object(object) => {
            let is_whole = !["additionalProperties", "$ref", "allOf", "anyOf", "oneOf"]
                .iter()
                .any(|name| object.contains_key(*name));
            if is_whole && object.contains_key("properties") {
                object.insert("additionalProperties".into(), false.into());
            }
            object.values_mut().for_each(close);
        }
        _ => {}
    }
}
